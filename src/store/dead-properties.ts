import { sql } from 'kysely';

import { textList, type Db } from './dialect.ts';
import { prepared } from './prepared.ts';

/** Dead properties of a resource (RFC 4918 §4): Clark name to the element as XML. */
export async function deadProperties(db: Db, resourceId: string): Promise<ReadonlyMap<string, string>> {
  const { rows } = await selectOf(db, { resourceId });
  return new Map(rows.map(({ name, xml }) => [name, xml]));
}

const selectOf = prepared((db, { resourceId }: { resourceId: string }) =>
  db
    .selectFrom('dead_properties')
    .select(['name', 'xml'])
    .where('resource_id', '=', resourceId)
    .orderBy('name')
    .compile(),
);

/** The same of many resources; one without any is absent. */
export async function deadPropertiesOf(
  db: Db,
  resourceIds: readonly string[],
): Promise<ReadonlyMap<string, ReadonlyMap<string, string>>> {
  const found = new Map<string, Map<string, string>>();
  if (resourceIds.length === 0) return found;
  const rows = await db
    .selectFrom('dead_properties')
    .select(['resource_id', 'name', 'xml'])
    .where('resource_id', 'in', textList(db, resourceIds))
    .orderBy('resource_id')
    .orderBy('name')
    .execute();
  for (const { resource_id: id, name, xml } of rows) {
    const properties = found.get(id) ?? new Map<string, string>();
    found.set(id, properties.set(name, xml));
  }
  return found;
}

/** What all dead properties of a home take, in characters. */
export async function deadPropertyUsage(db: Db, homeId: string): Promise<number> {
  const row = await db
    .selectFrom('dead_properties')
    .select(sql<number | string | null>`sum(length(xml) + length(name))`.as('used'))
    .where('home_id', '=', homeId)
    .executeTakeFirst();
  return Number(row?.used ?? 0);
}

export async function setDeadProperty(
  tx: Db,
  homeId: string,
  resourceId: string,
  name: string,
  xml: string,
): Promise<void> {
  await tx
    .insertInto('dead_properties')
    .values({ home_id: homeId, resource_id: resourceId, name, xml })
    .onConflict((conflict) => conflict.columns(['resource_id', 'name']).doUpdateSet({ xml }))
    .execute();
}

export async function removeDeadProperty(tx: Db, resourceId: string, name: string): Promise<void> {
  await tx.deleteFrom('dead_properties').where('resource_id', '=', resourceId).where('name', '=', name).execute();
}

/** For COPY and MOVE (RFC 4918 §9.8.2): the target has afterwards the source's, and no others. */
export async function copyDeadProperties(tx: Db, fromId: string, toId: string, homeId: string): Promise<void> {
  await removeAllDeadProperties(tx, toId);
  await sql`
    insert into dead_properties (home_id, resource_id, name, xml)
    select cast(${homeId} as text), cast(${toId} as text), name, xml from dead_properties where resource_id = ${fromId}`.execute(
    tx,
  );
}

export async function removeAllDeadProperties(tx: Db, resourceId: string): Promise<void> {
  await tx.deleteFrom('dead_properties').where('resource_id', '=', resourceId).execute();
}
