import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { setDelegates } from '../../src/store/principals.ts';
import { queuedMessages } from '../../src/store/mail-messages.ts';
import { propfind } from '../dav-client.ts';
import { event, startDavServer, type DavServer } from '../dav-server.ts';
import { meeting, onlyEvent, pathsIn, putEvent } from '../dav/meeting.ts';
import { calendarOf, shareWith } from '../dav/share-requests.ts';

const PATH = '/dav/calendars/alice/calendar/m.ics';
const MALLORYS = '/dav/calendars/mallory/calendar/x.ics';

let server: DavServer;
beforeEach(async () => {
  server = await startDavServer({ users: ['alice', 'bob', 'carol', 'mallory'] });
});
afterEach(() => server.close());

const unfolded = (body: Buffer): string => body.toString().replaceAll('\r\n ', '');

async function answer(as: string, ...lines: readonly string[]): Promise<number> {
  const { path, text } = await onlyEvent(server, as);
  const own = new RegExp(`ATTENDEE[^:\\r]*:mailto:${as}@example\\.com`);
  const said = text.replace(own, [`ATTENDEE;PARTSTAT=ACCEPTED:mailto:${as}@example.com`, ...lines].join('\r\n'));
  return (await putEvent(server, path, said, { as })).status;
}

describe('who may read, and not write, sees of a private meeting its times alone', () => {
  beforeEach(async () => {
    await server.context.store.write((tx) => setDelegates(tx, 'alice', { read: ['mallory'], write: [] }, 0));
    await putEvent(server, PATH, meeting('m', ['bob'], 'CLASS:PRIVATE', 'SUMMARY:Surgery'));
    expect(await answer('bob')).toBe(204);
  });

  test('in the answers in the inbox, too', async () => {
    const [path = ''] = await pathsIn(server, 'alice', 'inbox');
    const seen = await server.request('GET', path, { as: 'mallory' });
    expect(seen.status).toBe(200);
    expect(unfolded(seen.body)).toContain('SUMMARY:Busy');
    expect(unfolded(seen.body)).not.toMatch(/Surgery|bob/);
    expect(unfolded((await server.request('GET', path)).body)).toMatch(/Surgery[^]*bob/);
  });

  test('and not who has answered, and what', async () => {
    const [path = ''] = await pathsIn(server, 'alice', 'inbox');
    const asked = propfind('0', ['CS:schedule-changes']);
    const seen = await server.request('PROPFIND', path, { as: 'mallory', ...asked });
    expect(seen.body.toString()).not.toMatch(/bob|changed-property/);
    expect((await server.request('PROPFIND', path, asked)).body.toString()).toContain('mailto:bob@example.com');
  });
});

describe('nobody joins a meeting of this server without an invitation', () => {
  const crash = meeting('m', ['ATTENDEE;PARTSTAT=ACCEPTED:mailto:mallory@example.com']);
  beforeEach(async () => {
    await putEvent(server, PATH, meeting('m', ['bob']));
  });

  test.each([
    ['an event of one’s own', event('m')],
    ['a copy of which nobody is to be told', crash.replace('ORGANIZER:', 'ORGANIZER;SCHEDULE-AGENT=NONE:')],
  ])('by way of %s', async (_, first) => {
    expect((await putEvent(server, MALLORYS, first, { as: 'mallory' })).status).toBe(201);
    const refused = await putEvent(server, MALLORYS, crash, { as: 'mallory' });
    expect([refused.status, refused.body.toString()]).toEqual([
      403,
      expect.stringContaining('allowed-attendee-scheduling-object-change'),
    ]);
    expect(await pathsIn(server, 'alice', 'inbox')).toEqual([]);
  });
});

describe('what an attendee tells the organizer alone', () => {
  test.each(['read', 'read-write', 'manage'] as const)(
    'is not for whom the calendar is shared with (%s)',
    async (level) => {
      await putEvent(server, PATH, meeting('m', ['bob']));
      const { path, text } = await onlyEvent(server, 'bob');
      const said = text.replace('END:VEVENT', 'X-CALENDARSERVER-PRIVATE-COMMENT:in hospital\r\nEND:VEVENT');
      expect((await putEvent(server, path, said, { as: 'bob' })).status).toBe(204);
      expect((await onlyEvent(server, 'alice')).text).toContain('in hospital');
      const alices = await shareWith(server, calendarOf('alice'), 'mallory', level);
      const bobs = await shareWith(server, calendarOf('bob'), 'carol', level);
      const [bobsName = ''] = path.split('/').slice(-1);
      for (const [who, where] of [
        ['mallory', `${alices}m.ics`],
        ['carol', bobs + bobsName],
      ] as const) {
        const seen = await server.request('GET', where, { as: who });
        expect(seen.status).toBe(200);
        expect(unfolded(seen.body)).not.toContain('hospital');
      }
    },
  );

  test('outlives a change by whom the calendar is shared with to write', async () => {
    await putEvent(server, PATH, meeting('m', ['bob']));
    const { path, text } = await onlyEvent(server, 'bob');
    const said = text.replace('END:VEVENT', 'X-CALENDARSERVER-PRIVATE-COMMENT:in hospital\r\nEND:VEVENT');
    await putEvent(server, path, said, { as: 'bob' });
    const place = `${await shareWith(server, calendarOf('alice'), 'mallory', 'read-write')}m.ics`;
    const seen = unfolded((await server.request('GET', place, { as: 'mallory' })).body);
    const changed = seen.replace('END:VEVENT', 'SUMMARY:Lunch\r\nEND:VEVENT');
    expect((await putEvent(server, place, changed, { as: 'mallory' })).status).toBe(204);
    expect((await onlyEvent(server, 'alice')).text).toMatch(
      /in hospital[^]*SUMMARY:Lunch|SUMMARY:Lunch[^]*in hospital/,
    );
    expect((await onlyEvent(server, 'bob')).text).toContain('SUMMARY:Lunch');
  });
});

