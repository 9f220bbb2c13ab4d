import { hash } from 'node:crypto';

import { newVapidKeys, type VapidKeys } from '../notify/channels/web-push.ts';
import { getMeta, metaOrMake } from '../store/meta.ts';
import type { CalendarContext } from './context.ts';

const VAPID = 'vapid';
const known = new WeakMap<CalendarContext['store'], VapidKeys>();

/**
 * The server's key pair (RFC 8292), made when it is first asked for and kept in the database: with another one, every
 * subscription of every device would be void.
 */
export async function vapidKeys({ store }: Pick<CalendarContext, 'store'>): Promise<VapidKeys> {
  const held = known.get(store);
  if (held !== undefined) return held;
  const kept = await getMeta(store.db, VAPID);
  const made = (): string => JSON.stringify(newVapidKeys());
  const value = kept ?? (await store.write((tx) => metaOrMake(tx, VAPID, made)));
  const keys = JSON.parse(value) as VapidKeys; // written here, above
  known.set(store, keys);
  return keys;
}

/**
 * The push topic of a collection: the same under every URL and for everybody, and not to be guessed by who does not know
 * its id. It says nothing to a push service, which never sees it in clear.
 */
export const pushTopic = (collectionId: string): string => digestOf(`topic\0${collectionId}`);

/** 132 bits in 22 characters of base64url. */
export const digestOf = (text: string): string => hash('sha256', text, 'base64url').slice(0, 22);
