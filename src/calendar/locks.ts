import type { PrincipalId } from '../base/ids.ts';
import { Refusal } from '../base/refusal.ts';
import { locksOfHome, type Lock } from '../store/locks.ts';
import { prefixBelow } from '../store/plain-collections.ts';
import { findPrincipal } from '../store/principals.ts';
import type { Db } from '../store/store.ts';
import { accessIn, type HomeAccess } from './access.ts';
import type { CalendarContext } from './context.ts';
import type { Collection, ObjectHead } from './model.ts';

export type { Lock };

/** Whether a state token is that of a lock, as makeLock makes them. */
export const isLockToken = (token: string): boolean => token.startsWith('urn:uuid:');

/** Who changes something, with the lock tokens that the request submits (RFC 4918 §7.5). */
export interface LockHolder {
  readonly actorId: PrincipalId;
  readonly tokens: ReadonlySet<string>;
}

/** What is changed: an object; a collection, which adding and removing members is too (RFC 4918 §7.4); all in one. */
export interface Locked {
  readonly collection: Pick<Collection, 'homeId' | 'uri'>;
  readonly object?: Pick<ObjectHead, 'id'> | undefined;
  /** Whether everything in the collection is changed. */
  readonly whole?: boolean;
}

/**
 * The locks of a home that count: those of somebody who may not write there any more hold nobody up (RFC 4918 §6.6 lets a
 * server end a lock at any time). Costs a question only where somebody but the owner has one.
 */
export async function locksStanding(context: CalendarContext, db: Db, homeId: string): Promise<readonly Lock[]> {
  const locks = await locksOfHome(db, homeId, context.clock());
  const access = new Map<string, HomeAccess | undefined>();
  for (const { principalId } of locks) {
    if (principalId === homeId || access.has(principalId)) continue;
    const maker = await findPrincipal(db, principalId);
    access.set(principalId, maker && (await accessIn(context, { ...maker, deviceId: undefined }, homeId, db)));
  }
  if (access.size === 0) return locks;
  return locks.filter(({ principalId, collectionId: id }) => {
    return principalId === homeId || access.get(principalId)?.on({ id }).has('write-content') === true;
  });
}

/** The locks that a resource is under: its own, and those of Depth: infinity above it. */
export function locksOn(locks: readonly Lock[], { collection: { uri }, object }: Locked): readonly Lock[] {
  return locks.filter((lock) => {
    if (lock.object !== undefined) return lock.object.id === object?.id;
    if (lock.uri === uri) return object === undefined || lock.isDeep;
    return lock.isDeep && isAbove(lock.uri, uri);
  });
}

/** The locks of what is in a collection. */
export function locksWithin(locks: readonly Lock[], { uri }: Locked['collection']): readonly Lock[] {
  return locks.filter((lock) => (lock.uri === uri ? lock.object !== undefined : isAbove(uri, lock.uri)));
}

/** Of plain collections alone: a calendar holds no other. */
const isAbove = (upper: string, lower: string): boolean =>
  upper.startsWith('/') && lower !== upper && lower.startsWith(prefixBelow(upper));

/**
 * Throws lock-token-submitted (RFC 4918 §16) where something is locked and the request does not submit a token for it that
 * is its maker's. Inside the transaction that changes it.
 */
export async function requireUnlocked(
  context: CalendarContext,
  tx: Db,
  holder: LockHolder | undefined,
  changed: readonly Locked[],
): Promise<void> {
  const byHome = new Map<string, readonly Lock[]>();
  for (const each of changed) {
    const { homeId } = each.collection;
    const locks = byHome.get(homeId) ?? (await locksStanding(context, tx, homeId));
    byHome.set(homeId, locks);
    if (locks.length === 0) continue;
    requireToken(locksOn(locks, each), holder);
    if (each.whole !== true) continue;
    for (const lock of locksWithin(locks, each.collection)) requireToken(sameRoot(locks, lock), holder);
  }
}

const sameRoot = (locks: readonly Lock[], { collectionId, object }: Lock): readonly Lock[] =>
  locks.filter((lock) => lock.collectionId === collectionId && lock.object?.id === object?.id);

/** Of shared locks, one's own is enough. */
function requireToken(locks: readonly Lock[], holder: LockHolder | undefined): void {
  const [first] = locks;
  if (first === undefined) return;
  if (locks.some(({ token, principalId }) => principalId === holder?.actorId && holder.tokens.has(token))) return;
  throw new Refusal('lock-token-submitted', 'It is locked, and no token of the lock was submitted', rootOf(first));
}

/** The resource that a lock is on, for an answer. */
export const rootOf = ({ homeId, uri, object }: Lock) => ({
  member: { collection: { homeId, uri }, name: object?.name ?? '' },
});
