import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { removePrincipal } from '../../src/calendar/remove-principal.ts';
import { setPasswordHash } from '../../src/store/principals.ts';
import { multistatus, propfind } from '../dav-client.ts';
import { event, startDavServer, XML, type DavServer } from '../dav-server.ts';
import { readCard } from '../vcard/card-reader.ts';
import { BOOK, GUIDS, savePeople, startWithPeople } from './directory-people.ts';

let server: DavServer;
beforeAll(async () => {
  server = await startWithPeople({ admins: ['root'] });
});
afterAll(() => server.close());

const get = (path: string, headers: Readonly<Record<string, string>> = {}, method = 'GET') =>
  server.request(method, path, { headers });
const find = async (path: string, depth: '0' | '1', props: string, as = 'alice') => {
  const body = `<D:propfind xmlns:D="DAV:" xmlns:CR="urn:ietf:params:xml:ns:carddav" xmlns:CS="http://calendarserver.org/ns/"><D:prop>${props}</D:prop></D:propfind>`;
  return server.request('PROPFIND', path, { as, headers: { ...XML, depth }, body });
};

describe('a card', () => {
  test('is vCard 3.0, with an entity tag, as something to be saved', async () => {
    const answer = await get(`${BOOK}ada.vcf`);
    expect(answer.status).toBe(200);
    expect(answer.headers).toMatchObject({
      'content-type': 'text/vcard; charset=utf-8',
      'content-disposition': 'attachment',
      'cache-control': 'private, no-cache',
      vary: 'Accept',
      etag: expect.stringMatching(/^"[\w-]{22}"$/),
      'content-length': String(answer.body.length),
    });
    const lines = readCard(answer.body.toString());
    expect(lines.find(({ name }) => name === 'FN')?.raw).toBe('Ada Müller');
    expect(lines.filter(({ name }) => name === 'EMAIL').map(({ raw }) => raw)).toEqual([
      'ada@example.org',
      'am@example.org',
    ]);
  });

  test.each([
    ['text/vcard;version=4.0', '4.0'],
    ['text/vcard; version="4.0", text/vcard; version=3.0; q=0.5', '4.0'],
    ['text/vcard;q=0.8,text/vcard;version=4.0', '4.0'],
    ['text/vcard; version=3.0, text/vcard; version=4.0', '3.0'],
    ['text/vcard; version=5.0, */*;q=0.1', '3.0'],
    ['text/x-vcard', '3.0'],
    ['text/directory', '3.0'],
    ['text/*', '3.0'],
    ['*/*', '3.0'],
    ['', '3.0'],
  ])('for Accept: %s is of version %s', async (accept, version) => {
    const answer = await get(`${BOOK}ada.vcf`, { accept });
    expect(answer.status).toBe(200);
    const parameter = version === '3.0' ? '' : `; version=${version}`;
    expect(answer.headers['content-type']).toBe(`text/vcard; charset=utf-8${parameter}`);
    expect(answer.body.toString()).toContain(`VERSION:${version}\r\n`);
  });

  test('says so where it can be converted to nothing that is accepted', async () => {
    for (const accept of ['application/vcard+json', 'text/vcard;version=2.1', 'text/*;q=0']) {
      const answer = await get(`${BOOK}ada.vcf`, { accept });
      expect(answer.status).toBe(403);
      expect(answer.body.toString()).toContain('<CR:supported-address-data-conversion/>');
    }
  });

  test('has another entity tag in another version, and each is known again', async () => {
    const three = await get(`${BOOK}ada.vcf`);
    const four = await get(`${BOOK}ada.vcf`, { accept: 'text/vcard;version=4.0' });
    expect(four.headers.etag).not.toBe(three.headers.etag);
    const again = { 'if-none-match': String(three.headers.etag) };
    expect((await get(`${BOOK}ada.vcf`, again)).status).toBe(304);
    expect((await get(`${BOOK}ada.vcf`, { ...again, accept: 'text/vcard;version=4.0' })).status).toBe(200);
    expect((await get(`${BOOK}ada.vcf`, { 'if-match': '"other"' })).status).toBe(412);
  });

  test('is answered to HEAD without its octets', async () => {
    const answer = await get(`${BOOK}ada.vcf`, {}, 'HEAD');
    expect(answer.status).toBe(200);
    expect(answer.headers.etag).toBe((await get(`${BOOK}ada.vcf`)).headers.etag);
    expect(answer.body.length).toBe(0);
  });

  test('of a group names its members by their UIDs', async () => {
    const three = readCard((await get(`${BOOK}team.vcf`)).body.toString());
    expect(three.filter(({ name }) => name === 'X-ADDRESSBOOKSERVER-MEMBER').map(({ raw }) => raw)).toEqual([
      `urn:uuid:${GUIDS.ada}`,
      `urn:uuid:${GUIDS.room}`,
    ]);
    const four = readCard((await get(`${BOOK}team.vcf`, { accept: 'text/vcard;version=4.0' })).body.toString());
    expect(four.filter(({ name }) => name === 'MEMBER').length).toBe(2);
  });

  test('has an entity tag that changes when its octets do, and not for what nobody sees', async () => {
    const own = await startWithPeople();
    const look = async (id: string) => {
      const { headers, body } = await own.request('GET', `${BOOK}${id}.vcf`);
      return { etag: headers.etag, text: body.toString() };
    };
    const before = [await look('ada'), await look('team')] as const;
    await own.context.store.write((tx) => setPasswordHash(tx, 'ada', 'hash', own.time.now + 1));
    await savePeople(own, { id: 'ada', kind: 'user', timezone: 'Europe/Paris' });
    expect([await look('ada'), await look('team')]).toEqual(before);
    await savePeople(own, { id: 'ada', kind: 'user', guid: GUIDS.ada.replace('1', '9') });
    const after = [await look('ada'), await look('team')] as const;
    for (const at of [0, 1] as const) {
      expect(after[at].etag).not.toBe(before[at].etag);
      expect(after[at].text).not.toBe(before[at].text);
    }
    await savePeople(own, { id: 'team', kind: 'group', members: ['ada'] });
    expect((await look('team')).etag).not.toBe(after[1].etag);
    await own.close();
  });

  test('is 404 for nobody, for another ending and for what is below it', async () => {
    for (const path of ['nobody.vcf', 'ada', 'ada.ics', '.vcf', 'ada.vcf/x']) {
      expect((await get(BOOK + path)).status, path).toBe(404);
    }
    expect((await get('/dav/addressbooks/other/')).status).toBe(404);
  });
});

