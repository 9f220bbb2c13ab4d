import { createDecipheriv, createECDH, createPublicKey, hkdfSync, randomBytes, verify, type ECDH } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A message as it came, decrypted with what the device alone has. */
export interface Received {
  readonly device: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  /** The claims of the VAPID token, whose signature was verified. */
  readonly claims: { readonly aud: string; readonly exp: number; readonly sub: string };
  readonly vapidKey: string;
}

/** The user agent of a device: its push resource and keys. */
export interface PushDevice {
  readonly name: string;
  readonly url: string;
  readonly publicKey: string;
  readonly authSecret: string;
}

/** A push service on loopback (RFC 8030) with its devices: what it takes is decrypted and checked by Node's own crypto. */
export interface PushService {
  readonly url: string;
  readonly messages: readonly Received[];
  /** Requests, those that were refused too. */
  requests(): number;
  /** Answers otherwise than 201: return true where it did. */
  answer: ((device: string, response: ServerResponse) => boolean) | undefined;
  device(name: string): PushDevice;
  /** Resolves when there are so many messages. */
  reached(count: number): Promise<void>;
  close(): Promise<void>;
}

export async function startPushService(): Promise<PushService> {
  const devices = new Map<string, { readonly ecdh: ECDH; readonly auth: Buffer }>();
  const messages: Received[] = [];
  const waiting: { readonly count: number; readonly resolve: () => void }[] = [];
  let requests = 0;
  const server = createServer((request, response) => {
    const name = request.url?.slice(1) ?? '';
    requests += 1;
    if (service.answer?.(name, response) === true) return;
    void take(request, name).then((status) => response.writeHead(status, { location: `/m/${requests}` }).end());
  });
  async function take(request: IncomingMessage, name: string): Promise<number> {
    const device = devices.get(name);
    const body = Buffer.concat((await request.toArray()) as Buffer[]);
    if (device === undefined || request.method !== 'POST') return 404;
    const [, token = '', vapidKey = ''] =
      /^vapid t=([\w.-]+), ?k=([\w-]+)$/.exec(request.headers.authorization ?? '') ?? [];
    const text = decrypted(body, device.ecdh, device.auth);
    const headers = Object.fromEntries(Object.entries(request.headers).map(([key, value]) => [key, String(value)]));
    messages.push({ device: name, headers, text, vapidKey, claims: verifiedClaims(token, vapidKey) });
    for (const { count, resolve } of waiting) if (messages.length >= count) resolve();
    return 201;
  }
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const service: PushService = {
    url,
    messages,
    requests: () => requests,
    answer: undefined,
    device(name) {
      const ecdh = createECDH('prime256v1');
      const publicKey = ecdh.generateKeys('base64url');
      const auth = randomBytes(16);
      devices.set(name, { ecdh, auth });
      return { name, url: `${url}/${name}`, publicKey, authSecret: auth.toString('base64url') };
    },
    reached: (count) =>
      messages.length >= count ? Promise.resolve() : new Promise((resolve) => void waiting.push({ count, resolve })),
    async close() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
  return service;
}

/** RFC 8291 §3, RFC 8188 §2: one record. */
export function decrypted(body: Buffer, ecdh: ECDH, auth: Buffer): string {
  const [salt, keyLength] = [body.subarray(0, 16), body.readUInt8(20)];
  const sender = body.subarray(21, 21 + keyLength);
  const derive = (key: Buffer, by: Buffer, info: Buffer, length: number): Buffer =>
    Buffer.from(hkdfSync('sha256', key, by, info, length));
  const info = Buffer.concat([Buffer.from('WebPush: info\0'), ecdh.getPublicKey(), sender]);
  const ikm = derive(ecdh.computeSecret(sender), auth, info, 32);
  const key = derive(ikm, salt, Buffer.from('Content-Encoding: aes128gcm\0'), 16);
  const nonce = derive(ikm, salt, Buffer.from('Content-Encoding: nonce\0'), 12);
  const record = body.subarray(21 + keyLength);
  const decipher = createDecipheriv('aes-128-gcm', key, nonce);
  decipher.setAuthTag(record.subarray(-16));
  const plain = Buffer.concat([decipher.update(record.subarray(0, -16)), decipher.final()]);
  return plain.subarray(0, plain.lastIndexOf(2)).toString();
}

/** RFC 8292 §2: a token that is signed with ES256 by the key that comes with it. Throws where it is not. */
function verifiedClaims(token: string, key: string): Received['claims'] {
  const [header = '', claims = '', signature = ''] = token.split('.');
  const point = Buffer.from(key, 'base64url');
  const jwk = {
    ...{ kty: 'EC', crv: 'P-256' },
    ...{ x: point.subarray(1, 33).toString('base64url'), y: point.subarray(33).toString('base64url') },
  };
  const publicKey = createPublicKey({ key: jwk, format: 'jwk' });
  const isSigned = verify(
    'sha256',
    Buffer.from(`${header}.${claims}`),
    { key: publicKey, dsaEncoding: 'ieee-p1363' },
    Buffer.from(signature, 'base64url'),
  );
  const { alg } = JSON.parse(Buffer.from(header, 'base64url').toString()) as { readonly alg: string };
  if (!isSigned || alg !== 'ES256') throw new Error('The VAPID token is not signed');
  return JSON.parse(Buffer.from(claims, 'base64url').toString()) as Received['claims'];
}

export interface Registration {
  readonly content?: string | false;
  readonly properties?: boolean;
  readonly expires?: string;
}

/** The body of push-register, as DAVx⁵ writes it. */
export function pushRegister(
  device: PushDevice,
  { content = '1', properties = true, expires }: Registration = {},
): string {
  const triggers =
    (content === false ? '' : `<content-update><D:depth>${content}</D:depth></content-update>`) +
    (properties ? '<property-update><D:depth>0</D:depth></property-update>' : '');
  return (
    `<?xml version="1.0" encoding="utf-8"?><push-register xmlns="https://bitfire.at/webdav-push" xmlns:D="DAV:">` +
    `<subscription><web-push-subscription><push-resource>${device.url}</push-resource>` +
    `<content-encoding>aes128gcm</content-encoding>` +
    `<subscription-public-key type="p256dh">${device.publicKey}</subscription-public-key>` +
    `<auth-secret>${device.authSecret}</auth-secret></web-push-subscription></subscription>` +
    `<trigger>${triggers}</trigger>${expires === undefined ? '' : `<expires>${expires}</expires>`}</push-register>`
  );
}
