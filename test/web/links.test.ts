import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { DAY, HOUR } from '../../src/base/clock.ts';
import { countUse, listLinks, revokeLink } from '../../src/calendar/links.ts';
import { removePrincipal } from '../../src/calendar/remove-principal.ts';
import { collectionAt } from '../../src/calendar/collections.ts';
import { groupByUid } from '../../src/ical/group.ts';
import { replaceAces } from '../../src/store/aces.ts';
import { listActs } from '../../src/store/audit.ts';
import { ics, startDavServer, START, type DavServer, CALENDAR_TYPE } from '../dav-server.ts';
import { actorOf, link, store, visit } from './link-server.ts';

let server: DavServer;
beforeEach(async () => {
  server = await startDavServer({ users: ['alice', 'bob'] });
});
afterEach(() => server.close());

const basic = (user: string, password: string) => ({
  headers: { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` },
});
const known = (etag: string | null) => ({ headers: { 'if-none-match': etag ?? '' } });

async function grant(to: string, privileges: readonly string[]): Promise<void> {
  const calendar = (await collectionAt(server.context, 'alice', 'calendar'))!;
  const aces =
    privileges.length === 0 ? [] : [{ principal: { kind: 'principal', id: to } as const, deny: false, privileges }];
  await server.context.store.write((tx) => replaceAces(tx, calendar, aces));
}

describe('complaint 24: a link to a calendar, for who has no log-in', () => {
  test('answers in four forms, and without a suffix as Accept wants it', async () => {
    await store(server, 'one', ['SUMMARY:Term begins']);
    const { token } = await link(server);
    const types = { ics: 'text/calendar', json: 'application/json', ifb: 'text/calendar', html: 'text/html' };
    for (const [suffix, type] of Object.entries(types)) {
      const { status, headers, text } = await visit(server, `/link/${token}.${suffix}`);
      expect([suffix, status, headers.get('content-type')?.split(';')[0]]).toEqual([suffix, 200, type]);
      expect(text.includes('Term begins')).toBe(suffix !== 'ifb');
      expect(headers.get('x-robots-tag')).toBe('noindex, nofollow');
      expect(headers.get('referrer-policy')).toBe('no-referrer');
      expect(headers.get('cache-control')).toBe('private, max-age=60');
      expect(headers.get('access-control-allow-origin')).toBeNull();
    }
    const accepted = async (accept: string) =>
      (await visit(server, `/link/${token}`, { headers: { accept } })).headers.get('content-type')?.split(';')[0];
    expect(await accepted('text/html,*/*')).toBe('text/html');
    expect(await accepted('application/json')).toBe('application/json');
    expect(await accepted('*/*')).toBe('text/calendar');
    const page = await link(server, { formats: ['html'] });
    const only = await visit(server, `/link/${page.token}`, { headers: { accept: 'text/calendar' } });
    expect(only.headers.get('content-type')).toBe('text/html; charset=utf-8');
  });

  test('is found and names no other place, whatever Host says', async () => {
    const { token } = await link(server);
    for (const host of ['evil.example', 'evil@[', 'a b']) {
      const path = `/link/${token}.html?start=2026-03-02`;
      const { status, headers, body } = await server.request('GET', path, { headers: { host } });
      expect([host, status, JSON.stringify(headers).includes('evil'), body.toString().includes('evil')]).toEqual([
        ...[host, 200, false, false],
      ]);
    }
  });

  test('that is unknown, revoked, expired, used up or asked in a form that it has not, is one and the same 404', async () => {
    const answers = [await visit(server, `/link/${'a'.repeat(26)}.ics`), await visit(server, '/link/nonsense/x')];
    const revoked = await link(server);
    await revokeLink(server.context, { actor: actorOf('alice'), id: revoked.link.id });
    answers.push(await visit(server, `/link/${revoked.token}.ics`));
    const expiring = await link(server, { expiresAt: START + HOUR });
    expect((await visit(server, `/link/${expiring.token}.ics`)).status).toBe(200);
    server.time.now += HOUR;
    answers.push(await visit(server, `/link/${expiring.token}.ics`));
    const once = await link(server, { mostUses: 1 });
    expect((await visit(server, `/link/${once.token}.ics`)).status).toBe(200);
    answers.push(await visit(server, `/link/${once.token}.ics`));
    const page = await link(server, { formats: ['html'] });
    expect((await visit(server, `/link/${page.token}.html`)).status).toBe(200);
    for (const suffix of ['ics', 'json', 'ifb', 'xml'])
      answers.push(await visit(server, `/link/${page.token}.${suffix}`));
    const same = answers.map(({ status, text, headers }) => [status, text, headers.get('cache-control')]);
    expect(same).toEqual(same.map(() => [404, 'There is no such link\n', 'private, no-cache']));
  });

  test('keeps its token as a digest alone', async () => {
    const { token, link: made } = await link(server);
    expect(token).toMatch(/^[0-9a-z]{26}$/);
    const rows = await server.context.store.db.selectFrom('links').selectAll().execute();
    expect(JSON.stringify(rows)).not.toContain(token);
    expect(made.token).toBeUndefined();
  });

  test('is made and ended by who may give access, and opens for as long as its maker may', async () => {
    await store(server, 'one');
    await expect(link(server, {}, { as: 'bob', of: 'alice' })).rejects.toThrow('The privilege read is missing');
    await grant('bob', ['read']);
    await expect(link(server, {}, { as: 'bob', of: 'alice' })).rejects.toThrow('The privilege write-acl is missing');
    await grant('bob', ['read', 'write-acl']);
    const { token, link: made } = await link(server, {}, { as: 'bob', of: 'alice' });
    expect((await visit(server, `/link/${token}.ics`)).text).toContain('DTSTART:');
    await grant('bob', ['read']);
    expect((await visit(server, `/link/${token}.ics`)).status).toBe(404);
    await grant('bob', ['write-acl']);
    expect((await visit(server, `/link/${token}.ics`)).status).toBe(404);
    await grant('bob', ['read', 'write-acl']);
    expect((await visit(server, `/link/${token}.ics`)).status).toBe(200);
    // The owner sees it and ends it.
    const own = await link(server);
    expect((await listLinks(server.context, actorOf('alice'), 'alice')).map(({ id }) => id)).toContain(made.id);
    await grant('bob', []);
    expect((await listLinks(server.context, actorOf('bob'), 'alice')).map(({ id }) => id)).toEqual([made.id]);
    await expect(revokeLink(server.context, { actor: actorOf('bob'), id: own.link.id })).rejects.toThrow(
      'no such link',
    );
    await revokeLink(server.context, { actor: actorOf('alice'), id: made.id });
    const acts = await listActs(server.context.store.db, { homeId: 'alice', since: 0, after: 0, limit: 100 });
    expect(acts.filter(({ subject }) => subject === made.id).map(({ act, by }) => [act, by?.principalId])).toEqual([
      ['link-created', 'bob'],
      ['link-revoked', 'alice'],
    ]);
  });

  test('goes with its calendar and with its maker', async () => {
    const { token } = await link(server);
    await grant('bob', ['read', 'write-acl']);
    await grant('bob', ['read', 'write-acl']);
    const other = await link(server, {}, { as: 'bob', of: 'alice' });
    await removePrincipal(server.context, { id: actorOf('bob').id });
    expect((await visit(server, `/link/${other.token}.ics`)).status).toBe(404);
    await server.request('DELETE', '/dav/calendars/alice/calendar/');
    expect((await visit(server, `/link/${token}.ics`)).status).toBe(404);
    expect(await server.context.store.db.selectFrom('links').selectAll().execute()).toEqual([]);
  });

  test('is only read: no other method does anything', async () => {
    const { token } = await link(server);
    for (const method of ['POST', 'PUT', 'DELETE', 'PROPFIND', 'OPTIONS']) {
      const { status, headers } = await visit(server, `/link/${token}.ics`, { method });
      expect([method, status, headers.get('allow')]).toEqual([method, 405, 'GET, HEAD']);
    }
  });
});

describe('the entity tag', () => {
  test.each(['ics', 'json', 'ifb', 'html'])('of .%s changes exactly when what the link shows does', async (suffix) => {
    await store(server, 'shown', ['SUMMARY:A', 'CATEGORIES:term,other']);
    await store(server, 'apart', ['SUMMARY:B', 'CATEGORIES:private']);
    const { token } = await link(server, { categories: ['Term'] });
    const path = `/link/${token}.${suffix}`;
    const etag = (await visit(server, path)).headers.get('etag');
    expect((await visit(server, path, known(etag))).status).toBe(304);
    await store(server, 'apart', ['SUMMARY:C', 'CATEGORIES:private', 'DTSTART:20260304T090000Z', 'DURATION:PT1H']);
    await store(server, 'shown', ['SUMMARY:A', 'CATEGORIES:term,other', 'ATTENDEE:mailto:x@example.com']);
    server.time.now += HOUR;
    const after = await visit(server, path, known(etag));
    expect([after.status, after.headers.get('etag'), after.text]).toEqual([304, etag, '']);
    await store(server, 'shown', ['SUMMARY:D', 'CATEGORIES:term', 'DTSTART:20260305T090000Z', 'DURATION:PT1H']);
    const changed = await visit(server, path, known(etag));
    expect([changed.status, changed.headers.get('etag') === etag]).toEqual([200, false]);
  });
});

test('the tag of what is shown says nothing of what is not', async () => {
  await store(server, 'p', ['SUMMARY:A', 'CLASS:PRIVATE']);
  await store(server, 'c', ['SUMMARY:A', 'CLASS:CONFIDENTIAL']);
  const { token } = await link(server);
  for (const suffix of ['ics', 'json', 'html']) {
    const { etag = '' } = Object.fromEntries((await visit(server, `/link/${token}.${suffix}`)).headers);
    await store(server, 'p', [`SUMMARY:${suffix}`, 'CLASS:PRIVATE']);
    await store(server, 'c', [`SUMMARY:${suffix}`, 'DESCRIPTION:more', 'CLASS:CONFIDENTIAL']);
    expect((await visit(server, `/link/${token}.${suffix}`, known(etag))).status).toBe(304);
  }
});

describe('uses', () => {
  test('are counted for answers of 200 alone: not for HEAD, 304 or a wrong password', async () => {
    const { token } = await link(server, { mostUses: 2 }, { password: 'sesame' });
    const path = `/link/${token}.ics`;
    const head = await visit(server, path, { method: 'HEAD', ...basic('x', 'sesame') });
    expect([head.status, head.text]).toEqual([200, '']);
    const { headers } = basic('x', 'sesame');
    const first = await visit(server, path, { headers });
    const etag = first.headers.get('etag') ?? '';
    expect(etag).toBe(head.headers.get('etag'));
    expect((await visit(server, path, { headers: { ...headers, 'if-none-match': etag } })).status).toBe(304);
    expect((await visit(server, path, basic('x', 'wrong'))).status).toBe(401);
    expect((await visit(server, path, { headers })).status).toBe(200);
    expect((await visit(server, path, { headers })).status).toBe(404);
  });

  test('are never more than allowed, however many ask at once', async () => {
    await store(server, 'one');
    const { token } = await link(server, { mostUses: 5 });
    const answers = await Promise.all(Array.from({ length: 40 }, () => visit(server, `/link/${token}.ics`)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(5);
    expect(answers.filter(({ status }) => status === 404)).toHaveLength(35);
  });
});

test('an answer that was on its way when the link was revoked is none', async () => {
  const { link: endless } = await link(server);
  const { link: counted } = await link(server, { mostUses: 1 });
  for (const { id } of [endless, counted]) await revokeLink(server.context, { actor: actorOf('alice'), id });
  expect([await countUse(server.context, endless), await countUse(server.context, counted)]).toEqual([false, false]);
});

describe('a password', () => {
  test('is asked for with Basic, whatever the user name', async () => {
    const { token } = await link(server, {}, { password: 'sesame' });
    const path = `/link/${token}.ics`;
    const { status, headers, text } = await visit(server, path);
    expect([status, headers.get('www-authenticate')]).toEqual([401, 'Basic realm="Kalends link", charset="UTF-8"']);
    expect(text).not.toContain('VCALENDAR');
    for (const name of ['', 'anybody', 'alice'])
      expect((await visit(server, path, basic(name, 'sesame'))).status).toBe(200);
    expect((await visit(server, path, basic('alice', 'secret'))).status).toBe(401);
  });

  test('is slowed down for who guesses it', async () => {
    const { token } = await link(server, {}, { password: 'sesame' });
    const statuses: number[] = [];
    for (let guess = 0; guess < 12; guess += 1) {
      statuses.push((await visit(server, `/link/${token}.ics`, basic('x', `guess ${guess}`))).status);
    }
    expect(statuses.slice(0, 10)).toEqual(Array<number>(10).fill(401));
    expect(statuses.slice(10)).toEqual([429, 429]);
    server.time.now += 61_000;
    expect((await visit(server, `/link/${token}.ics`, basic('x', 'sesame'))).status).toBe(200);
  });
});

describe('the window', () => {
  const daily = ['SUMMARY:Daily', 'DTSTART:20260101T090000Z', 'DURATION:PT1H', 'RRULE:FREQ=DAILY'];

  test('shows each instance within it as an event of its own, and nothing of a rule', async () => {
    await store(server, 'daily', daily);
    await store(server, 'far', ['SUMMARY:Far', 'DTSTART:20260601T090000Z', 'DURATION:PT1H']);
    const { token } = await link(server, { daysBack: 1, daysAhead: 2 });
    const { text } = await visit(server, `/link/${token}.ics`);
    expect([...text.matchAll(/^DTSTART:(.*)\r$/gm)].map(([, start]) => start)).toEqual([
      ...['20260301T090000Z', '20260302T090000Z', '20260303T090000Z', '20260304T090000Z'],
    ]);
    expect(text).not.toMatch(/RRULE|RECURRENCE-ID|Far|UID:daily/);
    expect(new Set([...text.matchAll(/^UID:(.*)\r$/gm)].map(([, uid]) => uid)).size).toBe(4);
  });

  test('moves by whole days, and holds for every form whatever is asked for', async () => {
    await store(server, 'daily', daily);
    const { token } = await link(server, { from: START - 8 * HOUR, until: START - 8 * HOUR + 2 * DAY });
    const asked = '?start=2020-01-01&end=2030-01-01';
    const { events } = JSON.parse((await visit(server, `/link/${token}.json${asked}`)).text) as {
      events: { start: string }[];
    };
    expect(events.map(({ start }) => start)).toEqual(['2026-03-02T09:00:00Z', '2026-03-03T09:00:00Z']);
    const busy = (await visit(server, `/link/${token}.ifb${asked}`)).text;
    expect(busy.match(/^FREEBUSY/gm)).toHaveLength(2);
    expect((await visit(server, `/link/${token}.html?start=2026-03-01`)).text.match(/Daily/g)).toHaveLength(2);
    expect((await visit(server, `/link/${token}.html?start=2026-05-01`)).text).toContain('Nothing in these days');
  });
});

describe('what a link shows of an event', () => {
  const rich = [
    ...['SUMMARY:Open day', 'DESCRIPTION:Come', 'LOCATION:Hall', 'CATEGORIES:term', 'URL:https://school.example/'],
    ...['ORGANIZER;CN=Ann:mailto:ann@example.com', 'ATTENDEE;CN=Ben:mailto:ben@example.com', 'CONTACT:Carl 555'],
    ...['X-CALENDARSERVER-PRIVATE-COMMENT:hush', 'X-OWN:own', 'COMMENT:aside', 'ATTACH:https://x.example/secret'],
    ...['CONFERENCE;VALUE=URI:https://meet.example/pin', 'BEGIN:VALARM', 'ACTION:DISPLAY', 'TRIGGER:-PT5M'],
    ...['DESCRIPTION:ring', 'END:VALARM'],
  ];

  test('is times and words: no people, alarms, attachments, meetings or private comments', async () => {
    await store(server, 'rich', rich);
    const { token } = await link(server);
    const { text, headers } = await visit(server, `/link/${token}.ics`);
    for (const word of ['Open day', 'Come', 'Hall', 'term', 'https://school.example/']) expect(text).toContain(word);
    expect(text).not.toMatch(/example\.com|555|hush|X-OWN|aside|secret|meet|VALARM|ring/);
    expect(text).toContain('METHOD:PUBLISH\r\n');
    expect(text).toContain('REFRESH-INTERVAL;VALUE=DURATION:PT1H\r\nX-PUBLISHED-TTL:PT1H\r\n');
    expect(text).toContain('X-WR-CALNAME:Calendar\r\n');
    expect(headers.get('content-disposition')).toBe('attachment; filename="calendar.ics"');
    const found = [...groupByUid(Buffer.from(text))];
    expect(found.map(({ kind }) => kind)).toEqual(['object']);
    const people = await link(server, { people: true });
    const open = (await visit(server, `/link/${people.token}.ics`)).text;
    expect(open).toContain('ATTENDEE;CN=Ben:mailto:ben@example.com');
    // RFC 5546 §3.2.1: what is published has no attendees.
    expect(open).not.toContain('METHOD');
  });

  test('is nothing where it is private, and "Busy" where it is confidential', async () => {
    await store(server, 'p', ['SUMMARY:Doctor', 'CLASS:PRIVATE', 'CATEGORIES:term']);
    await store(server, 'x', ['SUMMARY:Strange', 'CLASS:X-MINE', 'CATEGORIES:term']);
    await store(server, 'c', ['SUMMARY:Merger', 'CLASS:CONFIDENTIAL', 'CATEGORIES:term']);
    await store(server, 'o', ['SUMMARY:Open', 'CATEGORIES:term']);
    const all = await link(server);
    const term = await link(server, { categories: ['term'] });
    for (const suffix of ['ics', 'json', 'html']) {
      const { text } = await visit(server, `/link/${all.token}.${suffix}`);
      expect(text).not.toMatch(/Doctor|Strange|Merger/);
      expect([text.match(/Busy/g)?.length, text.match(/Open/g)?.length]).toEqual([1, 1]);
      // Of what is not public nobody is told the category.
      const { text: chosen } = await visit(server, `/link/${term.token}.${suffix}`);
      expect(chosen).not.toMatch(/Doctor|Strange|Merger|Busy/);
      expect(chosen).toContain('Open');
    }
    // A private hour is an hour like any other.
    expect((await visit(server, `/link/${all.token}.ifb`)).text).toContain(
      'FREEBUSY:20260302T090000Z/20260302T100000Z',
    );
  });

  test('is what is in one of its categories, also of a series of which one day is not', async () => {
    const body = ics(
      ...['BEGIN:VEVENT', 'UID:s', 'DTSTAMP:20260301T000000Z', 'DTSTART:20260302T090000Z', 'DURATION:PT1H'],
      ...['SUMMARY:Lesson', 'CATEGORIES:Term', 'RRULE:FREQ=DAILY;COUNT=3', 'END:VEVENT'],
      ...['BEGIN:VEVENT', 'UID:s', 'DTSTAMP:20260301T000000Z', 'RECURRENCE-ID:20260303T090000Z'],
      ...['DTSTART:20260303T120000Z', 'DURATION:PT1H', 'SUMMARY:Dentist', 'END:VEVENT'],
    );
    await server.request('PUT', '/dav/calendars/alice/calendar/s.ics', { headers: CALENDAR_TYPE, body });
    const { token } = await link(server, { categories: ['other', 'term'] });
    const { text } = await visit(server, `/link/${token}.ics`);
    expect(text).not.toContain('Dentist');
    expect(text).toContain('EXDATE:20260303T090000Z');
    const { events } = JSON.parse((await visit(server, `/link/${token}.json`)).text) as { events: { start: string }[] };
    expect(events.map(({ start }) => start)).toEqual(['2026-03-02T09:00:00Z', '2026-03-04T09:00:00Z']);
  });

  test('has UIDs of its own, so that who knows the event elsewhere does not know it again', async () => {
    await store(server, 'known', ['CLASS:CONFIDENTIAL']);
    const uidOf = async () => {
      const { token } = await link(server);
      const texts = [await visit(server, `/link/${token}.ics`), await visit(server, `/link/${token}.ics`)];
      const uids = texts.map(({ text }) => /^UID:(.+)\r$/m.exec(text)?.[1]);
      expect(uids[0]).toBe(uids[1]);
      return uids[0];
    };
    const uids = [await uidOf(), await uidOf()];
    expect(uids[0]).toMatch(/^[0-9a-f]{32}$/);
    expect(uids[1]).not.toBe(uids[0]);
  });

  test('has the time zones of its times, those that the server was not sent too', async () => {
    await store(server, 'z', ['DTSTART;TZID=Europe/Berlin:20260302T090000', 'DURATION:PT1H']);
    const { token } = await link(server);
    const { text } = await visit(server, `/link/${token}.ics`);
    expect(text.match(/TZID:Europe\/Berlin/g)).toHaveLength(1);
    expect(text.indexOf('BEGIN:VTIMEZONE')).toBeLessThan(text.indexOf('BEGIN:VEVENT'));
  });

  test('of a home is that of its calendars, and time that counts as busy', async () => {
    await store(server, 'one', ['SUMMARY:First']);
    await server.request('MKCALENDAR', '/dav/calendars/alice/second/');
    await store(server, 'two', ['SUMMARY:Second', 'DTSTART:20260303T090000Z', 'DURATION:PT1H'], { uri: 'second' });
    const { token } = await link(server, {}, { uri: '' });
    const { text } = await visit(server, `/link/${token}.ics`);
    expect([text.includes('First'), text.includes('Second'), text.includes('X-WR-CALNAME:alice')]).toEqual([
      true,
      true,
      true,
    ]);
    expect((await visit(server, `/link/${token}.ifb`)).text.match(/^FREEBUSY/gm)).toHaveLength(2);
  });
});

test('busy time alone is told without even the number of events', async () => {
  await store(server, 'a', ['SUMMARY:A', 'DTSTART:20260302T090000Z', 'DURATION:PT1H']);
  await store(server, 'b', ['SUMMARY:B', 'DTSTART:20260302T093000Z', 'DURATION:PT1H', 'CLASS:PRIVATE']);
  const { token } = await link(server, { busyOnly: true });
  const { text } = await visit(server, `/link/${token}.ics`);
  expect(text.match(/BEGIN:VEVENT/g)).toHaveLength(1);
  expect(text).toContain('DTSTART:20260302T090000Z\r\nDTEND:20260302T103000Z\r\nSUMMARY:Busy\r\n');
  const { busy, events } = JSON.parse((await visit(server, `/link/${token}.json`)).text) as Record<string, unknown>;
  expect(busy).toEqual([{ start: '2026-03-02T09:00:00Z', end: '2026-03-02T10:30:00Z', type: 'busy' }]);
  expect(events).toBeUndefined();
});

test.each([
  { categories: [] },
  { categories: [' '] },
  { formats: ['exe'] },
  { formats: [] },
  { mostUses: 0 },
  { mostUses: 1.5 },
  { expiresAt: START },
  { daysBack: -1 },
  { daysAhead: 1, until: START + DAY },
  { from: START, until: START },
  { name: '' },
])('a scope that cannot be is refused: %o', async (scope) => {
  await expect(link(server, scope)).rejects.toThrow('This cannot be');
});
