import { createTurns } from '../base/turns.ts';
import type { Db } from './dialect.ts';
import { HEAD_COLUMNS, toHead, type ObjectHead } from './object-rows.ts';
import { prepared } from './prepared.ts';

export interface SinceQuestion {
  /** Change sequence of the client's state; 0: none, so that only what exists is told. */
  readonly since: number;
  /** Change sequence up to which the answer is to be complete. */
  readonly upTo: number;
  /** Most changes to give; more only where a single sequence number has more. */
  readonly limit: number;
  /** A later sequence up to which removals are of no interest: the client began with the members of that state. */
  readonly removedSince?: number | undefined;
}

export type Change =
  | { readonly kind: 'changed'; readonly seq: number; readonly head: ObjectHead }
  | { readonly kind: 'removed'; readonly seq: number; readonly name: string };

export interface Changes<T> {
  /** In the order of their sequence. */
  readonly changes: readonly T[];
  /** Where there is more: the sequence up to which these are complete. */
  readonly truncatedAt: number | undefined;
}

/**
 * What changed in a collection between two change sequences. A member that was removed and came again is changed
 * (RFC 6578 §3.5.1); one that was added and removed since is removed (RFC 6578 §3.5.2).
 */
export function changesSince(db: Db, collectionId: string, question: SinceQuestion): Promise<Changes<Change>> {
  return firstOf<Change>(question, {
    changed: async (part) => {
      const rows = await inPages(part, (page) => selectChanged(db, { collectionId, ...page }));
      return rows.map((row) => ({ kind: 'changed', seq: row.seq, head: toHead(row) }));
    },
    removed: (part) => removalsIn(db, collectionId, part),
  });
}

/** The removals of a question, in the order of their sequence. */
export async function removalsIn(db: Db, collectionId: string, part: SinceQuestion): Promise<Change[]> {
  const rows = await inPages(part, (page) => selectRemoved(db, { collectionId, ...page }));
  return rows.map(({ name, seq }) => ({ kind: 'removed', seq, name }));
}

/** Rows of one statement, so that none holds up the event loop. */
const PAGE = 200;

interface ChangePage {
  readonly upTo: number;
  readonly limit: number;
  /** The last change of the page before. */
  readonly since: number;
  readonly name: string;
}

/**
 * All rows of a question. What is written between two pages has a sequence past the end of the question: it is told
 * the next time.
 */
async function inPages<Row extends { readonly seq: number; readonly name: string }>(
  { since, upTo, limit }: SinceQuestion,
  select: (page: ChangePage) => Promise<{ readonly rows: readonly Row[] }>,
): Promise<Row[]> {
  const turns = createTurns();
  const found: Row[] = [];
  // No name is empty: all of the next sequence come after it.
  let at = { seq: since + 1, name: '' };
  for (let isMore = true; isMore;) {
    const most = Math.min(PAGE, limit - found.length);
    const { rows } = await select({ since: at.seq, name: at.name, upTo, limit: most });
    for (const row of rows) found.push(row);
    at = rows.at(-1) ?? at;
    isMore = rows.length === most && found.length < limit;
    if (turns.isDue()) await turns.take();
  }
  return found;
}

type SinceIn = ChangePage & { readonly collectionId: string };

const selectChanged = prepared((db, { collectionId, since, name, upTo, limit }: SinceIn) =>
  db
    .selectFrom('objects')
    .select(HEAD_COLUMNS)
    .where('collection_id', '=', collectionId)
    .where('seq', '>=', since)
    .where(({ eb, refTuple, tuple }) => eb(refTuple('seq', 'name'), '>', tuple(since, name)))
    .where('seq', '<=', upTo)
    .orderBy('seq')
    .orderBy('name')
    .limit(limit)
    .compile(),
);

