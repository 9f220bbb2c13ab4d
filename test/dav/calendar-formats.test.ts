import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { negotiated } from '../../src/dav/calendar-format.ts';
import { jcalText } from '../../src/ical/jcal-write.ts';
import { parseCalendar } from '../../src/ical/parse.ts';
import { xcalText } from '../../src/ical/xcal-write.ts';
import { CALENDAR_TYPE, event, ics, startDavServer, XML, type DavServer } from '../dav-server.ts';

const JSON_TYPE = 'application/calendar+json';
const XML_TYPE = 'application/calendar+xml';
const CALENDAR = '/dav/calendars/alice/calendar/';
const OBJECT = `${CALENDAR}a.ics`;
const SENT = event('a', 'SUMMARY:Müller & Söhne');

let server: DavServer;
beforeAll(async () => {
  server = await startDavServer();
});
afterAll(() => server.close());
beforeEach(async () => {
  await server.request('DELETE', OBJECT);
});

const put = (body: string, headers: Record<string, string> = CALENDAR_TYPE) =>
  server.request('PUT', OBJECT, { body, headers });
const get = (accept?: string, headers: Record<string, string> = {}, path = OBJECT) =>
  server.request('GET', path, { headers: { ...headers, ...(accept === undefined ? {} : { accept }) } });

describe('Accept', () => {
  test.each([
    [undefined, 'text/calendar'],
    ['*/*', 'text/calendar'],
    ['text/*', 'text/calendar'],
    ['application/*', JSON_TYPE],
    [JSON_TYPE, JSON_TYPE],
    [`${JSON_TYPE}, text/calendar`, 'text/calendar'],
    [`text/calendar;q=0.2, ${JSON_TYPE};q=0.5`, JSON_TYPE],
    [`${XML_TYPE} ; Q=0.9, */*; q=0.1`, XML_TYPE],
    [`*/*, text/calendar;q=0`, JSON_TYPE],
    [`${JSON_TYPE};q=0`, 'text/calendar'],
    [`${JSON_TYPE};q=much`, 'text/calendar'],
    ['image/png', 'text/calendar'],
    ['text/html,application/xml;q=0.9,*/*;q=0.8', 'text/calendar'],
  ])('%s: %s', (accept, type) => {
    expect(negotiated(accept).mediaType).toBe(type);
  });
});

describe('GET', () => {
  test.each([
    [JSON_TYPE, jcalText(parseCalendar(SENT))],
    [XML_TYPE, xcalText(parseCalendar(SENT))],
  ])('an object as %s', async (type, body) => {
    await put(SENT);
    const answer = await get(type);
    expect(answer.status).toBe(200);
    expect(answer.headers['content-type']).toBe(`${type}; charset=utf-8`);
    expect(answer.headers['content-disposition']).toBe('attachment');
    expect(answer.body.toString()).toBe(body);
  });

  test('each form has an entity tag of its own, and says that Accept chose it', async () => {
    await put(SENT);
    const answers = [await get(), await get(JSON_TYPE), await get(XML_TYPE)];
    expect(new Set(answers.map(({ headers }) => headers.etag)).size).toBe(3);
    for (const { headers } of answers) expect(headers.vary).toContain('Accept');
  });

  test('304 answers the tag of the form that is asked for, and no other', async () => {
    await put(SENT);
    const plain = String((await get()).headers.etag);
    const json = String((await get(JSON_TYPE)).headers.etag);
    expect((await get(JSON_TYPE, { 'if-none-match': json })).status).toBe(304);
    expect((await get(JSON_TYPE, { 'if-none-match': plain })).status).toBe(200);
    expect((await get(undefined, { 'if-none-match': json })).status).toBe(200);
  });

  test.each([JSON_TYPE, XML_TYPE])(
    'a calendar as one file of %s: every component, each time zone once',
    async (type) => {
      const path = '/dav/calendars/bob/calendar/';
      const zone = ['BEGIN:VTIMEZONE', 'TZID:Z', 'BEGIN:STANDARD', 'DTSTART:19700101T000000', 'TZOFFSETFROM:+0100'];
      const zoned = (uid: string) =>
        ics(
          ...[...zone, 'TZOFFSETTO:+0100', 'END:STANDARD', 'END:VTIMEZONE', 'BEGIN:VEVENT', `UID:${uid}`],
          ...[
            'DTSTAMP:20260301T000000Z',
            'DTSTART;TZID=Z:20260302T090000',
            `DESCRIPTION:${'x'.repeat(900)}`,
            'END:VEVENT',
          ],
        );
      const names = Array.from({ length: 150 }, (_, index) => `n${index}`);
      for (const name of names) {
        await server.request('PUT', `${path}${name}.ics`, { as: 'bob', body: zoned(name), headers: CALENDAR_TYPE });
      }
      const answer = await server.request('GET', path, { as: 'bob', headers: { accept: type } });
      expect(answer.headers['content-type']).toBe(`${type}; charset=utf-8`);
      const text = answer.body.toString();
      const components =
        type === JSON_TYPE
          ? (JSON.parse(text) as [string, unknown[], [string][]])[2].map(([name]) => name)
          : [...text.matchAll(/<(vevent|vtimezone)>/g)].map(([, name]) => name);
      expect(components.filter((name) => name === 'vtimezone')).toHaveLength(1);
      expect(components.filter((name) => name === 'vevent')).toHaveLength(names.length);
      for (const name of names) expect(text).toMatch(new RegExp(`[">]${name}["<]`));
    },
  );

  test.each([
    [JSON_TYPE, '["vcalendar",'],
    [XML_TYPE, '<?xml'],
  ])('an empty calendar as %s', async (type, start) => {
    const answer = await server.request('GET', '/dav/calendars/alice/tasks/', { headers: { accept: type } });
    expect(answer.body.toString().startsWith(start)).toBe(true);
    if (type === JSON_TYPE) expect(JSON.parse(answer.body.toString())).toHaveLength(3);
  });
});

