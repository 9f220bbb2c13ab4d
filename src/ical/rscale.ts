import { COPTIC, ETHIOAA, ETHIOPIC, HEBREW, INDIAN, ISLAMIC_CIVIL, ISLAMIC_TBLA } from './rscale-arithmetic.ts';
import type { Calendar } from './rscale-calendar.ts';
import { GREGORIAN } from './rscale-gregorian.ts';
import { CHINA, KOREA, lunisolarCalendar } from './rscale-lunisolar.ts';
import { PERSIAN } from './rscale-persian.ts';
import { reckonedCalendar } from './rscale-reckoned.ts';
import { ISLAMIC_UMALQURA } from './rscale-umalqura.ts';

/** A calendar scale of RSCALE (RFC 7529 §4), and the most that the parts of a rule may hold in it. */
export interface Scale {
  readonly months: number;
  /** The months that a leap month may follow. */
  readonly leapMonths: readonly number[];
  readonly monthDays: number;
  readonly yearDays: number;
  readonly weeks: number;
  calendar(): Calendar;
}

type Limits = Omit<Scale, 'calendar'>;

const SOLAR: Limits = { months: 12, leapMonths: [], monthDays: 31, yearDays: 366, weeks: 53 };
const ALEXANDRIAN: Limits = { ...SOLAR, months: 13, monthDays: 30 };
const LUNAR: Limits = { months: 12, leapMonths: [], monthDays: 30, yearDays: 355, weeks: 51 };
const ALL_MONTHS = Array.from({ length: 12 }, (_, i) => i + 1);
const LUNISOLAR: Limits = { ...LUNAR, leapMonths: ALL_MONTHS, yearDays: 385, weeks: 55 };

/** The scale of a rule without RSCALE. */
export const GREGORIAN_SCALE: Scale = { ...SOLAR, calendar: () => GREGORIAN };

/** The names of Unicode's registry that are counted by months of their own (RFC 7529 §5). */
const OWN: readonly (readonly [name: string, limits: Limits, make: (name: string) => Calendar])[] = [
  ['CHINESE', LUNISOLAR, (name) => lunisolarCalendar(name, CHINA)],
  ['COPTIC', ALEXANDRIAN, (name) => reckonedCalendar(name, COPTIC)],
  ['DANGI', LUNISOLAR, (name) => lunisolarCalendar(name, KOREA)],
  ['ETHIOAA', ALEXANDRIAN, (name) => reckonedCalendar(name, ETHIOAA)],
  ['ETHIOPIC', ALEXANDRIAN, (name) => reckonedCalendar(name, ETHIOPIC)],
  ['HEBREW', { ...LUNISOLAR, leapMonths: [5] }, (name) => reckonedCalendar(name, HEBREW)],
  ['INDIAN', SOLAR, (name) => reckonedCalendar(name, INDIAN)],
  ['ISLAMIC-CIVIL', LUNAR, (name) => reckonedCalendar(name, ISLAMIC_CIVIL)],
  ['ISLAMIC-TBLA', LUNAR, (name) => reckonedCalendar(name, ISLAMIC_TBLA)],
  ['ISLAMIC-UMALQURA', LUNAR, (name) => reckonedCalendar(name, ISLAMIC_UMALQURA)],
  ['PERSIAN', SOLAR, (name) => reckonedCalendar(name, PERSIAN)],
];

/** A scale whose calendar is made when it is first used. */
function scaleWith(limits: Limits, make: () => Calendar): Scale {
  let calendar: Calendar | undefined;
  return { ...limits, calendar: () => (calendar ??= make()) };
}

/** Calendars that differ from the Gregorian one by the names of their years alone, which no rule writes. */
const LIKE_GREGORIAN = ['BUDDHIST', 'GREGORIAN', 'JAPANESE', 'ROC'];

/** Other names of the same (RFC 7529 §5: aliases, and deprecated names with a preferred one). */
const ALIASES: Readonly<Record<string, string>> = {
  GREGORY: 'GREGORIAN',
  ISLAMICC: 'ISLAMIC-CIVIL',
  'ETHIOPIC-AMETE-ALEM': 'ETHIOAA',
};

const SCALES: ReadonlyMap<string, Scale> = new Map([
  ...LIKE_GREGORIAN.map((name) => [name, GREGORIAN_SCALE] as const),
  ...OWN.map(([name, limits, make]) => [name, scaleWith(limits, () => make(name))] as const),
]);

/** The values of RSCALE that are supported (RFC 7529 §10.1), in upper case, without their aliases. */
export const RSCALES: readonly string[] = [...SCALES.keys()].sort();

/** The scale of a value of RSCALE in upper case; undefined for one that is not supported. */
export function scaleOf(rscale: string): Scale | undefined {
  return SCALES.get(ALIASES[rscale] ?? rscale);
}
