import { toCollection, type Collection } from './collections.ts';
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
}

export type Change =
  | { readonly kind: 'changed'; readonly seq: number; readonly head: ObjectHead }
  | { readonly kind: 'removed'; readonly seq: number; readonly name: string };

export type HomeChange =
  | { readonly kind: 'changed'; readonly seq: number; readonly collection: Collection }
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
      const { rows } = await selectChanged(db, { collectionId, ...part });
      return rows.map((row) => ({ kind: 'changed', seq: row.seq, head: toHead(row) }));
    },
    removed: (part) => removedSince(db, collectionId, part),
  });
}

/** The same for the collections of a home: a collection is changed when its properties or its members are. */
export function homeChangesSince(
  db: Db,
  home: { readonly id: string; readonly homeId: string },
  question: SinceQuestion,
): Promise<Changes<HomeChange>> {
  const changed = db
    .selectFrom('collections')
    .selectAll()
    .where('home_id', '=', home.homeId)
    .where('kind', '<>', 'home')
    .orderBy('home_seq');
  return firstOf<HomeChange>(question, {
    changed: async ({ since, upTo, limit }) => {
      const rows = await changed.where('home_seq', '>', since).where('home_seq', '<=', upTo).limit(limit).execute();
      return rows.map((row) => ({ kind: 'changed', seq: row.home_seq, collection: toCollection(row) }));
    },
    removed: (part) => removedSince(db, home.id, part),
  });
}

async function removedSince(db: Db, collectionId: string, part: SinceQuestion) {
  const { rows } = await selectRemoved(db, { collectionId, ...part });
  return rows.map(({ name, seq }) => ({ kind: 'removed' as const, seq, name }));
}

type SinceIn = SinceQuestion & { readonly collectionId: string };

const selectChanged = prepared((db, { collectionId, since, upTo, limit }: SinceIn) =>
  db
    .selectFrom('objects')
    .select(HEAD_COLUMNS)
    .where('collection_id', '=', collectionId)
    .where('seq', '>', since)
    .where('seq', '<=', upTo)
    .orderBy('seq')
    .limit(limit)
    .compile(),
);

const selectRemoved = prepared((db, { collectionId, since, upTo, limit }: SinceIn) =>
  db
    .selectFrom('tombstones')
    .select(['name', 'seq'])
    .where('collection_id', '=', collectionId)
    .where('seq', '>', since)
    .where('seq', '<=', upTo)
    .orderBy('seq')
    .limit(limit)
    .compile(),
);

interface Sources<T> {
  readonly changed: (part: SinceQuestion) => Promise<T[]>;
  readonly removed: (part: SinceQuestion) => Promise<T[]>;
}

/** The first changes of both sources; a cut never falls between two changes of one sequence number. */
async function firstOf<T extends { readonly seq: number }>(
  { since, upTo, limit }: SinceQuestion,
  { changed, removed }: Sources<T>,
): Promise<Changes<T>> {
  const read = async (part: SinceQuestion): Promise<T[]> => {
    const all = [...(await changed(part)), ...(since === 0 ? [] : await removed(part))];
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

/** Forgets removals from before an instant; tokens from before them are refused from now on (prunedSeq). */
export async function pruneTombstones(tx: Db, olderThan: number): Promise<number> {
  const pruned = await tx
    .deleteFrom('tombstones')
    .where('removed_at', '<', olderThan)
    .returning(['collection_id', 'seq'])
    .execute();
  const newest = new Map<string, number>();
  for (const { collection_id: id, seq } of pruned) newest.set(id, Math.max(seq, newest.get(id) ?? 0));
  for (const [id, seq] of newest) {
    await tx
      .updateTable('collections')
      .set({ pruned_seq: seq })
      .where('id', '=', id)
      .where('pruned_seq', '<', seq)
      .execute();
  }
  return pruned.length;
}
