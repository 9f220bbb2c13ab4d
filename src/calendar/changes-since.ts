import { changesSince as changeRows } from '../store/changes.ts';
import type { CalendarContext } from './context.ts';
import type { Collection, ObjectHead } from './model.ts';
import { readSyncToken, syncTokenOf } from './sync-token.ts';

export interface CollectionChanges {
  readonly changed: readonly ObjectHead[];
  /** Names of removed members. */
  readonly removed: readonly string[];
  /** The token that stands for the state after these changes. */
  readonly token: string;
  /** Whether more changes wait behind the limit (RFC 6578 §3.6). */
  readonly truncated: boolean;
}

/** Most changes in one answer; a client asks again with the token it was given. */
const MOST_CHANGES = 5_000_000;

/**
 * What changed in a collection since a token, RFC 6578 §3; without a token, its members. `collection` must have
 * been read in this request: the answer is complete up to its change sequence, later writes wait for the next one.
 */
export async function changesSince(
  context: CalendarContext,
  collection: Collection,
  { token, limit = MOST_CHANGES }: { readonly token: string | undefined; readonly limit: number | undefined },
): Promise<CollectionChanges> {
  const since = token === undefined ? 0 : readSyncToken(context, collection, token);
  const { changes, truncatedAt } = await changeRows(context.store.db, collection.id, {
    since,
    upTo: collection.seq,
    limit,
  });
  const changed: ObjectHead[] = [];
  const removed: string[] = [];
  for (const change of changes) {
    if (change.kind === 'changed') changed.push(change.head);
    else removed.push(change.name);
  }
  return {
    changed,
    removed,
    token: syncTokenOf(context, collection, truncatedAt ?? collection.seq),
    truncated: truncatedAt !== undefined,
  };
}
