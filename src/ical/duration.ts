/**
 * A DURATION of RFC 5545 §3.3.6 in its two kinds: days are nominal (they keep the time on the wall), hours and below
 * are exact. Both carry the sign.
 */
export interface Duration {
  /** Nominal days; a week is seven. */
  readonly days: number;
  /** Exact milliseconds beside the days. */
  readonly exact: number;
}

const STRICT = /^([+-]?)P(?:(\d+)W|(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?)$/;
// `P1DT`, `PT`, `P2W1D`, `P1H`, lower case: written by programs, and there is one way to read them.
const LENIENT = /^([+-]?)P(?:(\d+)W)?(?:(\d+)D)?T?(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?$/;

function fromMatch(match: RegExpExecArray): Duration {
  const number = (group: number): number => Number(match[group] ?? 0);
  const sign = match[1] === '-' ? -1 : 1;
  // Adding zero turns -0, which no comparison wants, into 0.
  const days = sign * (number(2) * 7 + number(3)) + 0;
  return { days, exact: sign * (number(4) * 3_600_000 + number(5) * 60_000 + number(6) * 1000) + 0 };
}

/** Whether the text is a DURATION to the letter of RFC 5545 §3.3.6. */
export function isStrictDuration(text: string): boolean {
  return STRICT.test(text) && /\d/.test(text) && !/T$/.test(text) && !/H\d+S/.test(text);
}

/**
 * Reads a duration, also one with a slip that leaves no doubt; undefined when it cannot be read. More than a hundred
 * thousand years cannot.
 */
export function parseDuration(text: string): Duration | undefined {
  const match = LENIENT.exec(text.trim().toUpperCase());
  if (match === null || match[0].length < 2 || !/[\dT]/.test(match[0])) return undefined;
  const duration = fromMatch(match);
  return Math.abs(duration.days) + Math.abs(duration.exact) / 86_400_000 > 36_525_000 ? undefined : duration;
}
