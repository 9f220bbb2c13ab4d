import { HOUR, MINUTE } from '../base/clock.ts';
import { Refusal } from '../base/refusal.ts';
import { createTurns, inTurns } from '../base/turns.ts';
import { OutboundFailure, type Fetch, type OutboundReason, type OutboundResponse } from '../net/fetch.ts';
import { collectionById } from '../store/collections.ts';
import { countObjects } from '../store/objects.ts';
import {
  dueSubscriptions,
  endLease,
  forgetAnswer,
  leaseSubscription,
  subscriptionOf,
  subscriptionsOf,
  type FetchState,
  type Leased,
  type Subscription,
} from '../store/subscriptions.ts';
import type { CalendarContext } from './context.ts';
import type { Collection } from './model.ts';
import { applyFeed, removeMembers, type Applied } from './subscription-apply.ts';
import { feedDigest, feedPause, isEmptyCalendar, isWholeCalendar, told } from './subscription-feed.ts';
import { cachePause, nextAfterFailure, nextAfterSuccess, pauseOf, retryAfterOf } from './subscription-schedule.ts';

export type { Subscription };

/** What a refresh needs of the world. */
export interface Outside {
  readonly fetch: Fetch;
  /** Of [0, 1). */
  readonly random: () => number;
  /** Gives up what is under way. */
  readonly signal?: AbortSignal;
}

/** What came of one refresh. */
export type Refreshed =
  | { readonly kind: 'unchanged' | 'lost' | 'given-up' }
  /** The feed has no component: it is believed when it says so again. */
  | { readonly kind: 'empty' }
  | ({ readonly kind: 'changed' } & Pick<Applied, 'created' | 'updated' | 'removed' | 'faulty'>)
  | { readonly kind: 'failed'; readonly reason: string };

/** Longer than a fetch and its work take; after it another process may begin. */
const LEASE = 30 * MINUTE;
const FETCH_TIMEOUT = 2 * MINUTE;

/** Ids of calendars whose source is to be fetched now, `limit` at most. */
export const subscriptionsDue = ({ store, clock }: CalendarContext, limit: number): Promise<readonly string[]> =>
  dueSubscriptions(store.db, clock(), limit);

/** Subscriptions of one home or of all, in the order of their ids. */
export const listSubscriptions = ({ store }: CalendarContext, homeId?: string): Promise<readonly Subscription[]> =>
  subscriptionsOf(store.db, homeId);

/** How the source of a calendar is fetched; undefined where it has none. */
export async function subscriptionState(
  { store }: CalendarContext,
  { id, source }: Collection,
): Promise<Subscription | undefined> {
  return source === undefined ? undefined : subscriptionOf(store.db, id);
}

/** Scheme and host of a source: what may be shown to anybody. */
export function originOf(source: string): string {
  const url = URL.canParse(source) ? new URL(source) : undefined;
  return url === undefined ? '' : `${url.protocol}//${url.host}`;
}

/**
 * Fetches the source of a calendar and makes its members those of it. undefined: another process does it now, or it is
 * not due. Failures of the other side are data, and leave the members as they are.
 */
export async function refreshSubscription(
  context: CalendarContext,
  outside: Outside,
  collectionId: string,
  { early = false }: { readonly early?: boolean } = {},
): Promise<Refreshed | undefined> {
  const now = context.clock();
  const leased = await context.store.write((tx) =>
    leaseSubscription(tx, { collectionId, now, until: now + LEASE, early }),
  );
  if (leased === undefined) return undefined;
  const collection = await collectionById(context.store.db, collectionId);
  if (collection?.source === undefined) return { kind: 'lost' };
  const { refreshed, state } = await refresh(context, outside, { leased, collection, source: collection.source });
  await context.store.write((tx) => endLease(tx, leased, state));
  return refreshed;
}

interface Refreshing {
  readonly leased: Leased;
  readonly collection: Collection;
  readonly source: string;
}

