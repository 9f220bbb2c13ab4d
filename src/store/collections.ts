import { sql, type Selectable, type Updateable } from 'kysely';

import { newCollectionId, type CollectionId, type PrincipalId } from '../base/ids.ts';
import type { Db } from './dialect.ts';
import { prepared } from './prepared.ts';
import type { CollectionKind, CollectionTable } from './schema.ts';
import { insertSubscription } from './subscriptions.ts';
import { keepUnmappedMembers } from './unmapped-members.ts';

export interface Collection {
  readonly id: CollectionId;
  readonly homeId: PrincipalId;
  readonly kind: CollectionKind;
  /** Path segment below the home, decoded; '' for the home itself. */
  readonly uri: string;
  readonly displayname: string | undefined;
  readonly description: string | undefined;
  /** As it was set: #RRGGBB or #RRGGBBAA. */
  readonly color: string | undefined;
  readonly colorAttributes: Readonly<Record<string, string>> | undefined;
  readonly order: number | undefined;
  /** calendar-timezone: iCalendar text with one VTIMEZONE. */
  readonly timezone: string | undefined;
  /** calendar-timezone-id, an IANA name (RFC 7809 §5.2). */
  readonly timezoneId: string | undefined;
  /** undefined: every component. */
  readonly components: readonly string[] | undefined;
  /** schedule-calendar-transp (RFC 6638 §9.1). */
  readonly transparent: boolean;
  /** calendar-availability of an inbox: iCalendar text with VAVAILABILITY components (RFC 7953). */
  readonly availability: string | undefined;
  /** The URL that the members are fetched from; it may hold a password. undefined: clients write the members. */
  readonly source: string | undefined;
  /** Apple's refreshrate, a duration as it was set. */
  readonly refreshRate: string | undefined;
  /** Whether alarms, attachments and tasks of the source are left out. */
  readonly stripAlarms: boolean;
  readonly stripAttachments: boolean;
  readonly stripTodos: boolean;
  /** default-alarm-vevent-datetime and its like: VALARM components; '' for none. */
  readonly alarmVeventDatetime: string | undefined;
  readonly alarmVeventDate: string | undefined;
  readonly alarmVtodoDatetime: string | undefined;
  readonly alarmVtodoDate: string | undefined;
  /** Of an inbox: the id of the calendar that invitations go to, where it was chosen (RFC 6638 §9.2). */
  readonly defaultCalendar: string | undefined;
  /** A place where a shared calendar stands (mounts.ts): that calendar, which has the members. */
  readonly sharedId: CollectionId | undefined;
  /**
   * Change sequence: the home's when a member was last changed, so that the changes of a home are in one order; a
   * home's own counts every change in it. 1 when it is new, so that 0 is no state that a client can have seen.
   */
  readonly seq: number;
  /** The home's change sequence when this collection or anything in it was last changed. */
  readonly homeSeq: number;
  readonly propertiesVersion: number;
  /** A token from before this change sequence cannot be answered: its tombstones were pruned. */
  readonly prunedSeq: number;
  readonly createdAt: number;
  readonly modifiedAt: number;
}

/** A field left out or undefined stays as it is; null clears it. */
export interface CollectionFields {
  readonly displayname?: string | null | undefined;
  readonly description?: string | null | undefined;
  readonly color?: string | null | undefined;
  readonly colorAttributes?: Readonly<Record<string, string>> | null | undefined;
  readonly order?: number | null | undefined;
  readonly timezone?: string | null | undefined;
  readonly timezoneId?: string | null | undefined;
  readonly components?: readonly string[] | null | undefined;
  readonly transparent?: boolean | undefined;
  readonly availability?: string | null | undefined;
  readonly source?: string | undefined;
  readonly refreshRate?: string | null | undefined;
  readonly stripAlarms?: boolean | undefined;
  readonly stripAttachments?: boolean | undefined;
  readonly stripTodos?: boolean | undefined;
  readonly alarmVeventDatetime?: string | null | undefined;
  readonly alarmVeventDate?: string | null | undefined;
  readonly alarmVtodoDatetime?: string | null | undefined;
  readonly alarmVtodoDate?: string | null | undefined;
  readonly defaultCalendar?: string | null | undefined;
}

export interface NewCollection extends CollectionFields {
  /** A new one where it is left out. */
  readonly id?: CollectionId;
  readonly homeId: PrincipalId;
  readonly kind: CollectionKind;
  readonly uri: string;
  readonly sharedId?: CollectionId;
}

export async function collectionById(db: Db, id: string): Promise<Collection | undefined> {
  return optional((await selectById(db, { id })).rows[0]);
}

