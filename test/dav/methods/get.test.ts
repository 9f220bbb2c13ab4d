import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { calendarReport, multistatus, propfind, syncCollection, type Answer } from '../../dav-client.ts';
import { CALENDAR_TYPE, event, ics, startDavServer, type DavServer } from '../../dav-server.ts';

let server: DavServer;
beforeAll(async () => {
  server = await startDavServer();
  await put('a.ics', OCTETS);
});
afterAll(() => server.close());

const HOME = '/dav/calendars/alice/';
const CALENDAR = `${HOME}calendar/`;
const OCTETS = event('a', 'SUMMARY:Grüße', 'DESCRIPTION:a\\nb');
const put = (name: string, body: string): Promise<Answer> =>
  server.request('PUT', CALENDAR + name, { body, headers: CALENDAR_TYPE });
const get = (path: string, headers: Record<string, string> = {}): Promise<Answer> =>
  server.request('GET', path, { headers });

const BROWSER = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };

/** What is asked for, its status and its type. */
const ANSWERS: readonly (readonly [string, Record<string, string>, number, string])[] = [
  [`${CALENDAR}a.ics`, {}, 200, 'text/calendar;charset=utf-8'],
  [`${CALENDAR}a.ics`, BROWSER, 200, 'text/calendar;charset=utf-8'],
  [`${CALENDAR}a.ics`, { range: 'bytes=0-9' }, 200, 'text/calendar;charset=utf-8'],
  [CALENDAR, {}, 200, 'text/calendar;charset=utf-8'],
  [CALENDAR.slice(0, -1), {}, 200, 'text/calendar;charset=utf-8'],
  [CALENDAR, BROWSER, 200, 'text/html; charset=utf-8'],
  [`${HOME}tasks/`, {}, 200, 'text/calendar;charset=utf-8'],
  [HOME, {}, 200, 'text/html; charset=utf-8'],
  [`${HOME}inbox/`, {}, 200, 'text/html; charset=utf-8'],
  [`${HOME}outbox/`, {}, 200, 'text/html; charset=utf-8'],
  ['/', {}, 200, 'text/html; charset=utf-8'],
  ['/dav/', {}, 200, 'text/html; charset=utf-8'],
  ['/dav/calendars/', {}, 200, 'text/html; charset=utf-8'],
  ['/dav/principals/', {}, 200, 'text/html; charset=utf-8'],
  ['/dav/principals/users/', {}, 200, 'text/html; charset=utf-8'],
  ['/dav/principals/users/alice/', {}, 200, 'text/html; charset=utf-8'],
  [`${CALENDAR}none.ics`, {}, 404, 'text/plain; charset=utf-8'],
  [`${CALENDAR}a.ics/below`, {}, 404, 'text/plain; charset=utf-8'],
  ['/nowhere', {}, 404, 'text/plain; charset=utf-8'],
  ['/dav/calendars/bob/', {}, 403, 'application/xml; charset=utf-8'],
  [`${CALENDAR}%zz`, {}, 400, 'text/plain; charset=utf-8'],
];

test.each(ANSWERS)(
  'GET %s with %j is %i %s, and HEAD says the same without the body',
  async (path, headers, status, type) => {
    const answer = await get(path, headers);
    expect([answer.status, answer.headers['content-type']]).toEqual([status, type]);
    expect(answer.headers['x-content-type-options']).toBe('nosniff');
    const head = await server.request('HEAD', path, { headers });
    expect([head.status, head.body.length]).toEqual([status, 0]);
    for (const name of ['content-type', 'etag', 'last-modified', 'vary', 'cache-control', 'content-disposition']) {
      expect(head.headers[name], name).toEqual(answer.headers[name]);
    }
    // A file that is made while it is sent has no length before.
    if (head.headers['content-length'] !== undefined) {
      expect(head.headers['content-length']).toBe(answer.headers['content-length']);
    }
  },
);

test('one entity tag in every place that tells it, strong, and new with each change of the octets', async () => {
  const seen = new Set<string>();
  for (const body of [OCTETS, OCTETS.replace('Grüße', 'Gruß'), OCTETS.replace('Grüße', 'gruß')]) {
    const tag = (await put('a.ics', body)).headers.etag ?? '';
    expect(tag).toMatch(/^"[^"]+"$/);
    expect((await get(`${CALENDAR}a.ics`)).headers.etag).toBe(tag);
    const found = [
      await server.request('PROPFIND', `${CALENDAR}a.ics`, propfind('0', ['getetag'])),
      await server.request('PROPFIND', CALENDAR, propfind('1', ['getetag'])),
      await server.request(
        'REPORT',
        CALENDAR,
        calendarReport('calendar-multiget', `<D:prop><D:getetag/></D:prop><D:href>${CALENDAR}a.ics</D:href>`),
      ),
      await server.request(
        'REPORT',
        CALENDAR,
        calendarReport(
          'calendar-query',
          '<D:prop><D:getetag/></D:prop><C:filter><C:comp-filter name="VCALENDAR"/></C:filter>',
        ),
      ),
      await server.request('REPORT', CALENDAR, syncCollection(undefined)),
    ];
    for (const answer of found) {
      const entry = multistatus(answer.body).entries.find(({ href }) => href === `${CALENDAR}a.ics`);
      expect(entry?.props.get('getetag')).toBe(tag);
    }
    seen.add(tag);
  }
  expect(seen.size).toBe(3);
});

