import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DAY, HOUR, MINUTE, SECOND } from '../../../src/base/clock.ts';
import { asPrincipalId } from '../../../src/base/ids.ts';
import { collectionAt } from '../../../src/calendar/collections.ts';
import { pushesDue, takePushes } from '../../../src/calendar/push-delivery.ts';
import { removePrincipal } from '../../../src/calendar/remove-principal.ts';
import { deliverPushes } from '../../../src/jobs/handlers/deliver-pushes.ts';
import { prunePushes } from '../../../src/jobs/handlers/prune-pushes.ts';
import { createFetch } from '../../../src/net/fetch.ts';
import { replaceAces } from '../../../src/store/aces.ts';
import { CALENDAR_TYPE, event, SILENT_LOG, startDavServer, XML, type DavServer } from '../../dav-server.ts';
import { pushRegister, startPushService, type PushService, type Registration } from '../../push-service.ts';

const HOME = '/dav/calendars/alice/';
const CALENDAR = `${HOME}calendar/`;
const PUBLIC = 'https://calendar.example.com';

let server: DavServer;
let service: PushService;
let lines: unknown[];
beforeEach(async () => {
  server = await startDavServer({
    settings: { push: { contact: 'mailto:admin@example.com' } },
    publicUrl: PUBLIC,
    limits: { pushDevicesPerCollection: 200 },
  });
  service = await startPushService();
  lines = [];
});
afterEach(async () => {
  await server.close();
  await service.close();
});

interface Subscribing extends Registration {
  readonly path?: string;
  readonly as?: string;
}

/** Registers a device; returns the registration URL. */
async function subscribe(name: string, { path = CALENDAR, as = 'alice', ...options }: Subscribing = {}) {
  const body = pushRegister(service.device(name), options);
  const answer = await server.request('POST', path, { as, headers: XML, body });
  expect(answer.status).toBe(204);
  return answer.headers.location!;
}

/** One run of the job, some seconds later. */
async function run(allow: readonly string[] = ['127.0.0.1'], signal = new AbortController().signal): Promise<void> {
  server.time.now += 10 * SECOND;
  await deliverPushes.run(jobContext(allow), signal);
}

function jobContext(allow: readonly string[] = ['127.0.0.1']) {
  const keep = (...line: unknown[]): void => void lines.push(line);
  const log = { ...SILENT_LOG, info: keep, warn: keep, error: keep };
  return { calendar: server.context, log, retention: DAY, fetch: createFetch({ allow }), random: () => 1 };
}

const put = (uid: string, headers: Readonly<Record<string, string>> = {}, path = CALENDAR) =>
  server.request('PUT', `${path}${uid}.ics`, { headers: { ...CALENDAR_TYPE, ...headers }, body: event(uid) });

const rename = (name: string, headers: Readonly<Record<string, string>> = {}) =>
  server.request('PROPPATCH', CALENDAR, {
    headers: { ...XML, ...headers },
    body: `<D:propertyupdate xmlns:D="DAV:"><D:set><D:prop><D:displayname>${name}</D:displayname></D:prop></D:set></D:propertyupdate>`,
  });

const devices = (): string[] => service.messages.map(({ device }) => device).sort();

async function property(name: string, path = CALENDAR): Promise<string> {
  const body = `<D:propfind xmlns:D="DAV:" xmlns:P="https://bitfire.at/webdav-push"><D:prop><${name}/></D:prop></D:propfind>`;
  const answer = await server.request('PROPFIND', path, { headers: { ...XML, depth: '0' }, body });
  return new RegExp(`<${name}>([^<]*)<`).exec(answer.body.toString())?.[1] ?? '';
}

const count = async (): Promise<number> => {
  const rows = await server.context.store.db.selectFrom('push_subscriptions').select('id').execute();
  return rows.length;
};