export async function collectionByUri(db: Db, homeId: string, uri: string): Promise<Collection | undefined> {
  return optional((await selectByUri(db, { homeId, uri })).rows[0]);
}

/** The collections of a calendar home without the home itself and plain ones, in the order of their order field, then of their uri. */
export async function collectionsOfHome(db: Db, homeId: string): Promise<Collection[]> {
  const { rows } = await selectOfHome(db, { homeId });
  return rows.map(toCollection).sort((a, b) => (a.order ?? Infinity) - (b.order ?? Infinity) || 0);
}

export function homeCollection(db: Db, homeId: string): Promise<Collection | undefined> {
  return collectionByUri(db, homeId, '');
}

/** How many collections a home has, without itself. */
export async function countCollections(db: Db, homeId: string): Promise<number> {
  const { count } = await db
    .selectFrom('collections')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('home_id', '=', homeId)
    .where('kind', '<>', 'home')
    .executeTakeFirstOrThrow();
  return count;
}

/** Creates a collection in its home; the home, too, is created so, with kind 'home' and uri ''. */
export async function insertCollection(tx: Db, collection: NewCollection, now: number): Promise<Collection> {
  const { id = newCollectionId(), homeId, kind, uri, sharedId = null } = collection;
  const homeSeq = kind === 'home' ? 1 : await bumpHome(tx, homeId, now);
  await tx.deleteFrom('tombstones').where('collection_id', 'in', homeIdOf(homeId)).where('name', '=', uri).execute();
  const row = await tx
    .insertInto('collections')
    .values({
      id,
      home_id: homeId,
      kind,
      uri,
      displayname: null,
      description: null,
      color: null,
      color_attributes: null,
      sort_order: null,
      timezone: null,
      timezone_id: null,
      components: null,
      transparent: 0,
      availability: null,
      source: null,
      refresh_rate: null,
      ...columnsOf(collection),
      shared_id: sharedId,
      seq: 1,
      home_seq: homeSeq,
      mapped_seq: homeSeq,
      properties_version: 1,
      pruned_seq: 0,
      created_at: now,
      modified_at: now,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
  if (row.source !== null) await insertSubscription(tx, { collectionId: id, homeId, now });
  return toCollection(row);
}

/** A collection that was there before under its id: tokens from before now are refused, as nobody knows what they miss. */
export async function refuseEarlierTokens(tx: Db, { id, homeSeq }: Pick<Collection, 'id' | 'homeSeq'>): Promise<void> {
  await tx.updateTable('collections').set({ pruned_seq: homeSeq, seq: homeSeq }).where('id', '=', id).execute();
}

/** Sets properties: propertiesVersion grows, the home's sync sees a change. undefined: there is no such collection. */
export async function updateCollection(
  tx: Db,
  id: string,
  fields: CollectionFields,
  now: number,
): Promise<Collection | undefined> {
  return changeRow(tx, id, columnsOf(fields), now);
}

/** A collection goes to another path segment of its home; the old one is reported as removed. */
export async function moveCollection(tx: Db, id: string, uri: string, now: number): Promise<Collection | undefined> {
  const before = await collectionById(tx, id);
  if (before === undefined || before.uri === uri) return before;
  const seq = await bumpHome(tx, before.homeId, now);
  await unmapCollection(tx, before, seq, now);
  await tx
    .deleteFrom('tombstones')
    .where('collection_id', 'in', homeIdOf(before.homeId))
    .where('name', '=', uri)
    .execute();
  return writeRow(tx, id, { uri, home_seq: seq, mapped_seq: seq }, now);
}

/**
 * Removes a collection with all that it holds; the home's sync reports it as removed. `leaving` is called before anything
 * of it is gone, with the home's change sequence of the removal.
 */
export async function removeCollection(
  tx: Db,
  id: string,
  now: number,
  leaving?: (seq: number) => Promise<void>,
): Promise<void> {
  const collection = await collectionById(tx, id);
  if (collection === undefined) return;
  await removeMounts(tx, id, now);
  if (collection.kind !== 'home') {
    const seq = await bumpHome(tx, collection.homeId, now);
    await unmapCollection(tx, collection, seq, now);
    await leaving?.(seq);
  }
  const members = tx.selectFrom('objects').select('id').where('collection_id', '=', id);
  await tx.deleteFrom('dead_properties').where('resource_id', 'in', members).execute();
  await tx.deleteFrom('dead_properties').where('resource_id', '=', id).execute();
  // Objects, occurrences and tombstones go with their collection: foreign keys cascade.
  await tx.deleteFrom('collections').where('id', '=', id).execute();
}

/** Takes a calendar out of the homes of all with whom it is shared; their sync reports it as removed. */
async function removeMounts(tx: Db, collectionId: string, now: number): Promise<void> {
  const mounts = await tx
    .selectFrom('collections')
    .select('id')
    .where('shared_id', '=', collectionId)
    // In one order: two that share with each other wait for each other at most once.
    .orderBy('home_id')
    .execute();
  for (const { id } of mounts) await removeCollection(tx, id, now);
}

/**
 * The change sequence for a change of a member: the next one of the home, so that it grows over all collections of a
 * home alike. undefined where the collection does not exist. On PostgreSQL the lock on the home's row lets the writers
 * of one home commit in the order of their numbers: who sees one, sees all before it.
 */
export async function nextSeq(tx: Db, collectionId: string, now: number): Promise<number | undefined> {
  const homeSeq = await bumpHomeOf(tx, collectionId, now);
  const { rows } = await bump(tx, { collectionId, homeSeq: homeSeq ?? null, now });
  return rows[0]?.seq;
}

/** The home's sequence grows with every change of anything in it. 0 where there is no home. */
async function bumpHome(tx: Db, homeId: string, now: number): Promise<number> {
  const row = await tx
    .updateTable('collections')
    .set((eb) => ({ seq: eb('seq', '+', 1), modified_at: now }))
    .where('home_id', '=', homeId)
    .where('uri', '=', '')
    .returning('seq')
    .executeTakeFirst();
  return row?.seq ?? 0;
}

/** As bumpHome, by a collection in it; undefined for the home itself. */
async function bumpHomeOf(tx: Db, collectionId: string, now: number): Promise<number | undefined> {
  const { rows } = await bumpHomeAbove(tx, { collectionId, now });
  return rows[0]?.seq;
}

async function changeRow(
  tx: Db,
  id: string,
  columns: Updateable<CollectionTable>,
  now: number,
): Promise<Collection | undefined> {
  const homeSeq = await bumpHomeOf(tx, id, now);
  return writeRow(tx, id, { ...columns, ...(homeSeq !== undefined && { home_seq: homeSeq }) }, now);
}

async function writeRow(
  tx: Db,
  id: string,
  columns: Updateable<CollectionTable>,
  now: number,
): Promise<Collection | undefined> {
  const row = await tx
    .updateTable('collections')
    .set((eb) => ({ ...columns, properties_version: eb('properties_version', '+', 1), modified_at: now }))
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirst();
  return optional(row);
}

/** What the home's sync must know of a collection that leaves its uri: itself, and what stood below it. */
async function unmapCollection(tx: Db, collection: Collection, seq: number, now: number): Promise<void> {
  const { homeId, uri, homeSeq } = collection;
  const home = await homeCollection(tx, homeId);
  if (home === undefined) return;
  await tx
    .insertInto('tombstones')
    .values({ home_id: homeId, collection_id: home.id, name: uri, seq, created_seq: homeSeq, removed_at: now })
    .onConflict((conflict) => conflict.columns(['collection_id', 'name']).doUpdateSet({ seq, removed_at: now }))
    .execute();
  await keepUnmappedMembers(tx, collection, { seq, now });
}

const selectById = prepared((db, { id }: { id: string }) =>
  db.selectFrom('collections').selectAll().where('id', '=', id).compile(),
);

const selectByUri = prepared((db, { homeId, uri }: { homeId: string; uri: string }) =>
  db.selectFrom('collections').selectAll().where('home_id', '=', homeId).where('uri', '=', uri).compile(),
);

const selectOfHome = prepared((db, { homeId }: { homeId: string }) =>
  db
    .selectFrom('collections')
    .selectAll()
    .where('home_id', '=', homeId)
    .where('kind', 'not in', ['home', 'plain'])
    .orderBy('uri')
    .compile(),
);

interface Bump {
  readonly collectionId: string;
  /** null for the home itself, which counts by itself. */
  readonly homeSeq: number | null;
  readonly now: number;
}

const bump = prepared((db, { collectionId, homeSeq, now }: Bump) =>
  db
    .updateTable('collections')
    .set((eb) => ({
      seq: eb.fn.coalesce(eb.val(homeSeq), eb('seq', '+', 1)),
      home_seq: eb.fn.coalesce(eb.val(homeSeq), eb.ref('home_seq')),
      modified_at: now,
    }))
    .where('id', '=', collectionId)
    .returning('seq')
    .compile(),
);

const bumpHomeAbove = prepared((db, { collectionId, now }: { collectionId: string; now: number }) =>
  db
    .updateTable('collections')
    .set((eb) => ({ seq: eb('seq', '+', 1), modified_at: now }))
    .where('uri', '=', '')
    .where('home_id', '=', (eb) =>
      eb.selectFrom('collections as c').select('c.home_id').where('c.id', '=', collectionId),
    )
    .where('id', '<>', collectionId)
    .returning('seq')
    .compile(),
);

const homeIdOf = (homeId: string) => sql<string>`(select id from collections where home_id = ${homeId} and uri = '')`;

const jsonOrNull = (value: unknown): string | null => (value === null ? null : JSON.stringify(value));

/** The columns of the fields that are given. */
function columnsOf(fields: CollectionFields) {
  const { displayname, description, color, colorAttributes, order } = fields;
  const { timezone, timezoneId, components, transparent, availability } = fields;
  const { source, refreshRate, stripAlarms, stripAttachments, stripTodos } = fields;
  const { alarmVeventDatetime, alarmVeventDate, alarmVtodoDatetime, alarmVtodoDate, defaultCalendar } = fields;
  return {
    ...(displayname !== undefined && { displayname }),
    ...(description !== undefined && { description }),
    ...(color !== undefined && { color }),
    ...(colorAttributes !== undefined && { color_attributes: jsonOrNull(colorAttributes) }),
    ...(order !== undefined && { sort_order: order }),
    ...(timezone !== undefined && { timezone }),
    ...(timezoneId !== undefined && { timezone_id: timezoneId }),
    ...(components !== undefined && { components: jsonOrNull(components) }),
    ...(transparent !== undefined && { transparent: transparent ? 1 : 0 }),
    ...(availability !== undefined && { availability }),
    ...(source !== undefined && { source }),
    ...(refreshRate !== undefined && { refresh_rate: refreshRate }),
    ...(stripAlarms !== undefined && { strip_alarms: stripAlarms ? 1 : 0 }),
    ...(stripAttachments !== undefined && { strip_attachments: stripAttachments ? 1 : 0 }),
    ...(stripTodos !== undefined && { strip_todos: stripTodos ? 1 : 0 }),
    ...(alarmVeventDatetime !== undefined && { alarm_vevent_datetime: alarmVeventDatetime }),
    ...(alarmVeventDate !== undefined && { alarm_vevent_date: alarmVeventDate }),
    ...(alarmVtodoDatetime !== undefined && { alarm_vtodo_datetime: alarmVtodoDatetime }),
    ...(alarmVtodoDate !== undefined && { alarm_vtodo_date: alarmVtodoDate }),
    ...(defaultCalendar !== undefined && { default_calendar: defaultCalendar }),
  };
}

const optional = (row: Selectable<CollectionTable> | undefined): Collection | undefined =>
  row === undefined ? undefined : toCollection(row);

export function toCollection(row: Selectable<CollectionTable>): Collection {
  return {
    // Rows hold the ids, and JSON of our own making, as they were given: here they get their types back.
    id: row.id as CollectionId,
    homeId: row.home_id as PrincipalId,
    kind: row.kind,
    uri: row.uri,
    displayname: row.displayname ?? undefined,
    description: row.description ?? undefined,
    color: row.color ?? undefined,
    colorAttributes:
      row.color_attributes === null ? undefined : (JSON.parse(row.color_attributes) as Record<string, string>),
    order: row.sort_order ?? undefined,
    timezone: row.timezone ?? undefined,
    timezoneId: row.timezone_id ?? undefined,
    components: row.components === null ? undefined : (JSON.parse(row.components) as string[]),
    transparent: row.transparent === 1,
    availability: row.availability ?? undefined,
    source: row.source ?? undefined,
    refreshRate: row.refresh_rate ?? undefined,
    stripAlarms: row.strip_alarms === 1,
    stripAttachments: row.strip_attachments === 1,
    stripTodos: row.strip_todos === 1,
    alarmVeventDatetime: row.alarm_vevent_datetime ?? undefined,
    alarmVeventDate: row.alarm_vevent_date ?? undefined,
    alarmVtodoDatetime: row.alarm_vtodo_datetime ?? undefined,
    alarmVtodoDate: row.alarm_vtodo_date ?? undefined,
    defaultCalendar: row.default_calendar ?? undefined,
    sharedId: (row.shared_id ?? undefined) as CollectionId | undefined,
    seq: row.seq,
    homeSeq: row.home_seq,
    propertiesVersion: row.properties_version,
    prunedSeq: row.pruned_seq,
    createdAt: row.created_at,
    modifiedAt: row.modified_at,
  };
}
