import { Refusal } from '../base/refusal.ts';
import type { Db } from '../store/store.ts';
import { renewSubscription, subscriptionsOf } from '../store/subscriptions.ts';
import type { CollectionPatch } from './collection-patch.ts';
import type { CalendarContext } from './context.ts';
import type { Collection } from './model.ts';

/**
 * What a change of properties means for a subscription: where it says from where or how the members are fetched, the
 * next fetch is due at once. Members are the clients' or a feed's from the beginning, and one does not become the
 * other: throws cannot-modify-protected-property.
 */
export async function changeSubscription(
  tx: Db,
  { id, source }: Collection,
  patch: CollectionPatch,
  now: number,
): Promise<void> {
  if (source === undefined) {
    if (patch.source === undefined) return;
    throw new Refusal('cannot-modify-protected-property', 'Only a calendar that was made with a source has one');
  }
  const { stripAlarms, stripAttachments, stripTodos } = patch;
  const said = [patch.source, patch.refreshRate, stripAlarms, stripAttachments, stripTodos];
  if (said.some((each) => each !== undefined)) await renewSubscription(tx, id, now);
}

/** Throws quota-not-exceeded where a home would have too many: each is a request that the server makes for its owner. */
export async function requireFewSubscriptions(
  { limits }: CalendarContext,
  tx: Db,
  homeId: string,
  { source }: CollectionPatch,
): Promise<void> {
  const most = limits.subscriptionsPerHome;
  if (source === undefined || (await subscriptionsOf(tx, homeId)).length < most) return;
  throw new Refusal('quota-not-exceeded', `A home has at most ${most} subscribed calendars`);
}
