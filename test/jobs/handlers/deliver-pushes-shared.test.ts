import { afterEach, beforeEach, expect, test } from 'vitest';
import { DAY, SECOND } from '../../../src/base/clock.ts';
import { deliverPushes } from '../../../src/jobs/handlers/deliver-pushes.ts';
import { createFetch } from '../../../src/net/fetch.ts';
import { calendarOf, mailto, share, shareWith, unset, type Level } from '../../dav/share-requests.ts';
import { CALENDAR_TYPE, event, SILENT_LOG, startDavServer, XML, type DavServer } from '../../dav-server.ts';
import { pushRegister, startPushService, type PushService } from '../../push-service.ts';

let server: DavServer;
let service: PushService;
beforeEach(async () => {
  server = await startDavServer({ settings: { push: { contact: 'mailto:admin@example.com' } } });
  service = await startPushService();
});
afterEach(async () => {
  await server.close();
  await service.close();
});

async function subscribe(name: string, path: string, as: string): Promise<void> {
  const body = pushRegister(service.device(name));
  expect((await server.request('POST', path, { as, headers: XML, body })).status).toBe(204);
}

const put = (uid: string) =>
  server.request('PUT', `${calendarOf('alice')}${uid}.ics`, { headers: CALENDAR_TYPE, body: event(uid) });

/** The devices that one run of the job wakes. */
async function woken(): Promise<readonly string[]> {
  server.time.now += 10 * SECOND;
  const before = service.messages.length;
  const fetch = createFetch({ allow: ['127.0.0.1'] });
  const context = { calendar: server.context, log: SILENT_LOG, retention: DAY, fetch, random: () => 1 };
  await deliverPushes.run(context, new AbortController().signal);
  return service.messages.slice(before).map(({ device }) => device);
}

test.each(['free-busy', 'read', 'read-write'] satisfies Level[])(
  'a sharee who has %s is told in the own home, as long as the calendar is shared',
  async (level) => {
    const place = await shareWith(server, calendarOf('alice'), 'bob', level);
    await subscribe('bobs', place, 'bob');
    await put('a');
    expect(await woken()).toEqual(['bobs']);
    await share(server, calendarOf('alice'), unset(mailto('bob')));
    await put('b');
    expect(await woken()).toEqual([]);
    expect(await server.context.store.db.selectFrom('push_subscriptions').select('id').execute()).toEqual([]);
  },
);

test('what is the sharee’s own is told to the devices of the sharee alone', async () => {
  const place = await shareWith(server, calendarOf('alice'), 'bob', 'read');
  await subscribe('bobs', place, 'bob');
  await subscribe('alices', calendarOf('alice'), 'alice');
  const name = '<D:displayname>Mine</D:displayname>';
  const body = `<D:propertyupdate xmlns:D="DAV:"><D:set><D:prop>${name}</D:prop></D:set></D:propertyupdate>`;
  expect((await server.request('PROPPATCH', place, { as: 'bob', headers: XML, body })).status).toBe(207);
  expect(await woken()).toEqual(['bobs']);
  expect(service.messages[0]?.text).toContain('<P:property-update/>');
  expect(service.messages[0]?.text).not.toContain('content-update');
});

test('a calendar that is removed is not told to those it was shared with, and their subscriptions end', async () => {
  const place = await shareWith(server, calendarOf('alice'), 'bob', 'read');
  await subscribe('bobs', place, 'bob');
  await server.request('DELETE', calendarOf('alice'));
  expect(await woken()).toEqual([]);
  expect(await server.context.store.db.selectFrom('push_subscriptions').select('id').execute()).toEqual([]);
});

test('the topic and the sync token are those that the sharee sees', async () => {
  const place = await shareWith(server, calendarOf('alice'), 'bob', 'read');
  await subscribe('bobs', place, 'bob');
  await put('a');
  await woken();
  const body =
    '<D:propfind xmlns:D="DAV:" xmlns:P="https://bitfire.at/webdav-push"><D:prop><P:topic/><D:sync-token/></D:prop></D:propfind>';
  const seen = async (path: string, as: string): Promise<string> =>
    (await server.request('PROPFIND', path, { as, headers: { ...XML, depth: '0' }, body })).body.toString();
  const [bobs, alices] = [await seen(place, 'bob'), await seen(calendarOf('alice'), 'alice')];
  const { text } = service.messages[0]!;
  for (const part of [/<P:topic>[^<]+/, /<D:sync-token>[^<]+/]) expect(text).toContain(part.exec(bobs)![0]);
  expect(alices).toContain(/<P:topic>[^<]+/.exec(bobs)![0]);
});
