import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';

import { asPrincipalId } from '../../src/base/ids.ts';
import { collectionAt } from '../../src/calendar/collections.ts';
import type { ShareAccess } from '../../src/calendar/model.ts';
import { restoreAsOf } from '../../src/calendar/restore-collection.ts';
import { CALENDAR_TYPE, startDavServer, type DavServer } from '../dav-server.ts';
import { multistatus } from '../dav-client.ts';
import { shareCalendar } from './shared-calendar.ts';

/** Splitting a series of a shared calendar (caldav-recursplit §3, docs/adr/0019-personal-data.md). */

let server: DavServer;
let made = 0;
let own: string;
beforeAll(async () => {
  server = await startDavServer({ users: ['owner', 'sharee', 'third'] });
});
afterAll(() => server.close());
beforeEach(async () => {
  made += 1;
  own = `/dav/calendars/owner/c${made}/`;
  expect((await server.request('MKCALENDAR', own, { as: 'owner' })).status).toBe(201);
});

const share = (access: ShareAccess, sharee = 'sharee'): Promise<string> =>
  shareCalendar(server, { sharer: 'owner', sharee, access, calendar: `c${made}`, uri: `c${made}` });
const alarm = (minutes: number): readonly string[] => [
  ...['BEGIN:VALARM', 'ACTION:DISPLAY', 'DESCRIPTION:Soon', `TRIGGER:-PT${minutes}M`, 'END:VALARM'],
];
const component = (...lines: readonly string[]): readonly string[] => [
  ...['BEGIN:VEVENT', `UID:${made}`, 'DTSTAMP:20260101T000000Z', 'DURATION:PT1H', ...lines, 'END:VEVENT'],
];
/** Ten days from 2 March 2026 on, with an override of the fourth and of the eighth. */
const series = (master: readonly string[], fourth: readonly string[], eighth: readonly string[]): string =>
  [
    ...['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//Example//Test//EN'],
    ...component('DTSTART:20260302T090000Z', 'RRULE:FREQ=DAILY;COUNT=10', ...master),
    ...component('RECURRENCE-ID:20260305T090000Z', 'DTSTART:20260305T100000Z', ...fourth),
    ...component('RECURRENCE-ID:20260309T090000Z', 'DTSTART:20260309T100000Z', ...eighth),
    ...['END:VCALENDAR', ''],
  ].join('\r\n');

const put = (as: string, path: string, body: string) =>
  server.request('PUT', path, { as, body, headers: CALENDAR_TYPE });
const textAt = async (as: string, path: string): Promise<string> =>
  (await server.request('GET', path, { as })).body.toString();
const etagAt = async (as: string, path: string): Promise<string> =>
  String((await server.request('HEAD', path, { as })).headers['etag']);
const split = (as: string, path: string, headers: Record<string, string> = {}) =>
  server.request('POST', `${path}?action=split&rid=20260307T090000Z`, { as, headers });
/** The alarms and transparency of each component, in the order of the text. */
const personal = (text: string): readonly string[] =>
  [...text.matchAll(/BEGIN:VEVENT[^]*?END:VEVENT/g)].map(([each]) =>
    [...each.matchAll(/TRIGGER:-PT\d+M|TRANSP:\w+/g)].map(([part]) => part).join(' '),
  );
const newName = (answer: Awaited<ReturnType<typeof split>>): string =>
  String(answer.headers['split-component-url']).split('/').at(-1) ?? '';

async function prepare(access: ShareAccess): Promise<string> {
  const seen = await share(access);
  await put('owner', `${own}a.ics`, series(alarm(10), alarm(11), alarm(12)));
  const mine = series(['TRANSP:TRANSPARENT', ...alarm(30)], alarm(31), alarm(32));
  expect((await put('sharee', `${seen}a.ics`, mine)).status).toBe(204);
  return seen;
}

