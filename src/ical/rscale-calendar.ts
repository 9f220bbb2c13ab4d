/** A month of one year of a calendar. */
export interface CalendarMonth {
  /** Its number; a leap month has that of the month before it and a half: 5.5 is `5L` (RFC 7529 §4.2). */
  readonly code: number;
  /** Days from the first day of the year. */
  readonly offset: number;
  readonly length: number;
}

/** The shape of one year of a calendar. */
export interface CalendarYear {
  /** Day number (days since 1970-01-01) of its first day. */
  readonly start: number;
  /** Days. */
  readonly length: number;
  /** In order. */
  readonly months: readonly CalendarMonth[];
}

/**
 * A calendar that rules count in (RFC 7529 §4). Years have numbers that rise by one; where they begin does not matter,
 * since a rule only counts on from its DTSTART.
 */
export interface Calendar {
  year(year: number): CalendarYear;
  /** Day number of the first day of a year. */
  startOf(year: number): number;
  /** The year that a day number lies in. */
  yearOf(day: number): number;
  /** Months numbered without end, leap months with them: the number of the one that a day lies in. */
  monthIndex(day: number): number;
  /** The year of a month so numbered, and its place among the months of that year, from 0. */
  monthAt(index: number): { readonly year: number; readonly place: number };
  /** Two years of one kind have matching days at the same offsets; with `reaches` also those that lie outside the year. */
  kind(year: number, reaches: boolean): number;
  /** Steps of a budget that it takes to work out a year. */
  cost(year: number): number;
  /** After so many years or months all dates fall on the same weekdays again; undefined when they never do. */
  readonly cycle: { readonly years: number; readonly months: number; readonly days: number } | undefined;
}

/** A day of a calendar: its number, its year, and the place of its month in the year, from 0. */
export interface CalendarDay {
  readonly number: number;
  readonly year: number;
  readonly place: number;
  /** Day of the month, from 1. */
  readonly day: number;
}

/** The date of a day number. */
export function dayIn(calendar: Pick<Calendar, 'year' | 'yearOf'>, number: number): CalendarDay {
  const year = calendar.yearOf(number);
  const { start, months } = calendar.year(year);
  const offset = number - start;
  let place = months.length - 1;
  while (place > 0 && (months[place]?.offset ?? 0) > offset) place--;
  return { number, year, place, day: offset - (months[place]?.offset ?? 0) + 1 };
}
