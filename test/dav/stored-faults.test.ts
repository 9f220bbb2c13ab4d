import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { faultyObjects, type FaultyObject } from '../../src/calendar/faulty-objects.ts';
import { collectionAt } from '../../src/calendar/collections.ts';
import { dropFaulty, repairFaulty } from '../../src/calendar/faulty-objects.ts';
import { importObject } from '../../src/calendar/import-object.ts';
import type { Collection } from '../../src/calendar/model.ts';
import { etagOf } from '../../src/calendar/read-object.ts';
import { recheckObjects } from '../../src/calendar/recheck-objects.ts';
import { openStore } from '../../src/store/store.ts';
import { put } from '../contract/store-engine.ts';
import { calendarReport, multistatus, propfind, syncCollection, utcStamp, type DavRequest } from '../dav-client.ts';
import { CALENDAR_TYPE, ics, startDavServer, type DavServer, type DavServerOptions } from '../dav-server.ts';
import { ALL, FAULTS, FAULTY, plantedEvent, WEEK } from '../planted-faults.ts';
import { postgresForTests } from '../postgres/database.ts';

const CALENDAR = '/dav/calendars/alice/calendar/';
const ALARM = ['BEGIN:VALARM', 'ACTION:DISPLAY', 'DESCRIPTION:x', 'TRIGGER:-PT15M', 'END:VALARM'];
const nameOf = (number: number): string => `${number}.ics`;
/** Of those that can be used, none is in anybody's way. */
const textOf = (number: number): string =>
  ics(plantedEvent(number, `TRANSP:${number < FAULTY ? 'OPAQUE' : 'TRANSPARENT'}`, ...ALARM).trimEnd());
const START = Date.UTC(2026, 0, 5, 9);
const HOUR = 3_600_000;

/** As an earlier version stored it, which could use it. */
async function storeFaulty(server: DavServer, collection: Collection, number: number): Promise<void> {
  const octets = Buffer.from(textOf(number));
  const fields = { name: nameOf(number), uid: `event-${number}`, etag: etagOf(octets), octets };
  const index = { firstAt: START, lastAt: START + HOUR, occurrences: [{ start: START, end: START + HOUR }] };
  await server.context.store.write((tx) => put(tx, collection, { ...fields, ...index }));
}

/** 1,000 events, of which 20 cannot be used any more. */
async function plant(server: DavServer): Promise<void> {
  const collection = (await collectionAt(server.context, 'alice', 'calendar'))!;
  for (let number = 0; number < ALL; number++) {
    if (number < FAULTY) await storeFaulty(server, collection, number);
    else await importObject(server.context, { collection, name: nameOf(number), octets: Buffer.from(textOf(number)) });
  }
}

const range = ([from, to] = WEEK): string => `start="${utcStamp(from)}" end="${utcStamp(to)}"`;
const filter = (inner: string): string =>
  `<C:filter><C:comp-filter name="VCALENDAR"><C:comp-filter name="VEVENT">${inner}</C:comp-filter></C:comp-filter></C:filter>`;
const ETAG = '<D:prop><D:getetag/></D:prop>';
const EXPANDED = `<D:prop><C:calendar-data><C:expand ${range()}/></C:calendar-data></D:prop>`;
const hrefs = (count: number): string =>
  Array.from({ length: count }, (_, number) => `<D:href>${CALENDAR}${nameOf(number)}</D:href>`).join('');

async function ask(server: DavServer, method: string, request: DavRequest): Promise<string> {
  const answer = await server.request(method, CALENDAR, request);
  expect(answer.status).toBeLessThan(300);
  return answer.body.toString();
}

async function members(server: DavServer, method: string, request: DavRequest): Promise<number> {
  const { entries } = multistatus(Buffer.from(await ask(server, method, request)));
  return entries.filter(({ href }) => href !== CALENDAR).length;
}

/** How many each way of asking finds. */
async function found(server: DavServer): Promise<Readonly<Record<string, number>>> {
  const query = (inner: string, prop = ETAG): DavRequest => calendarReport('calendar-query', prop + filter(inner));
  const multiget = (prop: string): DavRequest => calendarReport('calendar-multiget', prop + hrefs(ALL));
  const data = '<D:prop><D:getetag/><C:calendar-data/></D:prop>';
  const count = async (request: DavRequest, what: RegExp): Promise<number> =>
    (await ask(server, 'REPORT', request)).match(what)?.length ?? 0;
  return {
    list: await members(server, 'PROPFIND', propfind('1', [])),
    sync: await members(server, 'REPORT', syncCollection(undefined)),
    components: await members(server, 'REPORT', query('')),
    multiget: await count(multiget(data), /SUMMARY:Number/g),
    query: await members(server, 'REPORT', query(`<C:time-range ${range()}/>`)),
    alarms: await members(
      server,
      'REPORT',
      query(`<C:comp-filter name="VALARM"><C:time-range ${range()}/></C:comp-filter>`),
    ),
    expanded: await count(query(`<C:time-range ${range()}/>`, EXPANDED), /SUMMARY:Number/g),
    'multiget expanded': await count(multiget(EXPANDED), /SUMMARY:Number/g),
  };
}

