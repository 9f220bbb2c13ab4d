import type { Component, Property } from '../../src/ical/component.ts';
import { addressKey, isOneOf, organizerOf, type IsMe } from '../../src/itip/address.ts';
import { receiveAdd } from '../../src/itip/add.ts';
import { attendeeChanges } from '../../src/itip/attendee-changes.ts';
import { receiveCancel } from '../../src/itip/cancel.ts';
import { receiveCounter } from '../../src/itip/counter.ts';
import { receiveDeclineCounter } from '../../src/itip/decline-counter.ts';
import { messageComponents, readMessage, type ItipMessage } from '../../src/itip/message.ts';
import { organizerChanges, refreshAfterReply, type OutgoingMessage } from '../../src/itip/organizer-changes.ts';
import type { Outcome, Receiving } from '../../src/itip/outcome.ts';
import { receivePublish } from '../../src/itip/publish.ts';
import { receiveRefresh } from '../../src/itip/refresh.ts';
import { receiveReply } from '../../src/itip/reply.ts';
import { receiveRequest } from '../../src/itip/request.ts';
import { NO_MEMORY, type Memory } from '../../src/itip/revision.ts';
import { readSeries } from '../../src/itip/series.ts';

export interface Person {
  readonly name: string;
  readonly addresses: readonly string[];
  readonly isMe: IsMe;
  /** Elsewhere: what is sent there goes nowhere. */
  readonly isOutside: boolean;
  readonly objects: Map<string, Component>;
  readonly memory: Map<string, Memory>;
}

export interface Sent {
  readonly from: string;
  readonly to: string;
  readonly message: ItipMessage;
  readonly quiet: boolean;
  /** See OutgoingMessage. */
  readonly noted?: boolean;
  /** It has done nothing at who received it. */
  readonly unseen?: boolean;
}

/** People of one server and their objects, in memory: applies what the pure functions say. */
export interface World {
  readonly people: Map<string, Person>;
  now: number;
  /** Messages of the last action. */
  sent: Sent[];
  /** Where messages wait, instead of being applied at once. */
  queue: Sent[] | undefined;
  readonly outcomes: Map<string, Outcome>;
}

export const createWorld = (): World => ({
  people: new Map(),
  now: Date.UTC(2026, 0, 1),
  sent: [],
  queue: undefined,
  outcomes: new Map(),
});

export function personOf(world: World, name: string): Person {
  return world.people.get(name) ?? addPerson(world, name, [`mailto:${name}@example.com`], false);
}

export function addPerson(world: World, name: string, addresses: readonly string[], isOutside: boolean): Person {
  const known = addresses.map((each) => (each.includes(':') ? each : `mailto:${each}`));
  const person: Person = {
    name,
    addresses: known,
    isMe: isOneOf(...known),
    isOutside,
    objects: new Map(),
    memory: new Map(),
  };
  world.people.set(name, person);
  return person;
}

const DEFAULT_DOMAIN = '@example.com';

function personAt(world: World, address: string): Person {
  for (const person of world.people.values()) if (person.isMe(address)) return person;
  const key = addressKey(address).replace('mailto:', '');
  const isLocal = key.endsWith(DEFAULT_DOMAIN);
  return addPerson(world, key.split('@')[0]!, [address], !isLocal);
}

/** Saves an object, or deletes it; the refusal where there is one. */
export function save(
  world: World,
  who: Person,
  {
    uid,
    calendar,
    isMerge = false,
    silent = false,
  }: { uid: string; calendar: Component | undefined; isMerge?: boolean; silent?: boolean },
): string | undefined {
  const before = who.objects.get(uid);
  const organizer = organizerIn(calendar ?? before);
  if (organizer === undefined && organizerIn(before) === undefined) {
    store(who, uid, calendar);
    return undefined;
  }
  if (who.isMe(organizer ?? '')) {
    const plan = organizerChanges(before, calendar, {
      me: who.isMe,
      now: world.now,
      attendeeState: isMerge ? 'server' : 'client',
    });
    store(who, uid, plan.calendar);
    deliverAll(world, who, plan.messages);
    return undefined;
  }
  const memory = who.memory.get(uid) ?? NO_MEMORY;
  const plan = attendeeChanges(before, calendar, { me: who.isMe, now: world.now, memory, silent });
  if (plan.kind === 'refused') return plan.precondition;
  store(who, uid, plan.calendar);
  who.memory.set(uid, plan.memory);
  if (plan.reply !== undefined) {
    deliverAll(world, who, [{ ...plan.reply, quiet: false, noted: false, why: 'changed', changes: [] }]);
  }
  return undefined;
}

