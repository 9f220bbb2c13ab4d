import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DAY, HOUR, MINUTE } from '../../src/base/clock.ts';
import { createCollection } from '../../src/calendar/create-collection.ts';
import { faultyObjects } from '../../src/calendar/faulty-objects.ts';
import type { Collection } from '../../src/calendar/model.ts';
import { getPrincipal } from '../../src/calendar/principals.ts';
import {
  listSubscriptions,
  refreshSubscription,
  subscriptionsDue,
  subscriptionState,
  type Refreshed,
} from '../../src/calendar/subscriptions.ts';
import { updateCollection } from '../../src/calendar/update-collection.ts';
import type { CollectionPatch } from '../../src/calendar/collection-patch.ts';
import { pageOfObjects } from '../../src/store/objects.ts';
import { collectionById } from '../../src/store/collections.ts';
import { startDavServer, type DavServer } from '../dav-server.ts';
import { createRemote, feed, feedEvent, type Remote } from './feed-server.ts';

const ALICE = { id: 'alice', admin: false, adminReadOnly: false, deviceId: undefined } as unknown as Parameters<
  typeof createCollection
>[1]['actor'];

let server: DavServer;
let remote: Remote;
let calendar: Collection;

beforeEach(async () => {
  server = await startDavServer();
  remote = createRemote(feed(feedEvent('a'), feedEvent('b'), feedEvent('c')));
  calendar = await subscribe({ source: 'https://u:s3cret@feed.example/s3cret.ics' });
});
afterEach(() => server.close());

async function subscribe(live: CollectionPatch): Promise<Collection> {
  const owner = await getPrincipal(server.context, 'alice');
  const changes = { live, dead: new Map() };
  const uri = `feed-${(await listSubscriptions(server.context)).length}`;
  return createCollection(server.context, { actor: ALICE, owner: owner!, uri, kind: 'calendar', changes });
}

/** Moves the clock on and fetches. */
async function refresh(later = HOUR): Promise<Refreshed | undefined> {
  server.time.now += later;
  return refreshSubscription(server.context, remote, calendar.id, { early: true });
}

const state = async () => (await subscriptionState(server.context, calendar))!;

const seqNow = async (): Promise<number> => (await collectionById(server.context.store.db, calendar.id))!.seq;

/** The members by UID: their ETags and octets. */
async function members(): Promise<Map<string, { etag: string; name: string; text: string }>> {
  const objects = await pageOfObjects(server.context.store.db, calendar.id, { limit: 1000 });
  return new Map(
    objects.map(({ uid, etag, name, octets }) => [uid, { etag, name, text: Buffer.from(octets).toString() }]),
  );
}
const uids = async (): Promise<string[]> => [...(await members()).keys()].sort();

describe('the first fetch', () => {
  test('is due as soon as the calendar is there, and fills it', async () => {
    expect(await subscriptionsDue(server.context, 10)).toEqual([calendar.id]);
    expect(await refreshSubscription(server.context, remote, calendar.id)).toMatchObject({
      kind: 'changed',
      created: 3,
    });
    expect(await uids()).toEqual(['a', 'b', 'c']);
    expect(await subscriptionsDue(server.context, 10)).toEqual([]);
    expect(await refreshSubscription(server.context, remote, calendar.id)).toBeUndefined();
    expect(remote.asked).toHaveLength(1);
  });

  test('says when it was, and when the next one is', async () => {
    const { now } = server.time;
    await refresh(0);
    expect(await state()).toMatchObject({ succeededAt: now, triedAt: now, failures: 0, nextAt: now + 1.05 * HOUR });
    expect((await state()).error).toBeUndefined();
  });
});

