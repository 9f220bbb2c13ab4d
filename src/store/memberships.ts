import { sql } from 'kysely';

import type { PrincipalId } from '../base/ids.ts';
import { textList, type Db } from './dialect.ts';
import { recordDirectoryChanges } from './directory-changes.ts';
import { StoreConflict } from './errors.ts';
import { noteChangedGroups } from './group-meetings.ts';

export interface Delegate {
  readonly id: PrincipalId;
  readonly access: 'read' | 'write';
}

// In this file, ids come out of rows into which ids were written: the casts give them their type back.

/** The direct members of a group. */
export async function membersOf(db: Db, groupId: string): Promise<PrincipalId[]> {
  const rows = await db
    .selectFrom('group_members')
    .select('member_id')
    .where('group_id', '=', groupId)
    .orderBy('member_id')
    .execute();
  return rows.map(({ member_id: id }) => id as PrincipalId);
}

/** The groups in which a principal is named. */
export async function directGroupsOf(db: Db, id: string): Promise<PrincipalId[]> {
  const rows = await db
    .selectFrom('group_members')
    .select('group_id')
    .where('member_id', '=', id)
    .orderBy('group_id')
    .execute();
  return rows.map(({ group_id: group }) => group as PrincipalId);
}

/** The groups of a principal, those of its groups, and so on; groups that contain each other do no harm. */
export async function allGroupsOf(db: Db, id: string): Promise<PrincipalId[]> {
  const { rows } = await sql<{ id: PrincipalId }>`
    with recursive above (id) as (
      select group_id from group_members where member_id = ${id}
      union
      select group_members.group_id from group_members join above on group_members.member_id = above.id
    )
    select id from above where id <> ${id} order by id`.execute(db);
  return rows.map(({ id: group }) => group);
}

/** Replaces the members of a group. Throws StoreConflict for an id that does not exist. Returns whether it changed. */
export async function setMembers(tx: Db, groupId: string, ids: readonly string[], now: number): Promise<boolean> {
  const wanted = new Set(ids);
  const present = new Set<string>(await membersOf(tx, groupId));
  const added = [...wanted].filter((id) => !present.has(id));
  const removed = [...present].filter((id) => !wanted.has(id));
  if (added.length === 0 && removed.length === 0) return false;
  await requirePrincipals(tx, [groupId, ...added], 'members');
  if (removed.length > 0) {
    await tx
      .deleteFrom('group_members')
      .where('group_id', '=', groupId)
      .where('member_id', 'in', textList(tx, removed))
      .execute();
  }
  for (const id of added) await tx.insertInto('group_members').values({ group_id: groupId, member_id: id }).execute();
  await touchPrincipals(tx, [groupId, ...added, ...removed], now);
  await noteChangedGroups(tx, [groupId]);
  await recordDirectoryChanges(tx, [groupId], now);
  return true;
}

/** Who may act for a principal. */
export async function delegatesOf(db: Db, id: string): Promise<Delegate[]> {
  const rows = await db
    .selectFrom('delegates')
    .select(['delegate_id', 'access'])
    .where('principal_id', '=', id)
    .orderBy('delegate_id')
    .execute();
  return rows.map(({ delegate_id: delegate, access }) => ({ id: delegate as PrincipalId, access }));
}

/**
 * For whom a principal may act, by itself or as a member of groups at any depth: each once, or twice where one way lets
 * it read and another one write. Nobody acts for oneself. PostgreSQL wants one collation of both halves of the union.
 */
export async function delegatorsOf(db: Db, id: string): Promise<Delegate[]> {
  const { rows } = await sql<Delegate>`
    with recursive identity (id) as (
      select id from principals where id = ${id}
      union
      select group_members.group_id from group_members join identity on group_members.member_id = identity.id
    )
    select distinct principal_id as id, access from delegates
    where delegate_id in (select id from identity) and principal_id <> ${id}
    order by principal_id, access`.execute(db);
  return rows.map(({ id: delegator, access }) => ({ id: delegator, access }));
}

export interface DelegateLists {
  readonly read: readonly string[];
  readonly write: readonly string[];
}

/** Replaces the delegates of a principal; one in both lists may write. Throws StoreConflict; returns whether it changed. */
export async function setDelegates(tx: Db, id: string, { read, write }: DelegateLists, now: number): Promise<boolean> {
  const wanted = new Map<string, 'read' | 'write'>();
  for (const delegate of read) wanted.set(delegate, 'read');
  for (const delegate of write) wanted.set(delegate, 'write');
  const present = await delegatesOf(tx, id);
  const same =
    present.length === wanted.size && present.every((delegate) => wanted.get(delegate.id) === delegate.access);
  if (same) return false;
  await requirePrincipals(tx, [id, ...wanted.keys()], 'delegates');
  await tx.deleteFrom('delegates').where('principal_id', '=', id).execute();
  for (const [delegate, access] of wanted) {
    await tx.insertInto('delegates').values({ principal_id: id, delegate_id: delegate, access }).execute();
  }
  await touchPrincipals(tx, [id, ...wanted.keys(), ...present.map((delegate) => delegate.id)], now);
  return true;
}

async function requirePrincipals(tx: Db, ids: readonly string[], field: 'members' | 'delegates'): Promise<void> {
  const rows = await tx.selectFrom('principals').select('id').where('id', 'in', textList(tx, ids)).execute();
  const known = new Set(rows.map(({ id }) => id));
  const unknown = ids.find((id) => !known.has(id));
  if (unknown !== undefined) throw new StoreConflict(field, `There is no principal ${unknown}`);
}

/** Lets the version of principals grow, as their memberships or delegates changed. */
export async function touchPrincipals(tx: Db, ids: readonly string[], now: number): Promise<void> {
  await tx
    .updateTable('principals')
    .set((eb) => ({ version: eb('version', '+', 1), modified_at: now }))
    .where('id', 'in', textList(tx, [...new Set(ids)]))
    .execute();
}
