import type { Calendar } from './rscale-calendar.ts';
import { GREGORIAN } from './rscale-gregorian.ts';
import { intlCalendar, type IntlCalendarSpec } from './rscale-intl.ts';

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

/**
 * What the table of a year costs of a budget. Asking ICU for months of a moon that it follows takes some forty times as
 * long as for reckoned ones; for the years that people live in it is done once.
 */
const RECKONED = { cost: 150, costOfOther: 150 };
const OBSERVED = { cost: 500, costOfOther: 3500 };
const HIJRI = { meanYear: 354.3667, leap: 'none', ...RECKONED } as const;
const CHINESE = { meanYear: 365.2422, leap: 'named', ...OBSERVED } as const;

/** The names of Unicode's registry that ICU reckons by months of its own (RFC 7529 §5). */
const OF_ICU: readonly (readonly [IntlCalendarSpec, Limits])[] = [
  [{ name: 'chinese', ...CHINESE }, LUNISOLAR],
  [{ name: 'coptic', meanYear: 365.25, leap: 'none', ...RECKONED }, ALEXANDRIAN],
  [{ name: 'dangi', ...CHINESE }, LUNISOLAR],
  [{ name: 'ethioaa', meanYear: 365.25, leap: 'none', ...RECKONED }, ALEXANDRIAN],
  [{ name: 'ethiopic', meanYear: 365.25, leap: 'none', ...RECKONED }, ALEXANDRIAN],
  // Adar I, which ICU counts as its sixth month, is `5L` (RFC 7529 §4.2).
  [
    { name: 'hebrew', meanYear: 365.2468, leap: 5, ...RECKONED },
    { ...LUNISOLAR, leapMonths: [5] },
  ],
  [{ name: 'indian', meanYear: 365.2425, leap: 'none', ...RECKONED }, SOLAR],
  [{ name: 'islamic-civil', ...HIJRI }, LUNAR],
  [{ name: 'islamic-tbla', ...HIJRI }, LUNAR],
  [{ name: 'islamic-umalqura', ...HIJRI }, LUNAR],
  [{ name: 'persian', meanYear: 365.2422, leap: 'none', ...RECKONED }, SOLAR],
];

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
  ...OF_ICU.flatMap(([spec, limits]) => {
    const calendar = intlCalendar(spec);
    return calendar === undefined ? [] : [[spec.name.toUpperCase(), { ...limits, calendar }] as const];
  }),
]);

/** The values of RSCALE that are supported (RFC 7529 §10.1), in upper case, without their aliases. */
export const RSCALES: readonly string[] = [...SCALES.keys()].sort();

/** The scale of a value of RSCALE in upper case; undefined for one that is not supported. */
export function scaleOf(rscale: string): Scale | undefined {
  return SCALES.get(ALIASES[rscale] ?? rscale);
}
