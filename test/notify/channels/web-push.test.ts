import { createECDH } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createFetch } from '../../../src/net/fetch.ts';
import {
  areUsableKeys,
  newVapidKeys,
  sendWebPush,
  type WebPushMessage,
  type WebPushTarget,
} from '../../../src/notify/channels/web-push.ts';
import { decrypted, startPushService, type PushService } from '../../push-service.ts';

let service: PushService;
beforeEach(async () => {
  service = await startPushService();
});
afterEach(() => service.close());

const keys = newVapidKeys();
const MESSAGE: WebPushMessage = {
  ...{ body: '<x>é</x>', contentType: 'application/xml; charset="UTF-8"' },
  ttlSeconds: 60,
  urgency: 'low',
  topic: 'a-topic_1',
};

const send = (target: WebPushTarget, allow: readonly string[] = ['127.0.0.1'], signal = new AbortController().signal) =>
  sendWebPush(createFetch({ allow }), {
    ...{ target, message: MESSAGE, sender: { keys, contact: 'mailto:me@example.com' }, signal },
  });

test('the judge of these tests reads the example of RFC 8291 appendix A', () => {
  const ecdh = createECDH('prime256v1');
  ecdh.setPrivateKey('q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94', 'base64url');
  const body =
    'DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl' +
    '7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN';
  const auth = Buffer.from('BTBZMqHH6r4Tts7J_aSIgg', 'base64url');
  expect(decrypted(Buffer.from(body, 'base64url'), ecdh, auth)).toBe('When I grow up, I want to be a watermelon');
});

test('a message is encrypted for the device, and signed by the key that it knows', async () => {
  expect(await send(service.device('phone'))).toEqual({ kind: 'delivered' });
  const [message] = service.messages;
  expect(message?.text).toBe('<x>é</x>');
  expect(message?.headers).toMatchObject({
    ...{ 'content-type': 'application/xml; charset="UTF-8"', 'content-encoding': 'aes128gcm' },
    ...{ ttl: '60', urgency: 'low', topic: 'a-topic_1' },
  });
  expect(message?.vapidKey).toBe(keys.publicKey);
  const { aud, exp, sub } = message!.claims;
  expect({ aud, sub }).toEqual({ aud: service.url, sub: 'mailto:me@example.com' });
  const seconds = exp - Date.now() / 1000;
  expect(seconds).toBeGreaterThan(60);
  expect(seconds).toBeLessThanOrEqual(24 * 3600);
});

test.each([
  [404, 'gone'],
  [410, 'gone'],
  [429, 'later'],
  [500, 'later'],
  [503, 'later'],
  [400, 'refused'],
  [403, 'refused'],
  [302, 'refused'],
])('%i of a push service means %s', async (status, kind) => {
  service.answer = (_, response) => {
    response.writeHead(status, { 'retry-after': '7', location: `${service.url}/other` }).end();
    return true;
  };
  const outcome = await send(service.device('phone'));
  expect(outcome.kind).toBe(kind);
  expect(service.requests()).toBe(1);
  if (outcome.kind === 'later') expect(outcome.retryAfter).toBe('7');
});

test('what is not public is not sent to, and what is not there is tried again', async () => {
  const device = service.device('phone');
  expect(await send(device, [])).toEqual({ kind: 'refused', reason: 'refused-address' });
  expect(service.requests()).toBe(0);
  await service.close();
  expect(await send(device)).toMatchObject({ kind: 'later', reason: 'unreachable' });
  service = await startPushService();
});

test('a message that hangs is given up when the server closes down', async () => {
  const stop = new AbortController();
  service.answer = () => {
    stop.abort();
    return true;
  };
  expect(await send(service.device('phone'), ['127.0.0.1'], stop.signal)).toMatchObject({ kind: 'later' });
});

test('keys that nothing can be encrypted for are told from those that are good', () => {
  const { publicKey, authSecret } = service.device('phone');
  expect(areUsableKeys({ publicKey, authSecret })).toBe(true);
  const point = Buffer.from(publicKey, 'base64url');
  point[40]! ^= 1;
  expect(areUsableKeys({ publicKey: point.toString('base64url'), authSecret })).toBe(false);
  expect(areUsableKeys({ publicKey: publicKey.slice(0, -4), authSecret })).toBe(false);
  expect(areUsableKeys({ publicKey: `${publicKey.slice(0, -1)}+`, authSecret })).toBe(false);
  expect(areUsableKeys({ publicKey, authSecret: authSecret.slice(0, -4) })).toBe(false);
});
