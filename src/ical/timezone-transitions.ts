import type { Instant, WallTime } from './time-value.ts';

/** The offset of wall time from UTC, at every instant. */
export interface Zone {
  /** IANA name, or the TZID of the VTIMEZONE that it was read from. */
  readonly id: string;
  /**
   * RFC 5545 §3.3.5: a time that occurs twice is the first of the two; a time that does not occur is read with the
   * offset before the gap.
   */
  toUtc(wall: WallTime): Instant;
  /** Milliseconds east of UTC. */
  offsetAt(instant: Instant): number;
  /** The changes with from <= at < to, in order; those that leave the offset as it is are left out. */
  transitions(from: Instant, to: Instant): readonly Change[];
}

/** A transition that changes the offset. */
export interface Change extends Transition {
  /** The offset until then, in milliseconds east of UTC. */
  readonly before: number;
  readonly daylight: boolean;
}

/** From this instant on the offset (milliseconds east of UTC) is in force. */
export interface Transition {
  readonly at: Instant;
  readonly offset: number;
  /** Whether daylight saving time begins; where nobody says so, it does where the clock goes forward. */
  readonly daylight?: boolean;
}

/** Where a zone's transitions come from: asked for one stretch of time, when that is first needed. */
export interface TransitionSource {
  /** The offset in force just before an instant. */
  offsetBefore(at: Instant): number;
  /** Transitions with from <= at < to, in order. */
  between(from: Instant, to: Instant): readonly Transition[];
}

/** About 17.4 years: a stretch holds some 35 transitions. */
const STRETCH = 2 ** 39;
/** Stretches from before the year 1 to after 9999; what lies outside counts as the first or last. */
const FIRST_STRETCH = -120;
const STRETCHES = 590;
/** No two offsets lie farther apart: each is less than a day. */
const FARTHEST = 2 * 86_400_000;

interface Stretch {
  /** Start of each span with one offset; the first is the stretch's own. */
  readonly starts: Float64Array;
  readonly offsets: Int32Array;
  readonly end: Instant;
}

function stretchOf(source: TransitionSource, index: number): Stretch {
  const from = (index + FIRST_STRETCH) * STRETCH;
  const end = index === STRETCHES - 1 ? Infinity : from + STRETCH;
  const transitions = source.between(from, Math.min(end, from + STRETCH));
  const starts = new Float64Array(transitions.length + 1);
  const offsets = new Int32Array(transitions.length + 1);
  starts[0] = index === 0 ? -Infinity : from;
  offsets[0] = source.offsetBefore(from);
  transitions.forEach((transition, i) => {
    starts[i + 1] = transition.at;
    offsets[i + 1] = transition.offset;
  });
  return { starts, offsets, end };
}

/** The zone of a source. It remembers the span of the last answer, where the next question mostly lies too. */
export function zoneOfTransitions(id: string, source: TransitionSource): Zone {
  const stretches = new Array<Stretch | undefined>(STRETCHES);
  let spanStart = Infinity;
  let spanEnd = -Infinity;
  let spanOffset = 0;

  const find = (instant: Instant): void => {
    const index = Math.min(Math.max(Math.floor(instant / STRETCH) - FIRST_STRETCH, 0), STRETCHES - 1);
    const stretch = (stretches[index] ??= stretchOf(source, index));
    const { starts, offsets } = stretch;
    let low = 0;
    let high = starts.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((starts[middle] ?? 0) <= instant) low = middle;
      else high = middle;
    }
    spanStart = starts[low] ?? 0;
    spanEnd = starts[low + 1] ?? stretch.end;
    spanOffset = offsets[low] ?? 0;
  };
  const offsetAt = (instant: Instant): number => {
    if (!(instant >= spanStart && instant < spanEnd)) find(instant);
    return spanOffset;
  };
  const toUtc = (wall: WallTime): Instant => {
    const guess = wall - spanOffset;
    if (guess >= spanStart + FARTHEST && guess < spanEnd) return guess;
    if (!Number.isFinite(wall)) return wall;
    // From well before, the first span in which the time has not passed yet is the one that counts: in an overlap
    // that is the earlier, and in a gap the one before it.
    offsetAt(wall - FARTHEST);
    let instant = wall - spanOffset;
    while (instant >= spanEnd) {
      const next = wall - offsetAt(spanEnd);
      if (next < spanStart) break;
      instant = next;
    }
    return instant;
  };
  return { id, toUtc, offsetAt, transitions: (from, to) => changesOf(source, from, to) };
}

function changesOf(source: TransitionSource, from: Instant, to: Instant): readonly Change[] {
  let before = source.offsetBefore(from);
  return source.between(from, to).flatMap(({ at, offset, daylight = offset > before }) => {
    const change = offset === before ? [] : [{ at, offset, before, daylight }];
    before = offset;
    return change;
  });
}

const YEAR = 366 * 86_400_000;

/** Whether daylight saving time is in force just before an instant: as the change before it said. */
export function isDaylightBefore(zone: Zone, at: Instant): boolean {
  // Farther and farther back, as the change is mostly near.
  for (let span = 2 * YEAR; span < 20_000 * YEAR; span *= 8) {
    const last = zone.transitions(at - span, at).at(-1);
    if (last !== undefined) return last.daylight;
  }
  return false;
}

/** A zone whose offset never changes; UTC is the one of offset 0. */
export function fixedZone(id: string, offset: number): Zone {
  return { id, toUtc: (wall) => wall - offset, offsetAt: () => offset, transitions: () => [] };
}
