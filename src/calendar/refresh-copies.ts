import { refreshOfAll } from '../itip/organizer-changes.ts';
import { addressesOf } from '../scheduling/role.ts';
import { copiesToRefresh, takeCopiesToRefresh, type OrganizedMeeting } from '../store/copies-to-refresh.ts';
import { findPrincipal } from '../store/principals.ts';
import { headsOfUid, lockHomes, objectsOfUid } from '../store/scheduling.ts';
import type { Db } from '../store/store.ts';
import { unnamed } from './author.ts';
import { calendarUser } from './calendar-users.ts';
import type { CalendarContext } from './context.ts';
import { startDelivery, type Delivery, type Sending } from './deliver.ts';
import { deliverAll, deliverLater } from './deliver-together.ts';
import { publishAll } from './publish.ts';
import { parsedObject } from './parsed.ts';

/** Meetings that are looked for in one go. */
const PAGE = 20;

/** A meeting whose copies were refreshed, or what was in the way. */
export interface RefreshedMeeting extends OrganizedMeeting {
  readonly fault?: unknown;
}

/**
 * Shows the answers to large meetings to those who have not answered with them: all answers to one since the last time in
 * one go (docs/adr/0022-large-meetings.md). One that cannot be refreshed stays noted, and holds up no other.
 */
export async function* refreshCopies(context: CalendarContext): AsyncGenerator<RefreshedMeeting, void> {
  for (let after: OrganizedMeeting | undefined; ;) {
    const noted = await copiesToRefresh(context.store.db, { after, limit: PAGE });
    if (noted.length === 0) return;
    for (const meeting of noted) yield await refreshedOrNot(context, meeting);
    after = noted.at(-1);
  }
}

async function refreshedOrNot(context: CalendarContext, meeting: OrganizedMeeting): Promise<RefreshedMeeting> {
  try {
    const changes = await context.store.write((tx) => refreshed(context, tx, meeting), { lane: meeting.homeId });
    publishAll(context, changes);
    return meeting;
  } catch (fault) {
    return { ...meeting, fault };
  }
}

async function refreshed(context: CalendarContext, tx: Db, meeting: OrganizedMeeting): Promise<Delivery['changes']> {
  const { homeId } = meeting;
  const delivery = startDelivery(context, tx, { by: unnamed('scheduling'), senderId: homeId });
  if (!(await takeCopiesToRefresh(tx, meeting))) return [];
  await deliverAll(delivery, await sendingsFor(delivery, meeting));
  await deliverLater(delivery);
  return delivery.changes;
}

/** The meeting as it is, to each attendee of this server who has it. */
async function sendingsFor(
  { context, tx, users }: Delivery,
  { homeId, uid }: OrganizedMeeting,
): Promise<readonly Sending[]> {
  const principal = await findPrincipal(tx, homeId);
  const object = (await objectsOfUid(tx, homeId, uid)).find(({ scheduleTag }) => scheduleTag !== undefined);
  const calendar = object && parsedObject(object);
  if (principal === undefined || calendar === undefined) return [];
  const { me } = calendarUser(principal);
  await users.lookUp(addressesOf(calendar));
  await lockHomes(tx, [homeId, ...users.ids()]);
  const having = await headsOfUid(tx, users.ids(), uid);
  const messages = refreshOfAll(calendar, { me, now: context.clock() });
  return messages.flatMap(({ to, message }): readonly Sending[] => {
    const id = users.find(to)?.id;
    return id === undefined || !having.has(id) ? [] : [{ to, message, quiet: true, senderId: homeId }];
  });
}
