import { describe, expect, test, vi } from 'vitest';
import { dayIn } from '../../src/ical/rscale-calendar.ts';
import { RSCALES, scaleOf } from '../../src/ical/rscale.ts';
import { dayNumber } from '../../src/ical/time-value.ts';

const calendarOf = (rscale: string): NonNullable<ReturnType<typeof scaleOf>> => {
  const scale = scaleOf(rscale);
  if (scale === undefined) throw new Error(`${rscale} is not supported`);
  return scale;
};

const dayOf = (text: string): number => {
  const [year = 0, month = 0, day = 0] = text.split('-').map(Number);
  return dayNumber(year, month, day);
};

/** First days of the year as almanacs print them. */
const CHINESE_NEW_YEARS =
  '1900-01-31 1912-02-18 1916-02-03 1949-01-29 1954-02-03 1966-01-21 1976-01-31 1985-02-20 1996-02-19 ' +
  '2000-02-05 2001-01-24 2002-02-12 2003-02-01 2004-01-22 2005-02-09 2006-01-29 2007-02-18 2008-02-07 2009-01-26 ' +
  '2010-02-14 2011-02-03 2012-01-23 2013-02-10 2014-01-31 2015-02-19 2016-02-08 2017-01-28 2018-02-16 2019-02-05 ' +
  '2020-01-25 2021-02-12 2022-02-01 2023-01-22 2024-02-10 2025-01-29 2026-02-17 2027-02-06 2028-01-26 2029-02-13 ' +
  '2030-02-03 2031-01-23 2032-02-11 2033-01-31 2034-02-19 2035-02-08';
/** Seoul is an hour ahead: the same days, but for 1997 (7 February in Beijing) and 2028. */
const SEOLLAL = '1988-02-18 1997-02-08 2012-01-23 2024-02-10 2025-01-29 2026-02-17 2027-02-07 2028-01-27';
const ROSH_HASHANAH =
  '2000-09-30 2001-09-18 2002-09-07 2003-09-27 2004-09-16 2005-10-04 2006-09-23 2007-09-13 2008-09-30 2009-09-19 ' +
  '2010-09-09 2011-09-29 2012-09-17 2013-09-05 2014-09-25 2015-09-14 2016-10-03 2017-09-21 2018-09-10 2019-09-30 ' +
  '2020-09-19 2021-09-07 2022-09-26 2023-09-16 2024-10-03 2025-09-23 2026-09-12 2027-10-02 2028-09-21 2029-09-10 ' +
  '2030-09-28';
const HIJRI_NEW_YEARS = '2021-08-09 2022-07-30 2023-07-19 2024-07-07 2025-06-26';
const NOWRUZ = '2015-03-21 2016-03-20 2017-03-21 2018-03-21 2019-03-21 2020-03-20 2021-03-21 2024-03-20 2025-03-21';
const ENKUTATASH = '2014-09-11 2015-09-12 2016-09-11 2019-09-12 2020-09-11 2023-09-12 2024-09-11';

describe.each([
  ['CHINESE', CHINESE_NEW_YEARS],
  ['DANGI', SEOLLAL],
  ['HEBREW', ROSH_HASHANAH],
  ['ISLAMIC-UMALQURA', HIJRI_NEW_YEARS],
  ['PERSIAN', NOWRUZ],
  ['ETHIOPIC', ENKUTATASH],
  ['COPTIC', ENKUTATASH],
])('the year of %s', (rscale, dates) => {
  test.each(dates.split(' '))('begins on %s', (date) => {
    const calendar = calendarOf(rscale).calendar();
    const year = calendar.yearOf(dayOf(date));
    expect(calendar.year(year).start).toBe(dayOf(date));
  });
});

