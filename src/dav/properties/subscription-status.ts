import { subscriptionState, type Subscription } from '../../calendar/subscriptions.ts';
import { property } from '../property.ts';
import { kalends } from '../xml/names.ts';
import type { Xml } from '../xml/node.ts';
import { el, text } from '../xml/write.ts';

const NAME = kalends('subscription-status');

/**
 * How the source of a subscribed calendar is fetched: when it last went well and was last tried, when it is due, and
 * why it failed. Instants as in DAV:creationdate; for the owner, who alone sees the source.
 */
export const subscriptionStatus = property({
  name: NAME,
  on: ['calendar'],
  async get({ collection }, { actor, calendar }) {
    if (collection.source === undefined || actor?.id !== collection.homeId) return undefined;
    const state = await subscriptionState(calendar, collection);
    return state && statusOf(state);
  },
});

function statusOf({ succeededAt, triedAt, nextAt, failures, error }: Subscription): Xml {
  const at = (name: string, instant: number | undefined): Xml | undefined =>
    instant === undefined ? undefined : el(kalends(name), text(new Date(instant).toISOString()));
  return el(
    NAME,
    at('last-success', succeededAt),
    at('last-try', triedAt),
    at('next-try', nextAt),
    el(kalends('failures'), text(String(failures))),
    error === undefined ? undefined : el(kalends('error'), text(error)),
  );
}