describe('a feed is applied as a difference', () => {
  test('what says the same keeps its ETag, and only what changed is told of', async () => {
    await refresh(0);
    const before = await members();
    const seq = await seqNow();
    const same = feedEvent('a').replace('DTSTAMP:20260301', 'DTSTAMP:20260302');
    remote.reply = feed(feedEvent('c', 'other'), same, feedEvent('d'));
    expect(await refresh()).toMatchObject({ kind: 'changed', created: 1, updated: 1, removed: 1 });
    const after = await members();
    expect([...after.keys()].sort()).toEqual(['a', 'c', 'd']);
    expect(after.get('a')).toEqual(before.get('a'));
    expect(after.get('c')!.name).toBe(before.get('c')!.name);
    expect(after.get('c')!.text).toContain('SUMMARY:other');
    expect(await seqNow()).toBe(seq + 3);
  });

  test('a feed in which only DTSTAMP changed changes nothing at all', async () => {
    await refresh(0);
    const seq = await seqNow();
    remote.reply = feed(feedEvent('a'), feedEvent('b'), feedEvent('c')).replaceAll(
      'DTSTAMP:20260301',
      'DTSTAMP:20260309',
    );
    expect(await refresh()).toMatchObject({ created: 0, updated: 0, removed: 0 });
    expect(await seqNow()).toBe(seq);
  });

  test('an event that goes and comes back has its old name', async () => {
    await refresh(0);
    const { name } = (await members()).get('a')!;
    remote.reply = feed(feedEvent('b'));
    await refresh();
    remote.reply = feed(feedEvent('b'), feedEvent('a'));
    await refresh();
    expect((await members()).get('a')!.name).toBe(name);
  });

  test('an event without UID is the same one the next time', async () => {
    remote.reply = feed(feedEvent('', 'nameless'), feedEvent('a'));
    await refresh(0);
    const before = await members();
    expect(before.size).toBe(2);
    remote.reply = feed(feedEvent('a'), feedEvent('', 'nameless').replace('DTSTAMP:20260301', 'DTSTAMP:20260302'));
    expect(await refresh()).toMatchObject({ created: 0, updated: 0, removed: 0 });
    expect(await members()).toEqual(before);
  });

  test('METHOD of the feed is no part of the members, and overrides stay with their master', async () => {
    const master = feedEvent('r', 'series', 'RRULE:FREQ=DAILY;COUNT=3');
    const override = feedEvent('r', 'moved', 'RECURRENCE-ID:20260311T090000Z');
    remote.reply = feed('METHOD:PUBLISH', master, override);
    await refresh(0);
    const { text } = (await members()).get('r')!;
    expect(text).not.toContain('METHOD');
    expect(text.match(/BEGIN:VEVENT/g)).toHaveLength(2);
  });
});

describe('conditional requests', () => {
  test('carry the validators of what was applied, and 304 changes nothing', async () => {
    const body = feed(feedEvent('a'));
    remote.reply = { status: 200, headers: { etag: '"v1"', 'last-modified': 'Sun, 01 Mar 2026 00:00:00 GMT' }, body };
    await refresh(0);
    remote.reply = { status: 304 };
    expect(await refresh()).toEqual({ kind: 'unchanged' });
    expect(remote.asked.at(-1)?.headers).toMatchObject({
      'If-None-Match': '"v1"',
      'If-Modified-Since': 'Sun, 01 Mar 2026 00:00:00 GMT',
    });
    expect(await uids()).toEqual(['a']);
    expect(await state()).toMatchObject({ etag: '"v1"', failures: 0, succeededAt: server.time.now });
  });

  test('another source is asked without them', async () => {
    remote.reply = { status: 200, headers: { etag: '"v1"' }, body: feed(feedEvent('a')) };
    await refresh(0);
    await change({ source: 'https://other.example/' });
    await refresh();
    expect(remote.asked.at(-1)?.url).toBe('https://other.example/');
    expect(remote.asked.at(-1)?.headers).not.toHaveProperty('If-None-Match');
  });
});

const change = async (live: CollectionPatch): Promise<void> => {
  const request = { actor: ALICE, collection: calendar, check: () => undefined, unchanged: [] };
  await updateCollection(server.context, { ...request, changes: { live, dead: new Map() } });
};

