import { UsageError } from './command.ts';

/** Wall time of a date or the instant of an RFC 3339 time, in milliseconds. */
export type Point =
  { readonly kind: 'date'; readonly wall: number } | { readonly kind: 'instant'; readonly instant: number };

const DATE = /^(\d{4})-(\d\d)-(\d\d)$/;
const TIME = /^(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:[Zz]|([+-])(\d\d):(\d\d))$/;

/** Reads `2026-03-01` or a time of RFC 3339 §5.6. Throws UsageError that names the option. */
export function readPoint(text: string, option: string): Point {
  const date = DATE.exec(text);
  const wrong = new UsageError(
    `--${option}: expected a date (2026-03-01) or a time (2026-03-01T09:00:00+01:00), got "${text}"`,
  );
  if (date !== null) {
    const wall = wallOf(date.slice(1, 4).map(Number), [0, 0, 0]);
    if (wall === undefined) throw wrong;
    return { kind: 'date', wall };
  }
  const time = TIME.exec(text);
  if (time === null) throw wrong;
  const wall = wallOf(time.slice(1, 4).map(Number), time.slice(4, 7).map(Number));
  const [hours, minutes] = [Number(time[9] ?? 0), Number(time[10] ?? 0)];
  if (wall === undefined || hours > 23 || minutes > 59) throw wrong;
  const offset = (time[8] === '-' ? -1 : 1) * (hours * 60 + minutes) * 60_000;
  const fraction = Math.trunc(Number(`0.${time[7] ?? '0'}`) * 1000);
  return { kind: 'instant', instant: wall - offset + fraction };
}

/** Milliseconds of the clock on the wall; undefined where there is no such day or time. Second 60 is a leap second. */
function wallOf(
  [year = 0, month = 0, day = 0]: readonly number[],
  [hour = 0, minute = 0, second = 0]: readonly number[],
): number | undefined {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day); // Date.UTC takes the years 0 to 99 for 1900 to 1999
  const isDay = date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  if (!isDay || hour > 23 || minute > 59 || second > 60) return undefined;
  return date.getTime() + ((hour * 60 + minute) * 60 + second) * 1000;
}
