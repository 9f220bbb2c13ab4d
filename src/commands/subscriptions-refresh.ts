import { VERSION } from '../base/version.ts';
import { collectionWithId } from '../calendar/collections.ts';
import {
  listSubscriptions,
  refreshSubscription,
  subscriptionState,
  type Refreshed,
} from '../calendar/subscriptions.ts';
import { createFetch } from '../net/fetch.ts';
import type { Command } from './command.ts';
import { requireUser, withContext } from './with-context.ts';

export const subscriptionsRefresh: Command = {
  arguments: '',
  positionals: [0, 0],
  options: {
    user: { value: 'U', doc: 'only theirs: an id or address' },
    calendar: { value: 'C', doc: 'only the calendar with this name in its address' },
  },
  notes: 'Fetches now, due or not. What another process fetches at the moment is left to it.',
  run: (call) =>
    withContext(call, { create: false }, async (context) => {
      const user = call.option('user');
      const homeId = user === undefined ? undefined : (await requireUser(context, user)).id;
      const fetch = createFetch({ allow: call.config.net.allow, userAgent: `Kalends/${VERSION}` });
      let failed = 0;
      for (const { collectionId } of await listSubscriptions(context, homeId)) {
        const collection = await collectionWithId(context, collectionId);
        const name = call.option('calendar');
        if (collection === undefined || (name !== undefined && collection.uri !== name)) continue;
        const outside = { fetch, random: Math.random };
        const refreshed = await refreshSubscription(context, outside, collectionId, { early: true });
        const state = await subscriptionState(context, collection);
        const line = [
          `${collection.homeId}/${collection.uri}`,
          said(refreshed),
          ...(state?.error === undefined ? [] : [state.error]),
        ];
        call.io.stdout.write(`${line.join('  ')}\n`);
        if (refreshed?.kind === 'failed') failed++;
      }
      return failed === 0 ? 0 : 1;
    }),
};

function said(refreshed: Refreshed | undefined): string {
  if (refreshed === undefined) return 'is fetched by another process';
  if (refreshed.kind !== 'changed') return refreshed.kind;
  const { created, updated, removed, faulty } = refreshed;
  const counts = `${created} created, ${updated} updated, ${removed} removed`;
  return faulty === 0 ? counts : `${counts}, ${faulty} cannot be used`;
}
