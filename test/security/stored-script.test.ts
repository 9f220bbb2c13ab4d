import { afterAll, beforeAll, expect, test } from 'vitest';

import { event, CALENDAR_TYPE, startDavServer, XML, type DavServer } from '../dav-server.ts';

/** Security 10: text of a stranger stays text, on whatever page of ours it comes out. */
const SCRIPT = '<script>alert(1)</script>"\'><img src=x onerror=alert(1)>';
const ESCAPED = SCRIPT.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
const NAME = encodeURIComponent('"><img src=x onerror=alert(1)>.ics');
const HOME = '/dav/calendars/alice/';
const FILES = '/dav/files/alice/';
const BROWSER = { accept: 'text/html', 'user-agent': 'Mozilla/5.0' };

let server: DavServer;
beforeAll(async () => {
  server = await startDavServer({ settings: { files: true } });
  const set = (names: string) =>
    `<D:propertyupdate xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><D:set><D:prop>${names}</D:prop></D:set></D:propertyupdate>`;
  const body = set(
    `<D:displayname>${ESCAPED}</D:displayname><C:calendar-description>${ESCAPED}</C:calendar-description>`,
  );
  expect((await server.request('PROPPATCH', `${HOME}calendar/`, { headers: XML, body })).status).toBe(207);
  const lines = ['SUMMARY', 'DESCRIPTION', 'LOCATION', 'CATEGORIES', 'X-ALT-DESC;FMTTYPE=text/html'];
  const text = event('script', ...lines.map((name) => `${name}:${SCRIPT}`), 'URL:javascript:alert(1)');
  expect((await server.request('PUT', `${HOME}calendar/${NAME}`, { headers: CALENDAR_TYPE, body: text })).status).toBe(
    201,
  );
  await server.request('MKCOL', `${FILES}${NAME}/`);
  const html = { 'content-type': 'text/html' };
  expect((await server.request('PUT', `${FILES}${NAME}`, { headers: html, body: SCRIPT })).status).toBe(405);
  expect((await server.request('PUT', `${FILES}${NAME}.html`, { headers: html, body: SCRIPT })).status).toBe(201);
});
afterAll(() => server.close());

test.each([
  HOME,
  `${HOME}calendar/`,
  FILES,
  `${FILES}${NAME}/`,
  '/dav/principals/users/',
  '/dav/principals/users/alice/',
])('the page of %s shows it as text, and could run none', async (path) => {
  const answer = await server.request('GET', path, { headers: BROWSER });
  expect([answer.status, answer.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
  const page = answer.body.toString();
  expect(page).not.toMatch(/<script|<img|<svg|javascript:/i);
  expect(answer.headers['x-content-type-options']).toBe('nosniff');
  const policy = String(answer.headers['content-security-policy']);
  expect(policy).toContain("default-src 'none'");
  expect(policy).not.toContain('unsafe-inline');
});

test.each([`${HOME}calendar/${NAME}`, `${HOME}calendar/`, `${FILES}${NAME}.html`])(
  'what GET gives of %s is saved, never shown',
  async (path) => {
    const answer = await server.request('GET', path, { headers: { accept: 'text/calendar' } });
    expect(answer.status).toBe(200);
    expect(answer.headers['content-disposition']).toMatch(/^attachment/);
    expect(answer.headers['x-content-type-options']).toBe('nosniff');
  },
);

test('a listing, a lock, an error and a feed as XML have it as text', async () => {
  const owner = `<owner>${ESCAPED}</owner>`;
  const lock = `<lockinfo xmlns="DAV:"><lockscope><shared/></lockscope><locktype><write/></locktype>${owner}</lockinfo>`;
  const answers = [
    await server.request('PROPFIND', `${HOME}calendar/`, { headers: { ...XML, depth: '1' } }),
    await server.request('LOCK', `${HOME}calendar/${NAME}`, { headers: XML, body: lock }),
    await server.request('PUT', `${HOME}calendar/${NAME}`, { headers: CALENDAR_TYPE, body: event('other') }),
    await server.request('GET', `${HOME}calendar/${NAME}`, { headers: { accept: 'application/calendar+xml' } }),
    await server.request('GET', `${HOME}none/${NAME}`, { headers: BROWSER }),
  ];
  for (const { body } of answers) expect(body.toString()).not.toMatch(/<script|<img/i);
  expect(answers.map(({ status }) => status)).toEqual([207, 200, 423, 200, 404]);
});
