import { sql } from 'kysely';

import type { Db } from './dialect.ts';

/** What the two triggers are compared with; both undefined where the collection is gone. */
export interface PushState {
  readonly seq: number | undefined;
  readonly properties: number | undefined;
}

/** null where the collection is gone. */
type Count = number | null;

/**
 * What the triggers are compared with: the collection's change sequence and the version of its properties; of one that
 * is mounted, with what is the sharee's own of both (see calendar/mounts.ts).
 */
export const WATCHED_SEQ = sql<Count>`case when places.seq > collections.seq then places.seq else collections.seq end`;
export const PROPERTIES_VERSION = sql<Count>`collections.properties_version + coalesce(places.properties_version, 0)`;

/** Subscriptions beside the collections that they watch. */
export const watching = (db: Db) =>
  db
    .selectFrom('push_subscriptions')
    .leftJoin('collections', 'collections.id', 'push_subscriptions.collection_id')
    .leftJoin('collections as places', 'places.id', 'push_subscriptions.mount_id');