const LOCK =
  '<D:lockinfo xmlns:D="DAV:"><D:lockscope><D:exclusive/></D:lockscope><D:locktype><D:write/></D:locktype></D:lockinfo>';

describe('the address book', () => {
  test('lists everybody with what a client needs to know of an entry', async () => {
    const props = '<D:getetag/><D:getcontenttype/><D:resourcetype/><D:getcontentlength/><D:displayname/>';
    const answer = await find(BOOK, '1', props);
    const { entries } = multistatus(answer.body);
    expect(entries.map(({ href }) => href)).toEqual([
      BOOK,
      ...['ada', 'alice', 'big room', 'bob', 'root', 'team'].map((id) => `${BOOK}${id}.vcf`),
    ]);
    for (const { href, props: found } of entries.slice(1)) {
      const card = await get(href.replace(' ', '%20'));
      expect(found.get('getetag')).toBe(card.headers.etag);
      expect(found.get('getcontentlength')).toBe(String(card.body.length));
      expect(found.get('getcontenttype')).toBe(card.headers['content-type']);
      expect(found.get('resourcetype')).toBe('');
    }
  });

  test('says what it is and what it can do', async () => {
    const props =
      '<D:resourcetype/><D:displayname/><D:supported-report-set/><D:current-user-privilege-set/><D:sync-token/>' +
      '<CS:getctag/><CR:addressbook-description/><CR:supported-address-data/><CR:max-resource-size/>' +
      '<CR:supported-collation-set/>';
    const text = (await find(BOOK, '0', props)).body.toString();
    expect(text).toContain('<D:resourcetype><D:collection/><CR:addressbook/></D:resourcetype>');
    expect(text).toContain('<CR:address-data-type content-type="text/vcard" version="3.0"/>');
    expect(text).toContain('<CR:address-data-type content-type="text/vcard" version="4.0"/>');
    expect(text).toContain('<CR:supported-collation>i;unicode-casemap</CR:supported-collation>');
    for (const report of [
      'CR:addressbook-query',
      'CR:addressbook-multiget',
      'D:sync-collection',
      'D:expand-property',
    ]) {
      expect(text).toContain(`<D:report><${report}/></D:report>`);
    }
    expect(text).not.toMatch(/<C:calendar-query|404/);
    expect(text).toMatch(/<CS:getctag>(data:[^<]+)<.*<D:sync-token>\1<|<D:sync-token>(data:[^<]+)<.*<CS:getctag>\2</s);
  });

  test('is a page of links for a person with a browser', async () => {
    const page = (await get(BOOK)).body.toString();
    expect(page).toContain('<a href="/dav/addressbooks/directory/ada.vcf">Ada Müller</a>');
  });

  test('cannot be written to, by administrators neither, and every answer names the privilege', async () => {
    const card = 'BEGIN:VCARD\r\nVERSION:3.0\r\nUID:x\r\nFN:X\r\nN:X;;;;\r\nEND:VCARD\r\n';
    const set =
      '<D:propertyupdate xmlns:D="DAV:"><D:set><D:prop><D:displayname>x</D:displayname></D:prop></D:set></D:propertyupdate>';
    const attempts = [
      ['PUT', `${BOOK}ada.vcf`, 'write-content', card],
      ['PUT', `${BOOK}new.vcf`, 'bind', card],
      ['DELETE', `${BOOK}ada.vcf`, 'unbind', ''],
      ['DELETE', BOOK, 'unbind', ''],
      ['MOVE', `${BOOK}ada.vcf`, 'unbind', ''],
      ['PROPPATCH', `${BOOK}ada.vcf`, 'write-properties', set],
      ['PROPPATCH', BOOK, 'write-properties', set],
      ['PROPPATCH', '/dav/addressbooks/', 'write-properties', set],
      ['MKCOL', `${BOOK}new/`, 'bind', ''],
      ['MKCOL', '/dav/addressbooks/own/', 'bind', ''],
      ['MKCOL', BOOK, 'bind', ''],
      ['MKCALENDAR', '/dav/addressbooks/own/', 'bind', ''],
    ] as const;
    const before = (await find(BOOK, '1', '<D:getetag/>')).body.toString();
    for (const as of ['alice', 'root']) {
      for (const [method, path, privilege, body] of attempts) {
        const headers = { ...XML, destination: `${BOOK}moved.vcf` };
        const answer = await server.request(method, path, { as, headers, body });
        expect(answer.status, `${method} ${path}`).toBe(403);
        expect(answer.body.toString(), `${method} ${path}`).toContain(`<D:privilege><D:${privilege}/></D:privilege>`);
      }
      const privileges = (await find(BOOK, '1', '<D:current-user-privilege-set/>', as)).body.toString();
      expect(privileges).toContain('<D:privilege><D:read/></D:privilege>');
      expect(privileges).not.toMatch(/<D:(?:all|write|write-content|bind|unbind|write-properties|write-acl)\/>/);
    }
    expect((await find(BOOK, '1', '<D:getetag/>')).body.toString()).toBe(before);
  });

  test('has nothing that can be locked', async () => {
    for (const path of [BOOK, `${BOOK}ada.vcf`, `${BOOK}new.vcf`]) {
      const answer = await server.request('LOCK', path, { headers: XML, body: LOCK });
      expect([403, 405, 409], path).toContain(answer.status);
      expect(answer.headers['lock-token']).toBeUndefined();
    }
  });

  test('gives and takes nothing by COPY', async () => {
    await server.request('PUT', '/dav/calendars/alice/calendar/e.ics', {
      headers: { 'content-type': 'text/calendar' },
      body: event('e'),
    });
    const copy = (from: string, destination: string) => server.request('COPY', from, { headers: { destination } });
    expect((await copy(`${BOOK}ada.vcf`, '/dav/calendars/alice/calendar/ada.ics')).status).toBe(403);
    expect((await copy('/dav/calendars/alice/calendar/e.ics', `${BOOK}e.vcf`)).status).toBe(403);
    expect((await copy('/dav/calendars/alice/calendar/e.ics', `${BOOK}ada.vcf`)).status).toBe(403);
  });

  test('shows no method in Allow that it would refuse, so that a client sees that it is read only', async () => {
    for (const path of ['/dav/addressbooks/', BOOK, `${BOOK}ada.vcf`]) {
      const { headers } = await get(path, {}, 'OPTIONS');
      expect(headers.allow).toMatch(/GET, HEAD.*PROPFIND.*REPORT/);
      expect(headers.allow).not.toMatch(/PUT|DELETE|MOVE|COPY/);
    }
  });
});

