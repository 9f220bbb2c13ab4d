import { collectionWithId } from '../calendar/collections.ts';
import { listSubscriptions, originOf, type Subscription } from '../calendar/subscriptions.ts';
import type { Collection } from '../calendar/model.ts';
import type { Command } from './command.ts';
import { lineWriter } from './output.ts';
import { requireUser, withContext } from './with-context.ts';

export const subscriptionsList: Command = {
  arguments: '',
  positionals: [0, 0],
  options: {
    user: { value: 'U', doc: 'only theirs: an id or address' },
    json: { doc: 'one JSON object a line' },
  },
  notes: 'Of a source only the host is shown: the rest of its address may be a secret of its owner.',
  async run(call) {
    await withContext(call, { create: false }, async (context) => {
      const user = call.option('user');
      const homeId = user === undefined ? undefined : (await requireUser(context, user)).id;
      const out = lineWriter(call.io.stdout);
      for (const subscription of await listSubscriptions(context, homeId)) {
        const collection = await collectionWithId(context, subscription.collectionId);
        if (collection === undefined) continue;
        await out.write((call.has('json') ? jsonOf : textOf)(subscription, collection));
      }
      await out.end();
    });
    return 0;
  },
};

const instant = (at: number | undefined): string | null => (at === undefined ? null : new Date(at).toISOString());

function jsonOf(
  { homeId, succeededAt, triedAt, nextAt, failures, error }: Subscription,
  collection: Collection,
): string {
  return JSON.stringify({
    ...{ user: homeId, calendar: collection.uri, origin: originOf(collection.source ?? '') },
    ...{ succeededAt: instant(succeededAt), triedAt: instant(triedAt), nextAt: instant(nextAt) },
    ...{ failures, error: error ?? null },
  });
}

function textOf({ homeId, succeededAt, nextAt, failures, error }: Subscription, collection: Collection): string {
  const state = `fetched ${instant(succeededAt) ?? 'never'}, next ${instant(nextAt) ?? ''}`;
  const failed = failures === 0 ? '' : `, failed ${failures} times`;
  const line = `${homeId}/${collection.uri}  ${originOf(collection.source ?? '')}  ${state}${failed}`;
  return error === undefined ? line : `${line}\n    ${error}`;
}
