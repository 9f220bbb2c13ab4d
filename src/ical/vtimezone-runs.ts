import { monthLength, type WallTime } from './time-value.ts';

const DAY = 86_400_000;
const WEEKDAYS = ['SU', 'MO', 'TU', 'WE', 'TH', 'FR', 'SA'] as const;
/** Fewer in a row are listed: two points make any rule. */
const SHORTEST_RUN = 3;

/** Wall times one year apart each that one yearly rule generates. */
export interface YearlyRun {
  readonly first: WallTime;
  readonly last: WallTime;
  /** What FREQ=YEARLY lacks: BYMONTH and BYDAY and the like (RFC 5545 §3.3.10). */
  readonly rule: string;
}

/** What the dates of a run have in common so far; undefined where they differ. */
interface Shape {
  readonly first: WallTime;
  readonly last: WallTime;
  readonly count: number;
  readonly year: number;
  readonly time: number;
  readonly month: number | undefined;
  readonly weekday: number | undefined;
  /** Which of its month's days of that name. */
  readonly nth: number | undefined;
  /** Whether each was the last of its name in the month. */
  readonly isLast: boolean;
  /** Days of the month, and days counted from the end of the year, where Dec 31 is -1: first and last of them. */
  readonly days: readonly [number, number];
  readonly fromEnd: readonly [number, number];
}

/** Wall times in order, as runs and what belongs to none. */
export function yearlyRuns(walls: readonly WallTime[]): {
  readonly runs: readonly YearlyRun[];
  readonly singles: readonly WallTime[];
} {
  const runs: YearlyRun[] = [];
  const singles: WallTime[] = [];
  let from = 0;
  const finish = (shape: Shape, to: number): void => {
    const rule = shape.count < SHORTEST_RUN ? undefined : ruleOf(shape);
    if (rule === undefined) singles.push(...walls.slice(from, to));
    else runs.push({ first: shape.first, last: shape.last, rule });
    from = to;
  };
  let shape: Shape | undefined;
  walls.forEach((wall, i) => {
    const own = shapeOf(wall);
    const joined = shape && join(shape, own);
    if (shape !== undefined && joined === undefined) finish(shape, i);
    shape = joined ?? own;
  });
  if (shape !== undefined) finish(shape, walls.length);
  return { runs, singles };
}

function shapeOf(wall: WallTime): Shape {
  const date = new Date(wall);
  const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate()];
  const fromEnd = -Math.ceil((Date.UTC(year + 1, 0, 1) - wall) / DAY);
  return {
    first: wall,
    last: wall,
    count: 1,
    year,
    time: wall - Math.floor(wall / DAY) * DAY,
    month,
    weekday: date.getUTCDay(),
    nth: Math.ceil(day / 7),
    isLast: day + 7 > monthLength(year, month),
    days: [day, day],
    fromEnd: [fromEnd, fromEnd],
  };
}

const same = <Value>(a: Value, b: Value): Value | undefined => (a === b ? a : undefined);
type Span = readonly [number, number];
const around = (a: Span, b: Span): Span => [Math.min(a[0], b[0]), Math.max(a[1], b[1])];

/** The two as one run; undefined where no rule makes both. */
function join(run: Shape, next: Shape): Shape | undefined {
  if (next.year !== run.year + 1 || next.time !== run.time) return undefined;
  const joined: Shape = {
    first: run.first,
    last: next.last,
    count: run.count + 1,
    year: next.year,
    time: run.time,
    month: same(run.month, next.month),
    weekday: same(run.weekday, next.weekday),
    nth: same(run.nth, next.nth),
    isLast: run.isLast && next.isLast,
    days: around(run.days, next.days),
    fromEnd: around(run.fromEnd, next.fromEnd),
  };
  return ruleOf(joined) === undefined ? undefined : joined;
}

/** Seven days in a row hold one Sunday. */
const isWeek = ([first, last]: Span): boolean => last - first < 7;
const weekUpTo = (last: number): string => Array.from({ length: 7 }, (_, i) => last - 6 + i).join(',');

/** The plainest rule that makes every date of the run. */
function ruleOf({ month, weekday, nth, isLast, days, fromEnd }: Shape): string | undefined {
  const name = weekday === undefined ? undefined : WEEKDAYS[weekday];
  if (month !== undefined) {
    if (name !== undefined && nth !== undefined && nth < 5) return `BYMONTH=${month};BYDAY=${nth}${name}`;
    if (name !== undefined && isLast) return `BYMONTH=${month};BYDAY=-1${name}`;
    if (days[0] === days[1]) return `BYMONTH=${month};BYMONTHDAY=${days[0]}`;
    if (name !== undefined && isWeek(days)) {
      return `BYMONTH=${month};BYMONTHDAY=${weekUpTo(Math.max(7, days[1]))};BYDAY=${name}`;
    }
  }
  // Around the end of a month; counted from the end of the year, where no leap day lies between.
  if (name === undefined || !isWeek(fromEnd) || fromEnd[0] < -306) return undefined;
  return `BYYEARDAY=${weekUpTo(fromEnd[1])};BYDAY=${name}`;
}
