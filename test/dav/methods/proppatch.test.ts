import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { type Answer } from '../../dav-client.ts';
import { CALENDAR_TYPE, event, startDavServer, XML, type DavServer } from '../../dav-server.ts';

let server: DavServer;
beforeAll(async () => {
  server = await startDavServer({
    admins: ['root'],
    limits: { propertyOctets: 2000, livePropertyOctets: 2000, deadPropertiesPerResource: 20 },
  });
  await server.request('PUT', OBJECT, { body: event('a'), headers: CALENDAR_TYPE });
});
afterAll(() => server.close());

const HOME = '/dav/calendars/alice/';
const CALENDAR = `${HOME}calendar/`;
const OBJECT = `${CALENDAR}a.ics`;
const NAMES =
  'xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav" xmlns:A="http://apple.com/ns/ical/" xmlns:X="urn:x"';
const set = (xml: string): string => `<D:set><D:prop>${xml}</D:prop></D:set>`;
const remove = (xml: string): string => `<D:remove><D:prop>${xml}</D:prop></D:remove>`;
const proppatch = (path: string, inner: string, attributes = '', as = 'alice'): Promise<Answer> =>
  server.request('PROPPATCH', path, {
    as,
    headers: XML,
    body: `<D:propertyupdate ${NAMES} ${attributes}>${inner}</D:propertyupdate>`,
  });

async function asked(path: string, names: string): Promise<string> {
  const body = `<D:propfind ${NAMES}><D:prop>${names}</D:prop></D:propfind>`;
  const answer = await server.request('PROPFIND', path, { headers: { ...XML, depth: '0' }, body });
  return /<D:response>.*<\/D:response>/s.exec(answer.body.toString())?.[0] ?? '';
}

/** Each property name of the answer with the status of its propstat. */
function outcomes({ body }: Answer): readonly (readonly [string, number])[] {
  const propstats = body.toString().match(/<D:propstat>.*?<\/D:propstat>/gs) ?? [];
  return propstats.flatMap((propstat) => {
    const props = /<D:prop>(.*?)<\/D:prop>/s.exec(propstat)?.[1] ?? '';
    const status = Number(/HTTP\/1\.1 (\d+)/.exec(propstat)?.[1]);
    return [...props.matchAll(/<(?:\w+:)?([\w-]+)/g)].map(([, name = '']) => [name, status] as const);
  });
}

describe('a property that cannot be set', () => {
  test.each([
    ['protected', CALENDAR, '<D:getetag>"x"</D:getetag>', 403, 'cannot-modify-protected-property'],
    [
      'protected on a principal',
      '/dav/principals/users/alice/',
      '<D:displayname>Me</D:displayname>',
      403,
      'cannot-mod',
    ],
    ['of MKCALENDAR alone', CALENDAR, '<C:supported-calendar-component-set/>', 403, 'cannot-modify-protected-property'],
    ['a resource type', CALENDAR, '<D:resourcetype/>', 403, 'cannot-modify-protected-property'],
    [
      'no time zone',
      CALENDAR,
      '<C:calendar-timezone>BEGIN:VCALENDAR</C:calendar-timezone>',
      403,
      'valid-calendar-data',
    ],
    [
      'an unknown time zone',
      CALENDAR,
      '<C:calendar-timezone-id>Mars/Base</C:calendar-timezone-id>',
      403,
      'valid-timez',
    ],
    ['no number', CALENDAR, '<A:calendar-order>first</A:calendar-order>', 409, ''],
    ['neither opaque nor transparent', CALENDAR, '<C:schedule-calendar-transp/>', 409, ''],
    [
      'a live one that is too long',
      CALENDAR,
      `<C:calendar-description>${'x'.repeat(2001)}</C:calendar-description>`,
      507,
      'quota-not-exceeded',
    ],
    ['a dead one that is too long', OBJECT, `<X:long>${'x'.repeat(2001)}</X:long>`, 507, 'quota-not-exceeded'],
    [
      'one whose attributes are too long',
      CALENDAR,
      `<A:calendar-color a="${'x'.repeat(2001)}">#fff</A:calendar-color>`,
      507,
      'quota-not-exceeded',
    ],
    ['one whose name is too long', OBJECT, `<X:${'n'.repeat(700)}/>`, 507, 'quota-not-exceeded'],
  ])(
    '%s: its status and precondition, 424 for the others, and nothing is written',
    async (_what, path, xml, status, condition) => {
      const answer = await proppatch(path, set(`<X:bystander>1</X:bystander>${xml}`));
      expect(answer.status).toBe(207);
      const name = /<\w+:([\w-]+)/.exec(xml)?.[1] ?? '';
      expect(outcomes(answer).toSorted()).toEqual([['bystander', 424], [name, status] as const].toSorted());
      expect(answer.body.toString()).toContain(condition);
      expect(await asked(path, '<X:bystander/>')).toContain('404 Not Found');
    },
  );

  test('the whole of them is bounded in number', async () => {
    const many = Array.from({ length: 21 }, (_, n) => `<X:n${n}>1</X:n${n}>`).join('');
    const answer = await proppatch(OBJECT, set(many));
    expect(answer.status).toBe(507);
    expect(answer.body.toString()).toContain('quota-not-exceeded');
    expect(await asked(OBJECT, '<X:n0/>')).toContain('404 Not Found');
  });

  test('and in octets, also over several requests', async () => {
    await server.request('MKCALENDAR', `${HOME}octets/`);
    const statuses: number[] = [];
    for (let n = 0; n < 10; n++) {
      statuses.push((await proppatch(`${HOME}octets/`, set(`<X:n${n}>${'x'.repeat(1800)}</X:n${n}>`))).status);
    }
    expect(statuses.slice(0, 4)).toEqual([207, 207, 207, 207]);
    expect(statuses.at(-1)).toBe(507);
  });
});

