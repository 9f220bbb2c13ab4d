import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { asPrincipalId } from '../../src/base/ids.ts';
import { unnamed } from '../../src/calendar/author.ts';
import { collectionAt } from '../../src/calendar/collections.ts';
import { createCollection } from '../../src/calendar/create-collection.ts';
import { historyOf } from '../../src/calendar/history.ts';
import { importObject } from '../../src/calendar/import-object.ts';
import { getPrincipal } from '../../src/calendar/principals.ts';
import { putObject } from '../../src/calendar/put-object.ts';
import { removePrincipal } from '../../src/calendar/remove-principal.ts';
import { restoreObject } from '../../src/calendar/restore-object.ts';
import { refreshSubscription } from '../../src/calendar/subscriptions.ts';
import { restoreFromTrash, trashOf } from '../../src/calendar/trash.ts';
import { queuedMessages } from '../../src/store/mail-messages.ts';
import { meeting, onlyEvent, pathsIn, putEvent } from '../dav/meeting.ts';
import { calendarOf, mailto, reply, set, share, uidOf } from '../dav/share-requests.ts';
import { event, startDavServer, type DavServer } from '../dav-server.ts';
import { createRemote } from './feed-server.ts';

let server: DavServer;
const AT = '/dav/calendars/alice/calendar/m.ics';
const FAR = 'ATTENDEE:mailto:far@example.org';
const TAG = /^"\w+"$/;

beforeEach(async () => {
  server = await startDavServer({ users: ['alice', 'bob', 'carol'] });
});
afterEach(() => server.close());

const inbox = async (owner: string): Promise<number> => (await pathsIn(server, owner, 'inbox')).length;
const queued = () => queuedMessages(server.context.store.db, 'alice');
/** How many messages there are, in inboxes and for people elsewhere. */
const told = async (): Promise<readonly number[]> => [
  ...(await Promise.all(['alice', 'bob', 'carol'].map(inbox))),
  (await queued()).length,
];
const as = (id: string) => ({ id: asPrincipalId(id), admin: false, adminReadOnly: false, deviceId: undefined });
const calendar = async (owner: string, uri = 'calendar') => {
  const found = await collectionAt(server.context, owner, uri);
  if (found === undefined) throw new Error(`${owner} has no ${uri}`);
  return found;
};
const tagOf = async (path: string, owner = 'alice') =>
  (await server.request('GET', path, { as: owner })).headers['schedule-tag'];
const bring = async (owner: string, body: string, uri?: string) =>
  importObject(server.context, { collection: await calendar(owner, uri), name: 'm.ics', octets: Buffer.from(body) });
async function fromTrash(owner: string): Promise<void> {
  const [last] = await trashOf(server.context, as(owner), owner);
  await restoreFromTrash(server.context, { actor: as(owner), homeId: owner, id: last?.id ?? '' });
}
async function answer(who: string, partstat: string): Promise<number> {
  const { path, text } = await onlyEvent(server, who);
  const own = new RegExp(`ATTENDEE[^:\\r]*:mailto:${who}@example\\.com`);
  const body = text.replace(own, `ATTENDEE;PARTSTAT=${partstat}:mailto:${who}@example.com`);
  return (await putEvent(server, path, body, { as: who })).status;
}

