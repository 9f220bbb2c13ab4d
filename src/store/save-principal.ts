import { randomUUID } from 'node:crypto';

import type { Db } from './dialect.ts';
import { recordDirectoryChanges } from './directory-changes.ts';
import { StoreConflict } from './errors.ts';
import { fold } from './fold.ts';
import { noteChangedGroups } from './group-meetings.ts';
import { directGroupsOf, touchPrincipals } from './memberships.ts';
import { findPrincipal, type Principal } from './principal-rows.ts';
import type { AutoSchedule, PrincipalKind } from './principal-schema.ts';
import { removeMountsAround } from './shares.ts';

/** A field left out or undefined stays as it is (or gets its default); null clears it. */
export interface PrincipalSpec {
  readonly id: string;
  readonly kind: PrincipalKind;
  readonly guid?: string | undefined;
  readonly name?: string | undefined;
  readonly emails?: readonly string[] | undefined;
  readonly admin?: boolean | undefined;
  readonly adminReadOnly?: boolean | undefined;
  readonly timezone?: string | null | undefined;
  readonly locale?: string | null | undefined;
  readonly autoSchedule?: AutoSchedule | null | undefined;
  readonly autoAcceptGroup?: string | null | undefined;
  readonly capacity?: number | null | undefined;
  /** JSON. */
  readonly roomPolicy?: string | null | undefined;
  readonly features?: readonly string[] | undefined;
}

/**
 * Inserts a principal, or updates every field that is given. Throws StoreConflict where the id belongs to another
 * kind, or the id, guid or an address to another principal.
 */
export async function savePrincipal(
  tx: Db,
  spec: PrincipalSpec,
  now: number,
): Promise<{ readonly principal: Principal; readonly created: boolean; readonly changed: boolean }> {
  const before = await findPrincipal(tx, spec.id);
  await requireNoConflict(tx, spec, before);
  const created = before === undefined;
  const changed = created || differs(before, spec);
  if (created) await insertPrincipal(tx, spec, now);
  if (changed && spec.emails !== undefined) await saveAddresses(tx, spec.id, spec.emails);
  if (!created && changed) {
    await tx
      .updateTable('principals')
      .set((eb) => ({ ...columnsOf(spec), version: eb('version', '+', 1), modified_at: now }))
      .where('id', '=', spec.id)
      .execute();
  }
  if (!changed && before !== undefined) return { principal: before, created, changed };
  const principal = await findPrincipal(tx, spec.id);
  if (principal === undefined) throw new TypeError('The principal just saved is not there');
  await tellDirectory(tx, before, principal);
  return { principal, created, changed };
}

/** What others see of a principal: its name, its addresses, its guid, and where groups name it by that. */
async function tellDirectory(tx: Db, before: Principal | undefined, principal: Principal): Promise<void> {
  const { id, modifiedAt: now } = principal;
  const shown = ({ name, emails, guid }: Principal): string => JSON.stringify([name, emails, guid]);
  if (before !== undefined && shown(before) === shown(principal)) return;
  const groups = before === undefined || before.guid === principal.guid ? [] : await directGroupsOf(tx, id);
  if (groups.length > 0) await touchPrincipals(tx, groups, now);
  await recordDirectoryChanges(tx, [id, ...groups], now);
}

export async function setPasswordHash(tx: Db, id: string, hash: string | null, now: number): Promise<void> {
  await tx
    .updateTable('principals')
    .set((eb) => ({ password_hash: hash, version: eb('version', '+', 1), modified_at: now }))
    .where('id', '=', id)
    .execute();
}

/** Removes a principal with its home and everything in it. Returns whether there was one. */
export async function removePrincipal(tx: Db, id: string, now: number): Promise<boolean> {
  const groups = await tx.selectFrom('group_members').select('group_id as id').where('member_id', '=', id).execute();
  const members = await tx.selectFrom('group_members').select('member_id as id').where('group_id', '=', id).execute();
  const delegators = await tx
    .selectFrom('delegates')
    .select('principal_id as id')
    .where('delegate_id', '=', id)
    .execute();
  await removeMountsAround(tx, id, now);
  await tx.deleteFrom('dead_properties').where('home_id', '=', id).execute();
  // The rest hangs on the principal by foreign keys that cascade.
  const { numDeletedRows } = await tx.deleteFrom('principals').where('id', '=', id).executeTakeFirst();
  const touched = [...groups, ...members, ...delegators].map((row) => row.id);
  if (touched.length > 0) await touchPrincipals(tx, touched, now);
  await noteChangedGroups(
    tx,
    groups.map((row) => row.id),
  );
  if (numDeletedRows > 0n) await recordDirectoryChanges(tx, [id, ...groups.map((row) => row.id)], now);
  return numDeletedRows > 0n;
}