describe('what is told', () => {
  test('complaint 27: a change by one device reaches the others at once, and not the one that made it', async () => {
    const own = await subscribe('phone');
    await subscribe('laptop');
    await put('a', { 'push-dont-notify': `"${own}"` });
    await run();
    expect(devices()).toEqual(['laptop']);
    await put('b');
    await run();
    expect(devices()).toEqual(['laptop', 'laptop', 'phone']);
  });

  test('the message names the topic and the sync token, and holds nothing of the event', async () => {
    await subscribe('phone');
    await put('secret-surgery');
    await run();
    const [{ text, headers } = { text: '', headers: {} }] = service.messages;
    expect(text).toContain(`<P:topic>${await property('P:topic')}</P:topic>`);
    expect(text).toContain(`<D:sync-token>${await property('D:sync-token')}</D:sync-token>`);
    expect(text).not.toMatch(/surgery|property-update/);
    expect(headers).toMatchObject({ ttl: '86400', urgency: 'normal' });
    expect(Buffer.byteLength(text)).toBeLessThan(2000);
  });

  test('what was before the subscription is not told, nor is what does not change anything', async () => {
    await put('a');
    await subscribe('phone');
    await server.request('GET', `${CALENDAR}a.ics`);
    await run();
    expect(service.requests()).toBe(0);
  });

  test('a property update is told as one, and both together in one message', async () => {
    await subscribe('both');
    await subscribe('content', { properties: false });
    await subscribe('properties', { content: false });
    await rename('Other');
    await run();
    expect(devices()).toEqual(['both', 'properties']);
    expect(service.messages.every(({ text }) => !text.includes('content-update'))).toBe(true);
    await rename('Again');
    await put('a');
    await run();
    const texts = new Map(service.messages.slice(2).map(({ device, text }) => [device, text]));
    expect(texts.get('both')).toMatch(/<P:content-update>.*<P:property-update\/>/);
    expect(texts.get('content')).not.toContain('property-update');
    expect(texts.get('properties')).not.toContain('content-update');
  });

  test('a home hears of what is in it: calendars that come and go, and what happens in them', async () => {
    await subscribe('phone', { path: HOME });
    const tell = async (): Promise<number> => {
      await run();
      return service.messages.length;
    };
    await server.request('MKCALENDAR', `${HOME}new/`);
    expect(await tell()).toBe(1);
    await put('a');
    expect(await tell()).toBe(2);
    await server.request('DELETE', `${HOME}new/`);
    expect(await tell()).toBe(3);
    await put('a', {}, '/dav/calendars/bob/calendar/');
    expect(await tell()).toBe(3);
  });

  test('a trigger that is added begins then, and one that is taken away ends', async () => {
    const device = service.device('phone');
    const as = (options: Registration) =>
      server.request('POST', CALENDAR, { headers: XML, body: pushRegister(device, options) });
    await as({ content: false });
    await put('a');
    await as({ properties: false });
    await run();
    expect(service.requests()).toBe(0);
    await rename('Other');
    await run();
    expect(service.requests()).toBe(0);
    await put('b');
    await run();
    expect(service.messages).toHaveLength(1);
  });

  test('a flood of changes is few messages, and the last of them tells of the last change', async () => {
    await subscribe('phone');
    for (let turn = 0; turn < 5; turn += 1) {
      for (let n = 0; n < 40; n += 1) await put(`flood-${turn}-${n}`);
      server.time.now += SECOND;
      await deliverPushes.run(jobContext(), new AbortController().signal);
    }
    await run();
    expect(service.messages).toHaveLength(2);
    expect(service.messages.at(-1)?.text).toContain(await property('D:sync-token'));
  });

  test('a message that waits at the push service is replaced by one that says as much, and by no other', async () => {
    await subscribe('phone');
    await subscribe('laptop');
    await put('a');
    await run();
    await rename('Other');
    await run();
    await put('b');
    await run();
    const topics = (device: string) =>
      service.messages.filter((message) => message.device === device).map(({ headers }) => headers['topic']);
    const [first, second, third] = topics('phone');
    expect(first).toMatch(/^[\w-]{1,32}$/);
    expect(second).not.toBe(first);
    expect(third).toBe(first);
    // A push service cannot tell by them who reads the same calendar.
    expect(topics('laptop')[0]).not.toBe(first);
  });
});