describe('names that mean something elsewhere', () => {
  test('stay names: in URLs, in XML and in vCard', async () => {
    const own = await startDavServer();
    const name = 'Eve\r\nEND:VCARD\r\nBEGIN:VCARD;,\\<b>&"]]>\u0007';
    await savePeople(own, { id: 'a;b,c d%&<é>', kind: 'user', name, emails: ['e;v,e\r\nX:y@example.org'] });
    const body = '<D:propfind xmlns:D="DAV:"><D:prop><D:displayname/></D:prop></D:propfind>';
    const listed = await own.request('PROPFIND', BOOK, { headers: { ...XML, depth: '1' }, body });
    const href = /<D:href>([^<]*a;b[^<]*)<\/D:href>/.exec(listed.body.toString())?.[1] ?? '';
    expect(href).toBe(`${BOOK}a;b,c%20d%25&amp;%3C%C3%A9%3E.vcf`);
    for (const accept of ['text/vcard;version=3.0', 'text/vcard;version=4.0']) {
      const answer = await own.request('GET', href.replace('&amp;', '&'), { headers: { accept } });
      const lines = readCard(answer.body.toString());
      expect(lines.find((line) => line.name === 'FN')?.raw).toBe(
        String.raw`Eve\nEND:VCARD\nBEGIN:VCARD\;\,\\<b>&"]]> `,
      );
    }
    await own.close();
  });
});