async function requireNoConflict(tx: Db, spec: PrincipalSpec, before: Principal | undefined): Promise<void> {
  if (before !== undefined && before.kind !== spec.kind) {
    throw new StoreConflict('kind', `${spec.id} is a ${before.kind}, not a ${spec.kind}`);
  }
  const login = await tx.selectFrom('principals').select('id').where('login', '=', fold(spec.id)).executeTakeFirst();
  if (login !== undefined && login.id !== spec.id) {
    throw new StoreConflict('id', `The id ${spec.id} differs from ${login.id} by the case of its letters only`);
  }
  if (spec.guid !== undefined) {
    const other = await tx.selectFrom('principals').select('id').where('guid', '=', spec.guid).executeTakeFirst();
    if (other !== undefined && other.id !== spec.id) {
      throw new StoreConflict('guid', `The guid ${spec.guid} belongs to ${other.id}`);
    }
  }
  for (const email of spec.emails ?? []) {
    const found = tx.selectFrom('addresses').select('principal_id').where('address', '=', fold(email));
    const holder = await found.executeTakeFirst();
    if (holder !== undefined && holder.principal_id !== spec.id) {
      throw new StoreConflict('emails', `The address ${email} belongs to ${holder.principal_id}`);
    }
  }
}

async function insertPrincipal(tx: Db, spec: PrincipalSpec, now: number): Promise<void> {
  await tx
    .insertInto('principals')
    .values({
      id: spec.id,
      login: fold(spec.id),
      kind: spec.kind,
      guid: randomUUID(),
      name: spec.id,
      folded_name: fold(spec.id),
      password_hash: null,
      admin: 0,
      admin_read_only: 0,
      timezone: null,
      locale: null,
      auto_schedule: null,
      auto_accept_group: null,
      capacity: null,
      room_policy: null,
      features: '[]',
      emails: '[]',
      ...columnsOf(spec),
      version: 1,
      created_at: now,
      modified_at: now,
    })
    .execute();
}

/** The columns of the fields that are given. */
function columnsOf(spec: PrincipalSpec) {
  const { guid, name, admin, adminReadOnly, timezone, locale, autoSchedule, autoAcceptGroup, capacity } = spec;
  const { roomPolicy, features, emails } = spec;
  return {
    ...(guid !== undefined && { guid }),
    ...(name !== undefined && { name, folded_name: fold(name) }),
    ...(admin !== undefined && { admin: admin ? 1 : 0 }),
    ...(adminReadOnly !== undefined && { admin_read_only: adminReadOnly ? 1 : 0 }),
    ...(timezone !== undefined && { timezone }),
    ...(locale !== undefined && { locale }),
    ...(autoSchedule !== undefined && { auto_schedule: autoSchedule }),
    ...(autoAcceptGroup !== undefined && { auto_accept_group: autoAcceptGroup }),
    ...(capacity !== undefined && { capacity }),
    ...(roomPolicy !== undefined && { room_policy: roomPolicy }),
    ...(features !== undefined && { features: JSON.stringify(features) }),
    ...(emails !== undefined && { emails: JSON.stringify(distinct(emails)) }),
  };
}

const FIELDS = [
  'guid',
  'name',
  'admin',
  'adminReadOnly',
  'timezone',
  'locale',
  'autoSchedule',
  'autoAcceptGroup',
  'capacity',
  'roomPolicy',
] as const;

/** Whether a field that is given is another than the one stored. */
function differs(before: Principal, spec: PrincipalSpec): boolean {
  const { features, emails } = spec;
  if (features !== undefined && JSON.stringify(features) !== JSON.stringify(before.features)) return true;
  if (emails !== undefined && JSON.stringify(distinct(emails)) !== JSON.stringify(before.emails)) return true;
  return FIELDS.some((field) => spec[field] !== undefined && (spec[field] ?? undefined) !== before[field]);
}

/** The same address twice counts once, as it was written last. */
const distinct = (emails: readonly string[]): readonly string[] => [
  ...new Map(emails.map((email) => [fold(email), email])).values(),
];

/** Replaces the rows by which a principal is found. */
async function saveAddresses(tx: Db, id: string, emails: readonly string[]): Promise<void> {
  await tx.deleteFrom('addresses').where('principal_id', '=', id).execute();
  for (const address of distinct(emails).map(fold)) {
    await tx.insertInto('addresses').values({ address, principal_id: id }).execute();
  }
}