test('a principal keeps its name, whoever asks', async () => {
  for (const as of ['alice', 'root']) {
    await proppatch('/dav/principals/users/alice/', set('<D:displayname>Renamed</D:displayname>'), '', as);
    expect(await asked('/dav/principals/users/alice/', '<D:displayname/>')).toContain('>alice<');
  }
});

describe('dead properties are kept as they were sent (RFC 4918 §4.3)', () => {
  test.each([
    ['mixed content', '<X:m a="1">x<X:b>y</X:b>&amp;<![CDATA[<z>]]></X:m>', /a="1">x<b>y<\/b>&amp;&lt;z&gt;</],
    ['namespaces of attributes and children', '<X:m X:a="1"><q xmlns="urn:q"/></X:m>', /:a="1".*<q xmlns="urn:q"\/>/],
    ['its own language', '<X:m xml:lang="de">Zeit</X:m>', /<m [^>]*xml:lang="de"[^>]*>Zeit</],
    ['a carriage return', '<X:m>a&#13;b</X:m>', /a&#13;b/],
    ['a name without namespace', '<m xmlns="">v</m>', /<m[^>]*>v<\/m>/],
    ['a name of the xml namespace', '<xml:m>v</xml:m>', /<xml:m>v<\/xml:m>/],
  ])('%s', async (_what, xml, expected) => {
    expect((await proppatch(OBJECT, set(xml))).status).toBe(207);
    const name = xml.replace(/^<([\w:]+)( xmlns="")?.*$/s, '<$1$2/>');
    expect(await asked(OBJECT, name)).toMatch(expected);
  });

  test('the language in scope is the property’s', async () => {
    const inner = `<D:set xml:lang="fr"><D:prop><X:near xml:lang="nl">1</X:near><X:far>1</X:far></D:prop></D:set>${set('<X:root>1</X:root>')}`;
    await proppatch(OBJECT, inner, 'xml:lang="en"');
    const text = await asked(OBJECT, '<X:near/><X:far/><X:root/>');
    expect([...text.matchAll(/<(\w+) [^>]*xml:lang="(\w+)"/g)].map(([, name, lang]) => `${name} ${lang}`)).toEqual([
      'near nl',
      'far fr',
      'root en',
    ]);
  });
});

test('instructions are followed in document order, and each name is answered once', async () => {
  const inner = `${set('<X:o>1</X:o><X:o>2</X:o>')}${remove('<X:o/>')}${set('<X:o>3</X:o>')}${remove('<X:none/>')}`;
  expect(outcomes(await proppatch(OBJECT, inner))).toEqual([
    ['o', 200],
    ['none', 200],
  ]);
  expect(await asked(OBJECT, '<X:o/>')).toContain('>3</o>');
});

test.each([
  ['nothing in it', '', 400],
  ['a set without prop', '<D:set/>', 400],
  ['an unknown element beside a set', `<X:new/>${set('<X:a>1</X:a>')}`, 207],
])('a propertyupdate with %s is answered %s', async (_what, inner, status) => {
  expect((await proppatch(OBJECT, inner)).status).toBe(status);
});

test.each([
  ['another root', '<D:propfind xmlns:D="DAV:"/>', XML, 400],
  ['no body', '', XML, 400],
  ['text', 'hello', { 'content-type': 'text/plain' }, 415],
  ['a charset that is not UTF-8', '<a/>', { 'content-type': 'application/xml; charset=iso-8859-1' }, 400],
])('a body that is %s is refused', async (_what, body, headers, status) => {
  expect((await server.request('PROPPATCH', OBJECT, { body, headers })).status).toBe(status);
});

test.each([
  ['what does not exist', `${CALENDAR}none.ics`, 404],
  ['the root', '/', 403],
  ['the folder of principals', '/dav/principals/users/', 403],
  ['another principal', '/dav/principals/users/bob/', 403],
  ['another home', '/dav/calendars/bob/', 403],
  ['the own home', HOME, 207],
  ['the inbox', `${HOME}inbox/`, 207],
])('on %s', async (_what, path, status) => {
  expect((await proppatch(path, set('<X:a>1</X:a>'))).status).toBe(status);
});

test('Prefer: return=minimal: success has no body, failure says what failed (RFC 8144 §2.2)', async () => {
  const send = (xml: string) =>
    server.request('PROPPATCH', CALENDAR, {
      headers: { ...XML, prefer: 'return=minimal' },
      body: `<D:propertyupdate ${NAMES}>${set(xml)}</D:propertyupdate>`,
    });
  const done = await send('<X:a>1</X:a>');
  expect([done.status, done.body.length, done.headers['preference-applied']]).toEqual([200, 0, 'return=minimal']);
  expect(outcomes(await send('<D:getetag/>'))).toEqual([['getetag', 403]]);
});