const EVERYWHERE = { list: ALL, sync: ALL, components: ALL, multiget: ALL };
const inTime = (count: number) => ({ query: count, alarms: count, expanded: count, 'multiget expanded': count });

async function listed(server: DavServer): Promise<readonly FaultyObject[]> {
  const items: FaultyObject[] = [];
  for await (const item of faultyObjects(server.context)) items.push(item);
  return items;
}

async function recheck({ context }: DavServer): Promise<void> {
  for await (const page of recheckObjects(context)) expect(page.failures).toEqual([]);
}

const state = async (server: DavServer): Promise<string> =>
  (await ask(server, 'PROPFIND', propfind('1', ['getetag', 'getlastmodified', 'sync-token']))) +
  (await ask(server, 'REPORT', syncCollection(undefined)));

function storedFaults(engine: string, open: NonNullable<DavServerOptions['open']> | undefined): void {
  describe(`B5 on ${engine}: of 1,000 stored events, 20 cannot be used any more in 10 ways`, () => {
    let server: DavServer;
    let before: string;
    beforeAll(async () => {
      server = await startDavServer({ users: ['alice'], limits: { multigetHrefs: ALL }, ...(open && { open }) });
      await plant(server);
      before = await state(server);
      await recheck(server);
    });
    afterAll(() => server.close());

    test('they stay in listing, sync and GET with their octets and entity tags', async () => {
      expect(await state(server)).toBe(before);
      for (let number = 0; number < FAULTY; number++) {
        const { status, headers, body } = await server.request('GET', CALENDAR + nameOf(number));
        expect([status, body.toString()]).toEqual([200, textOf(number)]);
        expect(headers['etag']).toBe(`"${etagOf(body)}"`);
      }
    });

    test('980 are answered where time is asked for, and 1,000 where it is not', async () => {
      expect(await found(server)).toEqual({ ...EVERYWHERE, ...inTime(ALL - FAULTY) });
    });

    test('free-busy leaves them out', async () => {
      const busy = calendarReport('free-busy-query', `<C:time-range ${range()}/>`);
      const answer = await ask(server, 'REPORT', busy);
      expect(answer).toContain('BEGIN:VFREEBUSY');
      expect(answer).not.toMatch(/^FREEBUSY/m);
    });

    test('each is listed with its place, a reason and a repair', async () => {
      const items = await listed(server);
      expect(items).toHaveLength(FAULTY);
      for (const { kind, homeId, calendar, name, reason, proposal, octets } of items) {
        const number = Number.parseInt(name!, 10);
        expect([kind, homeId, calendar]).toEqual(['stored', 'alice', 'calendar']);
        expect(reason).toMatch(/line \d+/);
        expect(proposal.join()).toMatch(FAULTS[number % FAULTS.length]![1]);
        expect(Buffer.from(octets).toString()).toBe(textOf(number));
      }
    });

    test('a repair is a write like any other, and the rest is listed on', async () => {
      const first = (await listed(server)).find(({ name }) => name === nameOf(2));
      const { headers } = await server.request('GET', CALENDAR + first!.name!);
      expect((await repairFaulty(server.context, first!.id)).map(({ says }) => says)).toHaveLength(1);
      const repaired = await server.request('GET', CALENDAR + first!.name!);
      expect(repaired.headers['etag']).not.toBe(headers['etag']);
      expect((await listed(server)).map(({ id }) => id)).not.toContain(first!.id);
      expect(await found(server)).toEqual({ ...EVERYWHERE, ...inTime(ALL - FAULTY + 1) });
    });

    test('what a client writes in its place can be used, and none is dropped', async () => {
      const [first] = await listed(server);
      await expect(dropFaulty(server.context, first!.id)).rejects.toThrow(/delete it with/);
      expect(await listed(server)).toContainEqual(first);
      const uid = first!.name!.replace('.ics', '');
      const body = ics(
        `BEGIN:VEVENT\r\nUID:event-${uid}\r\nDTSTAMP:20260101T000000Z\r\nDTSTART:20260105T090000Z`,
        'END:VEVENT',
      );
      expect((await server.request('PUT', CALENDAR + first!.name!, { body, headers: CALENDAR_TYPE })).status).toBe(204);
      expect((await listed(server)).map(({ id }) => id)).not.toContain(first!.id);
    });
  });
}

storedFaults('SQLite', undefined);

const postgres = await postgresForTests();
if ('missing' in postgres) {
  describe.skip(`stored faults on PostgreSQL: not installed are ${postgres.missing}`, () => undefined);
} else {
  storedFaults('PostgreSQL', async (services) => openStore({ postgres: await postgres.create() }, services));
}
