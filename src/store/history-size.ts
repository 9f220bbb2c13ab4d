import { sql } from 'kysely';

import type { Db } from './dialect.ts';
import { prepared } from './prepared.ts';

/** What a version counts: its octets, and what its row and its index entries take beside them. */
export const COUNTED = sql<number>`size + 500 + coalesce(length(dead), 0)`;

/** Octets of all past versions of a home, as they are counted. */
export async function historySize(db: Db, homeId: string): Promise<number> {
  return (await selectPast(db, { homeId })).rows[0]?.past ?? 0;
}

const selectPast = prepared((db, { homeId }: { homeId: string }) =>
  db.selectFrom('collections').select('past').where('home_id', '=', homeId).where('uri', '=', '').compile(),
);

/** Notes in the transaction that adds or forgets versions of a home how much more, or less, there is. */
export async function countHistory(tx: Db, homeId: string, octets: number): Promise<void> {
  if (octets !== 0) await addPast(tx, { homeId, octets });
}

const addPast = prepared((db, { homeId, octets }: { homeId: string; octets: number }) =>
  db
    .updateTable('collections')
    .set((eb) => ({ past: eb('past', '+', octets) }))
    .where('home_id', '=', homeId)
    .where('uri', '=', '')
    .compile(),
);

/** A version that is forgotten, as the statement that does it returns it. */
export interface Forgotten {
  readonly home_id: string;
  readonly counted: number;
}

/** What a statement returns that deletes versions. */
export const FORGOTTEN = ['home_id', COUNTED.as('counted')] as const;

/** Counts them off; returns how many they are. */
export async function countForgotten(tx: Db, forgotten: readonly Forgotten[]): Promise<number> {
  const homes = new Map<string, number>();
  for (const { home_id: id, counted } of forgotten) homes.set(id, (homes.get(id) ?? 0) + Number(counted));
  for (const [id, octets] of homes) await countHistory(tx, id, -octets);
  return forgotten.length;
}

/** Looked at in one statement, and forgotten in one transaction at most. */
const PAGE = 100;
const MOST_PAGES = 50;

/** Forgets the oldest versions of a home until so many octets are free, or very many are gone. */
export async function forgetOldest(tx: Db, homeId: string, octets: number): Promise<void> {
  let freed = 0;
  for (let page = 0; page < MOST_PAGES && freed < octets; page += 1) {
    const oldest = await tx
      .selectFrom('versions')
      .select(['key', COUNTED.as('counted')])
      .where('home_id', '=', homeId)
      .orderBy('until_at')
      .limit(PAGE)
      .execute();
    const keys: number[] = [];
    for (const version of oldest) {
      if (freed >= octets) break;
      freed += Number(version.counted);
      keys.push(version.key);
    }
    if (keys.length === 0) break;
    await tx.deleteFrom('versions').where('key', 'in', keys).execute();
  }
  await countHistory(tx, homeId, -freed);
}
