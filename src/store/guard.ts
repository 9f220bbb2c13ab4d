import { sql, type Selectable } from 'kysely';

import { newId } from '../base/ids.ts';
import type { Db } from './dialect.ts';
import { prepared } from './prepared.ts';
import type { GuardHoldTable } from './history-schema.ts';

/** What one device did to a collection within a while. */
export interface Burst {
  /** Different objects that it deleted, moved away or rewrote. */
  readonly objects: number;
  /** How often one went. */
  readonly gone: number;
}

interface BurstQuestion {
  readonly collectionId: string;
  readonly deviceId: string;
  /** Only what came after this instant. */
  readonly since: number;
  /** Leaves this object out. */
  readonly except: string;
}

/** Counted by an index alone. */
export async function burstOf(tx: Db, question: BurstQuestion): Promise<Burst> {
  const [row] = (await selectBurst(tx, question)).rows;
  return { objects: row?.objects ?? 0, gone: row?.gone ?? 0 };
}

interface BurstRow {
  readonly objects: number;
  readonly gone: number | null;
}

const selectBurst = prepared((db, { collectionId, deviceId, since, except }: BurstQuestion) =>
  sql<BurstRow>`
    select count(distinct name) as objects, sum(case when until_kind = 'updated' then 0 else 1 end) as gone
    from versions
    where collection_id = ${collectionId} and until_device = ${deviceId} and until_at > ${since} and name <> ${except}
  `.compile(db),
);

/** When the burst began, and with which change sequence; undefined: nothing happened. */
export async function burstBegan(
  tx: Db,
  { collectionId, deviceId, since }: BurstQuestion,
): Promise<{ readonly at: number; readonly seq: number } | undefined> {
  return tx
    .selectFrom('versions')
    .select(['until_at as at', 'until_seq as seq'])
    .where('collection_id', '=', collectionId)
    .where('until_device', '=', deviceId)
    .where('until_at', '>', since)
    .orderBy('until_at')
    .orderBy('until_seq')
    .limit(1)
    .executeTakeFirst();
}

/** A device that may not delete or rewrite in a home. */
export interface Hold {
  readonly id: string;
  readonly homeId: string;
  readonly collectionId: string;
  readonly deviceId: string;
  /** Whose device it is. */
  readonly principalId: string | undefined;
  readonly beganAt: number;
  readonly beganSeq: number;
  readonly heldAt: number;
  /** Objects that it had changed by then, of how many. */
  readonly objects: number;
  readonly members: number;
  readonly releasedAt: number | undefined;
  readonly rolledBackAt: number | undefined;
}

export type NewHold = Omit<Hold, 'id' | 'releasedAt' | 'rolledBackAt'>;

/** Holds a device. undefined: it is held in this home already. */
export async function insertHold(tx: Db, hold: NewHold): Promise<Hold | undefined> {
  const row = await tx
    .insertInto('guard_holds')
    .values({
      id: newId(),
      home_id: hold.homeId,
      collection_id: hold.collectionId,
      device_id: hold.deviceId,
      principal_id: hold.principalId ?? null,
      began_at: hold.beganAt,
      began_seq: hold.beganSeq,
      held_at: hold.heldAt,
      objects: hold.objects,
      members: hold.members,
      released_at: null,
      rolled_back_at: null,
    })
    .onConflict((conflict) => conflict.doNothing())
    .returningAll()
    .executeTakeFirst();
  return row && toHold(row);
}

/** What the guard knows of a device in a home: whether it is held, and else when it was last released. */
export async function standing(
  tx: Db,
  device: { readonly homeId: string; readonly deviceId: string },
): Promise<{ readonly isHeld: boolean; readonly releasedAt: number }> {
  const { rows } = await selectStanding(tx, device);
  return {
    isHeld: rows.some((row) => row.released_at === null),
    releasedAt: Math.max(0, ...rows.map((row) => row.released_at ?? 0)),
  };
}

const selectStanding = prepared((db, { homeId, deviceId }: { readonly homeId: string; readonly deviceId: string }) =>
  db
    .selectFrom('guard_holds')
    .select('released_at')
    .where('home_id', '=', homeId)
    .where('device_id', '=', deviceId)
    .compile(),
);

export async function holdById(db: Db, id: string): Promise<Hold | undefined> {
  const row = await db.selectFrom('guard_holds').selectAll().where('id', '=', id).executeTakeFirst();
  return row && toHold(row);
}

/** Holds of one home or of all, also those that were released, the newest first. */
export async function listHolds(db: Db, homeId?: string): Promise<Hold[]> {
  let query = db.selectFrom('guard_holds').selectAll().orderBy('held_at', 'desc').orderBy('id');
  if (homeId !== undefined) query = query.where('home_id', '=', homeId);
  return (await query.execute()).map(toHold);
}

export async function markHold(
  tx: Db,
  id: string,
  marks: { readonly releasedAt?: number; readonly rolledBackAt?: number },
): Promise<void> {
  await tx
    .updateTable('guard_holds')
    .set({
      ...(marks.releasedAt !== undefined && { released_at: marks.releasedAt }),
      ...(marks.rolledBackAt !== undefined && { rolled_back_at: marks.rolledBackAt }),
    })
    .where('id', '=', id)
    .execute();
}

/** Forgets holds that were released before an instant. */
export async function pruneHolds(tx: Db, before: number): Promise<void> {
  await tx.deleteFrom('guard_holds').where('released_at', '<', before).execute();
}

/** A change that a device made in a home from a change sequence on: what it replaced or removed, or wrote. */
export interface DeviceChange {
  readonly collectionId: string;
  readonly name: string;
}

/** The objects that a device touched in a home from a change sequence on. */
export async function touchedBy(
  db: Db,
  { homeId, deviceId, since }: { readonly homeId: string; readonly deviceId: string; readonly since: number },
): Promise<readonly DeviceChange[]> {
  const ended = db
    .selectFrom('versions')
    .select(['collection_id as collectionId', 'name'])
    .where('home_id', '=', homeId)
    .where('until_device', '=', deviceId)
    .where('until_seq', '>=', since);
  const written = db
    .selectFrom('objects')
    .innerJoin('collections', 'collections.id', 'objects.collection_id')
    .select(['objects.collection_id as collectionId', 'objects.name'])
    .where('collections.home_id', '=', homeId)
    .where('objects.written_device', '=', deviceId)
    .where('objects.seq', '>=', since);
  return ended.union(written).execute();
}

function toHold(row: Selectable<GuardHoldTable>): Hold {
  return {
    id: row.id,
    homeId: row.home_id,
    collectionId: row.collection_id,
    deviceId: row.device_id,
    principalId: row.principal_id ?? undefined,
    beganAt: row.began_at,
    beganSeq: row.began_seq,
    heldAt: row.held_at,
    objects: row.objects,
    members: row.members,
    releasedAt: row.released_at ?? undefined,
    rolledBackAt: row.rolled_back_at ?? undefined,
  };
}
