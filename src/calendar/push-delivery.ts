import type { Actor } from '../auth/actor.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../base/clock.ts';
import { sendWebPush, type WebPushOutcome } from '../notify/channels/web-push.ts';
import { pushMessage } from '../notify/push-message.ts';
import { collectionById } from '../store/collections.ts';
import {
  duePushes,
  endPushLease,
  leasePushes,
  newsFor,
  postponePushes,
  type DueQuestion,
  type LeasedPush,
  type PushNews,
} from '../store/push-leases.ts';
import { deletePush } from '../store/push.ts';
import { accessIn, accessOn } from './access.ts';
import type { CalendarContext } from './context.ts';
import type { Collection } from './model.ts';
import { withMounts } from './mounts.ts';
import { getPrincipal } from './principals.ts';
import { digestOf, pushTopic, vapidKeys } from './push-keys.ts';
import { retryAfterOf } from './subscription-schedule.ts';
import type { Outside } from './subscriptions.ts';
import { stateAt, syncTokenOf } from './sync-token.ts';

export type { LeasedPush };

/** Longer than a message takes; after it another process may send. */
const LEASE = MINUTE;
/** The least time between two messages of one subscription: what comes within it is told by one. */
const PAUSE = 5 * SECOND;
const FIRST_RETRY = 30 * SECOND;
const LONGEST_RETRY = 6 * HOUR;
/** Answers in a row that will not change, after which a subscription is given up. */
const MOST_REFUSALS = 10;
/** A device that was away for longer synchronises anyhow when it comes back. */
const TTL_SECONDS = DAY / SECOND;

/** Ids and push services of subscriptions with something to tell. */
export const pushesDue = (context: CalendarContext, question: Omit<DueQuestion, 'now'>) =>
  duePushes(context.store.db, { ...question, now: context.clock() });

/** Takes subscriptions for this process, those that no other has. */
export function takePushes({ store, clock }: CalendarContext, ids: readonly string[]): Promise<readonly LeasedPush[]> {
  return store.write((tx) => leasePushes(tx, { ids, now: clock(), until: clock() + LEASE }));
}

/** What came of one subscription: no word of it may say where it leads. */
export type Pushed =
  | { readonly kind: 'delivered' | 'nothing' | 'given-up' }
  | { readonly kind: 'later' | 'refused'; readonly reason: string }
  /** The subscription is removed: its device is gone, or its person may not read any more, or the collection is. */
  | { readonly kind: 'ended'; readonly reason: string };

/** Sends what a subscription is to be told, if its person may still read it, and notes what came of it. */
export async function deliverPush(context: CalendarContext, outside: Outside, push: LeasedPush): Promise<Pushed> {
  const news = await newsFor(context.store.db, push);
  if (news === undefined) return { kind: 'nothing' };
  const told = await tellable(context, push, news);
  if (told === 'forbidden') return ended(context, push, 'access');
  if (!news.content && !news.propertyUpdate) {
    if (news.gone) return ended(context, push, 'collection');
    await endLease(context, push, { attempts: push.attempts, nextAt: 0 });
    return { kind: 'nothing' };
  }
  const signal = outside.signal ?? new AbortController().signal;
  const outcome = await send(context, outside, { push, news, syncToken: told, signal });
  return concluded(context, outside, { push, news, outcome, isGivenUp: signal.aborted });
}

/**
 * The sync token to tell; `undefined` of a collection that is gone, which is told to who may read the home it was in:
 * of others it is not known any more whether they could read it.
 */
async function tellable(
  context: CalendarContext,
  push: LeasedPush,
  { seq }: PushNews,
): Promise<string | undefined | 'forbidden'> {
  const principal = await getPrincipal(context, push.principalId);
  if (principal === undefined) return 'forbidden';
  const { id, admin, adminReadOnly } = principal;
  const actor: Actor = { id, admin, adminReadOnly, deviceId: undefined };
  const collection = await watchedBy(context, push);
  if (collection === undefined) {
    const { home } = await accessIn(context, actor, push.homeId);
    return push.mountId === undefined && home.has('read') ? undefined : 'forbidden';
  }
  if (!(await accessOn(context, actor, collection)).has('read')) return 'forbidden';
  return seq === undefined ? undefined : syncTokenOf(context, collection, stateAt(seq));
}

