import type { Change } from '../base/hub.ts';
import { removeCollection as removeRow } from '../store/collection-writes.ts';
import { collectionById } from '../store/collections.ts';
import { findPrincipal } from '../store/principals.ts';
import { removeAnswer, type Share, type ShareAnswer } from '../store/shares.ts';
import type { Db } from '../store/store.ts';
import type { CalendarContext } from './context.ts';
import type { Collection, Principal } from './model.ts';
import {
  dropNotification,
  inviteSubject,
  putNotification,
  replySubject,
  type InviteNotification,
  type Named,
  type ReplyNotification,
} from './notifications.ts';

/** One transaction about shares; `changes` are to be published after its commit. */
export interface ShareWork {
  readonly context: CalendarContext;
  readonly tx: Db;
  /** UTC milliseconds. */
  readonly at: number;
  readonly changes: Change[];
}

/** A share with the calendar that is offered, in the home of the sharer. */
export interface SharedCalendar {
  readonly share: Share;
  readonly calendar: Pick<Collection, 'id' | 'homeId' | 'uri' | 'components'>;
}

export const beginWork = (context: CalendarContext, tx: Db): ShareWork => ({
  ...{ context, tx, at: context.clock(), changes: [] },
});

const namedAs = ({ id, kind, name, emails: [email] }: Principal): Named => ({ id, kind, name, email });

/** Tells a sharee how it stands with a share (caldav-sharing §5.3.2). */
export async function tellSharee(
  work: ShareWork,
  { share, calendar }: SharedCalendar,
  told: {
    readonly memberId: string;
    readonly status: InviteNotification['status'];
    readonly summary?: string | undefined;
  },
): Promise<void> {
  const { context, tx, at, changes } = work;
  const [organizer, sharee] = [await findPrincipal(tx, share.homeId), await findPrincipal(tx, told.memberId)];
  if (organizer === undefined || sharee === undefined) return;
  const notice: InviteNotification = {
    ...{ kind: 'invite', at, shareId: share.id, status: told.status, access: share.access },
    ...{ sharee: namedAs(sharee), organizer: namedAs(organizer) },
    calendar: { homeId: calendar.homeId, uri: calendar.uri },
    summary: told.summary ?? share.summary,
    components: calendar.components,
  };
  changes.push(...(await putNotification(context, tx, { homeId: sharee.id, notice })));
}

/** Tells the sharer what a sharee answered (caldav-sharing §5.4.1). */
export async function tellSharer(
  { context, tx, at, changes }: ShareWork,
  { share, calendar }: SharedCalendar,
  told: Pick<ReplyNotification, 'status' | 'summary'> & { readonly memberId: string },
): Promise<void> {
  const sharee = await findPrincipal(tx, told.memberId);
  if (sharee === undefined) return;
  const notice: ReplyNotification = {
    ...{ kind: 'reply', at, shareId: share.id, sharee: namedAs(sharee), status: told.status },
    ...{ calendar: { homeId: calendar.homeId, uri: calendar.uri }, summary: told.summary },
  };
  changes.push(...(await putNotification(context, tx, { homeId: share.homeId, notice })));
}

/** Takes a shared calendar out of the home of a sharee; what the sharee called it. */
export async function unmount(
  { tx, at, changes }: ShareWork,
  { mountId }: Pick<ShareAnswer, 'mountId'>,
): Promise<string | undefined> {
  const place = mountId === undefined ? undefined : await collectionById(tx, mountId);
  if (place === undefined) return undefined;
  await removeRow(tx, place.id, at);
  changes.push({ homeId: place.homeId, collectionId: place.id, seq: place.seq });
  return place.displayname;
}

/**
 * A person is a sharee no more. Who had the calendar is told so; who never answered, or would not have it, finds the
 * invitation gone.
 */
export async function retract(work: ShareWork, shared: SharedCalendar, answer: ShareAnswer): Promise<void> {
  const { context, tx, changes } = work;
  const { share } = shared;
  const { memberId, status } = answer;
  const summary = await unmount(work, answer);
  await removeAnswer(tx, share.id, memberId);
  const reply = replySubject(share.id, memberId);
  changes.push(...(await dropNotification(context, tx, { homeId: share.homeId, subject: reply })));
  if (status === 'accepted') return tellSharee(work, shared, { memberId, status: 'deleted', summary });
  changes.push(...(await dropNotification(context, tx, { homeId: memberId, subject: inviteSubject(share.id) })));
}
