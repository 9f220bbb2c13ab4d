import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { openStore } from '../../src/store/store.ts';
import { multistatus } from '../dav-client.ts';
import { CALENDAR_TYPE, event, startDavServer, XML, type DavServer } from '../dav-server.ts';
import { postgresForTests } from '../postgres/database.ts';

/** Security 18: whatever is searched for is a text to be compared, on both databases, and never a part of a statement. */
const postgres = await postgresForTests();
const ENGINES: readonly (readonly [name: string, url: () => Promise<string | undefined>])[] = [
  ['SQLite', () => Promise.resolve(undefined)],
  ...('missing' in postgres ? [] : [['PostgreSQL', () => postgres.create()] as const]),
];

const CAL = '/dav/calendars/alice/calendar/';
const NAMES =
  'xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav" xmlns:A="urn:ietf:params:xml:ns:carddav" xmlns:CS="http://calendarserver.org/ns/"';
const SUMMARIES = [
  "O'Brien",
  '100%',
  'a_b',
  'c:\\d',
  'semi; -- drop',
  "') or 1=1 --",
  '"quoted"',
  'plain',
  '${x}$1',
  '?::text',
];
/** What databases read as more than a letter, and what is next to it. */
const PART = fc.constantFrom(
  "'",
  "''",
  '"',
  '%',
  '_',
  '\\',
  ';',
  '--',
  '/*',
  ')',
  '(',
  '?',
  '$1',
  ':a',
  '::',
  '*',
  'or 1=1',
  'a',
  'B',
  ' ',
  '0',
  'ß',
  '𝒳',
  '\u0301',
);
const TEXT = fc.oneof(
  fc.array(PART, { minLength: 1, maxLength: 6 }).map((parts) => parts.join('')),
  fc.constantFrom(...SUMMARIES),
);
const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
const inIcs = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll(';', '\\;').replaceAll(',', '\\,');

describe.each(ENGINES)('on %s', (name, urlOf) => {
  const runs = { numRuns: name === 'SQLite' ? 80 : 30, seed: 20260302 };
  let server: DavServer;
  beforeAll(async () => {
    const url = await urlOf();
    server = await startDavServer(
      url === undefined ? {} : { open: (services) => openStore({ postgres: url }, services) },
    );
    for (const [at, text] of SUMMARIES.entries()) {
      const body = event(inIcs(`uid ${text}`), `SUMMARY:${inIcs(text)}`);
      const answer = await server.request('PUT', `${CAL}${at}.ics`, { headers: CALENDAR_TYPE, body });
      expect(answer.status).toBe(201);
    }
  });
  afterAll(() => server.close());

  const ask = (path: string, body: string, method = 'REPORT', depth = '1') =>
    server.request(method, path, { headers: { ...XML, depth }, body });
  const query = (filter: string): string =>
    `<C:calendar-query ${NAMES}><D:prop><D:getetag/></D:prop><C:filter><C:comp-filter name="VCALENDAR"><C:comp-filter name="VEVENT">${filter}</C:comp-filter></C:comp-filter></C:filter></C:calendar-query>`;
  const found = async (filter: string): Promise<readonly string[]> => {
    const answer = await ask(CAL, query(filter));
    expect(answer.status).toBe(207);
    return multistatus(answer.body).entries.map(({ href }) => decodeURIComponent(href.slice(CAL.length)));
  };
  const expected = (holds: (text: string) => boolean): readonly string[] =>
    SUMMARIES.flatMap((text, at) => (holds(text) ? [`${at}.ics`] : []));

  test('a text in a property finds what holds it, and nothing else', async () => {
    await fc.assert(
      fc.asyncProperty(TEXT, async (text) => {
        const match = `<C:text-match collation="i;octet">${escaped(text)}</C:text-match>`;
        expect(await found(`<C:prop-filter name="SUMMARY">${match}</C:prop-filter>`)).toEqual(
          expected((summary) => summary.includes(text)),
        );
        expect(await found(`<C:prop-filter name="UID">${match}</C:prop-filter>`)).toEqual(
          expected((summary) => `uid ${summary}`.includes(text)),
        );
      }),
      runs,
    );
  });

  test('the name of a property or of a parameter finds nothing, or is no name', async () => {
    await fc.assert(
      fc.asyncProperty(TEXT, async (text) => {
        for (const filter of [
          `<C:prop-filter name="${escaped(`X-${text}`)}"/>`,
          `<C:prop-filter name="SUMMARY"><C:param-filter name="${escaped(text)}"/></C:prop-filter>`,
        ]) {
          const answer = await ask(CAL, query(filter));
          expect([207, 400, 403]).toContain(answer.status);
          if (answer.status === 207) expect(multistatus(answer.body).entries).toEqual([]);
        }
      }),
      runs,
    );
  });

  test('a search for people and cards finds those alone whose name or address holds it', async () => {
    const prop = '<D:prop><D:displayname/></D:prop>';
    await fc.assert(
      fc.asyncProperty(TEXT, async (text) => {
        const said = escaped(text);
        const bodies = [
          [
            '/dav/principals/',
            `<D:principal-property-search ${NAMES}><D:property-search>${prop}<D:match>${said}</D:match></D:property-search>${prop}</D:principal-property-search>`,
            '0',
          ],
          [
            '/dav/principals/',
            `<CS:calendarserver-principal-search ${NAMES} context="user"><CS:search-token>${said}</CS:search-token>${prop}</CS:calendarserver-principal-search>`,
            '0',
          ],
          [
            '/dav/addressbooks/directory/',
            `<A:addressbook-query ${NAMES}><D:prop><D:getetag/></D:prop><A:filter><A:prop-filter name="FN"><A:text-match>${said}</A:text-match></A:prop-filter></A:filter></A:addressbook-query>`,
            '1',
          ],
        ] as const;
        for (const [path, body, depth] of bodies) {
          const answer = await ask(path, body, 'REPORT', depth);
          expect([207, 400, 403]).toContain(answer.status);
          const people = answer.status === 207 ? multistatus(answer.body).entries : [];
          const held = (who: string) => `${who} ${who}@example.com`.includes(text.trim().toLowerCase());
          for (const { href } of people)
            expect(held(/(alice|bob)/.exec(href)?.[1] ?? ''), `${text} ${href}`).toBe(true);
        }
      }),
      runs,
    );
  });

  test('an href, a sync token and a name of a member are no part of a statement either', async () => {
    await fc.assert(
      fc.asyncProperty(TEXT, async (text) => {
        const segment = encodeURIComponent(text);
        const multiget = `<C:calendar-multiget ${NAMES}><D:prop><D:getetag/></D:prop><D:href>${CAL}${segment}</D:href></C:calendar-multiget>`;
        const answer = await ask(CAL, multiget);
        // A slash, of either kind, within a segment is refused as such.
        const absent = /[/\\]/.test(text) ? 400 : 404;
        expect(multistatus(answer.body).entries[0]?.status).toBe(404);
        const token = `<D:sync-collection ${NAMES}><D:sync-token>${escaped(text)}</D:sync-token><D:sync-level>1</D:sync-level><D:prop/></D:sync-collection>`;
        expect((await ask(CAL, token)).status).toBe(text.trim() === '' ? 207 : 403);
        expect((await server.request('GET', CAL + segment)).status).toBe(absent);
        expect((await server.request('DELETE', `/dav/calendars/alice/${segment}/`)).status).toBe(absent);
      }),
      runs,
    );
    expect(await found('')).toHaveLength(SUMMARIES.length);
  });
});
