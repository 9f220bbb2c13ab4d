import { sql, type RawBuilder } from 'kysely';

import type { Db } from './dialect.ts';
import { prepared } from './prepared.ts';

/** The octets of a row of objects or versions, whether they are its own or shared. */
export const octetsIn = (table: 'objects' | 'versions' | 'o'): RawBuilder<Uint8Array> => {
  const [own, key] = [sql.ref(`${table}.octets`), sql.ref(`${table}.shared_key`)];
  return sql<Uint8Array>`
    case when ${key} is null then ${own} else (select s.octets from shared_octets s where s.key = ${key}) end`;
};

export interface SharedOctets {
  /** The entity tag. */
  readonly digest: string;
  readonly octets: Uint8Array;
}

/**
 * The key of octets that are to be stored once, in the transaction of the objects that refer to them: that they are noted
 * anew keeps them from a removal under way (see forgetSharedOctets), whose transaction then fails or waits.
 */
export async function keyOfShared(tx: Db, shared: SharedOctets, now: number): Promise<number> {
  const [row] = (await note(tx, { ...shared, now })).rows;
  if (row === undefined) throw new TypeError('The octets just noted have no key');
  return row.key;
}

const note = prepared((db, { digest, octets, now }: SharedOctets & { readonly now: number }) =>
  db
    .insertInto('shared_octets')
    .values({ digest, octets, noted_at: now })
    .onConflict((conflict) => conflict.column('digest').doUpdateSet({ noted_at: now }))
    .returning('key')
    .compile(),
);

/**
 * Forgets shared octets that no object, no version and no message has any more, `limit` at most; returns how many. A
 * reference only ever comes from an object that has it, in the transaction in which that is replaced, or from keyOfShared, which writes
 * the row: so there is none that this does not see.
 */
export async function forgetSharedOctets(tx: Db, before: number, limit: number): Promise<number> {
  const { numAffectedRows = 0n } = await sql`
    delete from shared_octets where key in (
      select key from shared_octets s where noted_at < ${before}
        and not exists (select 1 from objects where shared_key = s.key)
        and not exists (select 1 from versions where shared_key = s.key)
        and not exists (select 1 from mail_messages where shared_key = s.key)
      order by noted_at limit ${limit})`.execute(tx);
  return Number(numAffectedRows);
}