test('where a meeting is in a calendar that is not shared, is not told to whom another is shared with', async () => {
  await server.request('MKCALENDAR', '/dav/calendars/alice/affair/');
  await putEvent(server, '/dav/calendars/alice/affair/tryst.ics', meeting('m', ['bob']));
  const place = await shareWith(server, calendarOf('alice'), 'mallory', 'read-write');
  const refused = await putEvent(server, `${place}x.ics`, meeting('m', ['bob']), { as: 'mallory' });
  expect([refused.status, refused.body.toString()]).toEqual([
    403,
    expect.stringContaining('unique-scheduling-object-resource'),
  ]);
  expect(refused.body.toString()).not.toMatch(/affair|tryst/);
  const own = await putEvent(server, '/dav/calendars/alice/calendar/x.ics', meeting('m', ['bob']));
  expect(own.body.toString()).toContain('/affair/tryst.ics');
});

test.each([
  ['', []],
  [', also where the organizer has something plain of that UID', ['plain']],
])('who else is a hidden guest does not show when another meeting of that UID is sent to them%s', async (_, plain) => {
  for (const uri of plain) {
    await putEvent(server, `/dav/calendars/alice/calendar/${uri}.ics`, event('m', 'SUMMARY:Plain'));
    server.time.now += 1000;
    await server.request('MKCALENDAR', '/dav/calendars/alice/more/');
  }
  const at = plain.length > 0 ? '/dav/calendars/alice/more/m.ics' : PATH;
  const hidden = meeting('m', ['bob', 'mallory'], 'X-JMAP-HIDE-ATTENDEES;VALUE=BOOLEAN:TRUE');
  expect((await putEvent(server, at, hidden)).status).toBe(201);
  const { path } = await onlyEvent(server, 'mallory');
  await server.request('DELETE', path, { as: 'mallory' });
  const probe = meeting('m', ['bob', 'carol']).replaceAll('alice@', 'mallory@');
  expect((await putEvent(server, MALLORYS, probe, { as: 'mallory' })).status).toBe(201);
  const { text } = await onlyEvent(server, 'mallory');
  const statusOf = (who: string) => new RegExp(`SCHEDULE-STATUS=([\\d.]+)[^\r]*:mailto:${who}@`).exec(text)?.[1];
  expect(statusOf('carol')).toBe('1.2');
  expect(statusOf('bob')).toBe('1.2');
  expect((await onlyEvent(server, 'bob')).text).toContain('ORGANIZER:mailto:alice@');
});

test('no attendee has very many invited in the organizer’s name', async () => {
  await putEvent(server, PATH, meeting('m', ['mallory']));
  const { path, text } = await onlyEvent(server, 'mallory');
  const delegatedTo = (count: number): string => {
    const to = Array.from({ length: count }, (_, at) => `"mailto:victim${at}@example.org"`).join(',');
    return text.replace(/ATTENDEE:mailto:mallory/, `ATTENDEE;PARTSTAT=DELEGATED;DELEGATED-TO=${to}:mailto:mallory`);
  };
  expect((await putEvent(server, path, delegatedTo(11), { as: 'mallory' })).status).toBe(403);
  expect(await queuedMessages(server.context.store.db, 'alice')).toEqual([]);
  expect((await putEvent(server, path, delegatedTo(2), { as: 'mallory' })).status).toBe(204);
  expect(await queuedMessages(server.context.store.db, 'alice')).toHaveLength(2);
});

test('a SEQUENCE beyond all numbers becomes none that nobody can read', async () => {
  const huge = `SEQUENCE:${'9'.repeat(400)}`;
  await putEvent(server, PATH, meeting('m', ['bob', 'ATTENDEE:mailto:far@example.org'], huge));
  await server.request('DELETE', PATH);
  const queued = await queuedMessages(server.context.store.db, 'alice');
  expect(queued.at(-1)?.method).toBe('CANCEL');
  expect(Buffer.from(queued.at(-1)?.octets ?? []).toString()).toMatch(/\r\nSEQUENCE:\d{1,10}\r\n/);
});