/** The collection where it was subscribed to: in its home, or mounted in that of a sharee, as long as it is. */
async function watchedBy(
  context: CalendarContext,
  { collectionId, mountId }: LeasedPush,
): Promise<Collection | undefined> {
  const found = await collectionById(context.store.db, mountId ?? collectionId);
  return found === undefined ? undefined : (await withMounts(context, [found]))[0];
}

interface Sending {
  readonly push: LeasedPush;
  readonly news: PushNews;
  readonly syncToken: string | undefined;
  readonly signal: AbortSignal;
}

async function send(
  context: CalendarContext,
  { fetch }: Outside,
  { push, news, syncToken, signal }: Sending,
): Promise<WebPushOutcome> {
  const { content, propertyUpdate } = news;
  const body = pushMessage({
    topic: pushTopic(push.collectionId),
    content: content ? { syncToken } : undefined,
    propertyUpdate,
  });
  // One that waits is replaced by one that says as much. Each subscription has topics of its own, or push services could
  // tell who reads the same collection.
  const topic = digestOf(`${push.id}\0${content}\0${propertyUpdate}`);
  const contact = context.settings.push?.contact ?? '';
  return sendWebPush(fetch, {
    target: push.endpoint,
    message: {
      body,
      contentType: 'application/xml; charset="UTF-8"',
      ttlSeconds: TTL_SECONDS,
      urgency: 'normal',
      topic,
    },
    sender: { keys: await vapidKeys(context), contact },
    signal,
  });
}

interface Sent {
  readonly push: LeasedPush;
  readonly news: PushNews;
  readonly outcome: WebPushOutcome;
  readonly isGivenUp: boolean;
}

async function concluded(context: CalendarContext, outside: Outside, sent: Sent): Promise<Pushed> {
  const { push, news, outcome, isGivenUp } = sent;
  const now = context.clock();
  if (outcome.kind === 'delivered') {
    if (news.gone) return ended(context, push, 'collection');
    await endLease(context, push, { attempts: 0, nextAt: now + PAUSE, seq: news.seq, properties: news.properties });
    return outcome;
  }
  if (outcome.kind === 'gone') return ended(context, push, 'gone');
  if (isGivenUp) {
    // The server closes down: whoever comes next sends it.
    await endLease(context, push, { attempts: push.attempts, nextAt: 0 });
    return { kind: 'given-up' };
  }
  const attempts = push.attempts + 1;
  if (outcome.kind === 'refused' && attempts >= MOST_REFUSALS) return ended(context, push, outcome.reason);
  const asked = outcome.kind === 'later' ? retryAfterOf(outcome.retryAfter, now) : undefined;
  await endLease(context, push, { attempts, nextAt: nextTry(now, { attempts, asked, random: outside.random() }) });
  if (asked !== undefined && outcome.kind === 'later') {
    const which = outcome.isForOne ? { endpoint: push.endpoint.url } : { host: push.host };
    await context.store.write((tx) => postponePushes(tx, which, now + Math.min(asked, LONGEST_RETRY)));
  }
  return { kind: outcome.kind, reason: outcome.reason };
}

interface Failed {
  readonly attempts: number;
  /** Milliseconds of Retry-After: sooner would be no use. */
  readonly asked: number | undefined;
  readonly random: number;
}

function nextTry(now: number, { attempts, asked = 0, random }: Failed): number {
  const backOff = Math.min(LONGEST_RETRY, FIRST_RETRY * 2 ** Math.min(attempts - 1, 20));
  return Math.round(now + Math.min(asked, DAY) + backOff * (0.5 + random / 2));
}

const endLease = ({ store }: CalendarContext, push: LeasedPush, end: Parameters<typeof endPushLease>[2]) =>
  store.write((tx) => endPushLease(tx, push, end));

async function ended({ store, clock }: CalendarContext, { id }: LeasedPush, reason: string): Promise<Pushed> {
  await store.write((tx) => deletePush(tx, { id, now: clock() }));
  return { kind: 'ended', reason };
}
