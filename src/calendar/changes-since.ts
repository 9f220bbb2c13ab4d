import { changesSince as changeRows } from '../store/changes.ts';
import type { CalendarContext } from './context.ts';
import type { Collection, ObjectHead } from './model.ts';
import { readSyncToken, stateAt, syncTokenOf } from './sync-token.ts';

export interface CollectionChanges {
  readonly changed: readonly ObjectHead[];
  /** Names of removed members. */
  readonly removed: readonly string[];
  /** The token that stands for the state after these changes. */
  readonly token: string;
  /** Whether more changes wait behind the limit (RFC 6578 §3.6). */
  readonly truncated: boolean;
}

/** What a client asks to be told. */
export interface SinceToken {
  /** undefined: nothing is known yet. */
  readonly token: string | undefined;
  readonly limit: number | undefined;
}

/** Most changes in one answer; a client asks again with the token it was given. */
export const MOST_CHANGES = 5_000_000;

/**
 * What changed in a collection since a token, RFC 6578 §3; without a token, its members. `collection` must have
 * been read in this request: the answer is complete up to its change sequence, later writes wait for the next one.
 */
export async function changesSince(
  context: CalendarContext,
  collection: Collection,
  { token, limit = MOST_CHANGES }: SinceToken,
): Promise<CollectionChanges> {
  const known = token === undefined ? stateAt(0, { began: collection.seq }) : readSyncToken(context, collection, token);
  const { changes, truncatedAt } = await changeRows(context.store.db, collection.id, {
    since: known.seq,
    upTo: collection.seq,
    limit,
    removedSince: known.began,
  });
  const changed: ObjectHead[] = [];
  const removed: string[] = [];
  for (const change of changes) {
    if (change.kind === 'changed') changed.push(change.head);
    else removed.push(change.name);
  }
  const reached = truncatedAt === undefined ? stateAt(collection.seq) : { ...known, seq: truncatedAt };
  return { changed, removed, token: syncTokenOf(context, collection, reached), truncated: truncatedAt !== undefined };
}