test.each(['owner', 'sharee'])('split by the %s, both halves keep what each person has for themselves', async (as) => {
  const seen = await prepare('read-write');
  const third = await share('read', 'third');
  const answer = await split(as, `${as === 'owner' ? own : seen}a.ics`);
  expect(answer.status).toBe(204);
  const names = [newName(answer), 'a.ics'];
  const of = async (who: string, path: string) =>
    Promise.all(names.map(async (name) => personal(await textAt(who, `${path}${name}`))));
  expect(await of('owner', own)).toEqual([
    ['TRIGGER:-PT10M', 'TRIGGER:-PT11M'],
    ['TRIGGER:-PT10M', 'TRIGGER:-PT12M'],
  ]);
  expect(await of('sharee', seen)).toEqual([
    ['TRANSP:TRANSPARENT TRIGGER:-PT30M', 'TRIGGER:-PT31M'],
    ['TRANSP:TRANSPARENT TRIGGER:-PT30M', 'TRIGGER:-PT32M'],
  ]);
  expect(await of('third', third)).toEqual([
    ['', ''],
    ['', ''],
  ]);
});

test('a sharee is held to the tag that the sharee sees, and is told the tags and texts that the sharee sees', async () => {
  const seen = await prepare('read-write');
  const [theirs, mine] = [await etagAt('owner', `${own}a.ics`), await etagAt('sharee', `${seen}a.ics`)];
  expect((await split('sharee', `${seen}a.ics`, { 'if-match': theirs })).status).toBe(412);
  const answer = await split('sharee', `${seen}a.ics`, { 'if-match': mine, prefer: 'return=representation' });
  expect(answer.status).toBe(207);
  expect(answer.headers.etag).toBe(await etagAt('sharee', `${seen}a.ics`));
  const { entries } = multistatus(answer.body);
  expect(entries.map(({ href }) => href)).toEqual([`${seen}a.ics`, `${seen}${newName(answer)}`]);
  for (const { href, props } of entries) {
    expect(props.get('getetag')).toBe(await etagAt('sharee', href));
    expect(props.get('calendar-data')?.replace(/\r?\n/g, '\r\n')).toBe(await textAt('sharee', href));
  }
});

test('a calendar as it was before a split has the whole series again, and nothing of the split', async () => {
  const seen = await prepare('read-write');
  const before = [await textAt('owner', `${own}a.ics`), await textAt('sharee', `${seen}a.ics`)];
  const { now } = server.time;
  server.time.now += 1000;
  const name = newName(await split('sharee', `${seen}a.ics`));
  server.time.now += 1000;
  const collection = (await collectionAt(server.context, 'owner', `c${made}`))!;
  const actor = { id: asPrincipalId('owner'), admin: false, adminReadOnly: false, deviceId: undefined };
  await restoreAsOf(server.context, { actor, collection, at: now });
  expect([await textAt('owner', `${own}a.ics`), await textAt('sharee', `${seen}a.ics`)]).toEqual(before);
  expect((await server.request('GET', `${own}${name}`, { as: 'owner' })).status).toBe(404);
});

test.each(['read', 'free-busy'] as const)('a sharee with %s alone splits nothing', async (access) => {
  const seen = await share(access);
  await put('owner', `${own}a.ics`, series([], [], []));
  const before = await textAt('owner', `${own}a.ics`);
  const answer = await split('sharee', `${seen}a.ics`);
  expect([answer.status, answer.body.toString()]).toEqual([403, expect.stringContaining('need-privileges')]);
  expect(await textAt('owner', `${own}a.ics`)).toBe(before);
});

test.each([
  ['owner', 204],
  ['sharee', 403],
])('through a shared calendar an event that %s organizes is split with %i', async (organizer, status) => {
  const seen = await share('read-write');
  const people = [
    `ORGANIZER:mailto:${organizer}@example.com`,
    'ATTENDEE:mailto:owner@example.com',
    'ATTENDEE:mailto:third@example.com',
  ];
  expect((await put('owner', `${own}a.ics`, series(people, people, people))).status).toBe(201);
  expect((await split('sharee', `${seen}a.ics`)).status).toBe(status);
});
