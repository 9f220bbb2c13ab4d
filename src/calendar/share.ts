import type { Actor } from '../auth/actor.ts';
import type { Change } from '../base/hub.ts';
import type { PrincipalId } from '../base/ids.ts';
import { BadRequest, Refusal } from '../base/refusal.ts';
import { recordAct } from '../store/audit.ts';
import { updateCollection as updateRow } from '../store/collection-writes.ts';
import { collectionById } from '../store/collections.ts';
import {
  answersOf,
  countAsked,
  peopleBehind,
  removeShare,
  saveAnswer,
  saveShare,
  sharesOf,
  type Share,
} from '../store/shares.ts';
import type { Db } from '../store/store.ts';
import { accessIn, requireOn, requirePrivilege } from './access.ts';
import { authorOf, type Author } from './author.ts';
import type { CalendarContext } from './context.ts';
import { requireUnlocked, type LockHolder } from './locks.ts';
import type { Collection, Principal, ShareAccess } from './model.ts';
import { publishAll } from './publish.ts';
import { beginWork, retract, tellSharee, type SharedCalendar, type ShareWork } from './share-notices.ts';
import { requirePlace } from './write-object.ts';

/** What a sharee is to get. */
export interface ShareTerms {
  readonly access: ShareAccess;
  /** Left out: as it is. */
  readonly commonName?: string | undefined;
  readonly summary?: string | undefined;
}

/** One line of a request. */
export interface AskedShare {
  /** As it was sent. */
  readonly address: string;
  /** undefined: nobody here. */
  readonly sharee: Principal | undefined;
  /** undefined: the sharee loses all access. */
  readonly terms: ShareTerms | undefined;
}

export interface ChangeShares {
  readonly actor: Actor;
  readonly collection: Collection;
  readonly asked: readonly AskedShare[];
  readonly locks?: LockHolder | undefined;
  /** As whom it is recorded, where that is not the actor. */
  readonly by?: Author;
}

export interface ShareOutcome {
  readonly address: string;
  /** 424: it was right, but another was not. */
  readonly status: 200 | 403 | 424;
  readonly reason?: string;
}

/** Characters of a name or summary. */
const MOST_OF_TEXT = 1000;

/**
 * Changes with whom a calendar is shared, caldav-sharing §5.3.2: all of it or, where somebody cannot be a sharee, nothing.
 * Those whose status changes are told. It is for whoever may say who else has access (DAV:write-acl). To remove whom
 * nobody knows is refused for itself alone. Throws need-privileges, quota-not-exceeded, lock-token-submitted, BadRequest.
 */
export async function changeShares(context: CalendarContext, request: ChangeShares): Promise<readonly ShareOutcome[]> {
  const { actor, collection, asked } = request;
  await requireOn(context, actor, collection, 'write-acl');
  if (collection.kind !== 'calendar') throw new BadRequest('Only calendars are shared', { status: 403 });
  for (const { terms } of asked) requireShort(terms);
  const faults = asked.map((one) => faultOf(collection, one));
  if (asked.some(({ terms }, at) => terms !== undefined && faults[at] !== undefined)) {
    return asked.map(({ address }, at) => outcomeOf(address, faults[at], 424));
  }
  const changes = await context.store.write(async (tx) => {
    const work = beginWork(context, tx);
    await change(work, request);
    return work.changes;
  });
  publishAll(context, changes);
  return asked.map(({ address }, at) => outcomeOf(address, faults[at], 200));
}

const outcomeOf = (address: string, fault: string | undefined, status: 200 | 424): ShareOutcome =>
  fault === undefined ? { address, status } : { address, status: 403, reason: fault };

function requireShort(terms: ShareTerms | undefined): void {
  if ([terms?.commonName, terms?.summary].every((text) => (text ?? '').length <= MOST_OF_TEXT)) return;
  throw new BadRequest(`A name or summary of a share has at most ${MOST_OF_TEXT} characters`);
}

function faultOf({ homeId, source }: Collection, { sharee, terms }: AskedShare): string | undefined {
  if (sharee === undefined) return 'Nobody here has this address';
  if (terms === undefined) return undefined;
  if (sharee.id === homeId) return 'It is the calendar of this person already';
  if (sharee.kind !== 'user' && sharee.kind !== 'group') return 'Calendars are shared with people and groups';
  const isWritten = terms.access === 'read-write' || terms.access === 'manage';
  return source !== undefined && isWritten ? 'What is in this calendar is fetched: it can only be read' : undefined;
}