describe('clients find it', () => {
  test('by /.well-known/carddav, which leads there without log-in (RFC 6764 §5)', async () => {
    for (const method of ['GET', 'PROPFIND']) {
      const answer = await fetch(new URL('/.well-known/carddav', server.url), { method, redirect: 'manual' });
      expect([answer.status, answer.headers.get('location')]).toEqual([301, '/dav/']);
    }
  });

  test('as Apple Contacts goes: well-known, principal, home set, address books, cards', async () => {
    const root = await find('/dav/', '0', '<D:current-user-principal/><D:principal-URL/><D:resourcetype/>');
    const principal = /<D:current-user-principal><D:href>([^<]+)/.exec(root.body.toString())?.[1] ?? '';
    const options = await get(principal, {}, 'OPTIONS');
    expect(String(options.headers.dav).split(', ')).toContain('addressbook');
    const props =
      '<CR:addressbook-home-set/><CR:directory-gateway/><D:displayname/><CS:email-address-set/>' +
      '<D:principal-collection-set/><D:principal-URL/><D:resource-id/><D:supported-report-set/>';
    const own = (await find(principal, '0', props)).body.toString();
    const home = /<CR:addressbook-home-set><D:href>([^<]+)/.exec(own)?.[1] ?? '';
    expect(home).toBe('/dav/addressbooks/');
    const books = await find(
      home,
      '1',
      '<D:current-user-privilege-set/><D:displayname/><CR:max-resource-size/><D:owner/><D:resource-id/>' +
        '<D:resourcetype/><D:supported-report-set/><D:sync-token/><CS:getctag/>',
    );
    const hrefs = [...books.body.toString().matchAll(/<D:response><D:href>([^<]+)/g)].map((match) => match[1]);
    expect(hrefs).toEqual(['/dav/addressbooks/', BOOK]);
  });

  test('as DAVx5 goes: what the URL is, the principal with its home set, the home set', async () => {
    const props =
      '<D:resourcetype/><D:displayname/><CR:addressbook-description/><CR:addressbook-home-set/>' +
      '<D:current-user-principal/>';
    const first = await find('/dav/', '0', props);
    expect(first.body.toString()).toContain(
      '<D:current-user-principal><D:href>/dav/principals/users/alice/</D:href></D:current-user-principal>',
    );
    const own = await find(
      '/dav/principals/users/alice/',
      '0',
      '<D:displayname/><CR:addressbook-home-set/><D:group-membership/>',
    );
    expect(own.body.toString()).toContain('<CR:addressbook-home-set><D:href>/dav/addressbooks/</D:href>');
    const home = await find('/dav/addressbooks/', '1', '<D:resourcetype/><D:current-user-privilege-set/><D:owner/>');
    expect(home.body.toString()).toContain('<CR:addressbook/>');
    const book = await find(
      BOOK,
      '0',
      '<CR:max-resource-size/><CR:supported-address-data/><D:supported-report-set/><CS:getctag/><D:sync-token/>',
    );
    expect(book.body.toString()).not.toContain('404');
  });

  test('and each principal names its own card', async () => {
    const answer = await find('/dav/principals/users/bob/', '0', '<CR:principal-address/>');
    expect(answer.body.toString()).toContain(`<CR:principal-address><D:href>${BOOK}bob.vcf</D:href>`);
  });

  test('and in one question, with what is in it (RFC 3253 §3.8, which RFC 6352 §8.1 asks for)', async () => {
    const body =
      '<D:expand-property xmlns:D="DAV:"><D:property name="principal-address" namespace="urn:ietf:params:xml:ns:carddav">' +
      '<D:property name="getetag"/><D:property name="displayname"/></D:property></D:expand-property>';
    const answer = await server.request('REPORT', '/dav/principals/users/ada/', { headers: XML, body });
    expect(answer.body.toString()).toContain(`<D:href>${BOOK}ada.vcf</D:href>`);
    expect(answer.body.toString()).toContain('<D:displayname>Ada Müller</D:displayname>');
  });

  test('by the class addressbook where there is something of address books, and nowhere else (RFC 6352 §6.1)', async () => {
    const has = async (path: string) => String((await get(path, {}, 'OPTIONS')).headers.dav).includes('addressbook');
    for (const path of ['/dav/principals/users/alice/', '/dav/addressbooks/', BOOK, `${BOOK}ada.vcf`]) {
      expect(await has(path), path).toBe(true);
    }
    for (const path of ['/', '/dav/calendars/alice/', '/dav/calendars/alice/calendar/']) {
      expect(await has(path), path).toBe(false);
    }
  });
});

