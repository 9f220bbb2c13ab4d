import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import type { Answer } from '../../dav-client.ts';
import { startDavServer, XML, type DavServer } from '../../dav-server.ts';

let server: DavServer;
beforeAll(async () => {
  server = await startDavServer({ limits: { propertyOctets: 3000, livePropertyOctets: 3000 } });
});
afterAll(() => server.close());

const HOME = '/dav/calendars/alice/';
const NAMES =
  'xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav" xmlns:A="http://apple.com/ns/ical/" xmlns:X="urn:x"';
const TYPE = '<D:resourcetype><D:collection/><C:calendar/></D:resourcetype>';
const ZONE = ['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//T//EN', 'BEGIN:VTIMEZONE', 'TZID:Europe/Berlin']
  .concat(['BEGIN:STANDARD', 'DTSTART:19700101T000000', 'TZOFFSETFROM:+0100', 'TZOFFSETTO:+0100', 'END:STANDARD'])
  .concat(['END:VTIMEZONE', 'END:VCALENDAR', ''])
  .join('&#13;\n');

let count = 0;
/** Makes a calendar of a new name; DAVx5 sends the type with MKCALENDAR as well. */
async function make(method: 'MKCALENDAR' | 'MKCOL', properties: string): Promise<Answer & { readonly path: string }> {
  const root = method === 'MKCOL' ? 'D:mkcol' : 'C:mkcalendar';
  const path = `${HOME}made-${(count += 1)}/`;
  const body = `<${root} ${NAMES}><D:set><D:prop>${TYPE}${properties}</D:prop></D:set></${root}>`;
  return { ...(await server.request(method, path, { headers: XML, body })), path };
}

async function asked(path: string, names: string): Promise<string> {
  const body = `<D:propfind ${NAMES}><D:prop>${names}</D:prop></D:propfind>`;
  return (await server.request('PROPFIND', path, { headers: { ...XML, depth: '0' }, body })).body.toString();
}

describe.each(['MKCALENDAR', 'MKCOL'] as const)('%s', (method) => {
  test.each([
    ['<D:displayname>Work</D:displayname>', /<D:displayname>Work</],
    ['<C:calendar-description xml:lang="en">Mine</C:calendar-description>', />Mine</],
    [`<C:calendar-timezone>${ZONE}</C:calendar-timezone>`, /<C:calendar-timezone>BEGIN:VCALENDAR&#13;/],
    ['<C:calendar-timezone-id>Asia/Tokyo</C:calendar-timezone-id>', />Asia\/Tokyo</],
    ['<A:calendar-color symbolic-color="red">#FF2968FF</A:calendar-color>', / symbolic-color="red">#FF2968FF</],
    ['<A:calendar-order>-3</A:calendar-order>', />-3</],
    ['<C:schedule-calendar-transp><C:transparent/></C:schedule-calendar-transp>', /<C:transparent\/>/],
    [
      '<C:supported-calendar-component-set><C:comp name="VTODO"/><C:comp name="vjournal"/></C:supported-calendar-component-set>',
      /<C:comp name="VTODO"\/><C:comp name="VJOURNAL"\/></,
    ],
    ['<X:own a="1">v<X:in/></X:own>', /a="1">v<in\/></],
  ])('sets %s', async (xml, expected) => {
    const made = await make(method, xml);
    expect(made.status).toBe(201);
    const name = xml.replace(/^<([\w:-]+).*$/s, '<$1/>');
    expect(await asked(made.path, name)).toMatch(expected);
  });

  test.each([
    ['no time zone', '<C:calendar-timezone>x</C:calendar-timezone>', 403, 'valid-calendar-data'],
    ['an unknown one', '<C:calendar-timezone-id>Mars/Base</C:calendar-timezone-id>', 403, 'valid-timezone'],
    [
      'an unknown component',
      '<C:supported-calendar-component-set><C:comp name="VCARD"/></C:supported-calendar-component-set>',
      403,
      'supported-calendar-component',
    ],
    ['what is too long', `<D:displayname>${'x'.repeat(3001)}</D:displayname>`, 507, 'quota-not-exceeded'],
    ['too much together', [1, 2, 3, 4, 5].map((n) => `<X:n${n}>${'x'.repeat(2900)}</X:n${n}>`).join(''), 507, 'quota'],
    ['another type', '<D:resourcetype><D:collection/><X:addressbook/></D:resourcetype>', 403, 'valid-resourcetype'],
  ])('with %s makes nothing', async (_what, xml, status, condition) => {
    const made = await make(method, `<D:displayname>Half</D:displayname>${xml}`);
    expect([made.status, made.body.toString().includes(condition)]).toEqual([status, true]);
    expect((await server.request('GET', made.path)).status).toBe(404);
  });

  test('says of each property why nothing was made', async () => {
    const made = await make(method, '<D:displayname>Half</D:displayname><D:getetag>"x"</D:getetag>');
    expect(made.status).toBe(method === 'MKCALENDAR' ? 207 : 403);
    const text = made.body.toString();
    expect(text).toMatch(/<D:displayname\/><\/D:prop><D:status>HTTP\/1.1 424/);
    expect(text).toMatch(/<D:getetag\/><\/D:prop><D:status>HTTP\/1.1 403.*cannot-modify-protected-property/);
    expect((await server.request('GET', made.path)).status).toBe(404);
  });

  test.each([
    ['where a calendar is', `${HOME}calendar/`, 403, 'resource-must-be-null'],
    ['where the inbox is', `${HOME}inbox/`, 403, 'resource-must-be-null'],
    ['at the home', HOME, 403, 'resource-must-be-null'],
    ['in a calendar', `${HOME}calendar/inner/`, 403, 'calendar-collection-location-ok'],
    ['in what does not exist', `${HOME}none/inner/`, 409, ''],
    ['in the home of another', '/dav/calendars/bob/mine/', 403, 'need-privileges'],
    ['in the home of nobody', '/dav/calendars/nobody/mine/', 403, 'need-privileges'],
    ['outside of homes', '/dav/calendars/', 403, 'need-privileges'],
    ['at the root', '/mine/', 403, 'need-privileges'],
  ])('%s', async (_what, path, status, condition) => {
    const answer = await server.request(method, path);
    expect([answer.status, answer.body.toString().includes(condition)]).toEqual([status, true]);
  });

  test.each([
    ['text', 'x', { 'content-type': 'text/plain' }, 415],
    ['broken XML', '<a>', XML, 400],
    ['another root', '<D:propfind xmlns:D="DAV:"/>', XML, method === 'MKCOL' ? 415 : 400],
  ])('with a body that is %s', async (_what, body, headers, status) => {
    const path = `${HOME}never/`;
    expect((await server.request(method, path, { body, headers })).status).toBe(status);
    expect((await server.request('GET', path)).status).toBe(404);
  });
});

test('names keep their characters, and one name is one calendar', async () => {
  for (const name of ['B%20%C3%BC%3B', '%F0%9F%93%85', '5C3A1F2E-0000-4000-8000-ABCDEFABCDEF']) {
    expect((await server.request('MKCALENDAR', `${HOME}${name}/`)).status).toBe(201);
    expect((await server.request('MKCALENDAR', `${HOME}${name}`)).status).toBe(403);
    expect(await asked(`${HOME}${name}`, '<D:resourcetype/>')).toContain('<C:calendar/>');
  }
});
