import { afterAll, beforeAll, expect, test } from 'vitest';

import { type DavServer } from '../../dav-server.ts';
import { BOOK, savePeople, startWithPeople } from '../directory-people.ts';
import { report, statuses } from './report-client.ts';

let server: DavServer;
beforeAll(async () => {
  server = await startWithPeople({ limits: { multigetHrefs: 20 } });
});
afterAll(() => server.close());

const multiget = (hrefs: readonly string[], props = '<D:getetag/><CR:address-data/>', path = BOOK) =>
  report(
    server,
    path,
    '<CR:addressbook-multiget xmlns:D="DAV:" xmlns:CR="urn:ietf:params:xml:ns:carddav">' +
      `<D:prop>${props}</D:prop>${hrefs.map((href) => `<D:href>${href}</D:href>`).join('')}</CR:addressbook-multiget>`,
  );

test('gives the cards that are named in their order, and 404 for what is none', async () => {
  const hrefs = [
    ...[`${BOOK}team.vcf`, `${BOOK}nobody.vcf`, `http://127.0.0.1/dav/addressbooks/directory/ada.vcf`],
    ...[
      `${BOOK}big%20room.vcf`,
      '/dav/calendars/alice/calendar/ada.vcf',
      `${BOOK}ada.ics`,
      `${BOOK}%`,
      `${BOOK}../x.vcf`,
    ],
  ];
  const { status, text } = await multiget(hrefs);
  expect(status).toBe(207);
  expect(Object.entries(statuses(text))).toEqual([
    [`${BOOK}team.vcf`, 200],
    [`${BOOK}nobody.vcf`, 404],
    [`${BOOK}ada.vcf`, 200],
    [`${BOOK}big%20room.vcf`, 200],
    ['/dav/calendars/alice/calendar/ada.vcf', 404],
    [`${BOOK}ada.ics`, 404],
    [`${BOOK}%`, 404],
    [`${BOOK}../x.vcf`, 404],
  ]);
  expect(text.match(/BEGIN:VCARD/g)?.length).toBe(3);
  expect(text.match(/X-ADDRESSBOOKSERVER-MEMBER/g)?.length).toBe(2);
});

test('names each card once, and gives it as DAVx5 asks for it, in version 4.0', async () => {
  const hrefs = [`${BOOK}ada.vcf`, `${BOOK}ada.vcf`];
  const props = '<D:getcontenttype/><D:getetag/><CR:address-data content-type="text/vcard" version="4.0"/>';
  const { text } = await multiget(hrefs, props);
  expect(text.match(/VERSION:4\.0/g)?.length).toBe(1);
});

test('on a card names that card alone', async () => {
  const path = `${BOOK}ada.vcf`;
  expect(statuses((await multiget([path], '<D:getetag/>', path)).text)).toEqual({ [path]: 200 });
  expect((await multiget([path, `${BOOK}bob.vcf`], '<D:getetag/>', path)).status).toBe(400);
});

test('is bounded, and needs an href', async () => {
  const { status, text } = await multiget(Array.from({ length: 21 }, (_, at) => `${BOOK}${at}.vcf`));
  expect([status, text.includes('number-of-matches-within-limits')]).toEqual([403, true]);
  expect((await multiget([])).status).toBe(400);
});

test('gives many groups in their order, each with its members', async () => {
  const own = await startWithPeople();
  const ids = Array.from({ length: 12 }, (_, at) => `group${at}`);
  await savePeople(own, ...ids.map((id) => ({ id, kind: 'group' as const, members: ['ada'] })));
  const hrefs = [...ids, 'ada', 'nobody', 'team'].map((id) => `${BOOK}${id}.vcf`);
  const { text } = await report(
    own,
    BOOK,
    '<CR:addressbook-multiget xmlns:D="DAV:" xmlns:CR="urn:ietf:params:xml:ns:carddav"><D:prop><CR:address-data/></D:prop>' +
      `${hrefs.map((href) => `<D:href>${href}</D:href>`).join('')}</CR:addressbook-multiget>`,
  );
  expect(Object.keys(statuses(text))).toEqual(hrefs);
  expect(text.match(/SERVER-MEMBER/g)?.length).toBe(14);
  await own.close();
});
