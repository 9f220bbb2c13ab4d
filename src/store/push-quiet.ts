import { sql } from 'kysely';

import { textList, type Db } from './dialect.ts';
import { PROPERTIES_VERSION, WATCHED_SEQ, watching, type PushState } from './push-state.ts';

/** Subscriptions that a client names, of its own; or all to collections of some homes. */
export type QuietScope =
  { readonly ids: readonly string[]; readonly principalId: string } | { readonly homeIds: readonly string[] };

/** The states that subscriptions watch, by their ids. */
export async function watchedStates(tx: Db, scope: QuietScope): Promise<ReadonlyMap<string, PushState>> {
  const all = watching(tx).select([
    'push_subscriptions.id',
    WATCHED_SEQ.as('seq'),
    PROPERTIES_VERSION.as('properties'),
  ]);
  const rows = await (
    'ids' in scope
      ? all
          .where('push_subscriptions.id', 'in', textList(tx, scope.ids))
          .where('push_subscriptions.principal_id', '=', scope.principalId)
      : all.where('push_subscriptions.home_id', 'in', textList(tx, scope.homeIds))
  ).execute();
  return new Map(
    rows.map(({ id, seq, properties }) => [id, { seq: seq ?? undefined, properties: properties ?? undefined }]),
  );
}

/**
 * What changed from one state to the other is not to be told to this subscription. Only the last run of such changes is
 * kept: where others stand before it, a message is due anyhow, and tells of all.
 */
export async function quietPush(tx: Db, id: string, from: PushState, to: PushState): Promise<void> {
  if (to.seq === undefined || to.properties === undefined) {
    // Its removal is what is not to be told.
    await tx.deleteFrom('push_subscriptions').where('id', '=', id).execute();
    return;
  }
  const [seq = to.seq, properties = to.properties] = [from.seq, from.properties];
  const extended = (start: string, end: string, at: number) =>
    sql<number>`case when ${sql.ref(end)} = ${at} then ${sql.ref(start)} else ${at} end`;
  const content = { quiet_from: extended('quiet_from', 'quiet_to', seq), quiet_to: to.seq };
  const update = {
    quiet_properties_from: extended('quiet_properties_from', 'quiet_properties_to', properties),
    quiet_properties_to: to.properties,
  };
  await tx
    .updateTable('push_subscriptions')
    .set({ ...(seq < to.seq && content), ...(properties < to.properties && update) })
    .where('id', '=', id)
    .execute();
}
