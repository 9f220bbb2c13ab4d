import { describe, expect, test } from 'vitest';
import { scaleOf } from '../../src/ical/rscale.ts';
import type { Calendar } from '../../src/ical/rscale-calendar.ts';
import { dayNumber } from '../../src/ical/time-value.ts';

const DAY = 86_400_000;

const dateOf = (day: number): string => new Date(day * DAY).toISOString().slice(0, 10);

function calendarOf(rscale: string): Calendar {
  const scale = scaleOf(rscale);
  if (scale === undefined) throw new Error(`${rscale} is not supported`);
  return scale.calendar();
}

/** In this order ICU has them; 5.5 is the leap month Adar I. */
const HEBREW_MONTHS = 'Tishri Heshvan Kislev Tevet Shevat Adar Nisan Iyar Sivan Tamuz Av Elul'.split(' ');

function hebrewMonth(name: string): number {
  if (name === 'Adar I') return 5.5;
  return HEBREW_MONTHS.indexOf(name === 'Adar II' ? 'Adar' : name) + 1;
}

interface Reading {
  readonly year: number;
  readonly month: number;
  readonly day: number;
}

/** How the ICU of this Node reads a day in a calendar. */
function readerOf(rscale: string): (day: number) => Reading {
  const options = { timeZone: 'UTC', year: 'numeric', month: 'numeric', day: 'numeric' } as const;
  const format = new Intl.DateTimeFormat(`en-u-ca-${rscale.toLowerCase()}`, options);
  return (day) => {
    const parts = Object.fromEntries(format.formatToParts(day * DAY).map(({ type, value }) => [type, value]));
    const name = parts['month'] ?? '';
    const number = parseInt(name, 10) + (name.endsWith('bis') ? 0.5 : 0);
    return {
      year: Number(parts['relatedYear'] ?? parts['year']),
      month: rscale === 'HEBREW' ? hebrewMonth(name) : number,
      day: Number(parts['day']),
    };
  };
}

describe.each([
  'COPTIC',
  'ETHIOAA',
  'ETHIOPIC',
  'HEBREW',
  'INDIAN',
  'ISLAMIC-CIVIL',
  'ISLAMIC-TBLA',
  'ISLAMIC-UMALQURA',
  'PERSIAN',
])('%s and ICU', (rscale) => {
  const calendar = calendarOf(rscale);
  const read = readerOf(rscale);
  const first = calendar.yearOf(dayNumber(1600, 1, 1));

  test('agree on each month from 1900 to 2100: both its days at the ends', () => {
    const last = calendar.yearOf(dayNumber(2100, 12, 31));
    for (let year = calendar.yearOf(dayNumber(1900, 1, 1)); year <= last; year++) {
      const { start, months } = calendar.year(year);
      for (const { code, offset, length } of months) {
        const begin = start + offset;
        expect(read(begin), dateOf(begin)).toEqual({ year, month: code, day: 1 });
        expect(read(begin + length - 1), dateOf(begin)).toEqual({ year, month: code, day: length });
      }
    }
  });

  test('agree on the first day of each year, and on a month that moves through it, from 1600 to 9999', () => {
    for (let year = first + 1; calendar.startOf(year) < dayNumber(9999, 1, 1); year++) {
      const { start, months } = calendar.year(year);
      expect(read(start), dateOf(start)).toEqual({ year, month: 1, day: 1 });
      const { code = 0, offset = 0, length = 0 } = months[(year * 5) % months.length] ?? {};
      expect(read(start + offset + length - 1), dateOf(start + offset)).toEqual({ year, month: code, day: length });
    }
  });
});

const SAME_DAY = 'ICU has the moon new on the other side of midnight; HKO prints ours';
const TERM = 'ICU has a major term on the other side of the new moon of this month; HKO prints ours';