describe('an import', () => {
  test('tells nobody of a meeting, whose next change and whose end are told', async () => {
    expect(await bring('alice', meeting('m', ['bob', FAR]))).toBe('created');
    expect(await told()).toEqual([0, 0, 0, 0]);
    expect(await pathsIn(server, 'bob', 'calendar')).toEqual([]);
    expect(await tagOf(AT)).toMatch(TAG);
    await putEvent(server, AT, meeting('m', ['bob', FAR], 'LOCATION:Room 1'));
    expect((await onlyEvent(server, 'bob')).text).toContain('LOCATION:Room 1');
    await server.request('DELETE', AT);
    expect((await onlyEvent(server, 'bob')).text).toContain('STATUS:CANCELLED');
    expect((await queued()).map(({ method }) => method)).toEqual(['REQUEST', 'CANCEL']);
  });

  test('replaces a meeting without a word, and a copy without an answer', async () => {
    await putEvent(server, AT, meeting('m', ['bob', FAR]));
    const before = [await told(), await onlyEvent(server, 'bob')];
    expect(await bring('alice', meeting('m', ['bob', 'carol', FAR], 'SUMMARY:Other'))).toBe('updated');
    expect([await told(), await onlyEvent(server, 'bob')]).toEqual(before);
    expect(await pathsIn(server, 'carol', 'calendar')).toEqual([]);
    const copy = meeting('m', ['ATTENDEE;PARTSTAT=DECLINED:mailto:bob@example.com']);
    expect(await bring('bob', copy)).toBe('updated');
    expect((await onlyEvent(server, 'alice')).text).not.toContain('DECLINED');
    expect(await told()).toEqual(before[0]);
  });

  test('leaves what another calendar of the owner has as it is, and its own as a plain object', async () => {
    await putEvent(server, AT, meeting('m', ['bob']));
    await server.request('MKCALENDAR', '/dav/calendars/alice/old/');
    await bring('alice', meeting('m', ['bob']), 'old');
    expect(await tagOf('/dav/calendars/alice/old/m.ics')).toBeUndefined();
    expect(await tagOf(AT)).toMatch(TAG);
    await server.request('DELETE', '/dav/calendars/alice/old/');
    expect((await onlyEvent(server, 'bob')).text).not.toContain('CANCELLED');
  });
});

describe('a restore', () => {
  test('brings a cancelled meeting back without a word: it is off for the others until its organizer says more', async () => {
    await putEvent(server, AT, meeting('m', ['bob', FAR]));
    await server.request('DELETE', AT);
    const before = await told();
    await fromTrash('alice');
    expect(await told()).toEqual(before);
    expect(await tagOf(AT)).toMatch(TAG);
    expect((await onlyEvent(server, 'bob')).text).toContain('STATUS:CANCELLED');
    await putEvent(server, AT, meeting('m', ['bob', FAR], 'LOCATION:Room 1'));
    const { text } = await onlyEvent(server, 'bob');
    expect(text).toContain('LOCATION:Room 1');
    expect(text).not.toContain('CANCELLED');
    // Those elsewhere know a later revision by its number alone.
    const sent = (await queued()).map(({ method, octets }) => ({
      method,
      sequence: Number(/SEQUENCE:(\d+)/.exec(Buffer.from(octets).toString())?.[1] ?? 0),
    }));
    const sorted = sent.toSorted((one, other) => one.sequence - other.sequence);
    expect(sorted.map(({ method }) => method)).toEqual(['REQUEST', 'CANCEL', 'REQUEST']);
    expect(new Set(sent.map(({ sequence }) => sequence)).size).toBe(3);
  });

  test('brings a declined copy back without a word, and a new answer is heard', async () => {
    await putEvent(server, AT, meeting('m', ['bob']));
    await answer('bob', 'ACCEPTED');
    const { path } = await onlyEvent(server, 'bob');
    await server.request('DELETE', path, { as: 'bob' });
    expect((await onlyEvent(server, 'alice')).text).toMatch(/PARTSTAT=DECLINED[^:]*:mailto:bob/);
    const before = await told();
    await fromTrash('bob');
    expect(await told()).toEqual(before);
    expect((await onlyEvent(server, 'bob')).tag).toMatch(TAG);
    expect((await onlyEvent(server, 'alice')).text).toMatch(/PARTSTAT=DECLINED[^:]*:mailto:bob/);
    expect(await answer('bob', 'TENTATIVE')).toBe(204);
    expect((await onlyEvent(server, 'alice')).text).toMatch(/PARTSTAT=TENTATIVE[^:]*:mailto:bob/);
  });

  test('of an earlier version changes nobody’s copy', async () => {
    await putEvent(server, AT, meeting('m', ['bob'], 'SUMMARY:First'));
    await putEvent(server, AT, meeting('m', ['bob', 'carol'], 'SUMMARY:Second'));
    const before = [await told(), await onlyEvent(server, 'bob'), await onlyEvent(server, 'carol')];
    const tag = await tagOf(AT);
    const [last] = await historyOf(server.context, as('alice'), { homeId: 'alice', uid: 'm' });
    await restoreObject(server.context, { actor: as('alice'), key: last?.before ?? 0 });
    expect((await onlyEvent(server, 'alice')).text).toContain('SUMMARY:First');
    expect([await told(), await onlyEvent(server, 'bob'), await onlyEvent(server, 'carol')]).toEqual(before);
    expect(await tagOf(AT)).toMatch(TAG);
    expect(await tagOf(AT)).not.toBe(tag);
  });

  test('of a calendar brings its meetings back as such', async () => {
    await putEvent(server, AT, meeting('m', ['bob']));
    await putEvent(server, '/dav/calendars/alice/calendar/plain.ics', event('plain'));
    await server.request('DELETE', '/dav/calendars/alice/calendar/');
    const before = await told();
    await fromTrash('alice');
    expect(await told()).toEqual(before);
    expect(await tagOf(AT)).toMatch(TAG);
    expect(await tagOf('/dav/calendars/alice/calendar/plain.ics')).toBeUndefined();
  });
});