const selectRemoved = prepared((db, { collectionId, since, name, upTo, limit }: SinceIn) =>
  db
    .selectFrom('tombstones')
    .select(['name', 'seq'])
    .where('collection_id', '=', collectionId)
    .where('seq', '>=', since)
    .where(({ eb, refTuple, tuple }) => eb(refTuple('seq', 'name'), '>', tuple(since, name)))
    .where('seq', '<=', upTo)
    .orderBy('seq')
    .orderBy('name')
    .limit(limit)
    .compile(),
);

interface Sources<T> {
  readonly changed: (part: SinceQuestion) => Promise<T[]>;
  readonly removed: (part: SinceQuestion) => Promise<T[]>;
}

/** The first changes of both sources; a cut never falls between two changes of one sequence number. */
export async function firstOf<T extends { readonly seq: number }>(
  { since, upTo, limit, removedSince = 0 }: SinceQuestion,
  { changed, removed }: Sources<T>,
): Promise<Changes<T>> {
  const read = async (part: SinceQuestion): Promise<T[]> => {
    const gone = { ...part, since: Math.max(part.since, removedSince) };
    const all = [...(await changed(part)), ...(since === 0 ? [] : await removed(gone))];
    return all.sort((a, b) => a.seq - b.seq);
  };
  const found = await read({ since, upTo, limit: limit + 1 });
  const next = found[limit];
  if (next === undefined) return { changes: found, truncatedAt: undefined };
  const whole = found.filter(({ seq }) => seq < next.seq);
  const last = whole.at(-1);
  if (last !== undefined) return { changes: whole, truncatedAt: last.seq };
  // All that fits has one sequence number: that one is given whole.
  const changes = await read({ since, upTo: next.seq, limit: Number.MAX_SAFE_INTEGER });
  const [more] = await read({ since: next.seq, upTo, limit: 1 });
  return { changes, truncatedAt: more === undefined ? undefined : next.seq };
}

/**
 * Forgets removals from before an instant, `limit` of each kind at most, the oldest first; tokens from before them are
 * refused from now on (prunedSeq). Returns how many.
 */
export async function pruneTombstones(tx: Db, olderThan: number, limit: number): Promise<number> {
  const oldTombstones = tx
    .selectFrom('tombstones')
    .select(['collection_id', 'name'])
    .where('removed_at', '<', olderThan)
    .orderBy('removed_at')
    .limit(limit);
  const tombstones = await tx
    .deleteFrom('tombstones')
    .where(({ eb, refTuple }) =>
      eb(refTuple('collection_id', 'name'), 'in', oldTombstones.$asTuple('collection_id', 'name')),
    )
    .returning(['home_id', 'collection_id', 'seq'])
    .execute();
  const oldUnmapped = tx
    .selectFrom('unmapped_members')
    .select(['home_id', 'uri', 'name'])
    .where('removed_at', '<', olderThan)
    .orderBy('removed_at')
    .limit(limit);
  const unmapped = await tx
    .deleteFrom('unmapped_members')
    .where(({ eb, refTuple }) =>
      eb(refTuple('home_id', 'uri', 'name'), 'in', oldUnmapped.$asTuple('home_id', 'uri', 'name')),
    )
    .returning(['home_id', 'seq'])
    .execute();
  for (const [id, seq] of newestOf(tombstones, (row) => row.collection_id)) {
    await raisePruned(tx, seq).where('id', '=', id).execute();
  }
  // A token of a home stands for all that is below it.
  for (const [homeId, seq] of newestOf([...tombstones, ...unmapped], (row) => row.home_id)) {
    await raisePruned(tx, seq).where('home_id', '=', homeId).where('uri', '=', '').execute();
  }
  return tombstones.length + unmapped.length;
}

function newestOf<T extends { readonly seq: number }>(rows: readonly T[], keyOf: (row: T) => string) {
  const newest = new Map<string, number>();
  for (const row of rows) newest.set(keyOf(row), Math.max(row.seq, newest.get(keyOf(row)) ?? 0));
  return newest;
}

const raisePruned = (tx: Db, seq: number) =>
  tx.updateTable('collections').set({ pruned_seq: seq }).where('pruned_seq', '<', seq);