describe('Push-Dont-Notify', () => {
  test('names exactly those that are not told; several of them, as path or URL', async () => {
    const [one, two] = [await subscribe('one'), await subscribe('two')];
    await subscribe('three');
    await put('a', { 'push-dont-notify': `"${one}" , "${new URL(two).pathname}"` });
    await run();
    expect(devices()).toEqual(['three']);
  });

  test('* is everybody', async () => {
    await subscribe('one');
    await subscribe('home', { path: HOME });
    await put('a', { 'push-dont-notify': '*' });
    await rename('Other', { 'push-dont-notify': '*' });
    await server.request('MOVE', `${CALENDAR}a.ics`, {
      headers: { destination: `${HOME}tasks/a.ics`, 'push-dont-notify': '*' },
    });
    await run();
    expect(service.requests()).toBe(0);
    await put('b');
    await run();
    expect(devices()).toEqual(['home', 'one']);
  });

  test.each(['nonsense', '"https://elsewhere.example.com/dav/push/x"', '"', '"*"', '**', '""'])(
    'an invalid value is ignored: %s',
    async (value) => {
      await subscribe('phone');
      await put('a', { 'push-dont-notify': value });
      await run();
      expect(devices()).toEqual(['phone']);
    },
  );

  test('a change of another that stands before or after one’s own is told', async () => {
    const own = await subscribe('phone');
    const quietly = { 'push-dont-notify': `"${own}"` };
    await put('a');
    await put('b', quietly);
    await run();
    expect(devices()).toEqual(['phone']);
    await put('c', quietly);
    await put('d', quietly);
    await run();
    expect(devices()).toEqual(['phone']);
    await put('e', quietly);
    await put('f');
    await put('g', quietly);
    await run();
    expect(devices()).toEqual(['phone', 'phone']);
    expect(service.messages.at(-1)?.text).toContain(await property('D:sync-token'));
  });

  test('one’s own change while a message is under way is not told after it', async () => {
    const own = await subscribe('phone');
    await put('a');
    let meanwhile: Promise<unknown> | undefined;
    service.answer = (_, response) => {
      meanwhile = put('b', { 'push-dont-notify': `"${own}"` }).then(() => response.writeHead(201).end());
      return true;
    };
    await run();
    await meanwhile;
    service.answer = undefined;
    await run();
    expect(service.requests()).toBe(1);
  });

  test('a removal by another is told, whatever one does quietly after it', async () => {
    await subscribe('phone');
    await server.request('DELETE', CALENDAR);
    await server.request('MKCALENDAR', `${HOME}new/`, { headers: { 'push-dont-notify': '*' } });
    await run();
    expect(devices()).toEqual(['phone']);
  });

  test('a removal of one’s own is not told, and ends the subscription', async () => {
    const own = await subscribe('phone');
    await server.request('DELETE', CALENDAR, { headers: { 'push-dont-notify': `"${own}"` } });
    await run();
    expect(service.requests()).toBe(0);
    expect(await count()).toBe(0);
  });

  test('nobody silences the devices of another by their registration URL', async () => {
    const theirs = await subscribe('phone', { path: '/dav/calendars/bob/calendar/', as: 'bob' });
    const bob = '/dav/calendars/bob/calendar/';
    await grant('bob', [{ id: 'alice', privileges: ['read', 'write'] }]);
    await put('a', { 'push-dont-notify': `"${theirs}"` }, bob);
    await run();
    expect(devices()).toEqual(['phone']);
  });
});