describe('PUT', () => {
  test.each([
    [JSON_TYPE, jcalText(parseCalendar(SENT))],
    [`${XML_TYPE}; charset=utf-8`, xcalText(parseCalendar(SENT))],
  ])('%s is stored as iCalendar, and answered without validators', async (type, body) => {
    const answer = await put(body, { 'content-type': type });
    expect(answer.status).toBe(201);
    expect(answer.headers.etag).toBeUndefined();
    expect(answer.headers['last-modified']).toBeUndefined();
    const read = await get();
    expect(read.headers['content-type']).toBe('text/calendar;charset=utf-8');
    expect(read.body.toString()).toBe(SENT);
  });

  test('a condition holds with the tag of the resource and of any of its forms', async () => {
    await put(SENT);
    for (const accept of [undefined, JSON_TYPE, XML_TYPE]) {
      const tag = String((await get(accept)).headers.etag);
      const changed = jcalText(parseCalendar(event('a', `SUMMARY:${accept ?? 'plain'}`)));
      const answer = await put(changed, { 'content-type': JSON_TYPE, 'if-match': tag });
      expect(answer.status).toBe(204);
      expect((await put(SENT, { ...CALENDAR_TYPE, 'if-match': tag })).status).toBe(412);
    }
    const tag = String((await get(JSON_TYPE)).headers.etag);
    expect((await put(SENT, { ...CALENDAR_TYPE, 'if-none-match': tag })).status).toBe(412);
    expect((await server.request('DELETE', OBJECT, { headers: { 'if-match': tag } })).status).toBe(204);
  });

  test.each([
    [JSON_TYPE, undefined, JSON_TYPE],
    [JSON_TYPE, 'text/calendar', 'text/calendar'],
    ['text/calendar', JSON_TYPE, JSON_TYPE],
    ['text/calendar', '*/*', 'text/calendar'],
    [JSON_TYPE, '*/*', JSON_TYPE],
  ])('of %s, with a representation as %s: %s', async (sent, accept, type) => {
    const body = sent === JSON_TYPE ? jcalText(parseCalendar(SENT)) : SENT;
    const headers = {
      'content-type': sent,
      prefer: 'return=representation',
      ...(accept === undefined ? {} : { accept }),
    };
    const answer = await put(body, headers);
    expect(answer.status).toBe(201);
    expect(answer.headers['content-type']).toContain(type);
    expect(answer.headers.vary).toContain('Accept');
    expect(answer.headers['preference-applied']).toBe('return=representation');
    const read = await get(type);
    expect(answer.body.equals(read.body)).toBe(true);
    expect(answer.headers.etag).toBe(read.headers.etag);
  });

  test('a failed condition is answered with the form that is asked for (RFC 8144 §3.2)', async () => {
    await put(SENT);
    const headers = { ...CALENDAR_TYPE, 'if-match': '"x"', prefer: 'return=representation', accept: JSON_TYPE };
    const answer = await put(SENT, headers);
    expect(answer.status).toBe(412);
    expect(answer.body.toString()).toBe(jcalText(parseCalendar(SENT)));
  });

  const deep = `${'<a>'.repeat(100)}${'</a>'.repeat(100)}`;
  test.each([
    ['no JSON', JSON_TYPE, '{', 'valid-calendar-data'],
    ['JSON that is no jCal', JSON_TYPE, '{}', 'valid-calendar-data'],
    ['jCal of a bomb of brackets', JSON_TYPE, '['.repeat(1_000_000), 'valid-calendar-data'],
    ['jCal that is no object', JSON_TYPE, '["vcalendar",[],[]]', 'valid-calendar-object-resource'],
    ['no XML', XML_TYPE, '<a', 'valid-calendar-data'],
    ['XML that is no xCal', XML_TYPE, '<a/>', 'valid-calendar-data'],
    ['XML that is too deep', XML_TYPE, deep, 'valid-calendar-data'],
    ['a DOCTYPE', XML_TYPE, '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', 'valid-calendar-data'],
    ['an external entity', XML_TYPE, '<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', 'no-external-entities'],
    ['another JSON', 'application/json', '[]', 'supported-calendar-data'],
    ['another charset', `${XML_TYPE}; charset=utf-16`, '<a/>', 'supported-calendar-data'],
  ])('%s is refused', async (_, type, body, code) => {
    const answer = await put(body, { 'content-type': type });
    expect(answer.status).toBe(403);
    expect(answer.body.toString()).toContain(code);
  });
});