/** Leap months of the Chinese calendar, as printed; the autumn of 2033 is where simple reckonings fail. */
test.each([
  [1917, 2.5],
  [1922, 5.5],
  [1984, 10.5],
  [1987, 6.5],
  [2001, 4.5],
  [2004, 2.5],
  [2006, 7.5],
  [2009, 5.5],
  [2012, 4.5],
  [2014, 9.5],
  [2017, 6.5],
  [2020, 4.5],
  [2023, 2.5],
  [2025, 6.5],
  [2028, 5.5],
  [2031, 3.5],
  [2033, 11.5],
])('the Chinese year %i has the leap month %d', (year, code) => {
  const { months } = calendarOf('CHINESE').calendar().year(year);
  expect(months.filter((month) => !Number.isInteger(month.code)).map((month) => month.code)).toEqual([code]);
});

describe.each(RSCALES)('the calendar %s', (rscale) => {
  const scale = calendarOf(rscale);

  test('has years that follow each other, within the limits that rules are held to', () => {
    const calendar = scale.calendar();
    const first = calendar.yearOf(dayNumber(1990, 1, 1));
    for (let year = first; year < first + 60; year++) {
      const { start, length, months } = calendar.year(year);
      expect(calendar.startOf(year + 1)).toBe(start + length);
      expect(length).toBeLessThanOrEqual(scale.yearDays);
      expect(months.reduce((sum, month) => sum + month.length, 0)).toBe(length);
      for (const { code, length: days } of months) {
        expect(days).toBeLessThanOrEqual(scale.monthDays);
        if (Number.isInteger(code)) expect(code).toBeLessThanOrEqual(scale.months);
        else expect(scale.leapMonths).toContain(code - 0.5);
      }
    }
  });

  test.each([1001, 1600, 1900, 2026, 5000, 9998])('numbers its months without a gap in %i', (near) => {
    const calendar = scale.calendar();
    const first = calendar.yearOf(dayNumber(near, 6, 1));
    let last = calendar.monthIndex(calendar.startOf(first) - 1);
    for (let year = first; year <= first + 1; year++) {
      const { start, months } = calendar.year(year);
      for (const [place, { offset, length }] of months.entries()) {
        const index = calendar.monthIndex(start + offset);
        expect(index).toBe(last + 1);
        expect(calendar.monthIndex(start + offset + length - 1)).toBe(index);
        expect(calendar.monthAt(index)).toMatchObject({ year, place });
        expect(dayIn(calendar, start + offset + length - 1)).toMatchObject({ year, place, day: length });
        last = index;
      }
    }
  });
});

describe.each(['CHINESE', 'DANGI'])('the moons of %s', (rscale) => {
  const calendar = calendarOf(rscale).calendar();

  test('make years of twelve or thirteen whole months, one of them a leap month, from 1600 to 9999', () => {
    for (let year = 1600; year < 9999; year += 3) {
      const { start, length, months } = calendar.year(year);
      expect(calendar.startOf(year + 1), String(year)).toBe(start + length);
      const leap = months.filter(({ code }) => !Number.isInteger(code));
      expect(months.length - leap.length, String(year)).toBe(12);
      expect(leap.length).toBeLessThanOrEqual(1);
      for (const month of months) expect([29, 30], String(year)).toContain(month.length);
    }
  });

  test('begin the year between 20 January and 21 February while the Gregorian year keeps to the sun', () => {
    for (let year = 1600; year < 2600; year++) {
      const into = calendar.startOf(year) - dayNumber(year, 1, 1) + 1;
      expect(into, String(year)).toBeGreaterThanOrEqual(20);
      expect(into, String(year)).toBeLessThanOrEqual(53);
    }
  });
});

test('years are worked out without Intl, whose first use of a calendar takes a third of a second', async () => {
  vi.resetModules();
  vi.stubGlobal('Intl', undefined);
  const fresh = await import('../../src/ical/rscale.ts');
  const start = process.cpuUsage();
  const days = fresh.RSCALES.map((rscale) => fresh.scaleOf(rscale)?.calendar().monthIndex(20_000));
  const { user, system } = process.cpuUsage(start);
  vi.unstubAllGlobals();
  expect(days.every((index) => Number.isInteger(index))).toBe(true);
  // All calendars together; the aim is 5 ms, and a machine may be busy.
  expect((user + system) / 1000).toBeLessThan(50);
});
