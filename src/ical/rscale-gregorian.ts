import type { Calendar, CalendarMonth } from './rscale-calendar.ts';
import { dayNumber, isLeapYear, monthLength } from './time-value.ts';

const weekdayOf = (day: number): number => (((day + 4) % 7) + 7) % 7;

function monthsOf(year: number): readonly CalendarMonth[] {
  let offset = 0;
  return Array.from({ length: 12 }, (_, i) => {
    const month = { code: i + 1, offset, length: monthLength(year, i + 1) };
    offset += month.length;
    return month;
  });
}

const COMMON = monthsOf(2001);
const LEAP = monthsOf(2000);

function yearOf(day: number): number {
  let year = Math.floor(day / 365.2425) + 1970;
  if (dayNumber(year, 1, 1) > day) year--;
  else if (dayNumber(year + 1, 1, 1) <= day) year++;
  return year;
}

/**
 * The Gregorian calendar, also before it was made. A year's days depend only on its length and the weekday of
 * 1 January; those that weeks and SKIP put outside it also on the lengths of the years beside it.
 */
export const GREGORIAN: Calendar = {
  year(year) {
    const leap = isLeapYear(year);
    return { start: dayNumber(year, 1, 1), length: leap ? 366 : 365, months: leap ? LEAP : COMMON };
  },
  startOf: (year) => dayNumber(year, 1, 1),
  yearOf,
  monthIndex(day) {
    const year = yearOf(day);
    const months = isLeapYear(year) ? LEAP : COMMON;
    const offset = day - dayNumber(year, 1, 1);
    let place = 11;
    while (place > 0 && (months[place]?.offset ?? 0) > offset) place--;
    return year * 12 + place;
  },
  monthAt: (index) => ({ year: Math.floor(index / 12), place: ((index % 12) + 12) % 12 }),
  kind(year, reaches) {
    const own = weekdayOf(dayNumber(year, 1, 1)) + (isLeapYear(year) ? 7 : 0);
    return reaches ? own + (isLeapYear(year - 1) ? 14 : 0) + (isLeapYear(year + 1) ? 28 : 0) : own;
  },
  cost: () => 0,
  cycle: { years: 400, months: 4800, days: 146_097 },
};