async function grant(
  owner: string,
  entries: readonly { readonly id: string; readonly privileges: readonly string[] }[],
) {
  const collection = (await collectionAt(server.context, owner, 'calendar'))!;
  const aces = entries.map(({ id, privileges }) => ({
    ...{ principal: { kind: 'principal' as const, id }, deny: false, privileges },
  }));
  await server.context.store.write((tx) => replaceAces(tx, collection, aces));
}

describe('a subscription does not outlive what it belongs to', () => {
  test('who may not read any more is told nothing, and the subscription ends', async () => {
    await grant('alice', [{ id: 'bob', privileges: ['read'] }]);
    await subscribe('bobs', { as: 'bob' });
    await put('a');
    await run();
    expect(devices()).toEqual(['bobs']);
    await grant('alice', []);
    await put('b');
    await run();
    expect(devices()).toEqual(['bobs']);
    expect(await count()).toBe(0);
  });

  test('the removal of the calendar is the last that is told, to who may read the home', async () => {
    await grant('alice', [{ id: 'bob', privileges: ['read'] }]);
    await subscribe('bobs', { as: 'bob' });
    const location = await subscribe('phone');
    await server.request('DELETE', CALENDAR);
    await run();
    expect(devices()).toEqual(['phone']);
    expect(service.messages[0]?.text).toContain('<P:content-update></P:content-update>');
    expect(await count()).toBe(0);
    expect((await server.request('DELETE', new URL(location).pathname)).status).toBe(404);
  });

  test('with its person, or the home that it watches, it is gone', async () => {
    await grant('alice', [{ id: 'bob', privileges: ['read'] }]);
    await subscribe('bobs', { as: 'bob' });
    await subscribe('phone');
    await removePrincipal(server.context, { id: asPrincipalId('bob') });
    expect(await count()).toBe(1);
    await removePrincipal(server.context, { id: asPrincipalId('alice') });
    expect(await count()).toBe(0);
  });

  test('one that has expired is told nothing, and is removed', async () => {
    await subscribe('phone');
    await put('a');
    server.time.now += 7 * DAY;
    await run();
    expect(service.requests()).toBe(0);
    await prunePushes.run(jobContext(), new AbortController().signal);
    expect(await count()).toBe(0);
  });

  test.each([404, 410])('%i of the push service ends it', async (status) => {
    await subscribe('phone');
    await put('a');
    service.answer = (_, response) => response.writeHead(status).end() !== undefined;
    await run();
    expect(await count()).toBe(0);
  });
});

