import { writeComponent } from '../../src/ical/write.ts';
import { followGroups } from '../../src/calendar/follow-groups.ts';
import { importObject } from '../../src/calendar/import-object.ts';
import { removePrincipal } from '../../src/calendar/remove-principal.ts';
import { restoreFromTrash, trashOf } from '../../src/calendar/trash.ts';
import { asPrincipalId } from '../../src/base/ids.ts';
import { collectionByUri } from '../../src/store/collections.ts';
import { setDelegates, setMembers } from '../../src/store/principals.ts';
import { CALENDAR_TYPE, ics } from '../dav-server.ts';
import { shareCalendar } from '../dav/shared-calendar.ts';
import { calendarOf } from '../itip/scenario-edit.ts';
import { bodyOf } from '../itip/scenario-match.ts';
import { option, type Step } from '../itip/scenarios.ts';
import type { ShareAccess } from '../../src/calendar/model.ts';
import {
  copyOf,
  fetched,
  pathTo,
  personOf,
  receiversIn,
  type Acted,
  type Person,
  type ServerWorld,
} from './server-world.ts';

type Action = (world: ServerWorld, step: Step) => Promise<Acted>;

/** What only a server knows: calendars, and whose they are. */
export const SERVER_ACTIONS: Readonly<Record<string, Action>> = {
  async calendar(world, { args: [who = '', name = ''] }) {
    const writer = personOf(world, who);
    return { writer, answer: await world.request(writer, 'MKCALENDAR', `/dav/calendars/${writer.id}/${name}/`) };
  },
  async 'remove-calendar'(world, { args: [who = '', name = ''] }) {
    const writer = personOf(world, who);
    return { writer, answer: await world.request(writer, 'DELETE', `/dav/calendars/${writer.id}/${name}/`) };
  },
  async look(world, step) {
    const [who = '', uid = ''] = step.args;
    const reader = personOf(world, who);
    const { tag } = await fetched(world, existing(world, step));
    if (tag !== undefined) world.tags.set(`${reader.name} ${uid}`, tag);
    return {};
  },
  move: (world, step) => transferred(world, step, 'MOVE'),
  copy: (world, step) => transferred(world, step, 'COPY'),
  async dismiss(world, step) {
    const [who = '', method = ''] = step.args;
    const writer = personOf(world, who);
    for (const each of world.sight.standing.values()) {
      if (each.owner !== writer || !each.isMessage) continue;
      const path = pathTo(world, each, writer);
      const { calendar } = await fetched(world, each);
      if (!calendar.properties.some(({ name, value }) => name === 'METHOD' && value === method)) continue;
      return { writer, answer: await world.request(writer, 'DELETE', path) };
    }
    throw new Error(`${step.at}: ${who} has no such message`);
  },
  async import(world, step) {
    const [who = '', uid = ''] = step.args;
    const writer = personOf(world, who);
    const { context, time } = world.server;
    const collection = await collectionByUri(context.store.db, writer.id, option(step, 'in') ?? 'calendar');
    if (collection === undefined) throw new Error(`${step.at}: there is no such calendar`);
    const octets = Buffer.from(writeComponent(calendarOf(bodyOf(step.body).components, uid, time.now)));
    await importObject(context, { collection, name: `${uid}.ics`, octets });
    return { writer };
  },
  async 'remove-person'(world, { args: [who = ''] }) {
    const writer = personOf(world, who);
    await removePrincipal(world.server.context, { id: asPrincipalId(writer.id) });
    world.people.set(who, { ...writer, isGone: true });
    return { writer };
  },
  async restore(world, step) {
    const [who = '', uid = ''] = step.args;
    const writer = personOf(world, who);
    const { context } = world.server;
    const actor = { id: asPrincipalId(writer.id), admin: false, adminReadOnly: false, deviceId: undefined };
    const trash = await trashOf(context, actor, writer.id);
    const item = trash.find((each) => each.uid === uid || (each.kind === 'calendar' && each.name === uid));
    if (item === undefined) throw new Error(`${step.at}: it is not in the trash`);
    await restoreFromTrash(context, { actor, homeId: writer.id, id: item.id });
    return { writer };
  },
  async share(world, step) {
    const [who = '', word = '->'] = step.args;
    const access = word === '->' ? 'read-write' : word;
    const sharer = personOf(world, who);
    for (const name of receiversIn(step)) {
      const sharee = personOf(world, name);
      const between = { sharer: sharer.id, sharee: sharee.id, access: access as ShareAccess, uri: `of-${who}` };
      world.mounts.set(`${who} ${name}`, await shareCalendar(world.server, between));
    }
    return {};
  },
  async 'ask-busy'(world, step) {
    const asks = personOf(world, step.args[0] ?? '');
    const people = receiversIn(step).map((name) => personOf(world, name).addresses[0] ?? '');
    const lines = ['METHOD:REQUEST', 'BEGIN:VFREEBUSY', 'UID:asked', 'DTSTAMP:20260101T000000Z', ...step.body];
    const named = [`ORGANIZER:${asks.addresses[0]}`, ...people.map((each) => `ATTENDEE:${each}`)];
    const body = ics(...lines, ...named, 'END:VFREEBUSY');
    const answer = await world.request(asks, 'POST', `/dav/calendars/${asks.id}/outbox/`, {
      ...{ headers: CALENDAR_TYPE, body },
    });
    return { answer };
  },
  async group(world, step) {
    const { context, time } = world.server;
    const members = receiversIn(step).map((name) => personOf(world, name).id);
    await context.store.write((tx) => setMembers(tx, personOf(world, step.args[0] ?? '').id, members, time.now));
    await Array.fromAsync(followGroups(context));
    return {};
  },
  room: () => Promise.resolve({}),
  async delegate(world, step) {
    const [who = ''] = step.args;
    const { context, time } = world.server;
    const write = receiversIn(step).map((name) => asPrincipalId(personOf(world, name).id));
    const owner = asPrincipalId(personOf(world, who).id);
    await context.store.write((tx) => setDelegates(tx, owner, { read: [], write }, time.now));
    return {};
  },
};

function existing(world: ServerWorld, step: Step) {
  const [who = '', uid = ''] = step.args;
  const copy = copyOf(world, personOf(world, who), uid);
  if (copy === undefined) throw new Error(`${step.at}: ${who} has no ${uid}`);
  return copy;
}

async function transferred(world: ServerWorld, step: Step, method: 'COPY' | 'MOVE'): Promise<Acted> {
  const writer = personOf(world, step.args[0] ?? '');
  const by = personOf(world, option(step, 'by') ?? writer.name);
  const copy = existing(world, step);
  const owner: Person = personOf(world, option(step, 'of') ?? writer.name);
  const target = { owner, collection: step.args[step.args.indexOf('->') + 1] ?? '', name: copy.name };
  const headers = { destination: pathTo(world, target, by) };
  return { writer, answer: await world.request(by, method, pathTo(world, copy, by), { headers }) };
}
