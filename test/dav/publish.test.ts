import { afterAll, beforeAll, expect, test } from 'vitest';

import { collectionAt } from '../../src/calendar/collections.ts';
import { replaceAces } from '../../src/store/aces.ts';
import type { Answer } from '../dav-client.ts';
import { startDavServer, XML, type DavServer } from '../dav-server.ts';
import { store, visit } from '../web/link-server.ts';

const CALENDAR = '/dav/calendars/alice/calendar/';
let server: DavServer;
beforeAll(async () => {
  server = await startDavServer({ users: ['alice', 'bob'], publicUrl: 'https://cal.example.org' });
  await store(server, 'one', ['SUMMARY:Open day']);
});
afterAll(() => server.close());

const post = (root: string, as = 'alice', path = CALENDAR): Promise<Answer> =>
  server.request('POST', path, { as, headers: XML, body: `<CS:${root} xmlns:CS="http://calendarserver.org/ns/"/>` });

async function publishUrl(as = 'alice'): Promise<string | undefined> {
  const body =
    '<D:propfind xmlns:D="DAV:" xmlns:CS="http://calendarserver.org/ns/"><D:prop><CS:publish-url/></D:prop></D:propfind>';
  const answer = await server.request('PROPFIND', CALENDAR, {
    as,
    headers: { ...XML, depth: '0', host: 'evil.example' },
    body,
  });
  return /<CS:publish-url><D:href>([^<]*)</.exec(answer.body.toString())?.[1];
}

async function grantBob(...privileges: readonly string[]): Promise<void> {
  const calendar = (await collectionAt(server.context, 'alice', 'calendar'))!;
  const ace = { principal: { kind: 'principal', id: 'bob' } as const, deny: false, privileges };
  await server.context.store.write((tx) => replaceAces(tx, calendar, [ace]));
}

test('a calendar is published as Apple Calendar does it, at an address of the public URL that stays', async () => {
  expect(await publishUrl()).toBeUndefined();
  expect((await post('publish-calendar')).status).toBe(202);
  const url = (await publishUrl()) ?? '';
  expect(url).toMatch(/^https:\/\/cal\.example\.org\/link\/[0-9a-z]{26}\.ics$/);
  expect((await post('publish-calendar')).status).toBe(202);
  expect(await publishUrl()).toBe(url);
  expect((await visit(server, new URL(url).pathname)).text).toContain('SUMMARY:Open day');
  expect((await post('unpublish-calendar')).status).toBe(202);
  expect(await publishUrl()).toBeUndefined();
  expect((await visit(server, new URL(url).pathname)).status).toBe(404);
  // Once more, it is another one.
  await post('publish-calendar');
  expect(await publishUrl()).not.toBe(url);
});

test('whoever may only read or write neither publishes nor ends it, nor is told where it is', async () => {
  await post('publish-calendar');
  await grantBob('read', 'write');
  for (const root of ['publish-calendar', 'unpublish-calendar']) {
    const { status, body } = await post(root, 'bob');
    expect([status, body.toString()]).toEqual([403, expect.stringContaining('<D:write-acl/>')]);
  }
  expect(await publishUrl('bob')).toBeUndefined();
  expect(await publishUrl()).toBeDefined();
  await grantBob('read', 'write-acl');
  expect(await publishUrl('bob')).toBe(await publishUrl());
  expect((await post('unpublish-calendar', 'bob')).status).toBe(202);
  expect(await publishUrl()).toBeUndefined();
});

test('without a public URL the address is a path, and never made of Host', async () => {
  const bare = await startDavServer({ users: ['alice'] });
  await bare.request('POST', CALENDAR, {
    headers: XML,
    body: '<publish-calendar xmlns="http://calendarserver.org/ns/"/>',
  });
  const answer = await bare.request('PROPFIND', CALENDAR, {
    headers: { ...XML, depth: '0', host: 'evil.example' },
    body: '<propfind xmlns="DAV:"><prop><publish-url xmlns="http://calendarserver.org/ns/"/></prop></propfind>',
  });
  expect(answer.body.toString()).toMatch(/<D:href>\/link\/[0-9a-z]{26}\.ics</);
  await bare.close();
});