describe('no failure of the remote empties the calendar', () => {
  beforeEach(() => refresh(0));

  test.each([
    ['404', { status: 404 }],
    ['410', { status: 410 }],
    ['401', { status: 401 }],
    ['500', { status: 500, body: feed() }],
    ['204', { status: 204 }],
    ['206 with a part', { status: 206, body: feed(feedEvent('a')) }],
    ['nothing', ''],
    ['a page for people', '<!DOCTYPE html><title>Log in</title>'],
    ['half a file', feed(feedEvent('a')).slice(0, -20)],
    ['no connection', { fails: 'unreachable' }],
    ['an address that is refused', { fails: 'refused-address' }],
    ['too much', { fails: 'too-large' }],
    ['no time', { fails: 'timeout' }],
  ] as const)('%s', async (_what, reply) => {
    const before = await members();
    remote.reply = reply;
    expect(await refresh()).toMatchObject({ kind: 'failed' });
    expect(await members()).toEqual(before);
    const { error, failures, triedAt, succeededAt } = await state();
    expect(error).toMatch(/^feed\.example: /);
    expect(error).not.toContain('s3cret');
    expect([failures, triedAt, succeededAt]).toEqual([1, server.time.now, server.time.now - HOUR]);
  });

  test('failures are waited out longer and longer, and forgotten with the first success', async () => {
    const waits: number[] = [];
    remote.reply = { status: 503 };
    for (let count = 0; count < 4; count++) {
      await refresh();
      waits.push(((await state()).nextAt - server.time.now) / MINUTE);
    }
    expect(waits).toEqual([15, 30, 60, 120]);
    remote.reply = feed(feedEvent('a'));
    await refresh();
    expect(await state()).toMatchObject({ failures: 0, error: undefined });
  });

  test('what is told of a failure is over with the next answer, also where nothing changed in it', async () => {
    const same = remote.reply;
    for (const reply of [same, { status: 304 }]) {
      remote.reply = { status: 503 };
      await refresh();
      expect((await state()).error).toContain('503');
      remote.reply = reply;
      expect(await refresh()).toEqual({ kind: 'unchanged' });
      expect((await state()).error).toBeUndefined();
    }
  });

  test('Retry-After is waited for', async () => {
    remote.reply = { status: 429, headers: { 'retry-after': '7200' } };
    await refresh();
    expect((await state()).nextAt).toBe(server.time.now + 2 * HOUR);
  });
});

describe('a feed without a component', () => {
  beforeEach(async () => {
    remote.reply = { status: 200, headers: { etag: '"full"' }, body: feed(feedEvent('a'), feedEvent('b')) };
    await refresh(0);
    remote.reply = { status: 200, headers: { etag: '"empty"' }, body: feed('X-WR-CALNAME:Still here') };
  });

  test('is believed when it was so for an hour, and asked for whole until then', async () => {
    expect(await refresh()).toEqual({ kind: 'empty' });
    expect(await uids()).toEqual(['a', 'b']);
    expect((await state()).error).toContain('it came empty');
    expect(await refresh(15 * MINUTE)).toEqual({ kind: 'empty' });
    expect(remote.asked.at(-1)?.headers).not.toHaveProperty('If-None-Match');
    expect(await uids()).toEqual(['a', 'b']);
    expect(await refresh(45 * MINUTE)).toMatchObject({ kind: 'changed', removed: 2 });
    expect(await uids()).toEqual([]);
    expect(await state()).toMatchObject({ error: undefined, emptySince: undefined });
  });

  test('is forgotten when the feed comes full again', async () => {
    await refresh();
    remote.reply = feed(feedEvent('a'));
    await refresh(2 * HOUR);
    remote.reply = feed();
    expect(await refresh(2 * HOUR)).toEqual({ kind: 'empty' });
    expect(await uids()).toEqual(['a']);
  });

  test('a failure in between proves nothing', async () => {
    await refresh();
    remote.reply = { status: 500 };
    await refresh(5 * HOUR);
    expect(await uids()).toEqual(['a', 'b']);
  });

  test('that holds a VTIMEZONE only is one', async () => {
    const zone = ['BEGIN:VTIMEZONE', 'TZID:X', 'BEGIN:STANDARD', 'DTSTART:19700101T000000', 'TZOFFSETFROM:+0000'];
    remote.reply = feed(...zone, 'TZOFFSETTO:+0000', 'END:STANDARD', 'END:VTIMEZONE');
    expect(await refresh()).toEqual({ kind: 'empty' });
  });

  test('is believed at once where there is nothing to lose', async () => {
    calendar = await subscribe({ source: 'https://empty.example/' });
    expect(await refresh(0)).toMatchObject({ kind: 'changed', removed: 0 });
    expect((await state()).error).toBeUndefined();
  });
});

