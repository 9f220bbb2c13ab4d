import { DAY } from '../base/clock.ts';
import { newId } from '../base/ids.ts';
import { Refusal } from '../base/refusal.ts';
import { atOnce } from '../base/steps.ts';
import type { Component } from '../ical/component.ts';
import { parseCalendars } from '../ical/parse.ts';
import { formatTimeValue, type Instant } from '../ical/time-value.ts';
import { writeComponent } from '../ical/write.ts';
import { readSeries, type Series } from '../itip/series.ts';
import type { CalendarUser } from '../scheduling/directory.ts';
import { addressesOf, partIn } from '../scheduling/role.ts';
import { collectionById } from '../store/collections.ts';
import {
  changedGroups,
  forgetChangedGroup,
  meetingsOfGroups,
  noteGroupMeeting,
  type ChangedGroup,
  type GroupMeeting,
} from '../store/group-meetings.ts';
import { findPrincipal } from '../store/principals.ts';
import { objectsOfUid } from '../store/scheduling.ts';
import { groupsAround } from '../store/shares.ts';
import type { Db } from '../store/store.ts';
import { asPlainActor } from './acting.ts';
import { unnamed } from './author.ts';
import { calendarUser } from './calendar-users.ts';
import type { CalendarContext } from './context.ts';
import { startDelivery } from './deliver.ts';
import { withGroupMembers } from './group-attendees.ts';
import type { CalendarObject, Collection } from './model.ts';
import { publish, publishAll } from './publish.ts';
import { readingObject } from './read-object.ts';
import { startScheduling } from './schedule.ts';
import { splitObject } from './split-object.ts';
import { writeObject } from './write-object.ts';

/** What became of a meeting; `left`: it cannot follow, as it is. */
export type Followed = GroupMeeting & { readonly outcome: 'changed' | 'same' | 'left' };

/** Meetings that are found in one question. */
const PAGE = 50;

/**
 * Brings the meetings that invite a group up to date with its members: who came is invited, who went is told that it is off
 * (RFC 5546 §3.2.5). What is over stays as it was, and of a series what is past: it is split where the future begins. A
 * group is done when all its meetings are; broken off, or done by two at once, the same comes out.
 */
export async function* followGroups(context: CalendarContext): AsyncGenerator<Followed> {
  for (const changed of await changedGroups(context.store.db)) {
    for await (const meeting of meetingsOf(context, changed)) {
      yield { ...meeting, outcome: await followMeeting(context, meeting) };
    }
    await context.store.write((tx) => forgetChangedGroup(tx, changed));
  }
}

async function* meetingsOf(context: CalendarContext, { groupId }: ChangedGroup): AsyncGenerator<GroupMeeting> {
  const { db } = context.store;
  const groups = await groupsAround(db, [groupId]);
  for (let after: GroupMeeting | undefined; ;) {
    const page = await meetingsOfGroups(db, groups, { now: context.clock(), after, limit: PAGE });
    yield* page;
    if (page.length < PAGE) return;
    after = page.at(-1);
  }
}

/** An organizer's meeting as it is stored. */
interface Found {
  readonly owner: CalendarUser;
  readonly collection: Collection;
  readonly object: CalendarObject;
  readonly calendar: Component;
}

async function followMeeting(context: CalendarContext, meeting: GroupMeeting): Promise<Followed['outcome']> {
  const { store } = context;
  const found = await findMeeting(store.db, meeting);
  if (found === undefined) {
    await store.write((tx) => noteGroupMeeting(tx, meeting, []));
    return 'same';
  }
  try {
    if ((await refreshed(context, store.db, found)) === undefined) return 'same';
    const series = readSeries(found.calendar);
    if (series !== undefined && hasBegun(series, context.clock())) await split(context, series, found);
    return (await invite(context, meeting)) ? 'changed' : 'same';
  } catch (error) {
    // Too many are invited now, or a rule cannot be split: the meeting stays as it is.
    if (error instanceof Refusal) return 'left';
    throw error;
  }
}

async function findMeeting(db: Db, { homeId, uid }: GroupMeeting): Promise<Found | undefined> {
  const principal = await findPrincipal(db, homeId);
  const object = (await objectsOfUid(db, homeId, uid)).find(({ scheduleTag }) => scheduleTag !== undefined);
  const collection = object && (await collectionById(db, object.collectionId));
  const calendar = object && parseCalendars(object.octets).calendars[0];
  if (principal === undefined || object === undefined || collection === undefined) return undefined;
  const owner = calendarUser(principal);
  if (calendar === undefined || partIn(calendar, owner.me).role !== 'organizer') return undefined;
  return { owner, collection, object, calendar };
}

/** The meeting with the members that its groups have now; undefined: it has them. */
async function refreshed(
  context: CalendarContext,
  db: Db,
  { owner, calendar }: Pick<Found, 'owner' | 'calendar'>,
): Promise<Component | undefined> {
  const delivery = startDelivery(context, db, { by: unnamed('scheduling'), senderId: owner.id });
  await delivery.users.lookUp(addressesOf(calendar));
  const expanding = { owner, before: calendar, after: calendar, refresh: 'all' } as const;
  const made = await withGroupMembers(delivery, expanding);
  return made === calendar ? undefined : made;
}

/** Whether a series has instances that have begun. */
function hasBegun({ master, generated }: Series, now: Instant): boolean {
  if (master === undefined || !generated().recurring) return false;
  const [first] = generated().instances({ from: -Infinity, to: Infinity });
  return first !== undefined && first.start <= now;
}

async function split(context: CalendarContext, series: Series, { owner, collection, object }: Found): Promise<void> {
  await splitObject(context, {
    ...{ actor: asPlainActor(owner.id), collection, name: object.name, newName: `${newId()}.ics` },
    ...{ rid: futureOf(series, context.clock()), uid: undefined, unchanged: [], isOrganizer: owner.me },
    check: () => undefined,
  });
}

/** From when on instances are to come, in the form in which splittingSeries asks for it. */
function futureOf({ form }: Series, now: Instant): string {
  const wall = Math.ceil(now / 1000) * 1000;
  if (form?.kind === 'date') return formatTimeValue({ kind: 'date', wall: Math.ceil(now / DAY) * DAY });
  return formatTimeValue({ kind: form?.kind === 'floating' ? 'floating' : 'utc', wall });
}

async function invite(context: CalendarContext, meeting: GroupMeeting): Promise<boolean> {
  const { store } = context;
  const done = await store.write(async (tx) => {
    const found = await findMeeting(tx, meeting);
    const calendar = found && (await refreshed(context, tx, found));
    if (found === undefined || calendar === undefined) return undefined;
    const { collection, object } = found;
    const by = unnamed('scheduling');
    const read = atOnce(readingObject(context, collection, Buffer.from(writeComponent(calendar))));
    const scheduler = startScheduling(context, tx, { by, collection, attendeeState: 'server', groups: 'all' });
    const target = { collection, name: object.name, check: () => undefined, by, isDelivery: true };
    const { seq } = await writeObject(context, tx, { ...target, schedule: scheduler.schedule }, read);
    return { collection, seq, changes: await scheduler.finish() };
  });
  if (done === undefined) return false;
  publish(context, done.collection, done.seq);
  publishAll(context, done.changes);
  return true;
}
