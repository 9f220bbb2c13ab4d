import type { Calendar, CalendarMonth, CalendarYear } from './rscale-calendar.ts';
import { GREGORIAN } from './rscale-gregorian.ts';
import { checkedDay } from './rscale-reckoned.ts';
import { LUNATION, newMoon, solarTerms } from './rscale-moon.ts';
import { dayNumber } from './time-value.ts';

/** Years that people live in stay worked out for good; of the others so many, since a rule may ask for any. */
const FAMILIAR = { from: 1900, to: 2200 };
const MOST_OTHERS = 2000;
/** Steps of a budget to work out a year: some fourteen moons and places of the sun. */
const COST = 80;

/** Where a calendar of the moon is made. */
export interface Almanac {
  /** From a day on, so many days (a fraction) are added to UTC for the clock that it is made by. */
  readonly meridians: readonly (readonly [from: number, offset: number])[];
  /** Months that were printed on another day than the moon has it, by the number of the new moon. */
  readonly printed: ReadonlyMap<number, number>;
}

/** Values by number, worked out once: a bounded memory that forgets all at a time. */
function remembered<T>(most: number, make: (key: number) => T, isKept: (key: number) => boolean): (key: number) => T {
  const kept = new Map<number, T>();
  const others = new Map<number, T>();
  return (key) => {
    const known = kept.get(key) ?? others.get(key);
    if (known !== undefined) return known;
    const made = make(key);
    if (others.size >= most) others.clear();
    (isKept(key) ? kept : others).set(key, made);
    return made;
  };
}

/** A month by the moon: the day that it begins on, and how many major solar terms lie before that day. */
interface Month {
  readonly start: number;
  readonly terms: number;
}

/** Months numbered as their new moons. */
function monthsBy({ meridians, printed }: Almanac): (n: number) => Month {
  const offsetAt = (day: number): number => meridians.findLast(([from]) => day >= from)?.[1] ?? meridians[0]?.[1] ?? 0;
  const make = (n: number): Month => {
    const moon = newMoon(n);
    const offset = offsetAt(moon);
    const start = printed.get(n) ?? Math.floor(moon + offset);
    return { start, terms: solarTerms(start - offset) };
  };
  return remembered(MOST_OTHERS, make, () => false);
}

/** A winter solstice begins the count of a sui, the months up to that of the next; one of thirteen has a leap month. */
interface Sui {
  /** Number of its first month, which holds the winter solstice and is month 11. */
  readonly first: number;
  readonly leap: number | undefined;
}

/** The sui that begins in December of a Gregorian year. */
function suiBy(month: (n: number) => Month): (year: number) => Sui {
  const solsticeMonth = (year: number): number => {
    const solstice = 12 * (year - 1999) + 9;
    let n = Math.round((dayNumber(year, 12, 21) - 10_962) / LUNATION);
    while (month(n).terms >= solstice) n--;
    while (month(n + 1).terms < solstice) n++;
    return n;
  };
  const make = (year: number): Sui => {
    const first = solsticeMonth(year);
    if (solsticeMonth(year + 1) - first === 12) return { first, leap: undefined };
    let leap = first + 1;
    while (month(leap + 1).terms > month(leap).terms) leap++;
    return { first, leap };
  };
  return remembered(MOST_OTHERS, make, () => false);
}

/** The number of the month that a year begins with: the second after month 11, leap months not counted. */
const newYearMoon = ({ first, leap }: Sui): number => first + (leap !== undefined && leap <= first + 2 ? 3 : 2);

interface LunarYear extends CalendarYear {
  /** The new moon of its first month. */
  readonly moon: number;
}

function yearBy(month: (n: number) => Month): (year: number) => LunarYear {
  const sui = suiBy(month);
  const make = (year: number): LunarYear => {
    const [before, within] = [sui(year - 1), sui(year)];
    const [moon, end] = [newYearMoon(before), newYearMoon(within)];
    const { start } = month(moon);
    const months: CalendarMonth[] = [];
    let number = 0;
    for (let n = moon; n < end; n++) {
      const isLeap = n === before.leap || n === within.leap;
      if (!isLeap) number++;
      const own = month(n).start;
      months.push({ code: isLeap ? number + 0.5 : number, offset: own - start, length: month(n + 1).start - own });
    }
    return { start, length: month(end).start - start, months, moon };
  };
  return remembered(MOST_OTHERS, make, (year) => year >= FAMILIAR.from && year < FAMILIAR.to);
}

/**
 * The Chinese calendar by the rules of GB/T 33661-2017: months begin on the day of the new moon, month 11 holds the
 * winter solstice, and the leap month is the first without a major solar term in a sui of thirteen. Years have the
 * number of the Gregorian one that they begin in. The rules are laid on all times alike, also on those before 1645,
 * when the solar terms were reckoned in the mean; where the turning of the earth is not known in advance (after about
 * 2150) the days follow its extrapolation.
 */
export function lunisolarCalendar(name: string, almanac: Almanac): Calendar {
  const month = monthsBy(almanac);
  const year = yearBy(month);
  let last: LunarYear | undefined;
  let lastYear = 0;
  const yearOf = (asked: number): number => {
    if (last !== undefined && asked >= last.start && asked < last.start + last.length) return lastYear;
    const day = checkedDay(name, asked);
    let found = GREGORIAN.yearOf(day);
    while (year(found).start > day) found--;
    while (year(found + 1).start <= day) found++;
    lastYear = found;
    last = year(found);
    return found;
  };
  return {
    year,
    startOf: (number) => year(number).start,
    yearOf,
    monthIndex(day) {
      const { moon, start, months } = year(yearOf(day));
      return moon + months.findLastIndex(({ offset }) => offset <= day - start);
    },
    monthAt(index) {
      const number = yearOf(month(index).start);
      return { year: number, place: index - year(number).moon };
    },
    kind: (number) => number,
    cost: () => COST,
    cycle: undefined,
  };
}

const time = (hours: number, minutes = 0, seconds = 0): number => (hours * 3600 + minutes * 60 + seconds) / 86_400;

/**
 * China: the mean sun of Beijing (116 degrees 25 minutes) until 1928, then that of 120 degrees. The almanac of 1906, of
 * the Qing, put the new moon of 23 April, eight minutes before midnight, on the day after.
 */
export const CHINA: Almanac = {
  meridians: [
    [-Infinity, time(7, 45, 40)],
    [dayNumber(1929, 1, 1), time(8)],
  ],
  printed: new Map([[-1159, dayNumber(1906, 4, 24)]]),
};

/**
 * Korea, as its institute of astronomy (KASI) lists the months from 1900 on: by the clock of 120 degrees until 1911,
 * then by that of 135, also in the years 1954 to 1961 whose clocks were half an hour behind it.
 */
export const KOREA: Almanac = {
  meridians: [
    [-Infinity, time(8)],
    [dayNumber(1912, 1, 1), time(9)],
  ],
  printed: new Map(),
};