describe('a bad component', () => {
  const bad = (uid: string): string => feedEvent(uid).replace('DTSTART:20260310T090000Z', 'DTSTART:whenever');
  const reasons = async (): Promise<string[]> =>
    (await Array.fromAsync(faultyObjects(server.context, 'alice'))).map(({ reason }) => reason);

  test('hides none of the others, is set aside and told', async () => {
    remote.reply = feed(feedEvent('a'), bad('x'), feedEvent('b'));
    expect(await refresh(0)).toMatchObject({ kind: 'changed', created: 2, faulty: 1 });
    expect(await uids()).toEqual(['a', 'b']);
    expect(await reasons()).toHaveLength(1);
    expect((await state()).error).toMatch(/^1 of the feed cannot be used: /);
  });

  test('leaves what was there of its UID, and what is set aside does not grow', async () => {
    await refresh(0);
    const before = await members();
    for (const stamp of ['20260311', '20260312', '20260313']) {
      remote.reply = feed(feedEvent('b'), bad('a').replace('DTSTAMP:20260301', `DTSTAMP:${stamp}`));
      await refresh();
      expect(await reasons()).toHaveLength(1);
    }
    expect((await members()).get('a')).toEqual(before.get('a'));
    expect(await uids()).toEqual(['a', 'b']);
    remote.reply = feed(feedEvent('a', 'well again'), feedEvent('b'));
    await refresh();
    expect(await reasons()).toEqual([]);
    expect((await state()).error).toBeUndefined();
  });

  test('that cannot be named lets nothing be removed, for it could be any', async () => {
    await refresh(0);
    remote.reply = feed(feedEvent('a'), bad(''));
    expect(await refresh()).toMatchObject({ removed: 0, faulty: 1 });
    expect(await uids()).toEqual(['a', 'b', 'c']);
  });

  test.each([
    ['at its end', feed(feedEvent('a').replace('END:VEVENT', '<b>Fatal error</b>'))],
    ['in the middle', feed(feedEvent('a').replace('END:VEVENT', '<b>Fatal error</b>'), feedEvent('c'))],
  ])('that is cut %s lets nothing be removed, for what came after it may be lost', async (_where, body) => {
    await refresh(0);
    remote.reply = body;
    expect(await refresh()).toMatchObject({ removed: 0, faulty: 1 });
    expect(await uids()).toEqual(['a', 'b', 'c']);
  });

  test('is no proof that the others are gone where nothing else came', async () => {
    await refresh(0);
    remote.reply = feed(bad('x'));
    expect(await refresh()).toMatchObject({ removed: 0, faulty: 1 });
    expect(await uids()).toEqual(['a', 'b', 'c']);
  });

  test('is told as long as the feed is the same', async () => {
    const body = feed(feedEvent('a'), bad('x'));
    for (const reply of [body, body, { status: 304 }, body]) {
      remote.reply = reply;
      await refresh();
      expect((await state()).error).toMatch(/^1 of the feed cannot be used: /);
    }
  });

  test('that can be repaired without a guess is', async () => {
    remote.reply = feed(feedEvent('a').replace('20260310T090000Z', '2026-03-10T09:00:00Z'));
    expect(await refresh(0)).toMatchObject({ kind: 'changed', created: 1, faulty: 0 });
    expect((await members()).get('a')!.text).toContain('DTSTART:20260310T090000Z');
    expect(await reasons()).toEqual([]);
    expect(await refresh()).toEqual({ kind: 'unchanged' });
  });
});

test('what ended in the middle is made whole, though the feed is again what it was before', async () => {
  const old = { status: 200, headers: { etag: '"1"' }, body: feed(feedEvent('a'), feedEvent('b')) };
  remote.reply = old;
  await refresh(0);
  const { store } = server.context;
  let writes = 0;
  const write: typeof store.write = (work, options) => {
    if (++writes === 4) throw new Error('the disk is full');
    return store.write(work, options);
  };
  const faulty = { ...server.context, store: { ...store, write } };
  remote.reply = feed(feedEvent('a', 'new'), feedEvent('b', 'new'));
  const failing = refreshSubscription(faulty, remote, calendar.id, { early: true });
  await expect(failing).rejects.toThrow('the disk is full');
  expect([...(await members()).values()].filter(({ text }) => text.includes('SUMMARY:new'))).toHaveLength(1);
  remote.reply = ({ headers }) => (headers?.['If-None-Match'] === '"1"' ? { status: 304 } : old);
  expect(await refresh()).toMatchObject({ kind: 'changed', updated: 1 });
  expect([...(await members()).values()].filter(({ text }) => text.includes('SUMMARY:new'))).toEqual([]);
});

