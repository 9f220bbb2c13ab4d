import { BadRequest, Refusal } from '../base/refusal.ts';
import { registerPush, type PushEndpoint, type PushTriggers } from '../calendar/push.ts';
import { parseDepth } from './depth.ts';
import type { DavAnswer, DavRequest } from './method.ts';
import { pushHref, type PUSH_KINDS } from './push.ts';
import type { ResourceOf } from './resource.ts';
import { dav, push } from './xml/names.ts';
import type { XmlNode } from './xml/node.ts';
import { childOf, childrenOf } from './xml/parse.ts';

export const PUSH_REGISTER = push('push-register');

/**
 * POST of push-register, WebDAV-Push "Subscription Registration": a new subscription, or the same one anew. Can raise:
 * invalid-subscription, push-not-available, no-supported-trigger, quota-not-exceeded, 400.
 */
export async function subscribeToPush(
  { context, origin }: DavRequest,
  { collection }: ResourceOf<(typeof PUSH_KINDS)[number]>,
  body: XmlNode,
): Promise<DavAnswer> {
  const { actor, calendar } = context;
  const { id, expiresAt } = await registerPush(calendar, {
    ...{ actor, collection, endpoint: endpointOf(body), expires: expiresOf(body), ...triggersOf(body) },
  });
  const { href: location } = new URL(pushHref(id), origin());
  return { status: 204, headers: { Location: location, Expires: new Date(expiresAt).toUTCString() } };
}

/** Exactly one web-push-subscription. Throws invalid-subscription. */
function endpointOf(body: XmlNode): PushEndpoint {
  const [subscription, ...more] = childrenOf(body, push('subscription'));
  const [details, ...others] = subscription?.children ?? [];
  if (more.length > 0 || others.length > 0 || details?.name !== push('web-push-subscription')) {
    throw invalid('There must be one subscription, with one web-push-subscription in it');
  }
  const only = (name: string): XmlNode => {
    const [node, ...rest] = childrenOf(details, push(name));
    if (node === undefined || rest.length > 0) throw invalid(`There must be one ${name}`);
    return node;
  };
  if (only('content-encoding').text.trim() !== 'aes128gcm') throw invalid('Only aes128gcm is a content-encoding here');
  const key = only('subscription-public-key');
  if (key.attributes.get('type') !== 'p256dh') throw invalid('Only p256dh is a type of subscription-public-key here');
  return {
    url: only('push-resource').text.trim(),
    publicKey: base64url(key),
    authSecret: base64url(only('auth-secret')),
  };
}

/** Some programs write the padding too. */
const base64url = ({ text }: XmlNode): string => text.trim().replace(/=+$/, '');

const invalid = (message: string): Refusal => new Refusal('invalid-subscription', message);

/** Depths are taken as those that there are, and which properties are meant is not asked: the draft allows both. */
function triggersOf(body: XmlNode): PushTriggers {
  const trigger = childOf(body, push('trigger'));
  const has = (name: string): boolean => {
    const wanted = trigger && childOf(trigger, push(name));
    const depth = wanted && childOf(wanted, dav('depth'));
    // What is no depth is an error all the same.
    if (depth !== undefined) parseDepth(depth.text, 0);
    return wanted !== undefined;
  };
  return { content: has('content-update'), properties: has('property-update') };
}

/** RFC 9110 §5.6.7. Throws BadRequest for what is no date. */
function expiresOf(body: XmlNode): number | undefined {
  const text = childOf(body, push('expires'))?.text.trim();
  if (text === undefined || text === '') return undefined;
  const at = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/.test(text) ? Date.parse(text) : NaN;
  if (Number.isNaN(at)) throw new BadRequest('expires must be a date such as Wed, 02 Oct 2024 07:28:00 GMT');
  return at;
}
