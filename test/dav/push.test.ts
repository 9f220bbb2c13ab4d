import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DAY, HOUR } from '../../src/base/clock.ts';
import { asPrincipalId } from '../../src/base/ids.ts';
import { collectionAt } from '../../src/calendar/collections.ts';
import { registerPush } from '../../src/calendar/push.ts';
import { vapidKeys } from '../../src/calendar/push-keys.ts';
import { setDelegates } from '../../src/store/memberships.ts';
import { startDavServer, XML, type DavServer, type DavServerOptions } from '../dav-server.ts';
import {
  pushRegister,
  startPushService,
  type PushDevice,
  type PushService,
  type Registration,
} from '../push-service.ts';

const CALENDAR = '/dav/calendars/alice/calendar/';
const HOME = '/dav/calendars/alice/';
const PUSH = { push: { contact: 'mailto:admin@example.com' } };
const PUBLIC = 'https://calendar.example.com';

let server: DavServer;
let service: PushService;
beforeEach(async () => {
  server = await startDavServer({ settings: PUSH, publicUrl: PUBLIC });
  service = await startPushService();
});
afterEach(async () => {
  await server.close();
  await service.close();
});

async function restart(options: DavServerOptions): Promise<void> {
  await server.close();
  server = await startDavServer({ settings: PUSH, publicUrl: PUBLIC, ...options });
}

const post = (path: string, body: string, as = 'alice') => server.request('POST', path, { as, headers: XML, body });
const register = (device: PushDevice, options: Registration = {}, path = CALENDAR, as = 'alice') =>
  post(path, pushRegister(device, options), as);

async function propfind(path: string, as = 'alice'): Promise<string> {
  const body =
    '<D:propfind xmlns:D="DAV:" xmlns:P="https://bitfire.at/webdav-push"><D:prop><P:transports/><P:topic/><P:supported-triggers/></D:prop></D:propfind>';
  const answer = await server.request('PROPFIND', path, { as, headers: { ...XML, depth: '0' }, body });
  return answer.body.toString();
}

const topicOf = (body: string): string | undefined => /<P:topic>([\w-]+)<\/P:topic>/.exec(body)?.[1];
const davOf = async (path: string) => String((await server.request('OPTIONS', path)).headers['dav']);

describe('service detection', () => {
  test.each([HOME, CALENDAR, `${HOME}inbox/`, `${HOME}outbox/`, `${HOME}notification/`])(
    '%s says that it can be subscribed to, how, and what it is called',
    async (path) => {
      expect((await davOf(path)).split(', ')).toContain('webdav-push');
      const body = await propfind(path);
      const { publicKey } = await vapidKeys(server.context);
      expect(body).toContain(
        `<P:transports><P:web-push><P:vapid-public-key type="p256ecdsa">${publicKey}</P:vapid-public-key></P:web-push></P:transports>`,
      );
      expect(Buffer.from(publicKey, 'base64url')).toHaveLength(65);
      expect(topicOf(body)).toMatch(/^[\w-]{22}$/);
      expect(body).toContain('<P:property-update><D:depth>0</D:depth></P:property-update>');
      const depth = path === HOME ? 'infinity' : '1';
      expect(body).toContain(`<P:content-update><D:depth>${depth}</D:depth></P:content-update>`);
    },
  );

  test('a topic is one for a collection, the same after a new name, and no other has it', async () => {
    const topics = await Promise.all(
      [HOME, CALENDAR, `${HOME}tasks/`, '/dav/calendars/bob/calendar/'].map(async (path) =>
        topicOf(await propfind(path, path.includes('bob') ? 'bob' : 'alice')),
      ),
    );
    expect(new Set(topics).size).toBe(4);
    await server.request('MOVE', CALENDAR, { headers: { destination: `${HOME}moved/` } });
    expect(topicOf(await propfind(`${HOME}moved/`))).toBe(topics[1]);
  });

  test('what cannot be subscribed to says nothing of it, nor does a server that does not push', async () => {
    expect(await propfind('/dav/principals/users/alice/')).not.toContain('200 OK');
    expect(await davOf('/dav/')).not.toContain('webdav-push');
    await restart({ settings: {} });
    expect(await propfind(CALENDAR)).not.toContain('200 OK');
    expect(await davOf(CALENDAR)).not.toContain('webdav-push');
    const refused = await register(service.device('phone'));
    expect(refused.status).toBe(403);
    expect(refused.body.toString()).toContain('<P:push-not-available/>');
  });

  test('the key pair is made once, whoever asks first', async () => {
    const both = await Promise.all([vapidKeys(server.context), vapidKeys({ store: { ...server.context.store } })]);
    expect(both[0]).toEqual(both[1]);
  });
});