describe('what is stripped', () => {
  const ALARM = ['BEGIN:VALARM', 'ACTION:DISPLAY', 'DESCRIPTION:x', 'TRIGGER:-PT5M', 'END:VALARM'];
  const TODO = ['BEGIN:VTODO', 'UID:t', 'DTSTAMP:20260301T000000Z', 'SUMMARY:t', 'END:VTODO'].join('\r\n');

  test('is left out, and comes back when it is not stripped any more, though the feed is the same', async () => {
    remote.reply = feed(feedEvent('a', 'a', 'ATTACH:https://example.com/x', ...ALARM), TODO);
    calendar = await subscribe({
      source: 'https://x.example/',
      stripAlarms: true,
      stripAttachments: true,
      stripTodos: true,
    });
    await refresh(0);
    expect(await uids()).toEqual(['a']);
    expect((await members()).get('a')!.text).not.toMatch(/VALARM|ATTACH/);
    await change({ stripAlarms: false, stripTodos: false });
    expect(await subscriptionsDue(server.context, 10)).toContain(calendar.id);
    expect(await refresh()).toMatchObject({ created: 1, updated: 1 });
    expect((await members()).get('a')!.text).toContain('VALARM');
    expect((await members()).get('a')!.text).not.toContain('ATTACH');
  });
});

describe('two at the same time', () => {
  test('one fetches, the other finds it taken', async () => {
    const both = await Promise.all([1, 2].map(() => refreshSubscription(server.context, remote, calendar.id)));
    expect(both.filter((each) => each !== undefined)).toHaveLength(1);
    expect(remote.asked).toHaveLength(1);
  });

  test('a node that died while it fetched is followed by another after its lease', async () => {
    const dead = { ...remote, fetch: () => new Promise<never>(() => undefined) };
    void refreshSubscription(server.context, dead, calendar.id);
    await expect.poll(() => subscriptionsDue(server.context, 10)).toEqual([]);
    expect(await refresh(0)).toBeUndefined();
    server.time.now += 31 * MINUTE;
    expect(await subscriptionsDue(server.context, 10)).toEqual([calendar.id]);
    expect(await refresh(0)).toMatchObject({ kind: 'changed', created: 3 });
  });

  test('a source that is changed while the old one is fetched gets nothing of the old one', async () => {
    remote.reply = () => feed(feedEvent('old'));
    const slow: Remote = {
      ...remote,
      fetch: async (request) => {
        await change({ source: 'https://new.example/' });
        return remote.fetch(request);
      },
    };
    expect(await refreshSubscription(server.context, slow, calendar.id)).toEqual({ kind: 'lost' });
    expect(await uids()).toEqual([]);
    expect(await subscriptionsDue(server.context, 10)).toEqual([calendar.id]);
  });

  test('a calendar that is deleted while it is fetched stays deleted', async () => {
    const slow: Remote = {
      ...remote,
      fetch: async (request) => {
        const deleted = await server.request('DELETE', `/dav/calendars/alice/${calendar.uri}/`);
        expect(deleted.status).toBe(204);
        return remote.fetch(request);
      },
    };
    expect(await refreshSubscription(server.context, slow, calendar.id)).toEqual({ kind: 'lost' });
    expect(await listSubscriptions(server.context)).toEqual([]);
  });

  test('one that is given up counts as no failure, and is due again at once', async () => {
    const stop = new AbortController();
    const given = {
      ...remote,
      signal: stop.signal,
      fetch: () => (stop.abort(), remote.fetch({ url: 'x:', maxOctets: 1 })),
    };
    expect(await refreshSubscription(server.context, given, calendar.id)).toEqual({ kind: 'given-up' });
    expect((await state()).failures).toBe(0);
    expect(await subscriptionsDue(server.context, 10)).toEqual([calendar.id]);
  });
});

