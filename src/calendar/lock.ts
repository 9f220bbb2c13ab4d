import { randomUUID } from 'node:crypto';

import type { Actor } from '../auth/actor.ts';
import { SECOND } from '../base/clock.ts';
import { BadRequest, ConditionFailed, Refusal } from '../base/refusal.ts';
import { deleteExpiredLocks, deleteLock, holdHome, insertLock, prolongLock } from '../store/locks.ts';
import { headByName } from '../store/objects.ts';
import type { Db } from '../store/store.ts';
import { accessOn, requirePrivilege, type Privileges } from './access.ts';
import type { CalendarContext } from './context.ts';
import { locksOn, locksStanding, locksWithin, rootOf, type Lock, type LockHolder } from './locks.ts';
import type { Collection, ObjectHead } from './model.ts';
import { headSeen } from './personal-forms.ts';
import { emptyFile, writeFile } from './put-file.ts';
import { requireCollection, requireUnchanged } from './write-object.ts';

/** What a LOCK, UNLOCK or a refresh is about: a collection, or a member of it by its name. */
export interface LockPlace {
  readonly collection: Collection;
  readonly name: string | undefined;
}

export interface NewLock extends LockPlace {
  readonly actor: Actor;
  readonly isShared: boolean;
  readonly isDeep: boolean;
  /** DAV:owner as XML. */
  readonly owner: string | undefined;
  /** As it was asked for; undefined: as long as it may be. */
  readonly timeoutSeconds: number | undefined;
  readonly check: (current: ObjectHead | undefined) => void;
  readonly unchanged: readonly Collection[];
  readonly locks: LockHolder;
}

export interface Made {
  readonly lock: Lock;
  /** Whether nothing stood there: an empty file does now (RFC 4918 §7.3). */
  readonly isNew: boolean;
}

/** Locks of a home, as they are now. */
export function locksIn(context: CalendarContext, homeId: string): Promise<readonly Lock[]> {
  return locksStanding(context, context.store.db, homeId);
}

/**
 * LOCK, RFC 4918 §9.10. Throws no-conflicting-lock, quota-not-exceeded, need-privileges, and for a URL in a calendar
 * that names nothing, valid-calendar-data: no calendar object is empty.
 */
export async function makeLock(context: CalendarContext, request: NewLock): Promise<Made> {
  const { actor, collection, isShared, isDeep, owner } = request;
  const privileges = await accessOn(context, actor, collection);
  requirePrivilege(privileges, 'write-content');
  return context.store.write(
    async (tx) => {
      await requireUnchanged(tx, request.unchanged);
      await holdHome(tx, collection.homeId);
      const { object, isNew } = await lockedObject(context, tx, request, privileges);
      const { homeId, uri } = collection;
      const now = context.clock();
      const all = await locksStanding(context, tx, homeId);
      const place = { collection, object };
      const near = [...locksOn(all, place), ...(isDeep ? locksWithin(all, collection) : [])];
      const conflict = near.find((lock) => !isShared || !lock.isShared);
      if (conflict !== undefined) throw new Refusal('no-conflicting-lock', 'It is locked already', rootOf(conflict));
      if (all.length >= context.limits.locksPerHome) {
        throw new Refusal('quota-not-exceeded', `A home has at most ${context.limits.locksPerHome} locks`);
      }
      const lock: Lock = {
        ...{ token: `urn:uuid:${randomUUID()}`, homeId, collectionId: collection.id, uri },
        ...{ object: object && { id: object.id, name: object.name }, principalId: actor.id, isShared, isDeep, owner },
        ...lastingFrom(context, request.timeoutSeconds, now),
      };
      await insertLock(tx, lock);
      return { lock, isNew };
    },
    { lane: collection.homeId },
  );
}

async function lockedObject(
  context: CalendarContext,
  tx: Db,
  { actor, collection, name, check, locks }: NewLock,
  privileges: Privileges,
): Promise<{ readonly object: ObjectHead | undefined; readonly isNew: boolean }> {
  await requireCollection(tx, collection);
  if (name === undefined) return { object: undefined, isNew: false };
  const current = await headByName(tx, collection.id, name);
  check(await headSeen(context, tx, collection, current));
  if (current !== undefined) return { object: current, isNew: false };
  if (collection.kind !== 'plain') throw new Refusal('valid-calendar-data', 'No calendar object is empty');
  requirePrivilege(privileges, 'bind');
  const { head } = await writeFile(context, tx, { actor, collection, name, locks, check: () => undefined }, emptyFile);
  return { object: head, isNew: true };
}

function lastingFrom(
  { limits }: CalendarContext,
  asked: number | undefined,
  now: number,
): Pick<Lock, 'timeoutSeconds' | 'expiresAt'> {
  const timeoutSeconds = Math.max(1, Math.min(asked ?? Infinity, limits.lockSeconds));
  return { timeoutSeconds, expiresAt: now + timeoutSeconds * SECOND };
}

export interface RefreshLock extends LockPlace {
  readonly actor: Actor;
  readonly timeoutSeconds: number | undefined;
  readonly locks: LockHolder;
}

/** LOCK without a body, RFC 4918 §9.10.2: the lock whose token is submitted begins its time anew. */
export function refreshLock(context: CalendarContext, request: RefreshLock): Promise<Lock> {
  const { collection, locks, timeoutSeconds } = request;
  return context.store.write(
    async (tx) => {
      const now = context.clock();
      const found = (await locksAt(context, tx, request)).find(
        ({ token, principalId }) => principalId === locks.actorId && locks.tokens.has(token),
      );
      if (found === undefined) throw new ConditionFailed('If: it names no lock of this resource');
      const lasting = lastingFrom(context, timeoutSeconds, now);
      await prolongLock(tx, found.token, lasting);
      return { ...found, ...lasting };
    },
    { lane: collection.homeId },
  );
}

async function locksAt(context: CalendarContext, tx: Db, { collection, name }: LockPlace): Promise<readonly Lock[]> {
  const object = name === undefined ? undefined : await headByName(tx, collection.id, name);
  if (name !== undefined && object === undefined) throw new BadRequest('There is no such resource', { status: 404 });
  return locksOn(await locksStanding(context, tx, collection.homeId), { collection, object });
}

export interface Unlock extends LockPlace {
  readonly actor: Actor;
  readonly token: string;
}

/**
 * UNLOCK, RFC 4918 §9.11: by who made the lock, or with DAV:unlock (RFC 3744 §3.5). Throws
 * lock-token-matches-request-uri, need-privileges.
 */
export async function unlock(context: CalendarContext, request: Unlock): Promise<void> {
  const { actor, collection, token } = request;
  const privileges = await accessOn(context, actor, collection);
  await context.store.write(
    async (tx) => {
      const found = (await locksAt(context, tx, request)).find((lock) => lock.token === token);
      if (found === undefined) {
        throw new Refusal('lock-token-matches-request-uri', 'The lock token is none of this resource');
      }
      if (found.principalId !== actor.id && !privileges.has('unlock')) {
        throw new Refusal('need-privileges', 'The lock is of somebody else', { privilege: 'unlock' });
      }
      await deleteLock(tx, token);
    },
    { lane: collection.homeId },
  );
}

/** Removes the locks whose time is over; returns how many. */
export function forgetExpiredLocks({ store, clock }: CalendarContext): Promise<number> {
  return store.write((tx) => deleteExpiredLocks(tx, clock()));
}