function store(who: Person, uid: string, calendar: Component | undefined): void {
  if (calendar === undefined) who.objects.delete(uid);
  else who.objects.set(uid, calendar);
}

const organizerIn = (calendar: Component | undefined): string | undefined =>
  calendar?.components.map((each) => organizerOf(each)).find((each) => each !== undefined);

function deliverAll(world: World, from: Person, messages: readonly OutgoingMessage[]): void {
  for (const { to, message, quiet, noted } of messages) {
    const person = personAt(world, to);
    if (person.isOutside && (quiet || noted)) continue;
    const sent = { from: from.name, to: person.name, message, quiet, noted };
    const at = world.sent.push(sent) - 1;
    if (person.isOutside) continue;
    if (world.queue !== undefined) {
      world.queue.push(sent);
      continue;
    }
    // A copy that is up to date is not brought up to date.
    const { outcome, onlyStamps } = receive(world, sent);
    if (quiet && (outcome === 'ignored' || onlyStamps === true)) world.sent.splice(at, 1);
    else if (!quiet && (outcome === 'ignored' || outcome === 'refused')) world.sent[at] = { ...sent, unseen: true };
  }
}

const RECEIVERS: Readonly<
  Record<ItipMessage['method'], (mine: Component | undefined, message: ItipMessage, receiving: Receiving) => Outcome>
> = {
  REQUEST: receiveRequest,
  CANCEL: receiveCancel,
  ADD: receiveAdd,
  REPLY: receiveReply,
  REFRESH: receiveRefresh,
  COUNTER: receiveCounter,
  DECLINECOUNTER: receiveDeclineCounter,
  PUBLISH: receivePublish,
};

/** A message arrives: read from what it says, as it would be from a wire. */
export function receive(world: World, { from, to, message, quiet, noted }: Sent): Outcome {
  const who = personOf(world, to);
  const sender = personOf(world, from);
  const reading = readMessage(message.calendar);
  if ('fault' in reading) return { outcome: 'refused', why: reading.fault, memory: NO_MEMORY };
  const { uid } = message;
  const before = who.objects.get(uid);
  const own = addressOfSender(sender, message);
  const outcome = RECEIVERS[message.method](before, reading.message, {
    me: who.isMe,
    now: world.now,
    memory: who.memory.get(uid) ?? NO_MEMORY,
    from: own,
    quiet,
    noted,
  });
  who.memory.set(uid, outcome.memory);
  if (outcome.calendar !== undefined || outcome.outcome === 'removed') store(who, uid, outcome.calendar);
  world.outcomes.set(to, outcome);
  if (outcome.answer !== undefined) {
    deliverAll(world, who, [
      { to: own, message: outcome.answer, quiet: false, noted: false, why: 'changed', changes: [] },
    ]);
  }
  if (message.method === 'REPLY' && outcome.calendar !== undefined && before !== undefined)
    refresh(world, who, before, outcome);
  return outcome;
}

function refresh(world: World, who: Person, before: Component, outcome: Outcome): void {
  if (outcome.calendar === undefined) return;
  const plan = refreshAfterReply(before, outcome.calendar, {
    me: who.isMe,
    now: world.now,
    without: outcome.crossed === true ? [] : (outcome.answers ?? []).map(({ address }) => address),
  });
  const series = plan.calendar && readSeries(plan.calendar);
  if (series !== undefined && plan.calendar !== undefined) store(who, series.uid, plan.calendar);
  deliverAll(world, who, plan.messages);
}

/** Of a person with several addresses the one that the message names. */
function addressOfSender(sender: Person, message: ItipMessage): string {
  const named = messageComponents(message).flatMap(({ properties }): readonly Property[] => properties);
  const people = named.filter(({ name }) => name === 'ATTENDEE' || name === 'ORGANIZER').map(({ value }) => value);
  return people.find((value) => sender.isMe(value)) ?? sender.addresses[0]!;
}
