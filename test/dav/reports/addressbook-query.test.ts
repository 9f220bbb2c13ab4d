import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { startDavServer, type DavServer } from '../../dav-server.ts';
import { readCard } from '../../vcard/card-reader.ts';
import { BOOK, savePeople, startWithPeople } from '../directory-people.ts';
import { report, responsesIn, statuses } from './report-client.ts';

let server: DavServer;
beforeAll(async () => {
  server = await startWithPeople();
});
afterAll(() => server.close());

const query = (inner: string, props = '<D:getetag/>'): string =>
  '<CR:addressbook-query xmlns:D="DAV:" xmlns:CR="urn:ietf:params:xml:ns:carddav">' +
  `<D:prop>${props}</D:prop>${inner}</CR:addressbook-query>`;
const propFilter = (name: string, inner: string, test = 'anyof'): string =>
  `<CR:prop-filter name="${name}" test="${test}">${inner}</CR:prop-filter>`;
const filter = (inner: string, test = 'anyof'): string => `<CR:filter test="${test}">${inner}</CR:filter>`;
const textMatch = (text: string, attributes = ''): string => `<CR:text-match ${attributes}>${text}</CR:text-match>`;

const ask = (body: string, path = BOOK, headers: Readonly<Record<string, string>> = { depth: '1' }) =>
  report(server, path, body, headers);
/** The ids of the cards that are found. */
async function found(inner: string): Promise<readonly string[]> {
  const { status, text } = await ask(query(inner));
  expect(status).toBe(207);
  return Object.keys(statuses(text)).map((href) => decodeURIComponent(href.slice(BOOK.length, -'.vcf'.length)));
}

test.each<readonly [string, string, readonly string[]]>([
  ['everybody without a prop-filter', filter(''), ['ada', 'alice', 'big room', 'bob', 'team']],
  ['a name, in any case', filter(propFilter('FN', textMatch('MÜLLER'))), ['ada']],
  [
    'a name or an address',
    filter(propFilter('FN', textMatch('big')) + propFilter('EMAIL', textMatch('bob'))),
    ['big room', 'bob'],
  ],
  [
    'a name and an address',
    filter(propFilter('FN', textMatch('a')) + propFilter('EMAIL', textMatch('.org')), 'allof'),
    ['ada'],
  ],
  [
    'the beginning of an address',
    filter(propFilter('EMAIL', textMatch('a', 'match-type="starts-with"'))),
    ['ada', 'alice'],
  ],
  ['the end of an address', filter(propFilter('EMAIL', textMatch('.com', 'match-type="ends-with"'))), ['alice', 'bob']],
  ['a whole name', filter(propFilter('FN', textMatch('Bob', 'match-type="equals"'))), ['bob']],
  [
    'a whole name, octet for octet',
    filter(propFilter('FN', textMatch('Bob', 'match-type="equals" collation="i;octet"'))),
    [],
  ],
  ['what has no address', filter(propFilter('EMAIL', '<CR:is-not-defined/>')), ['big room', 'team']],
  ['what has a property of Apple', filter(propFilter('X-ADDRESSBOOKSERVER-KIND', '')), ['big room', 'team']],
  ['groups', filter(propFilter('X-ADDRESSBOOKSERVER-KIND', textMatch('group'))), ['team']],
  [
    'who is not Ada',
    filter(propFilter('FN', textMatch('ada', 'negate-condition="yes"'))),
    ['alice', 'big room', 'bob', 'team'],
  ],
  [
    'a group that somebody is in',
    filter(propFilter('X-ADDRESSBOOKSERVER-MEMBER', textMatch('11111111-50a5'))),
    ['team'],
  ],
  [
    'a preferred address',
    filter(
      propFilter(
        'EMAIL',
        `${textMatch('am@')}<CR:param-filter name="TYPE">${textMatch('pref')}</CR:param-filter>`,
        'allof',
      ),
    ),
    [],
  ],
  ['a property that no card has', filter(propFilter('TEL', textMatch('1'))), []],
])('finds %s', async (_, inner, ids) => {
  expect(await found(inner)).toEqual(ids);
});