describe('what a client has is not sent again', () => {
  test.each([`${CALENDAR}a.ics`, CALENDAR, HOME])('%s', async (path) => {
    const { headers } = await get(path);
    const { etag = '', 'last-modified': modified = '' } = headers;
    for (const condition of [
      { 'if-none-match': etag },
      { 'if-none-match': `"x", W/${etag}` },
      { 'if-none-match': '*' },
      { 'if-modified-since': modified },
      { 'if-modified-since': 'Fri, 01 Jan 2100 00:00:00 GMT' },
    ]) {
      const answer = await get(path, condition);
      expect([answer.status, answer.body.length], JSON.stringify(condition)).toEqual([304, 0]);
      expect(answer.headers.etag).toBe(etag);
      expect(answer.headers['content-type']).toBeUndefined();
    }
    // An entity tag goes before a date, and a date that is none is passed over (RFC 9110 §13.1.3).
    for (const condition of [
      { 'if-none-match': '"x"', 'if-modified-since': modified },
      { 'if-modified-since': 'Thu, 01 Jan 2004 00:00:00 GMT' },
      { 'if-modified-since': 'yesterday' },
    ]) {
      expect((await get(path, condition)).status, JSON.stringify(condition)).toBe(200);
    }
  });

  test('a calendar as a file and as a page are two representations with two strong tags', async () => {
    const file = await get(CALENDAR);
    const page = await get(CALENDAR, BROWSER);
    expect(page.headers.etag).not.toBe(file.headers.etag);
    expect((await get(CALENDAR, { ...BROWSER, 'if-none-match': file.headers.etag ?? '' })).status).toBe(200);
    expect((await get(CALENDAR, { ...BROWSER, 'if-none-match': page.headers.etag ?? '' })).status).toBe(304);
  });

  test('the page of a home is new when a calendar in it gets another name', async () => {
    const { etag = '' } = (await get(HOME)).headers;
    await server.request('PROPPATCH', CALENDAR, {
      headers: { 'content-type': 'application/xml' },
      body: '<D:propertyupdate xmlns:D="DAV:"><D:set><D:prop><D:displayname>Other</D:displayname></D:prop></D:set></D:propertyupdate>',
    });
    const page = await get(HOME, { 'if-none-match': etag });
    expect(page.status).toBe(200);
    expect(page.body.toString()).toContain('Other');
  });
});

describe('a calendar as one file', () => {
  const zone = (offset: string): string[] => [
    ...['BEGIN:VTIMEZONE', 'TZID:Home/Zone', 'BEGIN:STANDARD', 'DTSTART:19700101T000000'],
    ...[`TZOFFSETFROM:${offset}`, `TZOFFSETTO:${offset}`, 'END:STANDARD', 'END:VTIMEZONE'],
  ];
  const zoned = (uid: string): string =>
    ics(
      ...zone('+0100'),
      ...['BEGIN:VEVENT', `UID:${uid}`, 'DTSTAMP:20260301T000000Z', 'DTSTART;TZID=Home/Zone:20260302T090000'],
      'END:VEVENT',
    );

  test('holds each object once, each zone once, and is iCalendar', async () => {
    await put('b.ics', zoned('b'));
    await put('c.ics', `\ufeff${zoned('c')}`);
    await put('d.ics', ics('BEGIN:VJOURNAL', 'UID:d', 'DTSTAMP:20260301T000000Z', 'END:VJOURNAL'));
    const text = (await get(CALENDAR)).body.toString();
    const count = (pattern: RegExp): number => text.match(pattern)?.length ?? 0;
    expect([count(/^UID:/gm), count(/BEGIN:VTIMEZONE/g), count(/BEGIN:VCALENDAR/g)]).toEqual([4, 1, 1]);
    expect(text.startsWith('BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:')).toBe(true);
    expect(text.endsWith('END:VCALENDAR\r\n')).toBe(true);
    expect(text).not.toContain('\ufeff');
  });

  test('of a calendar without anything in it is an empty one', async () => {
    expect((await get(`${HOME}tasks/`)).body.toString()).toMatch(/^BEGIN:VCALENDAR\r\n.*END:VCALENDAR\r\n$/s);
  });
});

test('what a person named their calendar cannot run on its page', async () => {
  await server.request('PROPPATCH', CALENDAR, {
    headers: { 'content-type': 'application/xml' },
    body: '<D:propertyupdate xmlns:D="DAV:"><D:set><D:prop><D:displayname>&lt;script&gt;alert(1)&lt;/script&gt;</D:displayname></D:prop></D:set></D:propertyupdate>',
  });
  await put('%22%3E%3Cscript%3E.ics', event('script'));
  for (const path of [HOME, CALENDAR]) {
    const page = await get(path, BROWSER);
    expect(page.body.toString()).not.toContain('<script');
    expect(page.headers['content-security-policy']).toContain("default-src 'none'");
  }
});
