import { Refusal } from '../base/refusal.ts';
import { dayIn, type Calendar, type CalendarMonth, type CalendarYear } from './rscale-calendar.ts';

const DAY = 86_400_000;
/** 1 January 1000 and 31 December 9999; before, the calendars are not known well enough to count in them. */
const FIRST_DAY = -354_285;
const LAST_DAY = 2_932_896;
/** Somewhere in the year 2000, from where the others are estimated. */
const MIDDLE = 10_957;

/** The mean month of the moon in days, and a new moon (6 January 2000) as a day number. */
const LUNATION = 29.530_588_861;
const NEW_MOON = 10_962;

/** Years that people live in stay worked out for good; of the others so many, since a rule may ask for any. */
const FAMILIAR = { from: -25_567, to: 84_005 };
const MOST_OTHERS = 2000;

/** What a calendar of ICU is like, as far as it cannot be asked for. */
export interface IntlCalendarSpec {
  /** Its name in Unicode's registry. */
  readonly name: string;
  /** The mean year in days. */
  readonly meanYear: number;
  /** How leap months come about: `named` where ICU repeats the number, or the place of the one that there is. */
  readonly leap: 'none' | 'named' | number;
  /** Steps that a year costs, and one that is not familiar. */
  readonly cost: number;
  readonly costOfOther: number;
}

interface Reading {
  readonly year: number;
  /** Number of the month, NaN where ICU writes its name. */
  readonly month: number;
  readonly day: number;
}

/** Reads dates of a calendar. */
function readerOf(name: string): (day: number) => Reading {
  const options = { timeZone: 'UTC', year: 'numeric', month: 'numeric', day: 'numeric' } as const;
  const format = new Intl.DateTimeFormat(`en-u-ca-${name}`, options);
  return (day) => {
    const read = { year: NaN, month: NaN, day: NaN };
    for (const { type, value } of format.formatToParts(day * DAY)) {
      // ICU names the Chinese years by the Gregorian ones that they begin in: relatedYear, which TypeScript lacks.
      if (type === 'day') read.day = Number(value);
      else if (type === 'month') read.month = parseInt(value.replace(/^\D+/, ''), 10);
      else if (type === 'year' || (type as string) === 'relatedYear') read.year = Number(value);
    }
    return read;
  };
}

const monthStart = (read: (day: number) => Reading, day: number): number => day - read(day).day + 1;

/** The first day of the month after the one that begins on `start`: none has more than 31 days, and two have 34. */
const nextMonth = (read: (day: number) => Reading, start: number): number => monthStart(read, start + 32);

function codeOf(leap: IntlCalendarSpec['leap'], place: number, isLong: boolean): number {
  if (typeof leap !== 'number' || !isLong || place < leap) return place + 1;
  return place === leap ? place + 0.5 : place;
}

function tableOf(spec: IntlCalendarSpec, read: (day: number) => Reading, start: number): CalendarYear {
  const { year } = read(start);
  const starts = [start];
  const numbers = [1];
  for (let at = start; ;) {
    const reading = read(at + 32);
    at = at + 32 - reading.day + 1;
    starts.push(at);
    if (reading.year !== year) break;
    numbers.push(reading.month);
  }
  const isLong = numbers.length > 12;
  const months = numbers.map((number, place): CalendarMonth => {
    const offset = (starts[place] ?? start) - start;
    const length = (starts[place + 1] ?? start) - start - offset;
    const named = number === numbers[place - 1] ? number + 0.5 : number;
    return { code: spec.leap === 'named' ? named : codeOf(spec.leap, place, isLong), offset, length };
  });
  return { start, length: (starts.at(-1) ?? start) - start, months };
}

/** First days of years, found by asking ICU near where the mean year puts them. */
function yearStarts({ meanYear }: IntlCalendarSpec, read: (day: number) => Reading): (year: number) => number {
  const search = (year: number, near: number): number => {
    let at = monthStart(read, near);
    while (read(at).year < year) at = nextMonth(read, at);
    for (let before = at - 1; read(before).year >= year; before = at - 1) at = monthStart(read, before);
    return at;
  };
  const middle = read(MIDDLE).year;
  const origin = search(middle, MIDDLE);
  return (year) => search(year, origin + Math.round((year - middle) * meanYear) + 3);
}

/** The year tables of a calendar, each worked out once. */
function yearTables(spec: IntlCalendarSpec, read: (day: number) => Reading): (year: number) => CalendarYear {
  const kept = new Map<number, CalendarYear>();
  const others = new Map<number, CalendarYear>();
  const startOf = yearStarts(spec, read);
  return (year) => {
    const known = kept.get(year) ?? others.get(year);
    if (known !== undefined) return known;
    const before = kept.get(year - 1) ?? others.get(year - 1);
    const table = tableOf(spec, read, before === undefined ? startOf(year) : before.start + before.length);
    const isFamiliar = table.start >= FAMILIAR.from && table.start < FAMILIAR.to;
    if (!isFamiliar && others.size >= MOST_OTHERS) others.clear();
    (isFamiliar ? kept : others).set(year, table);
    return table;
  };
}

/** Months numbered through: by the moons where a year has twelve or thirteen, else by their fixed number. */
function monthNumbers(spec: IntlCalendarSpec, calendar: Pick<Calendar, 'year' | 'yearOf'>): Months {
  if (spec.leap === 'none') {
    const count = calendar.year(calendar.yearOf(MIDDLE)).months.length;
    return {
      monthIndex(day) {
        const { year, place } = dayIn(calendar, day);
        return year * count + place;
      },
      monthAt: (index) => ({ year: Math.floor(index / count), place: index % count }),
    };
  }
  return {
    monthIndex: (day) => Math.round((day - dayIn(calendar, day).day + 1 - NEW_MOON) / LUNATION),
    // No month begins farther than three days from the mean moon, so that ten days on is always within it.
    monthAt: (index) => dayIn(calendar, Math.round(NEW_MOON + index * LUNATION) + 10),
  };
}

type Months = Pick<Calendar, 'monthIndex' | 'monthAt'>;

function build(spec: IntlCalendarSpec): Calendar {
  const read = readerOf(spec.name);
  const year = yearTables(spec, read);
  let lastYear = 0;
  let last: CalendarYear = { start: 0, length: 0, months: [] };
  const yearOf = (asked: number): number => {
    if (asked >= last.start && asked < last.start + last.length) return lastYear;
    const day = Math.min(asked, LAST_DAY + 1000);
    if (day < FIRST_DAY) {
      throw new Refusal('valid-calendar-data', `RSCALE=${spec.name.toUpperCase()} counts from the year 1000 on`);
    }
    lastYear = read(day).year;
    last = year(lastYear);
    return lastYear;
  };
  return {
    year,
    startOf: (number) => year(number).start,
    yearOf,
    ...monthNumbers(spec, { year, yearOf }),
    kind: (number) => number,
    cost(number) {
      const { start } = year(number);
      return start >= FAMILIAR.from && start < FAMILIAR.to ? spec.cost : spec.costOfOther;
    },
    cycle: undefined,
  };
}

const OF_ICU: ReadonlySet<string> = new Set(Intl.supportedValuesOf('calendar'));

/** A calendar as the ICU of this Node has it; undefined where it does not. It is made when it is first used. */
export function intlCalendar(spec: IntlCalendarSpec): (() => Calendar) | undefined {
  let calendar: Calendar | undefined;
  return OF_ICU.has(spec.name) ? () => (calendar ??= build(spec)) : undefined;
}