describe('when it does not go well', () => {
  test('429 and 5xx are tried again, not before Retry-After, and later each time', async () => {
    await subscribe('phone');
    await put('a');
    service.answer = (_, response) => response.writeHead(503, { 'retry-after': '600' }).end() !== undefined;
    await run();
    expect(service.requests()).toBe(1);
    server.time.now += 9 * MINUTE;
    await run();
    expect(service.requests()).toBe(1);
    server.time.now += 2 * MINUTE;
    await run();
    expect(service.requests()).toBe(2);
    service.answer = undefined;
    server.time.now += HOUR;
    await run();
    expect(devices()).toEqual(['phone']);
  });

  test('Retry-After holds for all at that push service', async () => {
    await subscribe('phone');
    const laptop = await subscribe('laptop');
    await put('a', { 'push-dont-notify': `"${laptop}"` });
    service.answer = (_, response) => response.writeHead(503, { 'retry-after': '600' }).end() !== undefined;
    await run();
    await put('b');
    service.answer = undefined;
    server.time.now += 9 * MINUTE;
    await run();
    expect(service.requests()).toBe(1);
    server.time.now += 2 * MINUTE;
    await run();
    expect(devices()).toEqual(['laptop', 'phone']);
  });

  test('a device to which too much is sent holds up nobody else at that push service (RFC 8030 §8.4)', async () => {
    await subscribe('phone');
    const laptop = await subscribe('laptop');
    await put('a', { 'push-dont-notify': `"${laptop}"` });
    service.answer = (_, response) => response.writeHead(429, { 'retry-after': '600' }).end() !== undefined;
    await run();
    service.answer = undefined;
    await put('b');
    await run();
    expect(devices()).toEqual(['laptop']);
    server.time.now += 11 * MINUTE;
    await run();
    expect(devices().toSorted()).toEqual(['laptop', 'phone']);
  });

  test('an answer that will not change ends it after ten of them', async () => {
    await subscribe('phone');
    await put('a');
    service.answer = (_, response) => response.writeHead(403).end() !== undefined;
    for (let n = 0; n < 12; n += 1) {
      server.time.now += 7 * HOUR;
      await run();
    }
    expect(service.requests()).toBe(10);
    expect(await count()).toBe(0);
  });

  test('a push resource that is not public is not sent to, and the log has no part of its address', async () => {
    await subscribe('phone');
    await put('a');
    await run([]);
    expect(service.requests()).toBe(0);
    const log = JSON.stringify(lines);
    expect(log).toContain('refused-address');
    expect(log).not.toMatch(/127\.0\.0\.1|\/phone/);
  });

  test('a push service that hangs holds up no other, however much waits for it', async () => {
    for (let n = 0; n < 8; n += 1) await subscribe(`quick-${n}`);
    await put('a');
    await run();
    // Now each of the slow ones has been due for longer than the quick ones.
    const slow = await startPushService();
    for (let n = 0; n < 80; n += 1) {
      await server.request('POST', CALENDAR, { headers: XML, body: pushRegister(slow.device(`slow-${n}`)) });
    }
    slow.answer = () => true;
    await put('b');
    const stop = new AbortController();
    const running = run(['127.0.0.1'], stop.signal);
    await service.reached(16);
    expect(slow.requests()).toBeLessThanOrEqual(8);
    stop.abort();
    await running;
    await slow.close();
    // What was given up at the end of the server is due for the next one.
    const due = await pushesDue(server.context, { limit: 100, except: [new URL(service.url).host] });
    expect(due).toHaveLength(80);
  });

  test('a crash between commit and message loses none, and one in the midst of sending is sent again', async () => {
    await subscribe('phone');
    await put('a');
    const due = await pushesDue(server.context, { limit: 100, except: [] });
    // Taken by a process that is never heard of again.
    expect(
      await takePushes(
        server.context,
        due.map(({ id }) => id),
      ),
    ).toHaveLength(1);
    await run();
    expect(service.requests()).toBe(0);
    server.time.now += MINUTE;
    await run();
    expect(devices()).toEqual(['phone']);
    await run();
    expect(devices()).toEqual(['phone']);
  });

  test('a mistake of ours is told, and the next are sent', async () => {
    await subscribe('phone');
    await put('a');
    const broken = { ...jobContext(), fetch: () => Promise.reject(new TypeError('a mistake')) };
    await deliverPushes.run(broken, new AbortController().signal);
    expect(JSON.stringify(lines)).toContain('a push could not be sent');
    server.time.now += MINUTE;
    await run();
    expect(devices()).toEqual(['phone']);
  });

  test('a server that does not push listens to nothing and sends nothing', async () => {
    await subscribe('phone');
    await put('a');
    Object.assign(server.context.settings, { push: undefined });
    let isWoken = false;
    const stop = deliverPushes.listen!(jobContext(), () => void (isWoken = true));
    await put('b');
    await run();
    stop();
    expect([isWoken, service.requests()]).toEqual([false, 0]);
  });

  test('a change wakes the job', async () => {
    let wakes = 0;
    const stop = deliverPushes.listen!(jobContext(), () => void (wakes += 1));
    await put('a');
    expect(wakes).toBeGreaterThan(0);
    stop();
    const before = wakes;
    await put('b');
    expect(wakes).toBe(before);
  });
});
