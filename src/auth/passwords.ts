import { availableParallelism } from 'node:os';
import { argon2id, hash, verify } from 'argon2';
import { BadRequest } from '../base/refusal.ts';

/**
 * argon2id with 19 MiB, two passes and one lane: the smallest that OWASP recommends, about 30 ms of one core. After a
 * restart every device logs in at once, and each has to be hashed: four times the memory would be eight times the wait.
 * A hash says its own parameters, so these can be raised and those of old stay good.
 */
export const HASH_PARAMETERS = { type: argon2id, memoryCost: 19 * 1024, timeCost: 2, parallelism: 1 } as const;

/** How many wait for their turn before the next is sent away: some seconds of work. */
const QUEUE = 256;
/** RFC 7617 sets no limit; a longer password would be hashed in full before argon2 begins. */
const MOST_CHARACTERS = 1024;

/** Hashing with a bound on what runs and waits: a flood of log-ins cannot take the processor from those logged in. */
/** Why a new password could never log in, or undefined. Basic (RFC 7617 §2) has no control characters. */
export function passwordFault(password: string): string | undefined {
  if (password === '') return 'is empty';
  if (password.length > MOST_CHARACTERS) return `is longer than ${MOST_CHARACTERS} characters`;
  return /[\u0000-\u001f\u007f]/.test(password) ? 'holds a control character' : undefined;
}

export interface Passwords {
  /** The password in PHC form. Throws BadRequest 503 with Retry-After where too many wait. */
  hash(password: string): Promise<string>;
  /** Whether the password is the one of the hash; false for a hash that cannot be read. Throws as `hash` does. */
  verify(hash: string, password: string): Promise<boolean>;
  /** As long as `verify` takes for somebody, spent for nobody. */
  verifyNobody(password: string): Promise<void>;
}

export interface PasswordOptions {
  /** limits.concurrentLogins; one core at least is left to the rest of the server. */
  readonly concurrent: number;
  readonly queue?: number;
}

export function createPasswords({ concurrent, queue = QUEUE }: PasswordOptions): Passwords {
  const inTurn = createTurns(Math.max(1, Math.min(concurrent, availableParallelism() - 1)), queue);
  let nobody: Promise<string> | undefined;
  return {
    hash: (password) => inTurn(() => hash(prepared(password), HASH_PARAMETERS)),
    verify: (stored, password) => inTurn(() => isOfHash(stored, password)),
    verifyNobody: (password) =>
      inTurn(async () => {
        await isOfHash(await (nobody ??= hash('nobody', HASH_PARAMETERS)), password);
      }),
  };
}

async function isOfHash(stored: string, password: string): Promise<boolean> {
  if (password.length > MOST_CHARACTERS || !stored.startsWith('$argon2')) return false;
  return verify(stored, prepared(password));
}

/** NFC, as RFC 8265 §4.2.2 has it: macOS and Linux keyboards send the same ü in two ways. */
const prepared = (password: string): string => password.normalize('NFC');

type InTurn = <T>(work: () => Promise<T>) => Promise<T>;

function createTurns(concurrent: number, queue: number): InTurn {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (work) => {
    if (running >= concurrent) {
      if (waiting.length >= queue) throw tooBusy();
      // The one who leaves hands the turn on: `running` stays as it is.
      await new Promise<void>((resolve) => waiting.push(resolve));
    } else running += 1;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  };
}

function tooBusy(): BadRequest {
  return new BadRequest('Too many people are logging in at this moment', {
    status: 503,
    headers: { 'Retry-After': '5' },
  });
}
