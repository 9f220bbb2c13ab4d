import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { asPrincipalId } from '../../src/base/ids.ts';
import { auditLog } from '../../src/calendar/audit.ts';
import { collectionAt } from '../../src/calendar/collections.ts';
import { historyOf } from '../../src/calendar/history.ts';
import { etagOf } from '../../src/calendar/read-object.ts';
import { recheckObjects } from '../../src/calendar/recheck-objects.ts';
import { put } from '../contract/store-engine.ts';
import { calendarReport, propfind, syncCollection, type DavRequest } from '../dav-client.ts';
import { CALENDAR_TYPE, ics, startDavServer, type DavServer } from '../dav-server.ts';
import { shareWith } from './share-requests.ts';

/** What people complain of in other servers, seen from a client: nothing here knows how it is done. */
let server: DavServer;
beforeAll(async () => {
  server = await startDavServer({ users: ['alice', 'bob', 'carol'] });
});
afterAll(() => server.close());

const pathOf = (user: string): string => `/dav/calendars/${user}/calendar/`;
const vevent = (uid: string, ...lines: readonly string[]): string =>
  ics(['BEGIN:VEVENT', `UID:${uid}`, 'DTSTAMP:20260101T000000Z', ...lines, 'END:VEVENT'].join('\r\n'));

async function store(as: string, uid: string, ...lines: readonly string[]): Promise<void> {
  const request = { as, headers: CALENDAR_TYPE, body: vevent(uid, ...lines) };
  expect((await server.request('PUT', `${pathOf(as)}${uid}.ics`, request)).status).toBe(201);
}

async function ask(as: string, method: string, request: DavRequest): Promise<string> {
  const answer = await server.request(method, pathOf(as), { ...request, as });
  expect(answer.status, answer.body.toString()).toBeLessThan(300);
  return answer.body.toString().replaceAll('&#13;', '');
}

/** Starts of the instances in a range, as the server expands them. */
async function startsIn(as: string, range: string): Promise<readonly string[]> {
  const [start, end] = range.split('/');
  const times = `start="${start}" end="${end}"`;
  const filter = `<C:filter><C:comp-filter name="VCALENDAR"><C:comp-filter name="VEVENT"><C:time-range ${times}/></C:comp-filter></C:comp-filter></C:filter>`;
  const body = `<D:prop><C:calendar-data><C:expand ${times}/></C:calendar-data></D:prop>${filter}`;
  const answer = await ask(as, 'REPORT', calendarReport('calendar-query', body));
  return [...answer.matchAll(/^DTSTART[^:]*:(.*)$/gm)].map(([, time = '']) => time.trim()).sort();
}

describe('complaint 33: one bad event does not kill the calendar', () => {
  const names = ['bad', 'good-1', 'good-2', 'good-3'];

  beforeAll(async () => {
    for (const [hour, uid] of names.slice(1).entries()) {
      await store('alice', uid, `DTSTART:20260310T1${hour}0000Z`, 'DURATION:PT30M');
    }
    // As a version stored it that did not see what is wrong with it.
    const octets = Buffer.from(vevent('bad', 'DTSTART:20260310T090000Z', 'RRULE:FREQ=DAILY;INTERVAL=0'));
    const at = Date.UTC(2026, 2, 10, 9);
    const collection = (await collectionAt(server.context, 'alice', 'calendar'))!;
    const fields = { name: 'bad.ics', uid: 'bad', etag: etagOf(octets), octets };
    const occurrences = [{ start: at, end: at + 3_600_000 }];
    await server.context.store.write((tx) =>
      put(tx, collection, { ...fields, exact: false, firstAt: at, lastAt: undefined, occurrences }),
    );
    // What a new version does when it starts.
    for await (const { failures } of recheckObjects(server.context)) expect(failures).toEqual([]);
  });

  test('a question of time has the others', async () => {
    expect(await startsIn('alice', '20260310T000000Z/20260311T000000Z')).toEqual([
      '20260310T100000Z',
      '20260310T110000Z',
      '20260310T120000Z',
    ]);
  });

  test('free-busy has the time of the others', async () => {
    const range = '<C:time-range start="20260310T000000Z" end="20260311T000000Z"/>';
    const answer = await ask('alice', 'REPORT', calendarReport('free-busy-query', range));
    for (const hour of [10, 11, 12]) expect(answer).toContain(`20260310T${hour}0000Z/20260310T${hour}3000Z`);
  });

  test('listing and sync have all four, and it comes as it is', async () => {
    const listing = await ask('alice', 'PROPFIND', propfind('1', []));
    const changes = await ask('alice', 'REPORT', syncCollection(undefined));
    for (const name of names) {
      expect(listing).toContain(`${name}.ics`);
      expect(changes).toContain(`${name}.ics`);
    }
    const answer = await server.request('GET', `${pathOf('alice')}bad.ics`, { as: 'alice' });
    expect(answer.body.toString()).toBe(vevent('bad', 'DTSTART:20260310T090000Z', 'RRULE:FREQ=DAILY;INTERVAL=0'));
  });
});

