import type { Actor } from '../auth/actor.ts';
import type { Privilege } from '../auth/privileges.ts';
import { Refusal } from '../base/refusal.ts';
import { acesOf, replaceAces, type AcePrincipal } from '../store/aces.ts';
import { recordAct } from '../store/audit.ts';
import { updateCollection } from '../store/collection-writes.ts';
import { answersTo, sharesOf } from '../store/shares.ts';
import type { Db } from '../store/store.ts';
import { DELEGATED, DELIVERING, OUTSIDE_HOMES, requireOn, SHARED } from './access.ts';
import { authorOf } from './author.ts';
import type { CalendarContext } from './context.ts';
import type { DelegateAccess } from './delegates.ts';
import { requireUnlocked, type LockHolder } from './locks.ts';
import type { Collection, Principal } from './model.ts';
import { getPrincipal } from './principals.ts';
import { requireCollection } from './write-object.ts';

export type { AcePrincipal } from '../store/aces.ts';

/** An entry of an access control list (RFC 3744 §5.5). */
export interface Ace {
  readonly principal:
    | AcePrincipal
    | { readonly kind: 'owner' }
    /** Who the resource is (RFC 3744 §5.5.1). */
    | { readonly kind: 'self' }
    /** All delegates of the owner who have this access. */
    | { readonly kind: 'delegates'; readonly access: DelegateAccess };
  readonly deny: boolean;
  readonly privileges: readonly Privilege[];
}

/** As it is shown: what comes with the home or the configuration cannot be changed by ACL. */
export interface ListedAce extends Ace {
  readonly origin: 'own' | 'home' | 'share' | 'configuration';
}

/** The access control list of a collection in the order in which it counts. Administrators stand above it. */
export async function accessControlList(
  { store, settings }: CalendarContext,
  collection: Collection,
): Promise<readonly ListedAce[]> {
  const own = await acesOf(store.db, collection.id);
  const everybody: ListedAce = {
    principal: { kind: 'authenticated' },
    deny: false,
    privileges: ['read-free-busy'],
    origin: 'configuration',
  };
  return [
    { principal: { kind: 'owner' }, deny: false, privileges: ['all'], origin: 'home' },
    // Whether there are any or not, as caldav-proxy §3.1 has them.
    ...(['read', 'write'] as const).map((access): ListedAce => ({
      principal: { kind: 'delegates', access },
      deny: false,
      privileges: DELEGATED[access],
      origin: 'home',
    })),
    // Rows hold privileges: setAccessControlList wrote them.
    ...own.map((ace): ListedAce => ({ ...ace, privileges: ace.privileges as Privilege[], origin: 'own' })),
    ...(await sharedEntries(store.db, collection)),
    ...(settings.freeBusyForAll ? [everybody] : []),
    ...(collection.kind === 'inbox' ? [{ ...everybody, privileges: DELIVERING.privileges }] : []),
  ];
}

/** What those who have accepted a share may do (caldav-sharing §5.5.1): share.ts is where it is changed. */
async function sharedEntries(db: Db, { id }: Collection): Promise<readonly ListedAce[]> {
  const shares = await sharesOf(db, id);
  if (shares.length === 0) return [];
  const levels = new Map(shares.map((share) => [share.id, share.access]));
  return (await answersTo(db, id)).flatMap(({ shareId, memberId, status }): readonly ListedAce[] => {
    const access = status === 'accepted' ? levels.get(shareId) : undefined;
    if (access === undefined) return [];
    return [
      { principal: { kind: 'principal', id: memberId }, deny: false, privileges: SHARED[access], origin: 'share' },
    ];
  });
}

/** The list of a folder or, with whom its principal is, of that: nobody can change it. Administrators stand above it. */
export function fixedAccessList(own?: { readonly kind: 'self' } | AcePrincipal): readonly ListedAce[] {
  const ace = (principal: ListedAce['principal'], privileges: readonly Privilege[]): ListedAce => ({
    ...{ principal, privileges, deny: false, origin: 'configuration' },
  });
  const everybody = ace({ kind: 'authenticated' }, OUTSIDE_HOMES.everybody);
  return own === undefined ? [everybody] : [ace(own, OUTSIDE_HOMES.self), everybody];
}

export interface SetAccessControlList {
  readonly actor: Actor;
  readonly collection: Collection;
  readonly aces: readonly (Ace & { readonly principal: AcePrincipal })[];
  /** Throws ConditionFailed; called inside the transaction with the collection as it is then. */
  readonly check: (current: Collection) => void;
  readonly locks?: LockHolder | undefined;
}

/**
 * The ACL method (RFC 3744 §8.1): the collection's own entries become exactly these. Throws need-privileges,
 * limited-number-of-aces, and where an entry would deny something to its owner or to an administrator,
 * no-inherited-ace-conflict or no-protected-ace-conflict: it would have no effect.
 */
export async function setAccessControlList(context: CalendarContext, request: SetAccessControlList): Promise<void> {
  const { actor, collection, aces, check, locks } = request;
  await requireOn(context, actor, collection, 'write-acl');
  const most = context.limits.acesPerCollection;
  if (aces.length > most) throw new Refusal('limited-number-of-aces', `At most ${most} entries are kept`);
  const named = await principalsIn(context, aces);
  for (const { principal, deny } of aces) {
    if (!deny || principal.kind !== 'principal') continue;
    if (principal.id === collection.homeId) {
      throw new Refusal('no-inherited-ace-conflict', 'Nothing can be denied to the owner');
    }
    if (named.get(principal.id)?.admin === true) {
      throw new Refusal('no-protected-ace-conflict', 'Nothing can be denied to an administrator');
    }
  }
  await context.store.write(async (tx) => {
    const current = await requireCollection(tx, collection);
    check(current);
    await requireUnlocked(context, tx, locks, [{ collection: current, object: undefined }]);
    await replaceAces(tx, current, aces);
    const at = context.clock();
    // What each may do is a property of it: clients read anew what has changed, and a second ACL with the same If-Match fails.
    await updateCollection(tx, current.id, {}, at);
    const act = { act: 'access-changed', at, by: authorOf(actor), homeId: current.homeId } as const;
    const detail = { entries: aces.length, principals: [...named.keys()] };
    await recordAct(tx, { ...act, subject: current.id, detail });
  });
  context.hub.publish({ homeId: collection.homeId, collectionId: collection.id, seq: collection.seq });
}

/** The principals that entries name, by their ids. */
export async function principalsIn(
  context: CalendarContext,
  aces: readonly Pick<Ace, 'principal'>[],
): Promise<ReadonlyMap<string, Principal>> {
  const found = new Map<string, Principal>();
  for (const { principal } of aces) {
    if (principal.kind !== 'principal' || found.has(principal.id)) continue;
    const known = await getPrincipal(context, principal.id);
    if (known !== undefined) found.set(known.id, known);
  }
  return found;
}
