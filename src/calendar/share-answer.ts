import type { Actor } from '../auth/actor.ts';
import { newId, type PrincipalId } from '../base/ids.ts';
import type { Change } from '../base/hub.ts';
import { BadRequest, Refusal } from '../base/refusal.ts';
import { recordAct } from '../store/audit.ts';
import { collectionById, countCollections } from '../store/collections.ts';
import { insertMount } from '../store/mounts.ts';
import { answerOf, answerOfMount, countMounts, saveAnswer, shareById, type ShareAnswer } from '../store/shares.ts';
import type { Db } from '../store/store.ts';
import { requireInHome } from './access.ts';
import { authorOf, type Author } from './author.ts';
import type { CalendarContext } from './context.ts';
import type { Collection, Mount } from './model.ts';
import { publishAll } from './publish.ts';
import { beginWork, tellSharer, unmount, type SharedCalendar, type ShareWork } from './share-notices.ts';

export interface AnswerShare {
  readonly actor: Actor;
  /** Whose home the calendar is to stand in. */
  readonly homeId: PrincipalId;
  /** The uid of the invitation. */
  readonly shareId: string;
  readonly accepted: boolean;
  /** How the sharee calls the calendar. */
  readonly summary: string | undefined;
  readonly by?: Author;
}

/**
 * A sharee's answer, caldav-sharing §5.4.1. Accepted, the calendar stands in the sharee's home: the same place where it
 * stood there already. It may be changed later, and a delegate who may write may give it. The sharer is told where it is
 * another one than before. Throws need-privileges, quota-not-exceeded, BadRequest 403 for an invitation that is none.
 */
export async function answerShare(
  context: CalendarContext,
  { actor, homeId, shareId, accepted, summary, by = authorOf(actor) }: AnswerShare,
): Promise<{ readonly uri: string } | undefined> {
  await requireInHome(context, actor, homeId, accepted ? 'bind' : 'unbind');
  const { uri, changes } = await context.store.write(async (tx) => {
    const work = beginWork(context, tx);
    const { answer, ...shared } = await requireInvitation(tx, shareId, homeId);
    const uri = accepted ? await accept(work, { ...shared, answer, summary }) : await decline(work, answer);
    if (answer.status !== (accepted ? 'accepted' : 'declined')) {
      await tellSharer(work, shared, { memberId: homeId, ...(accepted ? { ...ACCEPTED, summary } : DECLINED) });
      await record(work, shared, { memberId: homeId, accepted, by });
    }
    return { uri, changes: work.changes };
  });
  publishAll(context, changes);
  return uri === undefined ? undefined : { uri };
}

const ACCEPTED = { status: 'accepted' } as const;
const DECLINED = { status: 'declined', summary: undefined } as const;

type Invitation = SharedCalendar & { readonly calendar: Collection; readonly answer: ShareAnswer };

async function requireInvitation(tx: Db, shareId: string, memberId: string): Promise<Invitation> {
  const answer = await answerOf(tx, shareId, memberId);
  const share = answer && (await shareById(tx, shareId));
  const calendar = share && (await collectionById(tx, share.collectionId));
  if (answer !== undefined && share !== undefined && calendar !== undefined) return { answer, share, calendar };
  throw new BadRequest('There is no such invitation in this home', { status: 403 });
}

/** The segment of the place where the calendar stands. */
async function accept(
  work: ShareWork,
  { share, calendar, answer, summary }: Invitation & Pick<AnswerShare, 'summary'>,
): Promise<string> {
  const { context, tx, at, changes } = work;
  const { memberId: homeId } = answer;
  const before = answer.mountId === undefined ? undefined : await collectionById(tx, answer.mountId);
  if (before !== undefined) return before.uri;
  await requireRoom(context, tx, homeId);
  const place = await insertMount(
    tx,
    {
      ...{ calendar, homeId, uri: newId() },
      displayname: summary ?? share.summary ?? calendar.displayname ?? calendar.uri,
      color: calendar.color,
      colorAttributes: calendar.colorAttributes,
      // caldav-sharing §5.5.5, §7: until the sharee says so, it neither makes the sharee busy nor rings.
      transparent: true,
      ...NO_ALARMS,
    },
    at,
  );
  await saveAnswer(tx, { ...answer, ...ACCEPTED, mountId: place.id }, at);
  changes.push({ homeId, collectionId: place.id, seq: place.seq });
  return place.uri;
}

const NO_ALARMS = { alarmVeventDatetime: '', alarmVeventDate: '', alarmVtodoDatetime: '', alarmVtodoDate: '' } as const;

async function requireRoom({ limits }: CalendarContext, tx: Db, homeId: string): Promise<void> {
  const most = limits.sharedCalendarsPerHome;
  if ((await countMounts(tx, homeId)) >= most) {
    throw new Refusal('quota-not-exceeded', `A home holds at most ${most} calendars of others`);
  }
  if ((await countCollections(tx, homeId)) < limits.collectionsPerHome) return;
  throw new Refusal('quota-not-exceeded', `A home holds at most ${limits.collectionsPerHome} collections`);
}

async function decline(work: ShareWork, answer: ShareAnswer): Promise<undefined> {
  await unmount(work, answer);
  await saveAnswer(work.tx, { ...answer, status: 'declined', mountId: undefined }, work.at);
}

async function record(
  { tx, at }: ShareWork,
  { share, calendar }: SharedCalendar,
  { memberId, accepted, by }: { readonly memberId: string; readonly accepted: boolean; readonly by: Author },
): Promise<void> {
  const detail = { sharee: memberId, access: share.access, calendar: calendar.id };
  const act = accepted ? 'share-accepted' : 'share-declined';
  await recordAct(tx, { act, at, by, homeId: memberId, subject: share.id, detail });
}

/**
 * DELETE of a shared calendar by its sharee, caldav-sharing §5.4.2, in the caller's transaction: it leaves the sharee's
 * home, the sharer's calendar stays. The same as to decline. What is to be published after the commit.
 */
export async function leaveShare(
  context: CalendarContext,
  tx: Db,
  { mount, by }: { readonly mount: Pick<Mount, 'id'>; readonly by: Author },
): Promise<readonly Change[]> {
  const work = beginWork(context, tx);
  const found = await answerOfMount(tx, mount.id);
  if (found === undefined) {
    // No share names it: a place where nothing stands.
    await unmount(work, { mountId: mount.id });
    return work.changes;
  }
  const { answer, ...shared } = await requireInvitation(tx, found.shareId, found.memberId);
  await decline(work, answer);
  await tellSharer(work, shared, { ...DECLINED, memberId: answer.memberId });
  await record(work, shared, { memberId: answer.memberId, accepted: false, by });
  return work.changes;
}
