import { sql } from 'kysely';

import type { Db } from './dialect.ts';

/** A collection that leaves its URL, before it does. */
interface Leaving {
  readonly id: string;
  readonly homeId: string;
  /** The segment that it leaves. */
  readonly uri: string;
}

/**
 * Keeps the URLs of the members of a collection that is removed or renamed, and of those that were removed from it
 * while it stood there. `seq` is the home's change sequence, `now` the instant of it.
 */
export async function keepUnmappedMembers(
  tx: Db,
  { id, homeId, uri }: Leaving,
  { seq, now }: { readonly seq: number; readonly now: number },
): Promise<void> {
  const columns = sql`insert into unmapped_members (home_id, uri, name, seq, removed_at)`;
  const newer = sql`
    on conflict (home_id, uri, name) do update set seq = excluded.seq, removed_at = excluded.removed_at`;
  const place = sql`cast(${homeId} as text), cast(${uri} as text)`;
  await sql`${columns}
    select ${place}, name, cast(${seq} as bigint), cast(${now} as bigint) from objects where collection_id = ${id}
    ${newer}`.execute(tx);
  await sql`${columns}
    select ${place}, name, seq, removed_at from tombstones
    where collection_id = ${id} and seq > (select mapped_seq from collections where id = ${id})
    ${newer}`.execute(tx);
}