test('with a person, the person’s meetings end and those of others are declined', async () => {
  await putEvent(server, AT, meeting('m', ['bob']));
  await putEvent(
    server,
    '/dav/calendars/carol/calendar/c.ics',
    meeting('c', ['alice']).replaceAll('ORGANIZER:mailto:alice', 'ORGANIZER:mailto:carol'),
    { as: 'carol' },
  );
  await removePrincipal(server.context, { id: asPrincipalId('alice') });
  expect((await onlyEvent(server, 'bob')).text).toContain('STATUS:CANCELLED');
  expect((await onlyEvent(server, 'carol')).text).toMatch(/PARTSTAT=DECLINED[^:]*:mailto:alice/);
});

test('a repair is no word of its owner’s, and what it mends is a meeting', async () => {
  const [owner, collection] = [await getPrincipal(server.context, 'alice'), await calendar('alice')];
  if (owner === undefined) throw new Error('There is no alice');
  const octets = Buffer.from(meeting('m', ['bob', FAR]));
  const put = { actor: as('alice'), owner, collection, name: 'm.ics', octets, check: () => undefined, unchanged: [] };
  await putObject(server.context, { ...put, by: unnamed('repair') });
  expect(await told()).toEqual([0, 0, 0, 0]);
  expect(await tagOf(AT)).toMatch(TAG);
});

test('what is fetched is nobody’s meeting here, whoever organizes it', async () => {
  const [owner, text] = [await getPrincipal(server.context, 'alice'), meeting('m', ['bob', FAR])];
  if (owner === undefined) throw new Error('There is no alice');
  const changes = { live: { source: 'https://feed.example/a.ics' }, dead: new Map<string, string>() };
  const made = { actor: as('alice'), owner, uri: 'feed', kind: 'calendar', changes } as const;
  const { id } = await createCollection(server.context, made);
  await refreshSubscription(server.context, createRemote(text), id, { early: true });
  const [path = ''] = await pathsIn(server, 'alice', 'feed');
  expect(await tagOf(path)).toBeUndefined();
  await server.request('DELETE', '/dav/calendars/alice/feed/');
  expect(await told()).toEqual([0, 0, 0, 0]);
  expect(await pathsIn(server, 'bob', 'calendar')).toEqual([]);
});