describe('complaint 37: Windows zone names and a missing VTIMEZONE give the right hour', () => {
  test.each([
    ['W. Europe Standard Time', '20260710T070000Z'],
    ['Eastern Standard Time', '20260710T130000Z'],
    ['India Standard Time', '20260710T033000Z'],
    ['(UTC+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna', '20260710T070000Z'],
    ['/mozilla.org/20070129_1/Europe/Berlin', '20260710T070000Z'],
    ['Europe/Berlin', '20260710T070000Z'],
  ])('9:00 in "%s" is %s', async (tzid, start) => {
    const uid = `zone-${start}-${tzid.length}`;
    await store('bob', uid, `DTSTART;TZID="${tzid}":20260710T090000`, 'DURATION:PT1H');
    const hour = `${start}/${start.replace(/\d\d00Z$/, (minutes) => `${minutes.slice(0, 2)}59Z`)}`;
    expect(await startsIn('bob', hour)).toEqual([start]);
    expect((await server.request('DELETE', `${pathOf('bob')}${uid}.ics`, { as: 'bob' })).status).toBe(204);
  });
});

describe('complaint 38: no recurrence vanishes at a cap', () => {
  const WEEK = '20760301T000000Z/20760308T000000Z';
  const DAYS = ['01', '02', '03', '04', '05', '06', '07'].map((day) => `207603${day}T090000Z`);

  test.each([
    ['an endless rule', 'RRULE:FREQ=DAILY'],
    ['a rule with a COUNT of 40,000', 'RRULE:FREQ=DAILY;COUNT=40000'],
    ['a rule with a far UNTIL', 'RRULE:FREQ=DAILY;UNTIL=20990101T000000Z'],
  ])('%s from 1980 on is there in 2076, and nowhere it should not be', async (_title, rule) => {
    await store('carol', 'daily', 'DTSTART:19800101T090000Z', 'DURATION:PT1H', rule);
    expect(await startsIn('carol', WEEK)).toEqual(DAYS);
    expect(await startsIn('carol', '20760301T100000Z/20760302T090000Z')).toEqual([]);
    expect(await startsIn('carol', '19791201T000000Z/19800101T090000Z')).toEqual([]);
    expect((await server.request('DELETE', `${pathOf('carol')}daily.ics`, { as: 'carol' })).status).toBe(204);
  });

  test('the last of 40,000 is there, and none after it', async () => {
    await store('carol', 'counted', 'DTSTART:19800101T090000Z', 'RRULE:FREQ=DAILY;COUNT=40000');
    // 1980-01-01 and 39,999 days.
    expect(await startsIn('carol', '20890701T000000Z/20890801T000000Z')).toEqual(
      ['01', '02', '03', '04', '05', '06'].map((day) => `208907${day}T090000Z`),
    );
  });
});

describe('complaint 40: who changed or deleted this', () => {
  test('a change names who made it: the owner, a sharee, a delegate, and not whose calendar it is in', async () => {
    const shared = await shareWith(server, '/dav/calendars/carol/calendar/', 'bob', 'read-write');
    const { context } = server;
    await context.store.write(async (tx) => {
      await tx
        .insertInto('delegates')
        .values({ principal_id: 'carol', delegate_id: 'alice', access: 'write' })
        .execute();
    });
    const times = ['DTSTART:20260310T100000Z', 'DURATION:PT1H'];
    const change = async (as: string, path: string, summary: string): Promise<void> => {
      server.time.now += 120_000;
      const body = vevent('whose', ...times, `SUMMARY:${summary}`);
      expect((await server.request('PUT', path, { as, headers: CALENDAR_TYPE, body })).status).toBeLessThan(300);
    };
    await change('carol', '/dav/calendars/carol/calendar/whose.ics', 'first');
    await change('bob', `${shared}whose.ics`, 'second');
    await change('alice', '/dav/calendars/carol/calendar/whose.ics', 'third');
    server.time.now += 120_000;
    expect((await server.request('DELETE', `${shared}whose.ics`, { as: 'bob' })).status).toBe(204);

    const carol = { id: asPrincipalId('carol'), admin: false, adminReadOnly: false, deviceId: undefined };
    const changes = await historyOf(context, carol, { homeId: 'carol', uid: 'whose' });
    expect(changes.map(({ kind, by }) => [kind, by?.principalId])).toEqual([
      ['deleted', 'bob'],
      ['updated', 'alice'],
      ['updated', 'bob'],
      ['created', 'carol'],
    ]);
    const told: (readonly [string, string | undefined])[] = [];
    for await (const line of auditLog(context, { actor: carol, homeId: 'carol', since: 0 })) {
      if (line.detail['uid'] === 'whose') told.push([line.act, line.by?.principalId]);
    }
    expect(told).toEqual([
      ['object-created', 'carol'],
      ['object-updated', 'bob'],
      ['object-updated', 'alice'],
      ['object-deleted', 'bob'],
    ]);
  });
});
