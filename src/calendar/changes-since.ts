import { changesSince as changeRows, type SinceQuestion } from '../store/changes.ts';
import { changesOfMount } from '../store/personal-objects.ts';
import type { CalendarContext } from './context.ts';
import { headsByName, listHeads } from './get-objects.ts';
import type { Collection, ObjectHead } from './model.ts';
import { isShaped } from './shown-object.ts';
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
  const question = { since: known.seq, upTo: collection.seq, limit, removedSince: known.began };
  // The question that clients ask most: nothing has changed, and nothing need be read to say so.
  const isCurrent = known.seq === collection.seq && known.began === undefined;
  const { changes, truncatedAt } = isCurrent ? NOTHING : await rowsOf(context, collection, question);
  const changed: ObjectHead[] = [];
  const removed: string[] = [];
  for (const change of changes) {
    if (change.kind === 'changed') changed.push(change.head);
    else removed.push(change.name);
  }
  const reached = truncatedAt === undefined ? stateAt(collection.seq) : { ...known, seq: truncatedAt };
  const told = await shownHeads(context, collection, changed);
  return {
    changed: told,
    removed,
    token: syncTokenOf(context, collection, reached),
    truncated: truncatedAt !== undefined,
  };
}

/** The members of a collection for who knows nothing yet, and the token of the state that they begin with. */
export interface FirstSync {
  readonly token: string;
  /** Page by page, in the order of names. */
  readonly members: AsyncIterable<readonly ObjectHead[]>;
}

/**
 * As changesSince without a token, read while it is written: a large calendar is not held in memory for it. What is
 * written meanwhile may be among the members or not; the next question from this token tells of it in any case.
 */
export function firstSync(context: CalendarContext, collection: Collection): FirstSync {
  const token = syncTokenOf(context, collection, stateAt(collection.seq));
  return { token, members: listHeads(context, collection) };
}

const NOTHING: Awaited<ReturnType<typeof rowsOf>> = { changes: [], truncatedAt: undefined };

/** Of times alone, all that the owner writes may show something new; of what a sharee sees, it may not. */
function rowsOf({ store }: CalendarContext, { id, mount }: Collection, question: SinceQuestion) {
  return mount === undefined || mount.access === 'free-busy'
    ? changeRows(store.db, id, question)
    : changesOfMount(store.db, { collectionId: id, mountId: mount.id }, question);
}

/** Heads read at a time, where what is shown is not what is stored. */
const PAGE = 200;

/** What was removed meanwhile is told by the next report. */
async function shownHeads(
  context: CalendarContext,
  collection: Collection,
  heads: readonly ObjectHead[],
): Promise<readonly ObjectHead[]> {
  if (!isShaped(collection)) return heads;
  const shown: ObjectHead[] = [];
  for (let from = 0; from < heads.length; from += PAGE) {
    const names = heads.slice(from, from + PAGE).map(({ name }) => name);
    const found = await headsByName(context, collection, names);
    for (const name of names) {
      const head = found.get(name);
      if (head !== undefined) shown.push(head);
    }
  }
  return shown;
}
