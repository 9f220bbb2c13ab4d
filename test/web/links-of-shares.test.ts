import { afterEach, beforeEach, expect, test } from 'vitest';

import { collectionAt } from '../../src/calendar/collections.ts';
import { createLink } from '../../src/calendar/links.ts';
import { calendarOf, mailto, share, shareWith, unset } from '../dav/share-requests.ts';
import { startDavServer, type DavServer } from '../dav-server.ts';
import { actorOf, link, store, visit } from './link-server.ts';

let server: DavServer;
beforeEach(async () => {
  server = await startDavServer({ users: ['alice', 'bob'] });
  await store(server, 'own', ['SUMMARY:Hers']);
});
afterEach(() => server.close());

test('a link to a home does not give on what others share with its owner', async () => {
  await shareWith(server, calendarOf('alice'), 'bob', 'manage');
  await store(server, 'mine', ['SUMMARY:His', 'DTSTART:20260303T090000Z', 'DURATION:PT1H'], { as: 'bob' });
  const { token } = await link(server, {}, { as: 'bob', uri: '' });
  for (const suffix of ['ics', 'json', 'html']) {
    const { text } = await visit(server, `/link/${token}.${suffix}`);
    expect([text.includes('His'), text.includes('Hers')]).toEqual([true, false]);
  }
  expect((await visit(server, `/link/${token}.ifb`)).text.match(/^FREEBUSY/gm)).toHaveLength(1);
});

test('who manages a shared calendar may link to it, until it is not shared any more', async () => {
  const mount = await shareWith(server, calendarOf('alice'), 'bob', 'manage');
  const uri = mount.split('/').at(-2) ?? '';
  const collection = (await collectionAt(server.context, 'bob', uri))!;
  const { token } = await createLink(server.context, { actor: actorOf('bob'), collection, scope: {} });
  expect((await visit(server, `/link/${token}.ics`)).text).toContain('Hers');
  await share(server, calendarOf('alice'), unset(mailto('bob')));
  expect((await visit(server, `/link/${token}.ics`)).status).toBe(404);
});

test.each(['free-busy', 'read', 'read-write'] as const)('a sharee who has %s may not', async (level) => {
  const uri = (await shareWith(server, calendarOf('alice'), 'bob', level)).split('/').at(-2) ?? '';
  const collection = (await collectionAt(server.context, 'bob', uri))!;
  const making = createLink(server.context, { actor: actorOf('bob'), collection, scope: {} });
  await expect(making).rejects.toMatchObject({ code: 'need-privileges' });
});