describe('DELETE of a calendar (RFC 6638 §3.2.3.2)', () => {
  test('cancels what its owner organizes, and declines what others do', async () => {
    await putEvent(server, AT, meeting('m', ['bob']));
    await answer('bob', 'ACCEPTED');
    await server.request('DELETE', '/dav/calendars/bob/calendar/', { as: 'bob' });
    expect((await onlyEvent(server, 'alice')).text).toMatch(/PARTSTAT=DECLINED[^:]*:mailto:bob/);
    await putEvent(server, AT, meeting('m', ['carol']));
    await server.request('DELETE', '/dav/calendars/alice/calendar/');
    expect((await onlyEvent(server, 'carol')).text).toContain('STATUS:CANCELLED');
  });

  test('with Schedule-Reply: F declines nothing, and still cancels (§8.1)', async () => {
    await putEvent(server, AT, meeting('m', ['bob', 'carol']));
    await answer('bob', 'ACCEPTED');
    const headers = { 'schedule-reply': 'F' };
    await server.request('DELETE', '/dav/calendars/bob/calendar/', { as: 'bob', headers });
    expect((await onlyEvent(server, 'alice')).text).toMatch(/PARTSTAT=ACCEPTED[^:]*:mailto:bob/);
    await server.request('DELETE', '/dav/calendars/alice/calendar/', { headers });
    expect((await onlyEvent(server, 'carol')).text).toContain('STATUS:CANCELLED');
  });
});

describe('COPY and MOVE (RFC 6638 §3.2.3.3, §3.2.3.4)', () => {
  const WORK = '/dav/calendars/alice/work/';
  const go = (method: 'COPY' | 'MOVE', from: string, destination: string, owner = 'alice') =>
    server.request(method, from, { as: owner, headers: { destination } });
  beforeEach(async () => {
    await putEvent(server, AT, meeting('m', ['bob', FAR]));
    await server.request('MKCALENDAR', WORK);
  });

  test('MOVE between calendars of one’s own is nobody else’s business', async () => {
    const [before, tag] = [[await told(), await onlyEvent(server, 'bob')], await tagOf(AT)];
    const { status, headers } = await go('MOVE', AT, `${WORK}m.ics`);
    expect([status, headers['schedule-tag']]).toEqual([201, tag]);
    expect([await told(), await onlyEvent(server, 'bob')]).toEqual(before);
    const own = await onlyEvent(server, 'bob');
    await server.request('MKCALENDAR', '/dav/calendars/bob/work/', { as: 'bob' });
    expect((await go('MOVE', own.path, '/dav/calendars/bob/work/x.ics', 'bob')).status).toBe(201);
    expect(await told()).toEqual(before[0]);
    await putEvent(server, `${WORK}m.ics`, meeting('m', ['bob', FAR], 'SUMMARY:Lunch'));
    expect((await onlyEvent(server, 'bob', 'work')).text).toContain('SUMMARY:Lunch');
  });

  test('COPY would make a second one: it is refused, and says where the first is (§3.2.4.1)', async () => {
    const answer = await go('COPY', AT, `${WORK}m.ics`);
    expect(answer.status).toBe(403);
    expect(String(answer.body)).toMatch(
      /unique-scheduling-object-resource[^]*\/dav\/calendars\/alice\/calendar\/m\.ics/,
    );
    expect((await putEvent(server, `${WORK}m.ics`, meeting('m', ['bob', FAR]))).status).toBe(403);
    expect(await pathsIn(server, 'alice', 'work')).toEqual([]);
  });

  test('into a calendar of somebody else’s it is that one’s word: refused, with nothing done', async () => {
    await share(server, calendarOf('carol'), set(mailto('alice'), 'read-write'), 'carol');
    const taken = await reply(server, 'alice', { uid: await uidOf(server, 'alice') });
    const shared = /<(?:D:)?href>([^<]*)</.exec(String(taken.body))?.[1] ?? '';
    const before = [await told(), await onlyEvent(server, 'bob'), await onlyEvent(server, 'alice')];
    for (const method of ['COPY', 'MOVE'] as const) {
      expect([method, (await go(method, AT, `${shared}m.ics`)).status]).toEqual([method, 403]);
    }
    expect([await told(), await onlyEvent(server, 'bob'), await onlyEvent(server, 'alice')]).toEqual(before);
    expect(await pathsIn(server, 'carol', 'calendar')).toEqual([]);
  });

  test('what is plain in the place of a meeting ends it', async () => {
    await putEvent(server, `${WORK}m.ics`, event('m'));
    expect((await go('MOVE', `${WORK}m.ics`, AT)).status).toBe(204);
    expect((await onlyEvent(server, 'bob')).text).toContain('STATUS:CANCELLED');
    expect(await tagOf(AT)).toBeUndefined();
  });
});
