import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { queuedMessages } from '../../src/store/mail-messages.ts';
import { startDavServer, type DavServer } from '../dav-server.ts';
import { meeting, onlyEvent, pathsIn, putEvent } from './meeting.ts';

let server: DavServer;
const AT = '/dav/calendars/alice/calendar/m.ics';
const RULE = 'RRULE:FREQ=DAILY;COUNT=10';
const START = 'DTSTART:20260302T090000Z';
const POINT = '20260306T090000Z';
const FAR = 'ATTENDEE:mailto:far@example.org';

beforeEach(async () => {
  server = await startDavServer({ users: ['alice', 'bob', 'carol'] });
});
afterEach(() => server.close());

const split = (path = AT, as = 'alice') =>
  server.request('POST', `${path}?action=split&rid=${POINT}&uid=before`, { as });
const unfolded = (body: Uint8Array): string => Buffer.from(body).toString().replaceAll('\r\n ', '');
const inbox = async (owner: string): Promise<number> => (await pathsIn(server, owner, 'inbox')).length;

/** What somebody has of the two parts: the one from the split point on, and the one before it. */
async function halves(owner: string) {
  const found = new Map<string, { path: string; text: string; tag: string }>();
  for (const path of await pathsIn(server, owner, 'calendar')) {
    const answer = await server.request('GET', path, { as: owner });
    const text = unfolded(answer.body);
    const uid = /^UID:(.*)\r$/m.exec(text)?.[1] ?? '';
    found.set(uid, { path, text, tag: String(answer.headers['schedule-tag']) });
  }
  return { later: found.get('m'), earlier: found.get('before'), count: found.size };
}

async function change(as: string, edit: (text: string) => string, path?: string): Promise<number> {
  const own = path === undefined ? await onlyEvent(server, as) : { path, text: await textOf(path, as) };
  return (await putEvent(server, own.path, edit(own.text), { as })).status;
}
const textOf = async (path: string, as: string) => unfolded((await server.request('GET', path, { as })).body);
const answering = (as: string, partstat: string) => (text: string) =>
  text.replace(
    new RegExp(`ATTENDEE[^:\\r]*:mailto:${as}@example\\.com`),
    `ATTENDEE;PARTSTAT=${partstat}:mailto:${as}@example.com`,
  );
const ALARM = ['BEGIN:VALARM', 'ACTION:DISPLAY', 'DESCRIPTION:mine', 'TRIGGER:-PT5M', 'END:VALARM'].join('\r\n');
const day = (date: string, ...people: readonly string[]): readonly string[] => [
  ...['END:VEVENT', 'BEGIN:VEVENT', 'UID:m', 'DTSTAMP:20260301T000000Z', `RECURRENCE-ID:${date}T090000Z`],
  ...[`DTSTART:${date}T120000Z`, 'DURATION:PT1H', 'ORGANIZER:mailto:alice@example.com', ...people],
];

