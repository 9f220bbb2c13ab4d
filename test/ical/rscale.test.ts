import { describe, expect, test } from 'vitest';
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

/** First days of the year, from 2000 on, as almanacs print them. */
const CHINESE_NEW_YEARS =
  '2000-02-05 2001-01-24 2002-02-12 2003-02-01 2004-01-22 2005-02-09 2006-01-29 2007-02-18 2008-02-07 2009-01-26 ' +
  '2010-02-14 2011-02-03 2012-01-23 2013-02-10 2014-01-31 2015-02-19 2016-02-08 2017-01-28 2018-02-16 2019-02-05 ' +
  '2020-01-25 2021-02-12 2022-02-01 2023-01-22 2024-02-10 2025-01-29 2026-02-17 2028-01-26 2029-02-13 ' +
  '2031-01-23 2032-02-11 2033-01-31 2034-02-19 2035-02-08';
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

/**
 * Where the moon is new within minutes of midnight in Beijing, ICU is on the other side of it than the almanacs (6
 * February 2027, 3 February 2030). We go with ICU, as most calendar programs do (RFC 7529 §5).
 */
test.each(['2027-02-07', '2030-02-02'])('the year of CHINESE begins on %s, as ICU has it', (date) => {
  const calendar = calendarOf('CHINESE').calendar();
  expect(calendar.year(calendar.yearOf(dayOf(date))).start).toBe(dayOf(date));
});

/** Leap months of the Chinese calendar, as printed; the autumn of 2033 is where simple reckonings fail. */
test.each([
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

/** Days from 1970 to 1 Tishri by the molad and its four delays: the calendar's own rule. */
function newYearByMolad(year: number): number {
  const daysTo = (y: number): number => {
    const months = Math.floor((235 * y - 234) / 19);
    const parts = 12_084 + 13_753 * months;
    const day = months * 29 + Math.floor(parts / 25_920);
    return (3 * (day + 1)) % 7 < 3 ? day + 1 : day;
  };
  const [before, own, after] = [daysTo(year - 1), daysTo(year), daysTo(year + 1)];
  const delay = after - own === 356 ? 2 : own - before === 382 ? 1 : 0;
  return own + delay - 2_092_590;
}

test('each Hebrew year from 1600 to 2300 begins where the molad puts it', () => {
  const calendar = calendarOf('HEBREW').calendar();
  for (let year = 5361; year <= 6060; year++) expect(calendar.startOf(year), String(year)).toBe(newYearByMolad(year));
});

test('each Hijri year of the civil calendar is where its cycle of thirty years puts it', () => {
  const calendar = calendarOf('ISLAMIC-CIVIL').calendar();
  for (let year = 1010; year <= 1700; year++) {
    const day = 354 * (year - 1) + Math.floor((3 + 11 * year) / 30) - 492_148;
    expect(calendar.startOf(year), String(year)).toBe(day);
  }
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

  test.each([1600, 1900, 2026, 5000, 9998])('numbers its months without a gap in %i', (near) => {
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
