import type { Component } from '../../src/ical/component.ts';
import { parseCalendars } from '../../src/ical/parse.ts';
import { isOneOf, organizerOf, type IsMe } from '../../src/itip/address.ts';
import { asPrincipalId } from '../../src/base/ids.ts';
import { ensureHome } from '../../src/calendar/create-home.ts';
import { savePrincipal } from '../../src/store/principals.ts';
import type { AutoSchedule } from '../../src/store/principal-schema.ts';
import { davClient, type Answer, type DavClient, type DavRequest } from '../dav-client.ts';
import type { DavServer } from '../dav-server.ts';
import { envelope, introduced, option, type Scenario, type Step } from '../itip/scenarios.ts';

/** Somebody of a scenario: of this server, with a home, or elsewhere. */
export interface Person {
  readonly name: string;
  /** The principal's. */
  readonly id: string;
  readonly addresses: readonly string[];
  readonly isMe: IsMe;
  readonly isOutside: boolean;
  /** The account is removed: what is sent to the addresses is sent elsewhere. */
  readonly isGone?: boolean;
  readonly kind: 'user' | 'group' | 'room';
  /** Of a room: how it answers. */
  readonly mode?: AutoSchedule | undefined;
}

/** What stands in a home: the copy of an object, or a message in the inbox. */
export interface Standing {
  readonly id: string;
  readonly owner: Person;
  readonly isMessage: boolean;
  readonly collection: string;
  readonly name: string;
  readonly uid: string;
  readonly etag: string;
}

/** All that the people of a scenario have, and what waits to be mailed to others. */
export interface Sight {
  readonly standing: ReadonlyMap<string, Standing>;
  readonly queued: ReadonlyMap<string, { readonly recipient: string; readonly octets: Uint8Array }>;
}

/** People of one scenario on a server that others use, too: their names and addresses are of this scenario alone. */
export interface ServerWorld {
  readonly server: DavServer;
  readonly people: Map<string, Person>;
  /** Where the calendar of one person stands in the home of another: `WHO OTHER` → path. */
  readonly mounts: Map<string, string>;
  /** Schedule tags that people have seen last: `WHO UID`. */
  readonly tags: Map<string, string>;
  sight: Sight;
  request(as: Person, method: string, path: string, request?: DavRequest): Promise<Answer>;
  close(): void;
}

/** What an action has led to: how a request was answered, and in whose calendars it was made. */
export interface Acted {
  readonly answer?: Answer | undefined;
  readonly writer?: Person | undefined;
  /** A message that has come from elsewhere, and the status of its delivery by who received it. */
  readonly received?: Received | undefined;
}

export interface Received {
  readonly method: string;
  readonly statuses: ReadonlyMap<string, string>;
}

/** The scenario with every address at a domain of its own, and principals named by URL as its people are. */
export function scoped(scenario: Scenario, scope: string): Scenario {
  const own = (text: string): string =>
    text.replaceAll(/@(example\.)/gi, `@${scope}.$1`).replaceAll(/(\/dav\/principals\/\w+\/)/g, `$1${scope}-`);
  const steps = scenario.steps.map((step) => ({ ...step, args: step.args.map(own), body: step.body.map(own) }));
  return { ...scenario, steps };
}

export async function createServerWorld(server: DavServer, scenario: Scenario, scope: string): Promise<ServerWorld> {
  const people = peopleOf(scenario, scope);
  const local = [...people.values()].filter(({ isOutside }) => !isOutside);
  await addPeople(server, local);
  const clients = new Map<string, DavClient>();
  const world: ServerWorld = {
    ...{ server, people, mounts: new Map(), tags: new Map() },
    sight: { standing: new Map(), queued: new Map() },
    request(as, method, path, request) {
      const client = clients.get(as.id) ?? davClient({ url: server.url, user: as.id, password: 'secret', sockets: 1 });
      clients.set(as.id, client);
      return client.request(method, path, request);
    },
    close: () => clients.forEach((client) => client.close()),
  };
  world.sight = await look(world);
  return world;
}

const ADDRESS = /[\w.+-]+@[\w.-]+\w/g;

/** Everybody whom a scenario names: by a name, or by an address in what people save. */
function peopleOf({ steps }: Scenario, scope: string): Map<string, Person> {
  const people = new Map<string, Person>();
  const add = (name: string, addresses: readonly string[], isOutside: boolean, more?: Partial<Person>): void => {
    const known = addresses.map((each) => (each.includes(':') ? each : `mailto:${each}`));
    const person = { name, id: `${scope}-${name}`, addresses: known, isMe: isOneOf(...known), isOutside };
    people.set(name, { ...person, kind: 'user', ...more });
  };
  for (const { word, args, ...step } of steps) {
    const [name = '', mode] = args;
    if (word === 'group' || word === 'room') {
      const isRoom = word === 'room';
      // The words of the store.
      add(name, [`${name}@${scope}.example.com`], false, { kind: word, ...(isRoom && { mode: mode as AutoSchedule }) });
    }
    if (word !== 'people' && word !== 'outside') continue;
    for (const [each, addresses] of introduced({ ...step, word, args })) add(each, addresses, word === 'outside');
  }
  for (const name of steps.flatMap(namesIn)) {
    if (!people.has(name)) add(name, [`${name}@${scope}.example.com`], false);
  }
  for (const [address] of steps.flatMap(({ body }) => [...body.join('\n').matchAll(ADDRESS)])) {
    if ([...people.values()].some(({ isMe }) => isMe(`mailto:${address}`))) continue;
    const [name = '', domain] = address.toLowerCase().split('@');
    add(name, [address], domain !== `${scope}.example.com`);
  }
  return people;
}

