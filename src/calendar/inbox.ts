import type { Change } from '../base/hub.ts';
import { newId, newObjectId } from '../base/ids.ts';
import { isPublic } from '../ical/busy-form.ts';
import { propertyOf, type Component } from '../ical/component.ts';
import { P } from '../ical/names.ts';
import { plain, withProperty } from '../itip/component-edit.ts';
import { messageComponents, messageText, type ItipMessage, type Method } from '../itip/message.ts';
import type { ScheduleChanges } from '../itip/schedule-changes.ts';
import { nextSeq } from '../store/change-sequence.ts';
import { collectionByUri } from '../store/collections.ts';
import { NO_INDEX } from '../store/object-rows.ts';
import { countObjects, discardObject, insertObject, oldestHead } from '../store/objects.ts';
import { savedScheduleChanges } from '../store/scheduling.ts';
import type { Db } from '../store/store.ts';
import type { CalendarContext } from './context.ts';
import type { ObjectHead } from './model.ts';
import { etagOf } from './read-object.ts';

export interface NewInboxItem {
  readonly homeId: string;
  readonly message: ItipMessage;
  /** What it has changed in the calendar. */
  readonly changes?: ScheduleChanges | undefined;
  /** What the receiver has of the meeting: where that is not public, the message is not either. */
  readonly about?: Component | undefined;
}

/** What an organizer says whole: all others repeat a few properties, or what they were told before. */
const WHOLE: ReadonlySet<Method> = new Set(['REQUEST', 'PUBLISH', 'ADD']);

/** An answer to a private meeting names who takes part and what it is about: those who see times alone see no more of it. */
export function asPrivateAs(about: Component | undefined, message: ItipMessage): ItipMessage {
  if (about === undefined || isPublic(about)) return message;
  const parts = new Set(messageComponents(message));
  const components = message.calendar.components.map((each) =>
    parts.has(each) && !(WHOLE.has(message.method) && propertyOf(each, P.CLASS) !== undefined)
      ? withProperty(each, plain(P.CLASS, 'PRIVATE'))
      : each,
  );
  return { ...message, calendar: { ...message.calendar, components } };
}

/**
 * Puts a message into somebody's inbox (RFC 6638 §4.1), in the caller's transaction; the oldest goes where there are too
 * many. Returns what is to be published after the commit.
 */
export async function putInboxItem(
  { clock, limits }: CalendarContext,
  tx: Db,
  { homeId, message, changes, about }: NewInboxItem,
): Promise<readonly Change[]> {
  const inbox = await collectionByUri(tx, homeId, 'inbox');
  if (inbox?.kind !== 'inbox') return [];
  const now = clock();
  const seq = await nextSeq(tx, inbox.id, now);
  if (seq === undefined) return [];
  const isFull = (await countObjects(tx, inbox.id)) >= limits.inboxItemsPerHome;
  const oldest = isFull ? await oldestHead(tx, inbox.id) : undefined;
  if (oldest !== undefined) await discardObject(tx, oldest, seq, now);
  const octets = Buffer.from(messageText(asPrivateAs(about, message)));
  const id = newId();
  await insertObject(
    tx,
    {
      // Several messages are about one UID: it is not what tells them apart.
      ...{ id: newObjectId(), homeId: inbox.homeId, collectionId: inbox.id, name: `${id}.ics`, uid: id },
      ...{ component: message.kind, octets, etag: etagOf(octets), seq, createdSeq: seq, by: undefined, ...NO_INDEX },
      scheduleChanges: changes && JSON.stringify(changes),
    },
    now,
  );
  return [{ homeId, collectionId: inbox.id, seq }];
}

/** What the message of an inbox item has changed when it was stored; undefined where it has changed nothing. */
export async function scheduleChangesOf(
  { store }: CalendarContext,
  { id }: Pick<ObjectHead, 'id'>,
): Promise<ScheduleChanges | undefined> {
  const saved = await savedScheduleChanges(store.db, id);
  // Written by putInboxItem.
  return saved === undefined ? undefined : (JSON.parse(saved) as ScheduleChanges);
}
