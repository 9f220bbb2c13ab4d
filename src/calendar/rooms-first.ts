import { createTurns } from '../base/turns.ts';
import type { Component } from '../ical/component.ts';
import { P } from '../ical/names.ts';
import { addressKey, attendeeOf, isOneOf, partstatOf, type IsMe } from '../itip/address.ts';
import { withParam, withProperties } from '../itip/component-edit.ts';
import { makeMessage, type ItipMessage } from '../itip/message.ts';
import { refreshAfterReply, type OutgoingMessage } from '../itip/organizer-changes.ts';
import { receiveReply } from '../itip/reply.ts';
import type { Memory } from '../itip/revision.ts';
import { byKey, instanceOf, readSeries, type Series } from '../itip/series.ts';
import type { CalendarUser } from '../scheduling/directory.ts';
import { recordAct } from '../store/audit.ts';
import type { Db } from '../store/store.ts';
import type { Author } from './author.ts';
import type { CalendarContext } from './context.ts';
import { deliver, type Delivery, type Sending } from './deliver.ts';
import { putInboxItem } from './inbox.ts';
import type { Collection } from './model.ts';

/** What an organizer's change tells, and what of it is left when the rooms have answered. */
export interface Told {
  /** The organizer's object. */
  readonly calendar: Component;
  readonly messages: readonly OutgoingMessage[];
  readonly memory: Memory;
  /** SCHEDULE-STATUS of rooms that were told and have not answered, by the key of their address. */
  readonly statuses: ReadonlyMap<string, string>;
}

/**
 * Tells those who answer by themselves before anybody else, and puts their answers into the organizer's object and into the
 * messages to the others: nobody sees a room that is still to answer, and nobody is told twice.
 */
export async function tellRooms(
  delivery: Delivery,
  owner: CalendarUser,
  told: Omit<Told, 'statuses'>,
): Promise<Told & { readonly hasAnswers: boolean }> {
  const { users, later } = delivery;
  await users.lookUp(told.messages.map(({ to }) => to));
  const isRoom = ({ to }: OutgoingMessage): boolean => users.find(to)?.answersItself === true;
  // What is but noted in an inbox is nothing to decide anew.
  const forRooms = told.messages.filter((each) => isRoom(each) && !each.noted);
  const rest = told.messages.filter((each) => !isRoom(each));
  const statuses = new Map<string, string>();
  if (forRooms.length === 0) return { ...told, statuses, hasAnswers: false };
  const waiting = later.splice(0);
  const turns = createTurns();
  for (const { to, message, quiet, noted, why } of forRooms) {
    // A series that is dense is much to look at, and for each room anew: who reads does not wait for all of them.
    if (turns.isDue()) await turns.take();
    const status = await deliver(delivery, { to, message, quiet, noted, why, senderId: delivery.senderId });
    if (!quiet) statuses.set(addressKey(to), status);
  }
  const answers = later.splice(0);
  const replies = answers.filter(({ to, message }) => message.method === 'REPLY' && users.find(to)?.id === owner.id);
  later.push(...waiting, ...answers.filter((each) => !replies.includes(each)));
  const answered = await withReplies(delivery, owner, { ...told, messages: rest, statuses }, replies);
  return { ...answered, hasAnswers: replies.length > 0 };
}

async function withReplies(
  delivery: Delivery,
  owner: CalendarUser,
  told: Told,
  replies: readonly Sending[],
): Promise<Told> {
  if (replies.length === 0) return told;
  const { context, tx } = delivery;
  const now = context.clock();
  let { calendar, memory } = told;
  const repliers: string[] = [];
  for (const { message } of replies) {
    const outcome = receiveReply(calendar, message, { me: owner.me, now, memory });
    calendar = outcome.calendar ?? calendar;
    memory = outcome.memory;
    repliers.push(...(outcome.answers ?? []).map(({ address }) => address));
    // It says what the object said already.
    if (outcome.outcome !== 'updated') continue;
    delivery.changes.push(...(await putInboxItem(context, tx, { homeId: owner.id, message, about: calendar })));
  }
  // What a reply has made of the object has its status; of the others that they have answered is known (RFC 6638 §3.2.9).
  const keys = new Set(repliers.map(addressKey));
  const answering = new Set(replies.map(({ senderId }) => senderId));
  const statuses = new Map(
    [...told.statuses].flatMap(([key, status]): [string, string][] => {
      if (keys.has(key)) return [];
      return [[key, answering.has(delivery.users.find(key)?.id ?? '') ? '2.0' : status]];
    }),
  );
  const messages = withAnswers(told.messages, calendar, isOneOf(...repliers));
  const refresh = refreshAfterReply(told.calendar, calendar, { me: owner.me, now, without: repliers });
  const left = refresh.messages.filter((each) => !saysAll(messages, each));
  delivery.later.push(...left.map((each) => ({ ...each, senderId: owner.id })));
  return { calendar: refresh.calendar ?? calendar, messages, memory, statuses };
}

/** The messages with the answers in them; what was one value stays one. */
function withAnswers(messages: readonly OutgoingMessage[], calendar: Component, isReplier: IsMe): OutgoingMessage[] {
  const answered = readSeries(calendar);
  const made = new Map<ItipMessage, ItipMessage>();
  return messages.map((each) => {
    if (each.message.method !== 'REQUEST' || answered === undefined) return each;
    const message = made.get(each.message) ?? withAnswersIn(each.message, answered, isReplier);
    made.set(each.message, message);
    return { ...each, message };
  });
}

function withAnswersIn(message: ItipMessage, answered: Series, isReplier: IsMe): ItipMessage {
  const series = readSeries(message.calendar, { beside: answered });
  if (series === undefined) return message;
  const components = [...byKey(series)].map(([key, component]) => {
    const source = instanceOf(answered, key);
    return withProperties(component, (property) => {
      if (source === undefined || property.name !== P.ATTENDEE || !isReplier(property.value)) return property;
      const answer = attendeeOf(source, isOneOf(property.value));
      if (answer === undefined || partstatOf(answer) === 'NEEDS-ACTION') return property;
      return withParam(withParam(property, 'PARTSTAT', partstatOf(answer)), 'RSVP', undefined);
    });
  });
  return makeMessage(message.method, components, [message.calendar]);
}

/** Whether somebody is sent all the components of a refresh anyhow. */
function saysAll(messages: readonly OutgoingMessage[], { to, message }: OutgoingMessage): boolean {
  const keysOf = ({ calendar }: ItipMessage): readonly string[] => {
    const series = readSeries(calendar);
    return series === undefined ? [] : [...byKey(series).keys()];
  };
  const isSame = isOneOf(to);
  const sent = new Set(
    messages
      .filter((each) => each.message.method === 'REQUEST' && isSame(each.to))
      .flatMap((each) => keysOf(each.message)),
  );
  return sent.size > 0 && keysOf(message).every((key) => sent.has(key));
}

/** Who has answered by hand for a room: it is more than an answer of one's own. */
export function recordAnswer(
  { clock }: CalendarContext,
  tx: Db,
  { by, collection }: { readonly by: Author; readonly collection: Collection },
  { uid }: { readonly uid: string },
): Promise<void> {
  const { homeId, id: subject } = collection;
  return recordAct(tx, { act: 'booking-answered', at: clock(), by, homeId, subject, detail: { uid } });
}
