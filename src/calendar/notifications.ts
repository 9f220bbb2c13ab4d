import { hash } from 'node:crypto';

import type { Change } from '../base/hub.ts';
import { newObjectId, type PrincipalId } from '../base/ids.ts';
import { nextSeq } from '../store/change-sequence.ts';
import { collectionByUri } from '../store/collections.ts';
import { NO_INDEX } from '../store/object-rows.ts';
import { countObjects, discardObject, headByUid, insertObject, oldestHead } from '../store/objects.ts';
import type { Db } from '../store/store.ts';
import type { CalendarContext } from './context.ts';
import { discardMember } from './discard-member.ts';
import type { CalendarObject, PrincipalKind, ShareAccess, ShareStatus } from './model.ts';
import { etagOf } from './read-object.ts';

/**
 * Notices to people (caldav-notifications §4): resources of the server's own making in the notification collection of a
 * home. What one says is kept as JSON; the door writes it as XML, with the URLs that are its own. One that says more of
 * the same thing takes the place of the one before.
 */
export type Notification = InviteNotification | ReplyNotification | HeldNotification | UndeliveredNotification;

/** As whom somebody is named: as things stood when it was written. */
export interface Named {
  readonly id: PrincipalId;
  readonly kind: PrincipalKind;
  readonly name: string;
  /** The preferred address. */
  readonly email: string | undefined;
}

interface CalendarPlace {
  readonly homeId: string;
  readonly uri: string;
}

/** CS:invite-notification, caldav-sharing §6.15: to a sharee. */
export interface InviteNotification {
  readonly kind: 'invite';
  /** UTC milliseconds. */
  readonly at: number;
  readonly shareId: string;
  readonly sharee: Named;
  readonly status: ShareStatus | 'deleted';
  readonly access: ShareAccess;
  readonly calendar: CalendarPlace;
  readonly organizer: Named;
  readonly summary: string | undefined;
  /** undefined: every component. */
  readonly components: readonly string[] | undefined;
}

/** CS:invite-reply, caldav-sharing §6.22: to the sharer. */
export interface ReplyNotification {
  readonly kind: 'reply';
  readonly at: number;
  readonly shareId: string;
  readonly sharee: Named;
  readonly status: Exclude<ShareStatus, 'noresponse'>;
  readonly calendar: CalendarPlace;
  /** As the sharee calls the calendar. */
  readonly summary: string | undefined;
}

/** A device of one's own, or of a sharee, that is held by the guard (guard.ts). */
export interface HeldNotification {
  readonly kind: 'held';
  readonly at: number;
  readonly holdId: string;
  readonly calendar: CalendarPlace;
  readonly objects: number;
  readonly members: number;
}

/** Something that was said to somebody elsewhere did not arrive (note-undelivered.ts). */
export interface UndeliveredNotification {
  readonly kind: 'undelivered';
  readonly at: number;
  readonly uid: string;
  /** A calendar user address. */
  readonly recipient: string;
  /** As SCHEDULE-STATUS has it (RFC 6638 §3.2.9). */
  readonly status: string;
  readonly reason: string;
  /** Of the meeting. */
  readonly summary: string | undefined;
  /** A method of iTIP; undefined: it is not known any more. */
  readonly method: string | undefined;
  /** Where the meeting is; undefined: it is removed. */
  readonly object: (CalendarPlace & { readonly name: string }) | undefined;
}

/** What a notice is about: a later one about the same replaces it. */
const subjectOf = (notice: Notification): string => {
  if (notice.kind === 'held') return heldSubject(notice.holdId);
  if (notice.kind === 'undelivered') return undeliveredSubject(notice);
  return notice.kind === 'invite' ? inviteSubject(notice.shareId) : replySubject(notice.shareId, notice.sharee.id);
};

export const inviteSubject = (shareId: string): string => `invite:${shareId}`;
export const heldSubject = (holdId: string): string => `held:${holdId}`;
const undeliveredSubject = ({ uid, recipient }: UndeliveredNotification): string =>
  `undelivered:${hash('sha256', `${uid}\n${recipient}`, 'hex').slice(0, 32)}`;
export const replySubject = (shareId: string, memberId: string): string => `reply:${shareId}:${memberId}`;

/** The kind of notice that a resource is; undefined: none of ours. */
export function notificationKind({ uid }: Pick<CalendarObject, 'uid'>): Notification['kind'] | undefined {
  const kind = uid.slice(0, uid.indexOf(':'));
  return kind === 'invite' || kind === 'reply' || kind === 'held' || kind === 'undelivered' ? kind : undefined;
}

/** What a notice says. */
export function readNotification({ octets }: Pick<CalendarObject, 'octets'>): Notification {
  // Written by putNotification.
  return JSON.parse(Buffer.from(octets).toString()) as Notification;
}

/** Puts a notice into the home of a person, in the caller's transaction; what is to be published after its commit. */
export async function putNotification(
  { clock, limits }: CalendarContext,
  tx: Db,
  { homeId, notice }: { readonly homeId: string; readonly notice: Notification },
): Promise<readonly Change[]> {
  const collection = await collectionByUri(tx, homeId, 'notification');
  // A group has no home; a principal of old may have lost its own.
  if (collection?.kind !== 'notification') return [];
  const now = clock();
  const seq = await nextSeq(tx, collection.id, now);
  if (seq === undefined) return [];
  const uid = subjectOf(notice);
  const before = await headByUid(tx, collection.id, uid);
  if (before !== undefined) await discardObject(tx, before, seq, now);
  const isFull = (await countObjects(tx, collection.id)) >= limits.notificationsPerHome;
  const oldest = isFull ? await oldestHead(tx, collection.id) : undefined;
  if (oldest !== undefined) await discardObject(tx, oldest, seq, now);
  const octets = Buffer.from(JSON.stringify(notice));
  await insertObject(
    tx,
    {
      ...{ id: newObjectId(), homeId: collection.homeId, collectionId: collection.id, name: nameOf(uid), uid },
      ...{ component: '', octets, etag: etagOf(octets), seq, createdSeq: seq, by: undefined, ...NO_INDEX },
    },
    now,
  );
  return [{ homeId, collectionId: collection.id, seq }];
}

/** The same for the same subject, so that a client finds what is new of it where the old was. */
const nameOf = (uid: string): string => `${hash('sha256', uid, 'hex').slice(0, 32)}.xml`;

/** Takes a notice away that is true no more; what is to be published after the commit. */
export async function dropNotification(
  { clock }: CalendarContext,
  tx: Db,
  { homeId, subject }: { readonly homeId: string; readonly subject: string },
): Promise<readonly Change[]> {
  const collection = await collectionByUri(tx, homeId, 'notification');
  const head = collection && (await headByUid(tx, collection.id, subject));
  if (head === undefined) return [];
  return discardMember(tx, head, clock());
}