describe('a meeting that its organizer splits (caldav-recursplit §3)', () => {
  test('is split in the calendars of all: answers, alarms and days taken out stay, and nobody is disturbed', async () => {
    await putEvent(server, AT, meeting('m', ['bob', 'carol'], RULE));
    await change('bob', (text) => answering('bob', 'ACCEPTED')(text).replace('END:VEVENT', `${ALARM}\r\nEND:VEVENT`));
    await change('bob', (text) => text.replace('RRULE', 'EXDATE:20260303T090000Z,20260308T090000Z\r\nRRULE'));
    const before = [await inbox('alice'), await inbox('bob'), await inbox('carol')];
    const tag = (await onlyEvent(server, 'bob')).tag;
    expect((await split()).status).toBe(204);
    expect([await inbox('alice'), await inbox('bob'), await inbox('carol')]).toEqual(before);
    const { later, earlier, count } = await halves('bob');
    expect(count).toBe(2);
    expect(later?.text).toContain(`DTSTART:${POINT}`);
    expect(earlier?.text).toContain('DTSTART:20260302T090000Z');
    for (const half of [later, earlier]) {
      expect(half?.text).toMatch(/PARTSTAT=ACCEPTED[^:]*:mailto:bob/);
      expect(half?.text).toContain('DESCRIPTION:mine');
      expect(half?.tag).toMatch(/^"\w+"$/);
      expect(half?.tag).not.toBe(tag);
    }
    expect(later?.text).toContain('EXDATE:20260308T090000Z');
    expect(earlier?.text).toContain('EXDATE:20260303T090000Z');
    expect(later?.text).not.toContain('20260303');
    const own = await halves('alice');
    for (const [mine, theirs] of [
      [own.later, later],
      [own.earlier, earlier],
    ] as const) {
      expect(mine?.text).toMatch(/PARTSTAT=ACCEPTED[^:]*:mailto:bob/);
      const lines = (text = '') => new Set(text.match(/^(RRULE|RELATED-TO|SEQUENCE)[^\r]*/gm));
      expect(lines(theirs?.text)).toEqual(lines(mine?.text));
      expect(mine?.tag).toMatch(/^"\w+"$/);
    }
    expect((await halves('carol')).count).toBe(2);
  });

  test('is two meetings from then on: an answer to each reaches the organizer', async () => {
    await putEvent(server, AT, meeting('m', ['bob'], RULE));
    await split();
    const { later, earlier } = await halves('bob');
    expect(await change('bob', answering('bob', 'ACCEPTED'), later?.path)).toBe(204);
    expect(await change('bob', answering('bob', 'DECLINED'), earlier?.path)).toBe(204);
    const own = await halves('alice');
    expect(own.later?.text).toMatch(/PARTSTAT=ACCEPTED[^:]*:mailto:bob/);
    expect(own.earlier?.text).toMatch(/PARTSTAT=DECLINED[^:]*:mailto:bob/);
    await putEvent(server, AT, String(own.later?.text).replace('RRULE', 'SUMMARY:Lunch\r\nRRULE'));
    expect((await halves('bob')).later?.text).toContain('SUMMARY:Lunch');
    expect((await halves('bob')).earlier?.text).not.toContain('SUMMARY:Lunch');
  });

  test('goes elsewhere as a REQUEST of each part, with the answers as they are', async () => {
    await putEvent(server, AT, meeting('m', ['bob', FAR], RULE));
    await change('bob', answering('bob', 'ACCEPTED'));
    const sent = (await queuedMessages(server.context.store.db, 'alice')).length;
    server.time.now += 1000;
    await split();
    const queued = (await queuedMessages(server.context.store.db, 'alice')).slice(sent);
    expect(queued.map(({ method, uid, recipient }) => [method, uid, recipient]).toSorted()).toEqual([
      ['REQUEST', 'before', 'mailto:far@example.org'],
      ['REQUEST', 'm', 'mailto:far@example.org'],
    ]);
    for (const { octets } of queued) expect(unfolded(octets)).toMatch(/PARTSTAT=ACCEPTED[^:]*:mailto:bob/);
    expect(unfolded(queued.find(({ uid }) => uid === 'm')?.octets ?? new Uint8Array())).toContain('SEQUENCE:1');
  });

  test('whom it has on one side alone has that side alone', async () => {
    const bob = 'ATTENDEE:mailto:bob@example.com';
    await putEvent(server, AT, meeting('m', ['carol'], START, RULE, ...day('20260304', bob)));
    expect((await split()).status).toBe(204);
    expect(await halves('bob')).toMatchObject({ later: undefined, count: 1, earlier: { text: expect.any(String) } });
    expect((await halves('bob')).earlier?.text).toContain('RECURRENCE-ID:20260304T090000Z');
  });

  test('and so has who is invited to a day of the later part', async () => {
    const bob = 'ATTENDEE:mailto:bob@example.com';
    await putEvent(server, AT, meeting('m', ['carol'], START, RULE, ...day('20260309', bob)));
    await split();
    const { later, earlier } = await halves('bob');
    expect(earlier).toBeUndefined();
    expect(later?.text).toContain('RECURRENCE-ID:20260309T090000Z');
  });

  test('who has deleted it gets neither part', async () => {
    await putEvent(server, AT, meeting('m', ['bob', 'carol'], RULE));
    await server.request('DELETE', (await onlyEvent(server, 'bob')).path, { as: 'bob' });
    await split();
    expect((await halves('bob')).count).toBe(0);
    // An answer of carol's brings nothing back.
    await change('carol', answering('carol', 'ACCEPTED'), (await halves('carol')).earlier?.path);
    expect((await halves('bob')).count).toBe(0);
  });

  test('hides its guests in both parts where they were hidden', async () => {
    await putEvent(server, AT, meeting('m', ['bob', 'carol'], RULE, 'X-JMAP-HIDE-ATTENDEES:TRUE'));
    await split();
    const { later, earlier } = await halves('bob');
    expect(`${later?.text} ${earlier?.text}`).not.toContain('carol');
    expect(earlier?.text).toContain('mailto:bob');
  });
});

test('an attendee cannot split his copy', async () => {
  await putEvent(server, AT, meeting('m', ['bob'], RULE));
  const { path, etag } = await onlyEvent(server, 'bob');
  const answer = await split(path, 'bob');
  expect(answer.status).toBe(403);
  expect(String(answer.body)).toContain('invalid-split');
  expect((await onlyEvent(server, 'bob')).etag).toBe(etag);
  expect((await onlyEvent(server, 'alice')).text).toContain('COUNT=10');
});

test('a UID that is taken at an attendee’s keeps what is there', async () => {
  const own = meeting('before', [], 'SUMMARY:Mine').replaceAll(/(ORGANIZER|ATTENDEE)[^\r]*\r\n/g, '');
  expect((await putEvent(server, '/dav/calendars/bob/calendar/own.ics', own, { as: 'bob' })).status).toBe(201);
  await putEvent(server, AT, meeting('m', ['bob'], RULE));
  expect((await split()).status).toBe(204);
  const { later, earlier } = await halves('bob');
  expect(earlier?.text).toContain('SUMMARY:Mine');
  expect(later?.text).toContain(`DTSTART:${POINT}`);
});
