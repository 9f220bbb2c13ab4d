import { newId, type PrincipalId } from '../base/ids.ts';
import { textList, type Db } from './dialect.ts';
import { prepared } from './prepared.ts';

/** A use of a credential by a user agent (the person's device, as far as a server can tell). */
export interface DeviceSeen {
  readonly principalId: string;
  /** 'password', or the id of an app password. */
  readonly credential: string;
  readonly userAgent: string;
  readonly seenAt: number;
  /** When it last synchronised, where this use was that. */
  readonly syncedAt?: number | undefined;
  readonly error?: { readonly message: string; readonly at: number } | undefined;
}

export interface Device {
  readonly id: string;
  readonly principalId: PrincipalId;
  readonly credential: string;
  readonly userAgent: string;
  readonly firstSeen: number;
  readonly lastSeen: number;
  readonly lastSync: number | undefined;
  readonly lastError: string | undefined;
  readonly lastErrorAt: number | undefined;
}

/** Characters that are kept of what a client says of itself, and of an error. */
const LONGEST_TEXT = 512;

/** Notes a batch of uses; those of principals that are gone meanwhile are dropped. */
export async function recordDevices(tx: Db, batch: readonly DeviceSeen[]): Promise<void> {
  const ids = [...new Set(batch.map(({ principalId }) => principalId))];
  if (ids.length === 0) return;
  const known = await tx.selectFrom('principals').select('id').where('id', 'in', textList(tx, ids)).execute();
  const present = new Set(known.map(({ id }) => id));
  for (const seen of batch) if (present.has(seen.principalId)) await recordDevice(tx, seen);
}

async function recordDevice(tx: Db, seen: DeviceSeen): Promise<void> {
  const { principalId, credential, seenAt, syncedAt = null, error } = seen;
  const userAgent = seen.userAgent.slice(0, LONGEST_TEXT);
  const [known] = (await selectUse(tx, { principalId, credential, userAgent })).rows;
  const message = error?.message.slice(0, LONGEST_TEXT);
  if (known !== undefined) {
    await updateUse(tx, {
      id: known.id,
      firstSeen: Math.min(known.first_seen, seenAt),
      lastSeen: Math.max(known.last_seen, seenAt),
      lastSync: syncedAt === null ? known.last_sync : Math.max(known.last_sync ?? syncedAt, syncedAt),
      lastError: message ?? known.last_error,
      lastErrorAt: error?.at ?? known.last_error_at,
    });
    return;
  }
  await tx
    .insertInto('devices')
    .values({
      id: newId(),
      principal_id: principalId,
      credential,
      user_agent: userAgent,
      first_seen: seenAt,
      last_seen: seenAt,
      last_sync: syncedAt,
      last_error: message ?? null,
      last_error_at: error?.at ?? null,
    })
    .execute();
  await forgetBeyond(tx, principalId);
}

interface UseKey {
  readonly principalId: string;
  readonly credential: string;
  readonly userAgent: string;
}

const selectUse = prepared((db, { principalId, credential, userAgent }: UseKey) =>
  db
    .selectFrom('devices')
    .select(['id', 'first_seen', 'last_seen', 'last_sync', 'last_error', 'last_error_at'])
    .where('principal_id', '=', principalId)
    .where('credential', '=', credential)
    .where('user_agent', '=', userAgent)
    .compile(),
);

interface Use {
  readonly id: string;
  readonly firstSeen: number;
  readonly lastSeen: number;
  readonly lastSync: number | null;
  readonly lastError: string | null;
  readonly lastErrorAt: number | null;
}

const updateUse = prepared((db, use: Use) =>
  db
    .updateTable('devices')
    .set({
      first_seen: use.firstSeen,
      last_seen: use.lastSeen,
      last_sync: use.lastSync,
      last_error: use.lastError,
      last_error_at: use.lastErrorAt,
    })
    .where('id', '=', use.id)
    .compile(),
);

/** Devices kept for a principal: a program that calls itself by another name each day is not to fill the disk. */
const MOST_DEVICES = 200;

async function forgetBeyond(tx: Db, principalId: string): Promise<void> {
  const newest = tx
    .selectFrom('devices')
    .select('id')
    .where('principal_id', '=', principalId)
    .orderBy('last_seen', 'desc')
    .orderBy('id')
    .limit(MOST_DEVICES);
  await tx.deleteFrom('devices').where('principal_id', '=', principalId).where('id', 'not in', newest).execute();
}

/** The devices of a principal, the one that was seen last first. */
export async function listDevices(db: Db, principalId: string): Promise<Device[]> {
  const rows = await db
    .selectFrom('devices')
    .selectAll()
    .where('principal_id', '=', principalId)
    .orderBy('last_seen', 'desc')
    .orderBy('id')
    .execute();
  return rows.map((row) => ({
    id: row.id,
    // The id was one when the row was written.
    principalId: row.principal_id as PrincipalId,
    credential: row.credential,
    userAgent: row.user_agent,
    firstSeen: row.first_seen,
    lastSeen: row.last_seen,
    lastSync: row.last_sync ?? undefined,
    lastError: row.last_error ?? undefined,
    lastErrorAt: row.last_error_at ?? undefined,
  }));
}
