import { createECDH } from 'node:crypto';

import { OutboundFailure, type Fetch } from '../../net/fetch.ts';

/** The server's key pair (RFC 8292 §2), base64url: the public key in uncompressed form. */
export interface VapidKeys {
  readonly publicKey: string;
  readonly privateKey: string;
}

export function newVapidKeys(): VapidKeys {
  const pair = createECDH('prime256v1');
  pair.generateKeys();
  // Its leading zeros are left out.
  const secret = Buffer.concat([Buffer.alloc(32), pair.getPrivateKey()]).subarray(-32);
  return { publicKey: pair.getPublicKey('base64url'), privateKey: secret.toString('base64url') };
}

/** A push resource and the keys of its user agent (RFC 8291 §2.1), base64url. */
export interface WebPushTarget {
  readonly url: string;
  readonly publicKey: string;
  readonly authSecret: string;
}

export interface WebPushMessage {
  readonly body: string;
  readonly contentType: string;
  /** How long the push service keeps it for a device that is away (RFC 8030 §5.2). */
  readonly ttlSeconds: number;
  readonly urgency: 'very-low' | 'low' | 'normal' | 'high';
  /** It replaces one of the same topic that is still kept (RFC 8030 §5.4): at most 32 characters of base64url. */
  readonly topic: string;
}

/** Who sends: what a push service may hold us to (RFC 8292 §2.1). */
export interface WebPushSender {
  readonly keys: VapidKeys;
  /** A mailto: or https: URI. */
  readonly contact: string;
}

export type WebPushOutcome =
  | { readonly kind: 'delivered' }
  /** The push service knows no such subscription any more. */
  | { readonly kind: 'gone' }
  /** It may go well later; `retryAfter` is the header as it came, and `isForOne` where it is for this push resource. */
  | {
      readonly kind: 'later';
      readonly reason: string;
      readonly retryAfter: string | undefined;
      readonly isForOne: boolean;
    }
  /** The same again will hardly go better. */
  | { readonly kind: 'refused'; readonly reason: string };

/** Octets of an answer that are read; nothing of it is of interest but its status. */
const ANSWER_OCTETS = 4096;
const TIMEOUT = 15_000;

export interface WebPushSending {
  readonly target: WebPushTarget;
  readonly message: WebPushMessage;
  readonly sender: WebPushSender;
  readonly signal: AbortSignal;
}

/** Encrypts a message (RFC 8291) and asks the push service to deliver it (RFC 8030 §5). Failures are data. */
export async function sendWebPush(
  fetch: Fetch,
  { target, message, sender, signal }: WebPushSending,
): Promise<WebPushOutcome> {
  try {
    const { headers, body } = await encrypted(target, message, sender);
    const response = await fetch({
      ...{ url: target.url, method: 'POST', headers, body, signal },
      ...{ maxOctets: ANSWER_OCTETS, redirects: 0, timeout: TIMEOUT },
    });
    response.close();
    return outcomeOf(response.status, response.headers['retry-after']);
  } catch (error) {
    if (!(error instanceof OutboundFailure)) throw error;
    const { reason } = error;
    return error.temporary
      ? { kind: 'later', reason, retryAfter: undefined, isForOne: true }
      : { kind: 'refused', reason };
  }
}

async function encrypted(target: WebPushTarget, message: WebPushMessage, { keys, contact }: WebPushSender) {
  const { default: webPush } = await import('web-push');
  const { ttlSeconds, urgency, topic, contentType } = message;
  const { headers, body } = webPush.generateRequestDetails(
    { endpoint: target.url, keys: { p256dh: target.publicKey, auth: target.authSecret } },
    message.body,
    { vapidDetails: { subject: contact, ...keys }, contentEncoding: 'aes128gcm', TTL: ttlSeconds, urgency, topic },
  );
  const { 'Content-Length': length, ...rest } = headers; // the client counts by itself
  void length;
  const all = Object.entries({ ...rest, 'Content-Type': contentType }).map(([name, value]) => [name, String(value)]);
  return { headers: Object.fromEntries(all) as Record<string, string>, body };
}

function outcomeOf(status: number, retryAfter: string | undefined): WebPushOutcome {
  if (status >= 200 && status < 300) return { kind: 'delivered' };
  // RFC 8030 §7.3: an expired subscription is answered 404; 410 is what most services send.
  if (status === 404 || status === 410) return { kind: 'gone' };
  const reason = `status ${status}`;
  const isTemporary = status >= 500 || [408, 425, 429].includes(status);
  // RFC 8030 §8.4: 429 is about what is sent to one push resource.
  return isTemporary ? { kind: 'later', reason, retryAfter, isForOne: status === 429 } : { kind: 'refused', reason };
}

/** Whether a message can be encrypted for these: a point of P-256 in uncompressed form, and 16 octets (RFC 8291 §3.2). */
export function areUsableKeys({ publicKey, authSecret }: Omit<WebPushTarget, 'url'>): boolean {
  const [point, secret] = [octetsOf(publicKey), octetsOf(authSecret)];
  if (point?.length !== 65 || point[0] !== 4 || secret?.length !== 16) return false;
  try {
    const own = createECDH('prime256v1');
    own.generateKeys();
    own.computeSecret(point);
    return true;
  } catch {
    return false; // not on the curve
  }
}

const octetsOf = (text: string): Buffer | undefined =>
  /^[\w-]+$/.test(text) ? Buffer.from(text, 'base64url') : undefined;