interface Result {
  readonly refreshed: Refreshed;
  readonly state: FetchState;
}

async function refresh(context: CalendarContext, outside: Outside, refreshing: Refreshing): Promise<Result> {
  const { leased } = refreshing;
  try {
    const answer = await fetchFeed(outside, refreshing, context.limits.feedOctets);
    if (outside.signal?.aborted === true) return { refreshed: { kind: 'given-up' }, state: leased };
    return await applied(context, outside, refreshing, answer);
  } catch (error) {
    const before = error instanceof OutboundFailure ? leased : { ...leased, ...NO_ANSWER };
    if (outside.signal?.aborted === true) return { refreshed: { kind: 'given-up' }, state: before };
    if (!(error instanceof OutboundFailure)) {
      // A mistake of ours, or the database: it is told by the caller, and this feed waits like any that failed.
      const state = failedState(context, outside, before, { message: 'It could not be stored', retryAfter: undefined });
      await context.store.write((tx) => endLease(tx, leased, state));
      throw error;
    }
    const retryAfter = error instanceof BadStatus ? retryAfterOf(error.retryAfter, context.clock()) : undefined;
    const state = failedState(context, outside, leased, { message: error.message, retryAfter });
    return { refreshed: { kind: 'failed', reason: error.reason }, state };
  }
}

/** As after forgetAnswer. */
const NO_ANSWER = { etag: undefined, lastModified: undefined, digest: undefined };

interface Failure {
  readonly message: string;
  readonly retryAfter: number | undefined;
}

function failedState({ clock }: CalendarContext, outside: Outside, before: Leased, failure: Failure): FetchState {
  const now = clock();
  const failures = before.failures + 1;
  const nextAt = nextAfterFailure(now, { failures, retryAfter: failure.retryAfter, random: outside.random() });
  return { ...before, triedAt: now, error: failure.message, failures, nextAt };
}

/** An answer that cannot be used, and when to ask again. */
class BadStatus extends OutboundFailure {
  readonly retryAfter: string | undefined;
  constructor(status: number, host: string, retryAfter: string | undefined) {
    super('bad-status', { host, says: `it answered ${status}`, status });
    this.retryAfter = retryAfter;
  }
}

type Answer =
  | { readonly kind: 'not-modified' }
  | {
      readonly kind: 'body';
      readonly octets: Uint8Array;
      readonly headers: OutboundResponse['headers'];
      readonly host: string;
    };

/**
 * The addresses to try for a source, in this order. webcal says nothing of TLS: it is tried, and where there is none the
 * feed is fetched without, unless a password would be told to all who listen.
 */
export function addressesOf(source: string): readonly string[] {
  const [, scheme = '', rest = ''] = /^([a-z]+):(.*)$/is.exec(source.trim()) ?? [];
  if (/^webcals$/i.test(scheme)) return [`https:${rest}`];
  if (!/^webcal$/i.test(scheme)) return [source];
  const isSecret = URL.canParse(`http:${rest}`) && new URL(`http:${rest}`).username !== '';
  return isSecret ? [`https:${rest}`] : [`https:${rest}`, `http:${rest}`];
}

/** Why the next address is tried. */
const NOBODY_THERE: ReadonlySet<OutboundReason> = new Set(['unreachable', 'timeout', 'bad-answer']);

async function fetchFeed(outside: Outside, refreshing: Refreshing, maxOctets: number): Promise<Answer> {
  const { etag, lastModified } = refreshing.leased;
  const headers = {
    Accept: 'text/calendar, */*;q=0.1',
    ...(etag !== undefined && { 'If-None-Match': etag }),
    ...(lastModified !== undefined && { 'If-Modified-Since': lastModified }),
  };
  let failure: unknown;
  for (const url of addressesOf(refreshing.source)) {
    try {
      const signal = outside.signal === undefined ? {} : { signal: outside.signal };
      return await bodyOf(await outside.fetch({ url, headers, maxOctets, timeout: FETCH_TIMEOUT, ...signal }));
    } catch (error) {
      if (!(error instanceof OutboundFailure) || !NOBODY_THERE.has(error.reason)) throw error;
      failure = error;
    }
  }
  throw failure;
}

