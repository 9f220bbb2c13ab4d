import { DAY, HOUR, MINUTE } from '../base/clock.ts';
import { parseDuration } from '../ical/duration.ts';

/** Whatever a feed or a person asks for: not so often that it is a burden, not so seldom that nobody trusts it. */
export const SHORTEST_PAUSE = 15 * MINUTE;
export const LONGEST_PAUSE = DAY;
const USUAL_PAUSE = HOUR;

/** What is said about how often a feed is to be fetched, the strongest first. */
export interface Wishes {
  /** The owner's: Apple's refreshrate, a duration. */
  readonly refreshRate: string | undefined;
  /** The feed's, milliseconds: see feedPause. */
  readonly pause: number | undefined;
}

/** Milliseconds from one fetch to the next: an hour where nobody says otherwise. */
export function pauseOf({ refreshRate, pause }: Wishes): number {
  const wish = (refreshRate === undefined ? undefined : millisecondsOf(refreshRate)) ?? pause ?? USUAL_PAUSE;
  return Math.min(LONGEST_PAUSE, Math.max(SHORTEST_PAUSE, wish));
}

/** A duration that is longer than nothing. */
export function millisecondsOf(text: string): number | undefined {
  const duration = parseDuration(text);
  const length = duration === undefined ? 0 : duration.days * DAY + duration.exact;
  return length > 0 ? length : undefined;
}

/**
 * Seconds of Cache-Control: max-age (RFC 9111 §5.2.2.1) as a pause. Only a long one is a wish: a short one says that the
 * answer must be asked for anew when it is wanted, not that it changes so often.
 */
export function cachePause(cacheControl: string | undefined): number | undefined {
  const seconds = Number(/(?:^|[\s,])max-age="?(\d{1,9})/i.exec(cacheControl ?? '')?.[1] ?? 0);
  return seconds * 1000 > USUAL_PAUSE ? seconds * 1000 : undefined;
}

/** The next fetch after one that went well. `random` of [0, 1) spreads those of one minute over the minutes after it. */
export const nextAfterSuccess = (now: number, pause: number, random: number): number =>
  Math.round(now + pause * (1 + random / 10));

export interface Failed {
  /** Failures in a row, this one included. */
  readonly failures: number;
  /** Milliseconds of Retry-After (RFC 9110 §10.2.3). */
  readonly retryAfter: number | undefined;
  readonly random: number;
}

/** The next fetch after one that failed: a quarter of an hour, then twice as long each time, a day at most. */
export function nextAfterFailure(now: number, { failures, retryAfter = 0, random }: Failed): number {
  const backOff = Math.min(LONGEST_PAUSE, SHORTEST_PAUSE * 2 ** Math.min(failures - 1, 20));
  return Math.round(now + Math.max(backOff * (0.75 + random / 2), Math.min(retryAfter, LONGEST_PAUSE)));
}

/** Retry-After as milliseconds from now: seconds, or an HTTP date. */
export function retryAfterOf(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined;
  if (/^\d{1,9}$/.test(header.trim())) return Number(header) * 1000;
  const at = Date.parse(header);
  return Number.isNaN(at) || at <= now ? undefined : at - now;
}
