import type { Change } from '../base/hub.ts';
import { collectionById } from '../store/collections.ts';
import { answersOf, groupsAround, offeredTo, sharesWith, sharesOf, sharedCalendars } from '../store/shares.ts';
import type { Db } from '../store/store.ts';
import type { CalendarContext } from './context.ts';
import { dropNotification, replySubject } from './notifications.ts';
import { ask, endShare, roomFor, shareesBehind } from './share.ts';
import { beginWork, retract, type ShareWork } from './share-notices.ts';

/**
 * Groups have other members: what is shared with them, or with groups above them, is shared with these people and with
 * nobody else. Who came is invited, who went loses it. In the caller's transaction; what is to be published after it.
 */
export async function followMembers(
  context: CalendarContext,
  tx: Db,
  groupIds: readonly string[],
): Promise<readonly Change[]> {
  if (groupIds.length === 0) return [];
  const work = beginWork(context, tx);
  for (const share of await sharesWith(tx, await groupsAround(tx, groupIds))) {
    const calendar = await collectionById(tx, share.collectionId);
    if (calendar === undefined) continue;
    const others = new Set(await shareesBehind(work, share, EVERYBODY));
    let asked = 0;
    for (const answer of await answersOf(tx, share.id)) {
      if (others.delete(answer.memberId)) asked += 1;
      else await retract(work, { share, calendar }, answer);
    }
    // Who has an answer keeps it, however many come.
    const room = Math.max(0, (await roomFor(work, share)) - asked);
    for (const memberId of [...others].slice(0, room)) await ask(work, { share, calendar }, memberId);
  }
  return work.changes;
}

/** More than are in any group. */
const EVERYBODY = 1_000_000;

/** Before a principal is removed: what it shares, and what is shared with it by name, is shared no more. */
export async function endSharesAround(context: CalendarContext, tx: Db, id: string): Promise<readonly Change[]> {
  const work = beginWork(context, tx);
  const shares = [...(await sharesWith(tx, [id]))];
  for (const calendarId of await sharedCalendars(tx, id)) shares.push(...(await sharesOf(tx, calendarId)));
  for (const share of shares) {
    const calendar = await collectionById(tx, share.collectionId);
    if (calendar !== undefined) await endShare(work, { share, calendar });
  }
  await forgetReplies(work, id);
  return work.changes;
}

/** What a person answered as a member of groups. */
async function forgetReplies({ context, tx, changes }: ShareWork, memberId: string): Promise<void> {
  for (const { share } of await offeredTo(tx, memberId)) {
    const subject = replySubject(share.id, memberId);
    changes.push(...(await dropNotification(context, tx, { homeId: share.homeId, subject })));
  }
}