async function change(work: ShareWork, request: ChangeShares): Promise<void> {
  const { context, tx, at } = work;
  const { actor, collection, asked, locks, by = authorOf(actor) } = request;
  const place = await requirePlace(tx, collection);
  // Asked again: who managed may have lost it a moment ago.
  const access = await accessIn(context, actor, (place.mount ?? place).homeId, tx);
  requirePrivilege(access.on(place), 'write-acl');
  const calendar = await collectionById(tx, collection.id);
  if (calendar === undefined) throw new BadRequest('The collection does not exist any more', { status: 404 });
  if (locks !== undefined) await requireUnlocked(context, tx, locks, [{ collection }]);
  const shares = new Map((await sharesOf(tx, calendar.id)).map((share) => [String(share.shareeId), share]));
  const act = { at, by, homeId: calendar.homeId, subject: calendar.id } as const;
  let isChanged = false;
  for (const { sharee, terms } of inOrder(asked)) {
    const before = shares.get(sharee.id);
    if (terms === undefined) {
      if (before === undefined) continue;
      await endShare(work, { share: before, calendar });
      shares.delete(sharee.id);
      await recordAct(tx, { ...act, act: 'unshared', detail: { sharee: sharee.id } });
    } else {
      const share = await offer(work, { calendar, sharee, before }, terms);
      shares.set(sharee.id, share);
      await recordAct(tx, { ...act, act: 'shared', detail: { sharee: sharee.id, access: share.access } });
    }
    isChanged = true;
  }
  const most = context.limits.shareesPerCalendar;
  if (shares.size > most) throw new Refusal('quota-not-exceeded', `A calendar has at most ${most} sharees`);
  // Its resource type and its list of sharees are other ones: clients of the sharer read them again.
  if (!isChanged) return;
  await updateRow(tx, calendar.id, {}, at);
  work.changes.push({ homeId: calendar.homeId, collectionId: calendar.id, seq: calendar.seq });
}

type Known = AskedShare & { readonly sharee: Principal };

/** By sharee, so that two that write to the same homes wait for each other at most once; of one sharee as they came. */
function inOrder(asked: readonly AskedShare[]): readonly Known[] {
  const known = asked.filter((one): one is Known => one.sharee !== undefined);
  return known.toSorted((a, b) => (a.sharee.id < b.sharee.id ? -1 : a.sharee.id > b.sharee.id ? 1 : 0));
}

interface Offer {
  readonly calendar: Collection;
  readonly sharee: Principal;
  readonly before: Share | undefined;
}

/** Offers a calendar, or changes the terms; who has not accepted is asked again. */
async function offer(work: ShareWork, { calendar, sharee, before }: Offer, terms: ShareTerms): Promise<Share> {
  const { tx, at } = work;
  const { access, commonName = before?.commonName, summary = before?.summary } = terms;
  const share = await saveShare(tx, calendar, sharee.id, { access, commonName, summary, now: at });
  const isOther = before !== undefined && (before.access !== access || before.summary !== summary);
  const answers = new Map((await answersOf(tx, share.id)).map((answer) => [answer.memberId, answer]));
  for (const memberId of await peopleToAsk(work, share)) {
    const answer = answers.get(memberId);
    if (answer?.status !== 'accepted') {
      await ask(work, { share, calendar }, memberId);
    } else if (isOther) {
      // Its sharee's clients read the privileges again.
      const place = answer.mountId === undefined ? undefined : await updateRow(tx, answer.mountId, {}, at);
      if (place !== undefined) work.changes.push({ homeId: memberId, collectionId: place.id, seq: place.seq });
      await tellSharee(work, { share, calendar }, { memberId, status: 'accepted' });
    }
  }
  return share;
}

async function peopleToAsk(work: ShareWork, share: Share): Promise<readonly PrincipalId[]> {
  const room = await roomFor(work, share);
  const people = await shareesBehind(work, share, room + 1);
  if (people.length <= room) return people;
  const most = work.context.limits.peoplePerSharedCalendar;
  throw new Refusal('quota-not-exceeded', `A calendar is shared with at most ${most} people, those of groups included`);
}

/** How many people a share can have beside those of the other shares of its calendar. */
export async function roomFor({ context, tx }: ShareWork, { id, collectionId }: Share): Promise<number> {
  return Math.max(0, context.limits.peoplePerSharedCalendar - (await countAsked(tx, collectionId, id)));
}

/** The people behind a share without who shares it, `most` at most. */
export async function shareesBehind({ tx }: ShareWork, share: Share, most: number): Promise<readonly PrincipalId[]> {
  const people = await peopleBehind(tx, share.shareeId, most + 1);
  return people.filter((id) => id !== share.homeId).slice(0, most);
}

/** Invites a person anew. */
export async function ask(work: ShareWork, shared: SharedCalendar, memberId: PrincipalId): Promise<void> {
  const answer = { shareId: shared.share.id, memberId, status: 'noresponse', mountId: undefined } as const;
  await saveAnswer(work.tx, answer, undefined);
  await tellSharee(work, shared, { memberId, status: 'noresponse' });
}

/** Ends a share for all who were asked. */
export async function endShare(work: ShareWork, shared: SharedCalendar): Promise<void> {
  for (const answer of await answersOf(work.tx, shared.share.id)) await retract(work, shared, answer);
  await removeShare(work.tx, shared.share.id, work.at);
}

/**
 * Ends all shares of a calendar that is about to go, in the transaction that removes it: nothing of them is left. What is
 * to be published after the commit.
 */
export async function endShares(
  context: CalendarContext,
  tx: Db,
  calendar: SharedCalendar['calendar'],
): Promise<readonly Change[]> {
  const work = beginWork(context, tx);
  for (const share of await sharesOf(tx, calendar.id)) await endShare(work, { share, calendar });
  return work.changes;
}