describe('an installation that wants no directory', () => {
  test('has none: no URL, no property, no class, nothing in a listing', async () => {
    const closed = await startDavServer({ settings: { directory: 'off' } });
    for (const path of ['/dav/addressbooks/', BOOK, `${BOOK}alice.vcf`]) {
      for (const method of ['GET', 'PROPFIND']) {
        expect((await closed.request(method, path, propfind('0', ['getetag']))).status, `${method} ${path}`).toBe(404);
      }
    }
    const body =
      '<D:propfind xmlns:D="DAV:"><D:prop><X:addressbook-home-set xmlns:X="urn:ietf:params:xml:ns:carddav"/>' +
      '<X:principal-address xmlns:X="urn:ietf:params:xml:ns:carddav"/></D:prop></D:propfind>';
    const path = '/dav/principals/users/alice/';
    const own = await closed.request('PROPFIND', path, { headers: { ...XML, depth: '0' }, body });
    expect(own.body.toString()).not.toContain('addressbooks');
    expect((await closed.request('OPTIONS', path)).headers.dav).not.toContain('addressbook');
    const root = await closed.request('PROPFIND', '/dav/', propfind('1', ['displayname']));
    expect(root.body.toString()).not.toContain('addressbooks');
    await closed.close();
  });
});

test('who was removed is gone from it', async () => {
  const own = await startWithPeople();
  await removePrincipal(own.context, { id: 'ada' as never });
  expect((await own.request('GET', `${BOOK}ada.vcf`)).status).toBe(404);
  expect((await own.request('GET', `${BOOK}team.vcf`)).body.toString()).not.toContain(GUIDS.ada);
  await own.close();
});