describe('registration', () => {
  test('an absolute URL and an end come back; the same again is the same, another device another', async () => {
    const phone = service.device('phone');
    const first = await register(phone);
    expect(first.status).toBe(204);
    expect(first.headers.location).toMatch(/^https:\/\/calendar\.example\.com\/dav\/push\/\w{26}$/);
    expect(first.headers.expires).toBe(new Date(server.time.now + 7 * DAY).toUTCString());
    const again = await register({ ...service.device('phone'), url: phone.url });
    expect([again.status, again.headers.location]).toEqual([204, first.headers.location]);
    const other = await register(service.device('laptop'));
    expect(other.headers.location).not.toBe(first.headers.location);
    const elsewhere = await register(phone, {}, HOME);
    expect(elsewhere.headers.location).not.toBe(first.headers.location);
  });

  test('a server that does not know its name says it as it was called', async () => {
    await server.close();
    server = await startDavServer({ settings: PUSH });
    const { location } = (await register(service.device('phone'))).headers;
    expect(location?.startsWith(`${server.url}dav/push/`)).toBe(true);
    expect((await server.request('DELETE', new URL(location!).pathname)).status).toBe(204);
  });

  test.each([
    ['three days', 3 * DAY, 3 * DAY],
    ['a year', 365 * DAY, 30 * DAY],
    ['a minute', 60_000, HOUR],
    ['yesterday', -DAY, HOUR],
  ])('%s is granted within bounds', async (_, asked, granted) => {
    const expires = new Date(server.time.now + asked).toUTCString();
    const answer = await register(service.device('phone'), { expires });
    expect(answer.headers.expires).toBe(new Date(server.time.now + granted).toUTCString());
  });

  test('what is no date is a mistake of the client', async () => {
    expect((await register(service.device('phone'), { expires: 'tomorrow' })).status).toBe(400);
    expect((await register(service.device('phone'), { expires: 'Xyz, 99 Oct 2024 07:28:00 GMT' })).status).toBe(400);
    expect((await register(service.device('phone'), { content: 'deep' })).status).toBe(400);
  });

  test.each(['0', '1', 'infinity'])('Depth %s of a content update is taken', async (content) => {
    expect((await register(service.device('phone'), { content, properties: false })).status).toBe(204);
  });

  const bad: readonly (readonly [string, (body: string) => string])[] = [
    ['no subscription', (body) => body.replace(/<subscription>.*<\/subscription>/, '')],
    ['two subscriptions', (body) => body.replace(/<subscription>.*<\/subscription>/, '$&$&')],
    ['another transport', (body) => body.replaceAll('web-push-subscription', 'pigeon')],
    ['two transports', (body) => body.replace('</web-push-subscription>', '$&<pigeon/>')],
    ['another encoding', (body) => body.replace('aes128gcm', 'aesgcm')],
    ['no key', (body) => body.replace(/<subscription-public-key.*-key>/, '')],
    ['another type of key', (body) => body.replace('p256dh', 'x448')],
    ['a key that is none', (body) => body.replace(/(p256dh">)[^<]*/, '$1AAAA')],
    ['no secret', (body) => body.replace(/<auth-secret>.*<\/auth-secret>/, '')],
    ['no https', (body) => body.replace(/<push-resource>[^<]*/, '<push-resource>http://push.example.com/x')],
    ['a user name', (body) => body.replace(/<push-resource>[^<]*/, '<push-resource>https://a:b@push.example.com/x')],
    ['no URL', (body) => body.replace(/<push-resource>[^<]*/, '<push-resource>push')],
    ['a long URL', (body) => body.replace(/<push-resource>[^<]*/, `$&${'x'.repeat(3000)}`)],
  ];
  test.each(bad)('%s is invalid-subscription', async (_, change) => {
    const answer = await post(CALENDAR, change(pushRegister(service.device('phone'))));
    expect(answer.status).toBe(403);
    expect(answer.body.toString()).toContain('<P:invalid-subscription/>');
  });

  test('without a trigger that is known there is nothing to subscribe to', async () => {
    const phone = service.device('phone');
    const none = await register(phone, { content: false, properties: false });
    expect([none.status, none.body.toString()]).toEqual([403, expect.stringContaining('<P:no-supported-trigger/>')]);
    const unknown = pushRegister(phone).replace(/<trigger>.*<\/trigger>/, '<trigger><full-moon/></trigger>');
    expect((await post(CALENDAR, unknown)).status).toBe(403);
    const known = pushRegister(phone).replace('<trigger>', '<trigger><full-moon/>');
    expect((await post(CALENDAR, known)).status).toBe(204);
  });

  test('other XML at a home is no registration, and other types neither', async () => {
    expect((await post(HOME, '<x xmlns="urn:x"/>')).status).toBe(415);
    expect((await server.request('POST', HOME, { headers: { 'content-type': 'text/plain' }, body: 'x' })).status).toBe(
      415,
    );
  });

  test('a person, and a collection, have so many and no more; an old one can still be renewed', async () => {
    await restart({ limits: { pushSubscriptionsPerUser: 2 } });
    const [one, two, three] = ['one', 'two', 'three'].map((name) => service.device(name)) as [
      PushDevice,
      PushDevice,
      PushDevice,
    ];
    const first = await register(one);
    expect(first.status).toBe(204);
    expect((await register(two, {}, HOME)).status).toBe(204);
    expect((await register(three)).status).toBe(507);
    expect((await register(one)).status).toBe(204);
    server.time.now += 8 * DAY; // the others have expired
    expect((await register(three)).status).toBe(204);
    await restart({ limits: { pushSubscriptionsPerCollection: 1 } });
    expect((await register(one)).status).toBe(204);
    expect((await register(two)).status).toBe(507);
    expect((await register(two, {}, HOME)).status).toBe(204);
    await restart({ limits: { pushDevicesPerCollection: 1 } });
    await server.context.store.write((tx) => setDelegates(tx, 'alice', { read: ['bob'], write: [] }, 0));
    expect((await register(one)).status).toBe(204);
    expect((await register(two)).status).toBe(507);
    expect((await register(two, {}, CALENDAR, 'bob')).status).toBe(204);
    expect((await register(three, {}, HOME)).status).toBe(204);
  });
});

describe('whose a subscription is', () => {
  test('only who may read a collection may subscribe to it', async () => {
    const device = service.device('bob');
    const stranger = await register(device, {}, CALENDAR, 'bob');
    expect([stranger.status, stranger.body.toString()]).toEqual([
      403,
      expect.stringContaining('<P:push-not-available/>'),
    ]);
    // Nobody can tell what there is from what is not.
    const nothing = await register(device, {}, '/dav/calendars/alice/none/', 'bob');
    expect([nothing.status, nothing.body]).toEqual([stranger.status, stranger.body]);
    const other = await post(CALENDAR, '<x/>', 'bob');
    expect([other.status, other.body.toString()]).toEqual([403, expect.stringContaining('need-privileges')]);
    await server.context.store.write((tx) => setDelegates(tx, 'alice', { read: ['bob'], write: [] }, 0));
    expect((await register(device, {}, CALENDAR, 'bob')).status).toBe(204);
  });

  test('the use-case asks again, whatever the door did', async () => {
    const collection = (await collectionAt(server.context, 'alice', 'calendar'))!;
    const { url, publicKey, authSecret } = service.device('bob');
    const request = {
      ...{ collection, endpoint: { url, publicKey, authSecret }, content: true, properties: true, expires: undefined },
      actor: { id: asPrincipalId('bob'), admin: false, adminReadOnly: false, deviceId: undefined },
    };
    await expect(registerPush(server.context, request)).rejects.toMatchObject({ code: 'push-not-available' });
  });

  test('a push resource of somebody else can neither be taken over nor be registered twice', async () => {
    await server.context.store.write((tx) => setDelegates(tx, 'alice', { read: ['bob'], write: [] }, 0));
    const phone = service.device('phone');
    expect((await register(phone)).status).toBe(204);
    const stolen = await register(phone, {}, CALENDAR, 'bob');
    expect([stolen.status, stolen.body.toString()]).toEqual([
      403,
      expect.stringContaining('<P:invalid-subscription/>'),
    ]);
  });

  test('DELETE ends it once, by its owner alone; nobody else can tell whether it was there', async () => {
    const { pathname } = new URL((await register(service.device('phone'))).headers.location!);
    const as = async (user: string, method: string, path = pathname) =>
      (await server.request(method, path, { as: user })).status;
    for (const method of ['GET', 'DELETE', 'PROPFIND', 'PUT', 'OPTIONS']) {
      expect(await as('bob', method), method).toBe(await as('bob', method, '/dav/push/none'));
    }
    expect(await as('alice', 'GET')).toBe(404);
    expect(await as('alice', 'DELETE')).toBe(204);
    expect(await as('alice', 'DELETE')).toBe(404);
  });

  test('one that has expired is not there any more', async () => {
    const { pathname } = new URL((await register(service.device('phone'))).headers.location!);
    server.time.now += 7 * DAY;
    expect((await server.request('DELETE', pathname)).status).toBe(404);
  });
});
