import type { Reckoning } from './rscale-reckoned.ts';
import { dayNumber, isLeapYear } from './time-value.ts';

const twelve = { monthsInYear: 12, monthsBefore: (year: number): number => year * 12 };
const thirteen = { monthsInYear: 13, monthsBefore: (year: number): number => year * 13 };

/** Twelve months of thirty days and five or six days more, leap before each fourth year; by the day of its year 1. */
function alexandrian(epoch: number): Reckoning {
  return {
    ...thirteen,
    startOf: (year) => epoch + 365 * (year - 1) + Math.floor(year / 4),
    meanYear: 365.25,
    monthLengths: (length) => [...Array.from({ length: 12 }, () => 30), length - 360],
  };
}

/** Year 1 of Diocletian: 29 August 284 (Julian). */
export const COPTIC = alexandrian(-615_558);
/** Year 1 of the Incarnation: 29 August 8 (Julian). */
export const ETHIOPIC = alexandrian(-716_367);
/** The same years counted from the creation of the world, 5,500 before. */
export const ETHIOAA = alexandrian(-716_367 - 5500 * 365 - 1375);

/** Months of thirty and 29 days in turn, and 11 leap days in thirty years; by the day of its year 1. */
function hijri(epoch: number): Reckoning {
  return {
    ...twelve,
    startOf: (year) => epoch + 354 * (year - 1) + Math.floor((3 + 11 * year) / 30),
    meanYear: 354 + 11 / 30,
    monthLengths: (length) => [30, 29, 30, 29, 30, 29, 30, 29, 30, 29, 30, length - 325],
  };
}

/** Year 1: Friday, 16 July 622 (Julian). */
export const ISLAMIC_CIVIL = hijri(-492_148);
/** Year 1: the Thursday before. */
export const ISLAMIC_TBLA = hijri(-492_149);

/** The national calendar of India (Saka): 22 March, 21 in leap years, which give the first month its 31st day. */
export const INDIAN: Reckoning = {
  ...twelve,
  startOf: (year) => dayNumber(year + 78, 3, isLeapYear(year + 78) ? 21 : 22),
  meanYear: 365.2425,
  monthLengths: (length) => [length - 335, 31, 31, 31, 31, 31, 30, 30, 30, 30, 30, 30],
};

/** Days from the epoch to the new moon of Tishri, put off from Sunday, Wednesday and Friday: 25,920 parts are a day. */
function molad(year: number): number {
  const months = Math.floor((235 * year - 234) / 19);
  const day = months * 29 + Math.floor((12_084 + 13_753 * months) / 25_920);
  return (3 * (day + 1)) % 7 < 3 ? day + 1 : day;
}

function tishri(year: number): number {
  const own = molad(year);
  // A year of 356 days, or of 382 before it, there must not be.
  const delay = molad(year + 1) - own === 356 ? 2 : own - molad(year - 1) === 382 ? 1 : 0;
  return own + delay - 2_092_590;
}

/** The Hebrew calendar. Adar I, which ICU counts as its sixth month, is `5L` (RFC 7529 §4.2). */
export const HEBREW: Reckoning = {
  startOf: tishri,
  meanYear: 365.2468,
  monthLengths(length) {
    const isLong = length > 355;
    const extra = length - (isLong ? 384 : 354);
    const winter = [30, extra > 0 ? 30 : 29, extra < 0 ? 29 : 30, 29, 30];
    return [...winter, ...(isLong ? [30] : []), 29, 30, 29, 30, 29, 30, 29];
  },
  leapPlace: 5,
  monthsInYear: 235 / 19,
  monthsBefore: (year) => Math.floor((235 * year - 234) / 19),
};
