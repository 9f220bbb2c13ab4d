import type { BusyType } from '../ical/freebusy.ts';
import type { Instant, TimeRange } from '../ical/time-value.ts';
import type { InstanceKey } from '../itip/instance-key.ts';

/** A time at which a room is taken, and by what. */
export interface TakenTime extends TimeRange {
  readonly uid: string;
  /** The instance of the booking, as RECURRENCE-ID names it; for the log alone. */
  readonly key?: InstanceKey | undefined;
  readonly type: BusyType;
}

/** Taken times in order, made ready to be asked. */
export type TakenIndex = readonly IndexedTime[];

interface IndexedTime extends TimeRange {
  /** Of all up to this one, that which ends last. */
  readonly latest: TimeRange;
}

const byStart = (one: TimeRange, other: TimeRange): number => one.start - other.start || one.end - other.end;

/**
 * Makes taken times ready: one pass where they come in order of start, as they should.
 *
 * @param ownUid the booking that is judged: its own times, old and new, are in nobody's way
 */
export function indexTaken(
  taken: readonly TakenTime[],
  { ownUid, tentativeHolds }: { readonly ownUid: string | undefined; readonly tentativeHolds: boolean },
): TakenIndex {
  const counting = taken
    .filter(
      ({ uid, type, start, end }) => uid !== ownUid && start < end && (tentativeHolds || type !== 'BUSY-TENTATIVE'),
    )
    .sort(byStart);
  let latest: TimeRange | undefined;
  return counting.map(({ start, end }) => {
    latest = latest === undefined || end > latest.end ? { start, end } : latest;
    return { start, end, latest };
  });
}

/**
 * What is in the way of a range; undefined: it is free. What only touches it is not in the way, and nothing is in that of a
 * range without length, as it is in nobody's.
 */
export function takenIn(index: TakenIndex, { start, end }: TimeRange): TimeRange | undefined {
  if (start >= end) return undefined;
  const latest = lastBefore(index, end)?.latest;
  return latest !== undefined && latest.end > start ? latest : undefined;
}

/** The last of those that begin before an instant. */
function lastBefore(index: TakenIndex, instant: Instant): IndexedTime | undefined {
  let low = 0;
  let high = index.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((index[middle]?.start ?? Infinity) < instant) low = middle + 1;
    else high = middle;
  }
  return index[low - 1];
}
