import { sql } from 'kysely';

import type { Db } from './dialect.ts';
import { getMeta, setMeta } from './meta.ts';

/**
 * The log of the directory: which principals others see changed, in order. A change has a number of its own, one more
 * than the last, and the number is locked until its transaction ends: who has read up to a number has missed nothing.
 * The log stands among the values of `meta`, in the order of their keys:
 *
 *   directory.seq                     the last number
 *   directory.pruned                  the number up to which the log was forgotten
 *   directory.change.000000000000042  instant and id of change 42
 */
const SEQ = 'directory.seq';
const PRUNED = 'directory.pruned';
const CHANGE = 'directory.change.';

const keyOf = (seq: number): string => CHANGE + String(seq).padStart(15, '0');
const seqOf = (key: string): number => Number(key.slice(CHANGE.length));

/** Logs that the entries of these principals changed, came or went; `now` in UTC milliseconds. */
export async function recordDirectoryChanges(tx: Db, ids: readonly string[], now: number): Promise<void> {
  const distinct = [...new Set(ids)];
  if (distinct.length === 0) return;
  const { rows } = await sql<{ value: string }>`
    insert into meta (key, value) values (${SEQ}, ${String(distinct.length)})
    on conflict (key) do update
      set value = cast(cast(meta.value as bigint) + cast(${distinct.length} as bigint) as text)
    returning value`.execute(tx);
  const first = Number(rows[0]?.value) - distinct.length + 1;
  for (const [at, id] of distinct.entries()) {
    await tx
      .insertInto('meta')
      .values({ key: keyOf(first + at), value: `${now} ${id}` })
      .execute();
  }
}

export interface DirectoryLog {
  /** The number of the last change. */
  readonly seq: number;
  /** Changes up to this number are not known any more. */
  readonly prunedSeq: number;
}

export async function directoryLog(db: Db): Promise<DirectoryLog> {
  const rows = await db.selectFrom('meta').select(['key', 'value']).where('key', 'in', [SEQ, PRUNED]).execute();
  const numberAt = (key: string): number => Number(rows.find((row) => row.key === key)?.value ?? 0);
  return { seq: numberAt(SEQ), prunedSeq: numberAt(PRUNED) };
}

export interface DirectoryChange {
  readonly seq: number;
  /** Of the principal, which may have been removed. */
  readonly id: string;
}

/** The changes after one number, up to another, in order. */
export async function directoryChanges(
  db: Db,
  { after, upTo, limit }: { readonly after: number; readonly upTo: number; readonly limit: number },
): Promise<DirectoryChange[]> {
  const rows = await db
    .selectFrom('meta')
    .select(['key', 'value'])
    .where('key', '>', keyOf(after))
    .where('key', '<=', keyOf(upTo))
    .orderBy('key')
    .limit(limit)
    .execute();
  return rows.map(({ key, value }) => ({ seq: seqOf(key), id: value.slice(value.indexOf(' ') + 1) }));
}

/** Forgets changes from before an instant, the oldest first, `limit` at most. Returns how many. */
export async function pruneDirectoryChanges(tx: Db, olderThan: number, limit: number): Promise<number> {
  const rows = await tx
    .selectFrom('meta')
    .select(['key', 'value'])
    .where('key', '>', CHANGE)
    .where('key', '<=', keyOf(10 ** 15 - 1))
    .orderBy('key')
    .limit(limit)
    .execute();
  const end = rows.findIndex(({ value }) => Number(value.slice(0, value.indexOf(' '))) >= olderThan);
  const old = end < 0 ? rows : rows.slice(0, end);
  const last = old.at(-1);
  if (last === undefined) return 0;
  await tx.deleteFrom('meta').where('key', '>', CHANGE).where('key', '<=', last.key).execute();
  const known = Number((await getMeta(tx, PRUNED)) ?? 0);
  await setMeta(tx, PRUNED, String(Math.max(known, seqOf(last.key))));
  return old.length;
}
