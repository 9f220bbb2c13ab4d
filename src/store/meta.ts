import { newId } from '../base/ids.ts';
import type { Db } from './dialect.ts';
import { StoreUnavailable } from './errors.ts';

/** Single values of the installation, such as its secret. */
export async function getMeta(db: Db, key: string): Promise<string | undefined> {
  const row = await db.selectFrom('meta').select('value').where('key', '=', key).executeTakeFirst();
  return row?.value;
}

export async function setMeta(tx: Db, key: string, value: string): Promise<void> {
  await tx
    .insertInto('meta')
    .values({ key, value })
    .onConflict((conflict) => conflict.column('key').doUpdateSet({ value }))
    .execute();
}

/** The value, made the first time it is asked for: two processes that start together get the same one. */
export async function metaOrMake(tx: Db, key: string, make: () => string): Promise<string> {
  await tx
    .insertInto('meta')
    .values({ key, value: make() })
    .onConflict((conflict) => conflict.column('key').doNothing())
    .execute();
  const { value } = await tx.selectFrom('meta').select('value').where('key', '=', key).executeTakeFirstOrThrow();
  return value;
}

const EPOCH = 'epoch';

export const epochOf = (tx: Db): Promise<string> => metaOrMake(tx, EPOCH, newId);

/** The epoch of a database that another process has opened. */
export async function knownEpoch(db: Db): Promise<string> {
  const epoch = await getMeta(db, EPOCH);
  if (epoch === undefined) throw new StoreUnavailable('The database was not opened before', { temporary: false });
  return epoch;
}

/** To be called on a database that was restored: sync tokens given out after the backup are not believed any more. */
export const renewEpoch = (tx: Db): Promise<void> => setMeta(tx, EPOCH, newId());
