import { hash, randomBytes } from 'node:crypto';
import type { Clock } from '../base/clock.ts';
import { MINUTE } from '../base/clock.ts';
import type { PrincipalId } from '../base/ids.ts';
import type { Credentials } from './basic.ts';
import { createGuesses } from './guesses.ts';
import type { Passwords } from './passwords.ts';

/** What the store knows of a log-in name. */
export interface Account {
  readonly principalId: PrincipalId;
  /** PHC form; undefined: no log-in. */
  readonly passwordHash: string | undefined;
  readonly admin: boolean;
  readonly adminReadOnly: boolean;
  /** Grows with every change of the principal. */
  readonly version: number;
}

/** Finds the person whose id or address it is, without regard to case. */
export type Lookup = (login: string) => Account | undefined | Promise<Account | undefined>;

/** Who the credentials proved to be. */
export interface Verified {
  readonly principalId: PrincipalId;
  readonly admin: boolean;
  readonly adminReadOnly: boolean;
  /** What proved it, for the list of devices. */
  readonly credential: 'password';
}

export interface VerifiedCredentials {
  /**
   * Who it is; undefined if nobody. One that was verified before costs no hash. `address` is the client's, to slow a
   * guesser down. Throws BadRequest 429 or 503, both with Retry-After.
   */
  verify(credentials: Credentials, address: string): Promise<Verified | undefined>;
  /** Drops what is known of a principal: to be called when its password or anything else of it changes. */
  forget(principalId: PrincipalId): void;
  /**
   * Something was written that this process did not see: what is known is confirmed by a look-up before it counts
   * again, at the price of one SELECT and of no hash unless the password is another.
   */
  recheck(): void;
  clear(): void;
}

export interface VerifiedOptions {
  readonly lookup: Lookup;
  readonly passwords: Passwords;
  /**
   * Where another process of the server hashes and counts guesses, so that more processes make no more guesses: whether
   * the password is right at this moment. Throws as `verify` does.
   */
  readonly elsewhere?: ((credentials: Credentials, address: string) => Promise<boolean>) | undefined;
  readonly clock: Clock;
  readonly maxEntries?: number;
}

interface Entry {
  readonly account: Account;
  readonly verified: Verified;
  readonly until: number;
  /** The epoch in which the account was read. */
  readonly epoch: number;
}

/** After this a password is hashed anew even where nothing changed, so that what is in memory has an end. */
const VERIFIED_FOR = 30 * MINUTE;
/** A device that keeps sending an old password is answered without a hash, and is not taken for a guesser. */
const WRONG_FOR = MINUTE;
const MOST_ENTRIES = 10_000;

/**
 * Basic sends the password with every request, and argon2id takes 30 ms of a core: so verified credentials are
 * kept, by a digest with a key that never leaves this process. Neither the password nor a digest that could be tried
 * elsewhere is in memory.
 */
