import type { Db } from './dialect.ts';
import { prepared } from './prepared.ts';

/**
 * The change sequence for a change of a member: the next one of the home, so that it grows over all collections of a
 * home alike. undefined where the collection does not exist. On PostgreSQL the lock on the home's row lets the writers
 * of one home commit in the order of their numbers: who sees one, sees all before it.
 */
export async function nextSeq(tx: Db, collectionId: string, now: number): Promise<number | undefined> {
  const homeSeq = await bumpHomeOf(tx, collectionId, now);
  const { rows } = await bump(tx, { collectionId, homeSeq: homeSeq ?? null, now });
  return rows[0]?.seq;
}

/** The home's sequence grows with every change of anything in it. 0 where there is no home. */
export async function bumpHome(tx: Db, homeId: string, now: number): Promise<number> {
  const row = await tx
    .updateTable('collections')
    .set((eb) => ({ seq: eb('seq', '+', 1), modified_at: now }))
    .where('home_id', '=', homeId)
    .where('uri', '=', '')
    .returning('seq')
    .executeTakeFirst();
  return row?.seq ?? 0;
}

/** As bumpHome, by a collection in it; undefined for the home itself. */
export async function bumpHomeOf(tx: Db, collectionId: string, now: number): Promise<number | undefined> {
  const { rows } = await bumpHomeAbove(tx, { collectionId, now });
  return rows[0]?.seq;
}

interface Bump {
  readonly collectionId: string;
  /** null for the home itself, which counts by itself. */
  readonly homeSeq: number | null;
  readonly now: number;
}

const bump = prepared((db, { collectionId, homeSeq, now }: Bump) =>
  db
    .updateTable('collections')
    .set((eb) => ({
      seq: eb.fn.coalesce(eb.val(homeSeq), eb('seq', '+', 1)),
      home_seq: eb.fn.coalesce(eb.val(homeSeq), eb.ref('home_seq')),
      modified_at: now,
    }))
    .where('id', '=', collectionId)
    .returning('seq')
    .compile(),
);

const bumpHomeAbove = prepared((db, { collectionId, now }: { collectionId: string; now: number }) =>
  db
    .updateTable('collections')
    .set((eb) => ({ seq: eb('seq', '+', 1), modified_at: now }))
    .where('uri', '=', '')
    .where('home_id', '=', (eb) =>
      eb.selectFrom('collections as c').select('c.home_id').where('c.id', '=', collectionId),
    )
    .where('id', '<>', collectionId)
    .returning('seq')
    .compile(),
);
