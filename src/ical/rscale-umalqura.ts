import { ISLAMIC_CIVIL } from './rscale-arithmetic.ts';
import type { Reckoning } from './rscale-reckoned.ts';

/** The years of the table below, and the first of them as a day number (12 November 1882). */
const FROM = 1300;
const TO = 1600;
const FIRST_DAY = -31_826;

/** For each year three hexadecimal digits: a bit for each month, set where it has thirty days and not 29. */
const MONTHS =
  'aaad54ec96d46ea36caad5556a9792ba95d4ada55cd2d69574ab54b6a5ad4aea4f51768b6a5ad52d695b49da4dd26d955ac' +
  '9b62baa5b52ba956caae92f49762b6956acaba4bd25d92dc96d54daa5b52ba55b49b655729754b6a3752b6556aaab52bc95' +
  'd4ada55caad69574ab94baa5b52b6a5752768b745b5555a95b49da4dd26e936aaad54db25d52da95b4aba55b49b64b715b4' +
  'ab5a55d25e92ec96d4ae996b4aba93d49da4db2ab94baa5b52ba95b2ab5555c4bd23d91da95b4ab5a56d2b693b49b6556a9' +
  '754b6a56caad555b29b92ba95d4ada55aaab595749764baa5b52b6a56e4db25b52b6a5ad2ae92f49764b6a56acad655d49d' +
  'a4dd16d955aa5b52da95b4ad5956ca6e4aea4f52b6956aaab54bd25d92ea96d4ada95b4aba55b29b54d6a97547693749b55' +
  '56aa6b52ba8bd46da35caad64db26b94baa5b52b695751768b725b52b5655b49da4ed16d8b6aa6d52da95d4ada95b4ab653' +
  '729762ba95b2ab5555b25d92ec96d2ae956b4aba55d29d54daa9b54baa3b49ba4daaaad52da95d45ea2ec9ad556b26b94ba' +
  'a5d52da95b52ba8bb45b92da95ab4ada4ed16e8b6a56d535695d4ada8dd46da55b29d62bb15b4ab955aaaae92ec8f527695' +
  '6aaad655d29d';

const monthLengthsOf = (year: number): readonly number[] => {
  const bits = parseInt(MONTHS.slice((year - FROM) * 3, (year - FROM) * 3 + 3), 16);
  return Array.from({ length: 12 }, (_, place) => 29 + ((bits >> (11 - place)) & 1));
};

let starts: readonly number[] | undefined;

/** The first days of the years of the table, and of the one after them. */
function tableStarts(): readonly number[] {
  const days = [FIRST_DAY];
  for (let year = FROM; year <= TO; year++) {
    days.push(monthLengthsOf(year).reduce((day, length) => day + length, days[year - FROM] ?? 0));
  }
  return days;
}

/** The calendar of Saudi Arabia: a table, which is printed for the years 1300 to 1600; the civil calendar around it. */
export const ISLAMIC_UMALQURA: Reckoning = {
  ...ISLAMIC_CIVIL,
  startOf: (year) => (starts ??= tableStarts())[year - FROM] ?? ISLAMIC_CIVIL.startOf(year),
  monthLengths: (length, year) =>
    year >= FROM && year <= TO ? monthLengthsOf(year) : ISLAMIC_CIVIL.monthLengths(length, year),
  shapeOf: (length, year) => (year >= FROM && year <= TO ? year : length),
};
