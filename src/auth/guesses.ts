import type { Clock } from '../base/clock.ts';
import { HOUR, MINUTE, SECOND } from '../base/clock.ts';
import { BadRequest } from '../base/refusal.ts';

/** Slows down who tries passwords. A guesser is a log-in name and an address: the owner elsewhere notices nothing. */
export interface Guesses {
  /** Counts an attempt that is about to be checked. Throws BadRequest 429 with Retry-After where it comes too soon. */
  begin(guesser: string): void;
  /** The attempt was not checked after all. */
  withdraw(guesser: string): void;
  /** The password was right. */
  forget(guesser: string): void;
}

interface Attempts {
  readonly count: number;
  readonly notBefore: number;
}

/** A person mistypes; a program tries thousands. */
const FREE_ATTEMPTS = 10;
/** Never longer: the owner behind the same address waits a minute at the most, and is never shut out. */
const LONGEST_WAIT = MINUTE;
const MOST_GUESSERS = 10_000;

export function createGuesses(clock: Clock): Guesses {
  const guessers = new Map<string, Attempts>();
  return {
    begin(guesser) {
      const now = clock();
      const { count, notBefore } = guessers.get(guesser) ?? { count: 0, notBefore: now };
      if (now < notBefore) throw tooSoon(notBefore - now);
      guessers.delete(guesser);
      // An hour of quiet and the account starts afresh.
      const attempts = now - notBefore > HOUR ? 1 : count + 1;
      guessers.set(guesser, { count: attempts, notBefore: now + waitAfter(attempts) });
      if (guessers.size > MOST_GUESSERS) guessers.delete(guessers.keys().next().value ?? '');
    },
    withdraw(guesser) {
      const attempts = guessers.get(guesser);
      if (attempts !== undefined) guessers.set(guesser, { count: attempts.count - 1, notBefore: clock() });
    },
    forget(guesser) {
      guessers.delete(guesser);
    },
  };
}

/** One second after the first attempt too many, then twice as long each time. */
function waitAfter(attempts: number): number {
  return attempts < FREE_ATTEMPTS ? 0 : Math.min(LONGEST_WAIT, SECOND * 2 ** (attempts - FREE_ATTEMPTS));
}

function tooSoon(milliseconds: number): BadRequest {
  const seconds = Math.max(1, Math.ceil(milliseconds / SECOND));
  return new BadRequest('Too many wrong passwords', { status: 429, headers: { 'Retry-After': String(seconds) } });
}
