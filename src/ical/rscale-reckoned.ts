import { Refusal } from '../base/refusal.ts';
import { dayIn, type Calendar, type CalendarMonth, type CalendarYear } from './rscale-calendar.ts';

/** 1 January 1000 and 31 December 9999; before, the calendars are not known well enough to count in them. */
const FIRST_DAY = -354_285;
const LAST_DAY = 2_932_896;
/** Steps of a budget to work out a year. */
const COST = 2;
/** Shapes of years are below this number. */
const SHAPES = 4096;

/** The day, not farther after year 9999 than anything asks for; throws Refusal for one before the year 1000. */
export function checkedDay(name: string, day: number): number {
  if (day >= FIRST_DAY) return Math.min(day, LAST_DAY + 1000);
  throw new Refusal('valid-calendar-data', `RSCALE=${name} counts from the year 1000 on`);
}

/** A calendar of fixed rules, or of a table. */
export interface Reckoning {
  /** Day number of the first day of a year. */
  startOf(year: number): number;
  /** The mean year in days. */
  readonly meanYear: number;
  /** The lengths of the months of a year, which has so many days. */
  monthLengths(length: number, year: number): readonly number[];
  /** Years with the same number have the same months; without it those of the same length. */
  shapeOf?(length: number, year: number): number;
  /** Of thirteen months the place of the leap month. */
  readonly leapPlace?: number;
  /** The mean number of months in a year, and those before a year. */
  readonly monthsInYear: number;
  monthsBefore(year: number): number;
}

const weekdayOf = (day: number): number => (((day + 4) % 7) + 7) % 7;

function monthsOf(lengths: readonly number[], leapPlace: number | undefined): readonly CalendarMonth[] {
  const leap = leapPlace !== undefined && lengths.length === 13 ? leapPlace : Infinity;
  let offset = 0;
  return lengths.map((length, place) => {
    const code = place < leap ? place + 1 : place === leap ? place + 0.5 : place;
    const month = { code, offset, length };
    offset += length;
    return month;
  });
}

function shapeOf(reckoning: Reckoning, year: number): number {
  const length = reckoning.startOf(year + 1) - reckoning.startOf(year);
  return reckoning.shapeOf?.(length, year) ?? length;
}

function yearTables(reckoning: Reckoning): (year: number) => CalendarYear {
  const { startOf, monthLengths, leapPlace } = reckoning;
  const kept = new Map<number, readonly CalendarMonth[]>();
  let last: (CalendarYear & { readonly number: number }) | undefined;
  return (number) => {
    if (last?.number === number) return last;
    const start = startOf(number);
    const length = startOf(number + 1) - start;
    const shape = shapeOf(reckoning, number);
    let months = kept.get(shape);
    if (months === undefined) {
      months = monthsOf(monthLengths(length, number), leapPlace);
      kept.set(shape, months);
    }
    last = { number, start, length, months };
    return last;
  };
}

/** The calendar of a reckoning. Its name is for the refusal of days before the year 1000. */
export function reckonedCalendar(name: string, reckoning: Reckoning): Calendar {
  const { startOf, meanYear, monthsInYear, monthsBefore } = reckoning;
  const year = yearTables(reckoning);
  const origin = startOf(0);
  const yearOf = (asked: number): number => {
    const day = checkedDay(name, asked);
    let found = Math.floor((day - origin) / meanYear);
    while (startOf(found) > day) found--;
    while (startOf(found + 1) <= day) found++;
    return found;
  };
  return {
    year,
    startOf,
    yearOf,
    monthIndex(day) {
      const date = dayIn({ year, yearOf }, day);
      return monthsBefore(date.year) + date.place;
    },
    monthAt(index) {
      let found = Math.floor(index / monthsInYear);
      while (monthsBefore(found) > index) found--;
      while (monthsBefore(found + 1) <= index) found++;
      return { year: found, place: index - monthsBefore(found) };
    },
    // Years of one shape that begin on one weekday are alike; days outside a year depend on those beside it too.
    kind(number, reaches) {
      const own = shapeOf(reckoning, number) * 7 + weekdayOf(startOf(number));
      if (!reaches) return own;
      return (own * SHAPES + shapeOf(reckoning, number - 1)) * SHAPES + shapeOf(reckoning, number + 1);
    },
    cost: () => COST,
    cycle: undefined,
  };
}
