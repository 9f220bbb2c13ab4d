import type { Component } from '../../src/ical/component.ts';
import { writeComponent } from '../../src/ical/write.ts';
import { plain } from '../../src/itip/component-edit.ts';
import { messageComponents, readMessage, type ItipMessage } from '../../src/itip/message.ts';
import { receiveMessage } from '../../src/calendar/receive-message.ts';
import { CALENDAR_TYPE } from '../dav-server.ts';
import { answered, calendarOf, changed, dropped } from '../itip/scenario-edit.ts';
import { bodyOf } from '../itip/scenario-match.ts';
import { envelope, hasWord, option, type Step } from '../itip/scenarios.ts';
import { copyOf, fetched, pathTo, personOf, type Acted, type Person, type ServerWorld } from './server-world.ts';

const nothing = (): Promise<Acted> => Promise.resolve({});

/** What people do to their objects, and what comes from elsewhere. */
export const WRITES: Readonly<Record<string, (world: ServerWorld, step: Step) => Promise<Acted>>> = {
  option: (_, step) => {
    if (!hasWord(step, 'server')) throw new Error(`${step.at}: it is none of a server`);
    return nothing();
  },
  people: nothing,
  outside: nothing,
  put: (world, step) =>
    save(world, step, () => calendarOf(bodyOf(step.body).components, step.args[1] ?? '', world.server.time.now)),
  change: (world, step) => save(world, step, (before) => changed(before, step)),
  drop: (world, step) => save(world, step, (before) => dropped(before, step)),
  reply: (world, step) => save(world, step, (before, { isMe }) => answered(before, step, isMe)),
  async delete(world, step) {
    const [who = '', uid = ''] = step.args;
    const writer = personOf(world, who);
    const by = personOf(world, option(step, 'by') ?? who);
    const copy = copyOf(world, writer, uid);
    if (copy === undefined) throw new Error(`${step.at}: ${who} has no ${uid}`);
    const tag = hasWord(step, 'merge') ? world.tags.get(`${by.name} ${uid}`) : undefined;
    const headers: Record<string, string> = {
      ...(hasWord(step, 'silent') && { 'schedule-reply': 'F' }),
      ...(tag !== undefined && { 'if-schedule-tag-match': tag }),
    };
    return { writer, answer: await world.request(by, 'DELETE', pathTo(world, copy, by), { headers }) };
  },
  async send(world, step) {
    const { method, from, to } = envelope(step);
    const { components } = bodyOf(step.body);
    const subject = components.find(({ name }) => name !== 'VTIMEZONE');
    const uid = subject?.properties.find(({ name }) => name === 'UID')?.value ?? '';
    const calendar = calendarOf(components, uid, world.server.time.now);
    const reading = readMessage({ ...calendar, properties: [...calendar.properties, plain('METHOD', method)] });
    const statuses = new Map<string, string>();
    for (const name of to) {
      if ('fault' in reading) statuses.set(name, '5.0');
      else statuses.set(name, await received(world, personOf(world, name), personOf(world, from), reading.message));
    }
    return { received: { method, statuses } };
  },
};

/** Of a person with several addresses, that counts which the message names. */
function received({ server }: ServerWorld, to: Person, from: Person, message: ItipMessage): Promise<string> {
  const named = messageComponents(message).flatMap(({ properties }) => properties);
  const sender = named.find(({ name, value }) => (name === 'ATTENDEE' || name === 'ORGANIZER') && from.isMe(value));
  const envelopeOf = { to: to.addresses[0] ?? '', from: sender?.value ?? from.addresses[0] ?? '' };
  return receiveMessage(server.context, { ...envelopeOf, message });
}

/** PUT of what somebody makes of the object, as it was read just before. */
async function save(
  world: ServerWorld,
  step: Step,
  edited: (before: Component, writer: Person) => Component,
): Promise<Acted> {
  const [who = '', uid = ''] = step.args;
  const writer = personOf(world, who);
  const by = personOf(world, option(step, 'by') ?? who);
  const copy = copyOf(world, writer, uid);
  if (copy === undefined && step.word !== 'put') throw new Error(`${step.at}: ${who} has no ${uid}`);
  const read = copy && (await fetched(world, copy, by));
  const calendar = edited(read?.calendar ?? { name: 'VCALENDAR', properties: [], components: [], line: 0 }, writer);
  const tag = world.tags.get(`${by.name} ${uid}`) ?? read?.tag;
  const isTask = calendar.components.some(({ name }) => name === 'VTODO');
  const place = copy ?? {
    owner: writer,
    collection: option(step, 'in') ?? (isTask ? 'tasks' : 'calendar'),
    name: `${uid}.ics`,
  };
  const condition: Record<string, string> =
    hasWord(step, 'merge') && tag !== undefined
      ? { 'if-schedule-tag-match': tag }
      : read?.etag === undefined
        ? { 'if-none-match': '*' }
        : { 'if-match': read.etag };
  const headers = { ...CALENDAR_TYPE, ...condition };
  const body = writeComponent(calendar);
  return { writer, answer: await world.request(by, 'PUT', pathTo(world, place, by), { headers, body }) };
}
