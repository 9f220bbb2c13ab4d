import type { Actor } from '../auth/actor.ts';
import { DAY, HOUR, SECOND } from '../base/clock.ts';
import { Refusal } from '../base/refusal.ts';
import { areUsableKeys } from '../notify/channels/web-push.ts';
import {
  countPushes,
  deleteExpiredPushes,
  deletePush,
  insertPush,
  pushByEndpoint,
  renewPush,
  type PushEndpoint,
  type PushTriggers,
} from '../store/push.ts';
import type { Db } from '../store/store.ts';
import { accessOn } from './access.ts';
import type { CalendarContext } from './context.ts';
import type { Collection } from './model.ts';
import { digestOf } from './push-keys.ts';
import { requireCollection } from './write-object.ts';

export type { PushEndpoint, PushTriggers };

export interface RegisterPush extends PushTriggers {
  readonly actor: Actor;
  readonly collection: Collection;
  readonly endpoint: PushEndpoint;
  /** UTC milliseconds that the client asks for. */
  readonly expires: number | undefined;
}

export interface PushRegistration {
  readonly id: string;
  /** UTC milliseconds, whole seconds. */
  readonly expiresAt: number;
}

/** A device comes every few days to renew it: what is asked for is kept to where it is neither a burden nor useless. */
const SHORTEST = HOUR;
const USUAL = 7 * DAY;

/**
 * A push subscription to a collection, or the same one anew (WebDAV-Push "Subscription Management"). By who may read
 * the collection. Throws push-not-available, invalid-subscription, no-supported-trigger, quota-not-exceeded.
 */
export async function registerPush(context: CalendarContext, request: RegisterPush): Promise<PushRegistration> {
  const { actor, collection, endpoint, content, properties } = request;
  await requirePushable(context, actor, collection);
  requireUsable(endpoint);
  if (!content && !properties) throw new Refusal('no-supported-trigger', 'Nothing is asked for that can be pushed');
  const digest = digestOf(endpoint.url);
  return context.store.write(
    async (tx) => {
      await requireCollection(tx, collection);
      const now = context.clock();
      const expiresAt = expiryOf(context, request.expires, now);
      const push = {
        ...{ principalId: actor.id, deviceId: actor.deviceId, homeId: collection.homeId, collectionId: collection.id },
        ...{ mountId: collection.mount?.id, endpoint, digest, content, properties, expiresAt, now },
      };
      const known = await pushByEndpoint(tx, push);
      if (known === undefined) {
        await requireRoom(context, tx, { principalId: actor.id, collectionId: collection.id, now });
        return { id: await insertPush(tx, push), expiresAt };
      }
      if (known.principalId !== actor.id) {
        throw new Refusal('invalid-subscription', 'This push resource is registered here by somebody else');
      }
      await renewPush(tx, known, push);
      return { id: known.id, expiresAt };
    },
    { lane: collection.homeId },
  );
}

async function requirePushable(context: CalendarContext, actor: Actor, collection: Collection): Promise<void> {
  if (context.settings.push === undefined) throw new Refusal('push-not-available', 'This server does not push');
  if ((await accessOn(context, actor, collection)).has('read')) return;
  throw new Refusal('push-not-available', 'Only who may read a collection is told of its changes');
}

const LONGEST_URL = 2048;

/** RFC 8030 §8: over TLS alone, but on this machine itself, where nobody listens (and net.allow must name it). */
function requireUsable({ url, ...keys }: PushEndpoint): void {
  const parsed = url.length <= LONGEST_URL && URL.canParse(url) ? new URL(url) : undefined;
  const isSafe = parsed?.protocol === 'https:' || (parsed?.protocol === 'http:' && LOOPBACK.test(parsed.hostname));
  if (parsed === undefined || !isSafe || parsed.username !== '' || parsed.password !== '') {
    throw new Refusal('invalid-subscription', 'The push resource must be an https URL without a user name');
  }
  if (!areUsableKeys(keys)) {
    throw new Refusal('invalid-subscription', 'The keys must be those of a Web Push subscription, for aes128gcm');
  }
}

const LOOPBACK = /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/;

function expiryOf({ limits }: CalendarContext, asked: number | undefined, now: number): number {
  const longest = limits.pushSubscriptionDays * DAY;
  const length = Math.min(longest, Math.max(SHORTEST, asked === undefined ? USUAL : asked - now));
  return Math.floor((now + length) / SECOND) * SECOND;
}

interface Count {
  readonly principalId: string;
  readonly collectionId: string;
  readonly now: number;
}

async function requireRoom(
  { limits }: CalendarContext,
  tx: Db,
  { principalId, collectionId, now }: Count,
): Promise<void> {
  if ((await countPushes(tx, { principalId }, now)) >= limits.pushSubscriptionsPerUser) {
    throw new Refusal('quota-not-exceeded', `At most ${limits.pushSubscriptionsPerUser} push subscriptions a person`);
  }
  if ((await countPushes(tx, { principalId, collectionId }, now)) >= limits.pushDevicesPerCollection) {
    throw new Refusal(
      'quota-not-exceeded',
      `At most ${limits.pushDevicesPerCollection} push subscriptions to one collection`,
    );
  }
  if ((await countPushes(tx, { collectionId }, now)) >= limits.pushSubscriptionsPerCollection) {
    throw new Refusal('quota-not-exceeded', 'This collection has as many push subscriptions as it may have');
  }
}

/** Ends a subscription of one's own; whether there was one. */
export function endPush(context: CalendarContext, actor: Actor, id: string): Promise<boolean> {
  const { store, clock } = context;
  return store.write((tx) => deletePush(tx, { id, principalId: actor.id, now: clock() }));
}

/** Removes subscriptions whose time is over; returns how many. */
export const forgetExpiredPushes = ({ store, clock }: CalendarContext): Promise<number> =>
  store.write((tx) => deleteExpiredPushes(tx, clock()));