/**
 * All months of 1900 to 2100 that begin elsewhere, or are called otherwise, than the ICU of Node 24 (ICU 78) has it:
 * ours, theirs and why. HKO is the conversion table of the Hong Kong Observatory (1901 to 2100), KASI the months of the
 * Korea Astronomy and Space Science Institute (1900 to 2050): with each ours agree without an exception.
 */
const DISAGREEMENTS: Readonly<Record<string, readonly (readonly [ours: string, theirs: string, why: string])[]>> = {
  CHINESE: [
    ['2.5 on 1917-03-23', '3 on 1917-03-23', TERM],
    ['3 on 1917-04-21', '3.5 on 1917-04-21', TERM],
    ['5.5 on 1922-06-25', '6 on 1922-06-25', TERM],
    ['6 on 1922-07-24', '6.5 on 1922-07-24', TERM],
    ['1 on 1954-02-03', '1 on 1954-02-04', SAME_DAY],
    ['2 on 1955-02-22', '2 on 1955-02-23', SAME_DAY],
    ['6.5 on 1987-07-26', '7 on 1987-07-26', TERM],
    ['7 on 1987-08-24', '7.5 on 1987-08-24', TERM],
    ['12 on 1999-01-17', '12 on 1999-01-18', SAME_DAY],
    ['7 on 2012-08-17', '7 on 2012-08-18', SAME_DAY],
    ['10 on 2018-11-08', '10 on 2018-11-07', SAME_DAY],
    ['1 on 2027-02-06', '1 on 2027-02-07', SAME_DAY],
    ['1 on 2030-02-03', '1 on 2030-02-02', SAME_DAY],
    [
      '9 on 2057-09-28',
      '9 on 2057-09-29',
      'the moon is new within seconds of midnight; HKO prints ours, with a caution',
    ],
    ['2 on 2070-03-12', '2 on 2070-03-13', SAME_DAY],
  ],
  DANGI: [
    ['2 on 2017-02-26', '2 on 2017-02-27', 'the moon was new at 23:58 in Seoul; KASI prints ours'],
    ['7 on 2051-08-07', '7 on 2051-08-06', 'ICU has the moon new on the other side of midnight; no almanac yet'],
    ['10 on 2051-11-03', '10 on 2051-11-04', 'ICU has the moon new on the other side of midnight; no almanac yet'],
    ['12 on 2097-01-13', '12 on 2097-01-14', 'ICU has the moon new on the other side of midnight; no almanac yet'],
  ],
};

/** The months that ICU has, by their first days. */
function monthsOfIcu(rscale: string, from: number, to: number): string[] {
  const read = readerOf(rscale);
  const months: string[] = [];
  for (let at = from; at < to;) {
    const { month, day } = read(at);
    months.push(`${month} on ${dateOf(at - day + 1)}`);
    at += 33 - day;
    at -= read(at).day - 1;
  }
  return months;
}

describe.each(Object.entries(DISAGREEMENTS))('%s and ICU from 1900 to 2100', (rscale, listed) => {
  const calendar = calendarOf(rscale);
  const from = calendar.startOf(1900);
  const ours = Array.from({ length: 201 }, (_, i) => calendar.year(1900 + i)).flatMap(({ start, months }) =>
    months.map(({ code, offset }) => `${code} on ${dateOf(start + offset)}`),
  );
  const theirs = new Set(monthsOfIcu(rscale, from, calendar.startOf(2101)));
  const own = new Set(ours);

  // Another ICU may agree in more; where it disagrees, the reason must be listed.
  test('differ in no month that is not listed', () => {
    const known = new Set(listed.map(([month]) => month));
    expect(ours.filter((month) => !theirs.has(month) && !known.has(month))).toEqual([]);
    const knownOfThem = new Set(listed.map(([, month]) => month));
    expect([...theirs].filter((month) => !own.has(month) && !knownOfThem.has(month))).toEqual([]);
  });

  test.each(listed)('we have the month %s, not %s: %s', (month, other) => {
    expect(own.has(month)).toBe(true);
    expect(own.has(other)).toBe(false);
  });
});