describe('address-data', () => {
  const data = async (element: string, path = `${BOOK}ada.vcf`) => {
    const { text } = await ask(query(filter(''), element), path);
    return /<CR:address-data([^>]*)>([^<]*)</.exec(text)?.slice(1) ?? [];
  };
  const unescape = (text: string | undefined) => (text ?? '').replaceAll('&#13;', '\r').replaceAll('&amp;', '&');

  test('is the whole card in version 3.0, and then has no attributes', async () => {
    const [attributes, text] = await data('<CR:address-data/>');
    expect(attributes).toBe('');
    expect(readCard(unescape(text).replaceAll(/\r?\n/g, '\r\n')).map(({ name }) => name)).toContain('CALADRURI');
  });

  test('is in version 4.0 where that is asked for, and says so', async () => {
    const [attributes, text] = await data('<CR:address-data content-type="text/vcard" version="4.0"/>');
    expect(attributes).toBe(' content-type="text/vcard" version="4.0"');
    expect(text).toContain('KIND:individual');
  });

  test('has the properties asked for alone', async () => {
    const [, text] = await data(
      '<CR:address-data><CR:prop name="VERSION"/><CR:prop name="fn"/><CR:prop name="EMAIL" novalue="yes"/></CR:address-data>',
    );
    expect(unescape(text).replaceAll('\r', '').split('\n')).toEqual([
      ...['BEGIN:VCARD', 'VERSION:3.0', 'FN:Ada Müller', 'EMAIL;TYPE=INTERNET,PREF:', 'EMAIL;TYPE=INTERNET:'],
      ...['END:VCARD', ''],
    ]);
    const [, whole] = await data('<CR:address-data><CR:allprop/></CR:address-data>');
    expect(whole).toContain('UID:');
  });

  test('of a group has its members', async () => {
    const [, text] = await data('<CR:address-data version="4.0"/>', `${BOOK}team.vcf`);
    expect(text?.match(/MEMBER:urn:uuid:/g)?.length).toBe(2);
  });

  test.each(['content-type="text/calendar"', 'version="2.1"', 'content-type="application/vcard+json" version="4.0"'])(
    'with %s is refused with supported-address-data',
    async (attributes) => {
      const { status, text } = await ask(query(filter(''), `<CR:address-data ${attributes}/>`));
      expect(status).toBe(403);
      expect(text).toContain('<CR:supported-address-data/>');
    },
  );
});

describe('a limit', () => {
  const limit = (count: number): string => `<CR:limit><CR:nresults>${count}</CR:nresults></CR:limit>`;

  test('cuts the answer, which says so with 507 on the address book and does not count that (§8.6.2)', async () => {
    const { text } = await ask(query(filter('') + limit(2)));
    expect(statuses(text)).toEqual({ [`${BOOK}ada.vcf`]: 200, [`${BOOK}alice.vcf`]: 200, [BOOK]: 507 });
    expect(text).toContain('<D:error><D:number-of-matches-within-limits/></D:error>');
  });

  test('that is not passed leaves the answer whole', async () => {
    const { text } = await ask(query(filter('') + limit(5)));
    expect(Object.values(statuses(text))).toEqual([200, 200, 200, 200, 200]);
    const none = await ask(query(filter(propFilter('FN', textMatch('nobody'))) + limit(0)));
    expect(responsesIn(none.text)).toEqual([]);
    expect(statuses((await ask(query(filter('') + limit(0)))).text)).toEqual({ [BOOK]: 507 });
  });

  test('of the server holds for a query that names none', async () => {
    const small = await startDavServer({ users: ['a', 'b', 'c', 'alice'], limits: { reportMatches: 2 } });
    const { text } = await report(small, BOOK, query(filter('')), { depth: '1' });
    expect(Object.values(statuses(text))).toEqual([200, 200, 507]);
    const more = await report(small, BOOK, query(filter('') + limit(3)), { depth: '1' });
    expect(Object.values(statuses(more.text))).toEqual([200, 200, 507]);
    await small.close();
  });
});

