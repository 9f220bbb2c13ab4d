import { sql } from 'kysely';

import { toCollection, type Collection } from './collection-rows.ts';
import { insertCollection, type NewCollection } from './collection-writes.ts';
import { collectionById } from './collections.ts';
import type { Db } from './dialect.ts';
import { prepared } from './prepared.ts';
import type { CollectionTable } from './collection-schema.ts';
import type { ShareAccess } from './sharing-schema.ts';
import type { Selectable } from 'kysely';

/** The calendar behind a mount, the place where it stands in a sharee's home. */
export interface Mounted {
  readonly calendar: Collection;
  readonly shareId: string;
  readonly access: ShareAccess;
  /** Whether the access control list of the calendar denies anything to anybody. */
  readonly denies: boolean;
}

/** What stands behind mounts, by their ids; one that is no accepted share (any more) is absent. */
export async function mountedAt(db: Db, mountIds: readonly string[]): Promise<ReadonlyMap<string, Mounted>> {
  const found = new Map<string, Mounted>();
  for (const id of mountIds) {
    const { rows } = await selectMounted(db, { id });
    for (const { mount_share: shareId, mount_access: access, mount_denies: denies, ...row } of rows) {
      found.set(id, { calendar: toCollection(row), shareId, access, denies: denies === 1 });
    }
  }
  return found;
}

type MountedRow = Selectable<CollectionTable> & {
  readonly mount_share: string;
  readonly mount_access: ShareAccess;
  readonly mount_denies: number;
};

const selectMounted = prepared((db, { id }: { id: string }) =>
  sql<MountedRow>`
    select c.*, s.id as mount_share, s.access as mount_access,
      case when exists (select 1 from aces where aces.collection_id = c.id and aces.deny = 1) then 1 else 0 end
        as mount_denies
    from share_answers a
    join shares s on s.id = a.share_id
    join collections c on c.id = s.collection_id
    where a.mount_id = ${id} and a.status = 'accepted'`.compile(db),
);

/** A mount of a home, and how far the calendar behind it has come as its sharee sees it. */
export interface MountState {
  /** Short form of the mount's id. */
  readonly key: number;
  readonly mountId: string;
  /** In the sequence of the sharer's home. */
  readonly seq: number;
}

/** The mounts of a home in the order of their keys. */
export async function mountStates(db: Db, homeId: string): Promise<readonly MountState[]> {
  const { rows } = await selectStates(db, { homeId });
  return rows.map(({ key, id, own, seq }) => ({ key, mountId: id, seq: Math.max(own, seq) }));
}

const selectStates = prepared((db, { homeId }: { homeId: string }) =>
  sql<{ key: number; id: string; own: number; seq: number }>`
    select m.key, m.id, m.seq as own, c.seq from collections m join collections c on c.id = m.shared_id
    where m.home_id = ${homeId} and m.shared_id is not null order by m.key`.compile(db),
);

/** The mounts of a calendar: their ids, and in whose homes they are. */
export async function mountsOf(
  db: Db,
  collectionId: string,
): Promise<readonly { readonly id: string; readonly homeId: string }[]> {
  const { rows } = await selectMounts(db, { collectionId });
  return rows;
}

const selectMounts = prepared((db, { collectionId }: { collectionId: string }) =>
  db
    .selectFrom('collections')
    .select(['id', 'home_id as homeId'])
    .where('shared_id', '=', collectionId)
    .orderBy('home_id')
    .compile(),
);

/** Puts a calendar into the home of a sharee; the answer must name it (shares.ts) for anybody to see it. */
export function insertMount(
  tx: Db,
  { calendar, ...mount }: Omit<NewCollection, 'kind' | 'sharedId'> & { readonly calendar: Pick<Collection, 'id'> },
  now: number,
): Promise<Collection> {
  return insertCollection(tx, { ...mount, kind: 'calendar', sharedId: calendar.id }, now);
}

/** The mount has something new to show that is the sharee's own, as of a number of the sharer's home. */
export async function touchMount(tx: Db, mountId: string, seq: number): Promise<void> {
  await tx.updateTable('collections').set({ seq }).where('id', '=', mountId).execute();
}

/**
 * The next number of a home, of which no collection of it tells: for what a sharee alone sees. undefined where there is
 * no such calendar.
 */
export async function nextSeqBeside(tx: Db, collectionId: string, now: number): Promise<number | undefined> {
  const calendar = await collectionById(tx, collectionId);
  if (calendar === undefined) return undefined;
  const row = await tx
    .updateTable('collections')
    .set((eb) => ({ seq: eb('seq', '+', 1), modified_at: now }))
    .where('home_id', '=', calendar.homeId)
    .where('uri', '=', '')
    .returning('seq')
    .executeTakeFirst();
  return row?.seq;
}