describe('how often', () => {
  test.each([
    [{}, 'X-PUBLISHED-TTL:PT6H', {}, 6 * HOUR],
    [{}, 'REFRESH-INTERVAL;VALUE=DURATION:P1W', {}, DAY],
    [{}, 'X-NONE:1', { 'cache-control': 'max-age=14400' }, 4 * HOUR],
    [{ refreshRate: 'PT2H' }, 'X-PUBLISHED-TTL:PT6H', {}, 2 * HOUR],
  ] as const)('%j, %s and %j: every %i', async (fields, line, headers, pause) => {
    calendar = await subscribe({ source: 'https://x.example/', ...fields });
    remote.reply = { status: 200, headers, body: feed(line, feedEvent('a')) };
    await refresh(0);
    expect((await state()).nextAt).toBe(server.time.now + 1.05 * pause);
    remote.reply = { status: 304 };
    await refresh();
    expect((await state()).nextAt).toBe(server.time.now + 1.05 * pause);
  });
});

test.each(['unreachable', 'timeout', 'bad-answer'] as const)(
  'webcal is fetched with TLS, and without where that is %s',
  async (fails) => {
    calendar = await subscribe({ source: 'webcal://x.example/cal' });
    remote.reply = (request) => (request.url.startsWith('https') ? { fails } : feed(feedEvent('a')));
    expect(await refresh(0)).toMatchObject({ kind: 'changed', created: 1 });
    expect(remote.asked.map(({ url }) => url)).toEqual(['https://x.example/cal', 'http://x.example/cal']);
  },
);

test('a feed beyond the bound of a calendar is told, and what fits is there', async () => {
  await server.close();
  server = await startDavServer({ limits: { resourcesPerCollection: 2 } });
  calendar = await subscribe({ source: 'https://x.example/' });
  expect(await refresh(0)).toMatchObject({ created: 2, faulty: 1 });
  expect((await state()).error).toContain('at most 2 resources');
});

test('what had no room comes when there is some, though the feed is the same', async () => {
  const { limits } = server.context;
  const body = feed(feedEvent('a'), feedEvent('b'), feedEvent('c'));
  remote.reply = ({ headers }) =>
    headers?.['If-None-Match'] === undefined ? { status: 200, headers: { etag: '"1"' }, body } : { status: 304 };
  const small = { ...server.context, limits: { ...limits, resourcesPerCollection: 2 } };
  expect(await refreshSubscription(small, remote, calendar.id)).toMatchObject({ created: 2, faulty: 1 });
  expect(await refresh()).toMatchObject({ created: 1, faulty: 0 });
  expect(await uids()).toEqual(['a', 'b', 'c']);
  expect((await state()).error).toBeUndefined();
  expect(await refresh()).toEqual({ kind: 'unchanged' });
});

test('so does what is repaired', async () => {
  const repairable = (uid: string) => feedEvent(uid).replace('20260310T090000Z', '2026-03-10T09:00:00Z');
  const full = { ...server.context, limits: { ...server.context.limits, resourcesPerCollection: 1 } };
  remote.reply = feed(feedEvent('a'), repairable('b'));
  expect(await refreshSubscription(full, remote, calendar.id)).toMatchObject({
    kind: 'changed',
    created: 1,
    faulty: 1,
  });
  expect(await refresh()).toMatchObject({ kind: 'changed', created: 1, faulty: 0 });
});

test('a feed of more components than the bound changes nothing, and is told', async () => {
  await server.close();
  server = await startDavServer({ limits: { feedComponents: 4 } });
  calendar = await subscribe({ source: 'https://x.example/' });
  expect(await refresh(0)).toMatchObject({ kind: 'changed', created: 3 });
  remote.reply = feed(...['a', 'v', 'w', 'x', 'y'].map((uid) => feedEvent(uid)));
  expect(await refresh()).toEqual({ kind: 'failed', reason: 'too-large' });
  expect(await uids()).toEqual(['a', 'b', 'c']);
  expect((await state()).error).toBe('x.example: There are more than 4 components');
});