export function createVerifiedCredentials(options: VerifiedOptions): VerifiedCredentials {
  const { lookup, passwords, elsewhere, clock, maxEntries = MOST_ENTRIES } = options;
  const key = randomBytes(64).toString('base64');
  const known = new Map<string, Entry>();
  const wrong = new Map<string, number>();
  const underWay = createShared<Verified | undefined>();
  const guesses = createGuesses(clock);
  // Grows with each forget, clear and recheck: what was read in an earlier epoch may have changed since.
  let epoch = 0;

  async function confirmed(digest: string, login: string): Promise<Verified | undefined> {
    const entry = known.get(digest);
    if (entry === undefined) return undefined;
    if (entry.until <= clock()) {
      known.delete(digest);
      return undefined;
    }
    if (entry.epoch === epoch) return entry.verified;
    const before = epoch;
    const account = await lookup(login);
    if (!isSamePassword(entry.account, account)) {
      known.delete(digest);
      return undefined;
    }
    const verified = verifiedOf(account);
    // The end stays where it was.
    if (known.get(digest) === entry) known.set(digest, { ...entry, account, verified, epoch: before });
    return verified;
  }

  async function check(credentials: Credentials, digest: string, address: string): Promise<Verified | undefined> {
    const { login, password } = credentials;
    const before = epoch;
    const account = await lookup(login);
    if (!(await (elsewhere?.(credentials, address) ?? isPasswordOf(account, password, passwords)))) {
      // Somebody's and nobody's alike, or the time of a second try would tell who exists.
      if (epoch === before) put(wrong, digest, clock() + WRONG_FOR, maxEntries);
      return undefined;
    }
    const after = epoch;
    // Where the password was changed while the old one was hashed, the old one counts no more.
    const now = after === before && elsewhere === undefined ? account : await lookup(login);
    if (account === undefined || !isSamePassword(account, now)) {
      // Nobody but who checked it knows which of the two was right.
      return elsewhere !== undefined && now !== undefined ? check(credentials, digest, address) : undefined;
    }
    const entry = { account: now, verified: verifiedOf(now), until: clock() + VERIFIED_FOR, epoch: after };
    put(known, digest, entry, maxEntries);
    return entry.verified;
  }

  function newEpoch(): void {
    epoch += 1;
    wrong.clear();
    underWay.clear();
  }

  return {
    async verify(credentials, address) {
      const login = credentials.login.normalize('NFC').toLowerCase();
      // The key fills the first block. Nobody sees a digest, so that none can be extended; an HMAC costs five times as much.
      const digest = hash('sha256', `${key}\0${login}\0${credentials.password}`, 'base64');
      const before = await confirmed(digest, credentials.login);
      if (before !== undefined) return before;
      if ((wrong.get(digest) ?? 0) > clock()) return undefined;
      const guesser = `${login}\0${address}`;
      const joined = underWay.get(digest);
      if (joined !== undefined) return joined;
      if (elsewhere !== undefined) return underWay.start(digest, check(credentials, digest, address));
      guesses.begin(guesser);
      try {
        const verified = await underWay.start(digest, check(credentials, digest, address));
        if (verified !== undefined) guesses.forget(guesser);
        return verified;
      } catch (error) {
        guesses.withdraw(guesser);
        throw error;
      }
    },
    forget(principalId) {
      for (const [digest, { account }] of known) if (account.principalId === principalId) known.delete(digest);
      newEpoch();
    },
    recheck: newEpoch,
    clear() {
      known.clear();
      newEpoch();
    },
  };
}

interface Shared<T> {
  get(key: string): Promise<T> | undefined;
  start(key: string, work: Promise<T>): Promise<T>;
  clear(): void;
}

/** Work under way, for who comes meanwhile with the same question: a client opens several connections at once. */
function createShared<T>(): Shared<T> {
  const underWay = new Map<string, Promise<T>>();
  return {
    get: (key) => underWay.get(key),
    start(key, work) {
      const shared = work.finally(() => {
        // After a clear another one may stand there.
        if (underWay.get(key) === shared) underWay.delete(key);
      });
      underWay.set(key, shared);
      return shared;
    },
    clear: () => underWay.clear(),
  };
}

/** Takes as long for an unknown name, or one without a password, as for a wrong password. */
async function isPasswordOf(account: Account | undefined, password: string, passwords: Passwords): Promise<boolean> {
  if (account?.passwordHash !== undefined) return passwords.verify(account.passwordHash, password);
  await passwords.verifyNobody(password);
  return false;
}

function isSamePassword(before: Account, now: Account | undefined): now is Account {
  return now?.principalId === before.principalId && now.passwordHash === before.passwordHash;
}

function verifiedOf({ principalId, admin, adminReadOnly }: Account): Verified {
  return { principalId, admin, adminReadOnly, credential: 'password' };
}

/** Bounded: the oldest goes first. */
function put<T>(map: Map<string, T>, key: string, value: T, most: number): void {
  map.delete(key);
  map.set(key, value);
  if (map.size <= most) return;
  const [oldest] = map.keys();
  if (oldest !== undefined) map.delete(oldest);
}