describe('the scope', () => {
  test('is the members where no Depth is sent, and nothing with Depth 0', async () => {
    expect(responsesIn((await ask(query(filter('')), BOOK, {})).text).length).toBe(5);
    expect(responsesIn((await ask(query(filter('')), BOOK, { depth: '0' })).text)).toEqual([]);
  });

  test('is the card itself on a card', async () => {
    const path = `${BOOK}ada.vcf`;
    expect(statuses((await ask(query(filter(propFilter('FN', textMatch('ada')))), path)).text)).toEqual({
      [path]: 200,
    });
    expect(statuses((await ask(query(filter(propFilter('FN', textMatch('bob')))), path)).text)).toEqual({});
  });

  test('is no calendar, nor the folder of address books', async () => {
    for (const path of ['/dav/calendars/alice/calendar/', '/dav/addressbooks/']) {
      const { status, text } = await ask(query(filter('')), path);
      expect([status, text.includes('<D:supported-report/>')]).toEqual([403, true]);
    }
  });
});

describe('a query that is wrong', () => {
  test.each([
    ['no filter', ''],
    ['an unknown element of CardDAV in a filter', filter('<CR:comp-filter name="X"/>')],
    ['a prop-filter without a name', filter('<CR:prop-filter/>')],
    ['a name that is none', filter(propFilter('F N', ''))],
    ['a param-filter without a name', filter(propFilter('FN', '<CR:param-filter/>'))],
    ['is-not-defined beside a text', filter(propFilter('FN', `<CR:is-not-defined/>${textMatch('a')}`))],
    ['a match-type that is none', filter(propFilter('FN', textMatch('a', 'match-type="like"')))],
    ['a test that is none', filter('', 'noneof')],
    ['a limit without a number', `${filter('')}<CR:limit><CR:nresults>many</CR:nresults></CR:limit>`],
    ['a filter of too many elements', filter(propFilter('FN', textMatch('a')).repeat(300))],
  ])('is a 400: %s', async (_, inner) => {
    expect((await ask(query(inner))).status).toBe(400);
  });

  test('is refused with the collation that is not known', async () => {
    const { status, text } = await ask(query(filter(propFilter('FN', textMatch('a', 'collation="i;unknown"')))));
    expect(status).toBe(403);
    expect(text).toContain('<CR:supported-collation/>');
  });

  test('an element of another namespace is passed over', async () => {
    expect(await found(filter(`<x xmlns="urn:x"/>${propFilter('FN', '<x xmlns="urn:x"/>')}`))).toHaveLength(5);
  });
});

test('in version 4.0 the properties of that version are searched', async () => {
  const body = query(filter(propFilter('KIND', textMatch('location'))), '<CR:address-data version="4.0"/>');
  expect(statuses((await ask(body)).text)).toEqual({ [`${BOOK}big%20room.vcf`]: 200 });
});

test('a name beyond ASCII is found in either spelling of its characters', async () => {
  const own = await startDavServer();
  await savePeople(
    own,
    { id: 'jose', kind: 'user', name: 'Jose\u0301 Nu\u0301n\u0303ez' },
    { id: 'k', kind: 'user', name: '\u212Aelvin' },
  );
  const search = async (text: string) =>
    Object.keys(
      statuses((await report(own, BOOK, query(filter(propFilter('FN', textMatch(text)))), { depth: '1' })).text),
    );
  for (const text of ['José', 'JOSÉ', 'jose', 'núñez']) expect(await search(text), text).toEqual([`${BOOK}jose.vcf`]);
  expect(await search('kelvin')).toEqual([`${BOOK}k.vcf`]);
  await own.close();
});