describe('reports', () => {
  const multiget = (attributes: string) =>
    server.request('REPORT', CALENDAR, {
      headers: XML,
      body: `<C:calendar-multiget xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><D:prop><D:getetag/>
        <C:calendar-data ${attributes}/></D:prop><D:href>${OBJECT}</D:href></C:calendar-multiget>`,
    });

  test.each([JSON_TYPE, XML_TYPE])('calendar-data as %s says what it is', async (type) => {
    await put(SENT);
    const body = (await multiget(`content-type="${type}"`)).body.toString();
    expect(body).toContain(`content-type="${type}" version="2.0"`);
    const data = /<C:calendar-data [^>]*>(.*)<\/C:calendar-data>/s.exec(body)![1]!;
    const plain = data
      .replaceAll('&quot;', '"')
      .replaceAll('&lt;', '<')
      .replaceAll('&gt;', '>')
      .replaceAll('&amp;', '&');
    const calendar = parseCalendar(SENT);
    expect(plain).toBe(type === JSON_TYPE ? jcalText(calendar) : xcalText(calendar));
    // The tag of the resource, as PROPFIND tells it.
    expect(body).toContain(String((await get()).headers.etag).replaceAll('"', '&quot;'));
  });

  test('iCalendar needs no attribute, and another type is refused', async () => {
    await put(SENT);
    expect((await multiget('')).body.toString()).toContain('<C:calendar-data>BEGIN:VCALENDAR');
    const refused = await multiget('content-type="application/json"');
    expect(refused.status).toBe(403);
    expect(refused.body.toString()).toContain('supported-calendar-data');
  });

  test('free-busy-query answers in the form that Accept names', async () => {
    const answer = await server.request('REPORT', CALENDAR, {
      headers: { ...XML, accept: JSON_TYPE },
      body: `<C:free-busy-query xmlns:C="urn:ietf:params:xml:ns:caldav">
        <C:time-range start="20260301T000000Z" end="20260401T000000Z"/></C:free-busy-query>`,
    });
    expect(answer.headers['content-type']).toContain(JSON_TYPE);
    expect(JSON.parse(answer.body.toString())).toMatchObject([
      'vcalendar',
      expect.anything(),
      [['vfreebusy', expect.anything(), []]],
    ]);
  });

  test('supported-calendar-data lists the three types', async () => {
    const body = `<D:propfind xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><D:prop><C:supported-calendar-data/></D:prop></D:propfind>`;
    const answer = await server.request('PROPFIND', CALENDAR, { headers: { ...XML, depth: '0' }, body });
    for (const type of ['text/calendar', JSON_TYPE, XML_TYPE]) {
      expect(answer.body.toString()).toContain(`content-type="${type}" version="2.0"`);
    }
  });
});

test('calendar-timezone is set and told as jCal where its content-type says so', async () => {
  const props = (inner: string) => `xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav">${inner}`;
  const zone = ics(
    'BEGIN:VTIMEZONE',
    'TZID:Europe/Vienna',
    'BEGIN:STANDARD',
    'DTSTART:19700101T000000',
    'TZOFFSETFROM:+0100',
    'TZOFFSETTO:+0100',
    'END:STANDARD',
    'END:VTIMEZONE',
  );
  const json = jcalText(parseCalendar(zone));
  const set = (type: string, value: string) =>
    server.request('PROPPATCH', CALENDAR, {
      headers: XML,
      body: `<D:propertyupdate ${props(`<D:set><D:prop><C:calendar-timezone content-type="${type}"><![CDATA[${value}]]></C:calendar-timezone></D:prop></D:set></D:propertyupdate>`)}`,
    });
  const told = async (attributes: string) => {
    const body = `<D:propfind ${props(`<D:prop><C:calendar-timezone ${attributes}/></D:prop></D:propfind>`)}`;
    return (await server.request('PROPFIND', CALENDAR, { headers: { ...XML, depth: '0' }, body })).body.toString();
  };
  expect((await set(JSON_TYPE, json)).body.toString()).toContain('200 OK');
  expect(await told('')).toContain('BEGIN:VTIMEZONE');
  const asJson = await told(`content-type="${JSON_TYPE}"`);
  expect(asJson).toContain(`<C:calendar-timezone content-type="${JSON_TYPE}">`);
  expect(asJson.replaceAll('&quot;', '"')).toContain(json);
  expect((await set(JSON_TYPE, '[]')).body.toString()).toContain('valid-calendar-data');
});