async function bodyOf(response: OutboundResponse): Promise<Answer> {
  const { status, headers, url, body } = response;
  const { host } = new URL(url);
  if (status === 200) return { kind: 'body', octets: Buffer.concat(await Array.fromAsync(body)), headers, host };
  response.close();
  if (status === 304) return { kind: 'not-modified' };
  throw new BadStatus(status, host, headers['retry-after']);
}

async function applied(
  context: CalendarContext,
  { random }: Outside,
  { leased, collection }: Refreshing,
  answer: Answer,
): Promise<Result> {
  const now = context.clock();
  const wellDone = (state: Partial<FetchState>): FetchState => {
    const pause = 'pause' in state ? state.pause : leased.pause;
    const nextAt = nextAfterSuccess(now, pauseOf({ refreshRate: collection.refreshRate, pause }), random());
    return { ...leased, triedAt: now, succeededAt: now, error: undefined, failures: 0, nextAt, ...state };
  };
  // What was wrong with the feed itself is so still; that it could not be fetched is over.
  const asBefore = { error: leased.failures === 0 ? leased.error : undefined };
  if (answer.kind === 'not-modified') return { refreshed: { kind: 'unchanged' }, state: wellDone(asBefore) };
  const { octets, headers, host } = answer;
  if (!isWholeCalendar(octets))
    throw new OutboundFailure('bad-answer', { host, says: 'what it sent is no whole calendar' });
  const pause = feedPause(octets) ?? cachePause(headers['cache-control']);
  const turns = createTurns();
  const isEmpty = await inTurns(isEmptyCalendar(octets), turns);
  if (isEmpty && (await isDoubtful(context, leased, now))) {
    // Its validators are not kept: it must come again, whole.
    const emptySince = leased.emptySince ?? now;
    const seen = { ...NO_ANSWER, emptySince, pause };
    const error = `${host}: it came empty; what was there stays until it does so again`;
    return { refreshed: { kind: 'empty' }, state: wellDone({ ...seen, error }) };
  }
  const digest = await inTurns(feedDigest(octets, collection), turns);
  const seen = { etag: headers.etag, lastModified: headers['last-modified'], digest, emptySince: undefined, pause };
  if (digest === leased.digest) return { refreshed: { kind: 'unchanged' }, state: wellDone({ ...seen, ...asBefore }) };
  await context.store.write((tx) => forgetAnswer(tx, leased));
  if (isEmpty) {
    const removed = await removeMembers(context, { collection, leased });
    return { refreshed: { kind: 'changed', created: 0, updated: 0, removed, faulty: 0 }, state: wellDone(seen) };
  }
  const { isFull, isLost, reason, ...counts } = await applyFeed(context, { collection, leased }, octets).catch(
    (error: unknown) => {
      if (!(error instanceof Refusal)) throw error;
      throw new OutboundFailure('too-large', { host, says: error.message });
    },
  );
  if (isLost) return { refreshed: { kind: 'lost' }, state: leased };
  const error = reason === undefined ? undefined : told(`${counts.faulty} of the feed cannot be used: ${reason}`);
  const known = isFull ? { ...seen, ...NO_ANSWER } : seen;
  return { refreshed: { kind: 'changed', ...counts }, state: wellDone({ ...known, error }) };
}

/**
 * An empty answer of a remote is not an empty calendar: a program that fails often sends one. It is believed when the
 * feed was empty for an hour, whenever it was asked; or where nothing is to be lost.
 */
async function isDoubtful(
  { store }: CalendarContext,
  { collectionId, emptySince }: Leased,
  now: number,
): Promise<boolean> {
  if (emptySince !== undefined && now - emptySince >= HOUR) return false;
  return (await countObjects(store.db, collectionId)) > 0;
}