const NAMELESS = new Set(['people', 'outside', 'option', 'expect-refused', 'room']);

const BETWEEN_PEOPLE = new Set(['share', 'delegate', 'ask-busy', 'group']);

function namesIn(step: Step): readonly string[] {
  const { word, args } = step;
  if (NAMELESS.has(word)) return [];
  if (word === 'send' || word === 'expect-message') {
    const { from, to } = envelope(step);
    return [from, ...to];
  }
  if (BETWEEN_PEOPLE.has(word)) return [args[0] ?? '', ...receiversIn(step)];
  return [args[0], option(step, 'by'), option(step, 'of')].filter((name) => name !== undefined);
}

/** Who stands behind the arrow. */
export const receiversIn = ({ args }: Step): readonly string[] =>
  args.slice(args.indexOf('->') + 1).filter((each) => each !== '' && !each.includes('='));

const PLACE = [{ uri: 'calendar', name: 'Calendar', components: ['VEVENT', 'VJOURNAL', 'VFREEBUSY'] }];
const HOME = [...PLACE, { uri: 'tasks', name: 'Tasks', components: ['VTODO'] }];

async function addPeople({ context, time }: DavServer, people: readonly Person[]): Promise<void> {
  await context.store.write(async (tx) => {
    for (const { id, name, addresses, kind, mode } of people) {
      const emails = addresses.map((each) => each.replace('mailto:', ''));
      const spec = { id: asPrincipalId(id), kind, name, emails, ...(mode && { autoSchedule: mode }) };
      const { principal } = await savePrincipal(tx, spec, time.now);
      if (kind !== 'group') await ensureHome(tx, principal, kind === 'room' ? PLACE : HOME, time.now);
    }
  });
}

/** What people have now. */
export async function look({ server, people }: Pick<ServerWorld, 'server' | 'people'>): Promise<Sight> {
  const { db } = server.context.store;
  const owners = new Map([...people.values()].filter(({ isOutside }) => !isOutside).map((each) => [each.id, each]));
  if (owners.size === 0) return { standing: new Map(), queued: new Map() };
  const rows = await db
    .selectFrom('objects')
    .innerJoin('collections', 'collections.id', 'objects.collection_id')
    .select(['objects.id', 'objects.name', 'objects.uid', 'objects.etag'])
    .select(['collections.home_id', 'collections.kind', 'collections.uri'])
    .where('collections.home_id', 'in', [...owners.keys()])
    .orderBy('objects.name')
    .execute();
  const standing = rows.flatMap(({ id, home_id, kind, uri, name, uid, etag }) => {
    const owner = owners.get(home_id);
    const isMessage = kind === 'inbox';
    return owner === undefined ? [] : [{ id, owner, isMessage, collection: uri, name, uid, etag }];
  });
  const queued = await db
    .selectFrom('mail_messages')
    .leftJoin('shared_octets', 'shared_octets.key', 'mail_messages.shared_key')
    .select(['mail_messages.id', 'mail_messages.recipient', 'shared_octets.octets'])
    .where('mail_messages.home_id', 'in', [...owners.keys()])
    .orderBy('mail_messages.key')
    .execute();
  return {
    standing: new Map(standing.map((each) => [each.id, each])),
    queued: new Map(queued.map((each) => [each.id, { ...each, octets: each.octets ?? new Uint8Array() }])),
  };
}

export function personOf({ people }: ServerWorld, name: string): Person {
  const found = people.get(name);
  if (found === undefined) throw new Error(`there is no ${name}`);
  return found;
}

/** The copy that somebody has of an object. */
export const copyOf = ({ sight }: ServerWorld, owner: Person, uid: string): Standing | undefined =>
  [...sight.standing.values()].find((each) => each.owner === owner && !each.isMessage && each.uid === uid);

/** Where it is to somebody who reads or writes it. */
export function pathTo(world: ServerWorld, of: Pick<Standing, 'owner' | 'collection' | 'name'>, by: Person): string {
  const { owner, collection, name } = of;
  const calendar = world.mounts.get(`${owner.name} ${by.name}`) ?? `/dav/calendars/${owner.id}/${collection}/`;
  return `${calendar}${encodeURIComponent(name)}`;
}

export interface Fetched {
  readonly calendar: Component;
  readonly etag: string | undefined;
  readonly tag: string | undefined;
}

/** What GET says of it, as its owner or another reads it. */
export async function fetched(world: ServerWorld, of: Standing, by = of.owner): Promise<Fetched> {
  const answer = await world.request(by, 'GET', pathTo(world, of, by));
  const calendar = answer.status === 200 ? parseCalendars(answer.body).calendars[0] : undefined;
  if (calendar === undefined) throw new Error(`GET of ${of.name} of ${of.owner.name}: ${answer.status}`);
  return { calendar, etag: answer.headers.etag, tag: answer.headers['schedule-tag']?.toString() };
}

/** The names of those whose message it may be: of an answer its attendees, else its organizer. */
export function sendersOf({ people }: ServerWorld, calendar: Component, method: string): readonly string[] {
  const isAnswer = method === 'REPLY' || method === 'COUNTER' || method === 'REFRESH';
  const addresses = calendar.components.flatMap((component) =>
    isAnswer
      ? component.properties.filter(({ name }) => name === 'ATTENDEE').map(({ value }) => value)
      : [organizerOf(component) ?? ''],
  );
  return [...people.values()].filter(({ isMe }) => addresses.some(isMe)).map(({ name }) => name);
}
