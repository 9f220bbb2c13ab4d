import type { Selectable } from 'kysely';

import type { CollectionId, PrincipalId } from '../base/ids.ts';
import type { CollectionKind, CollectionTable } from './collection-schema.ts';

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

const jsonOrNull = (value: unknown): string | null => (value === null ? null : JSON.stringify(value));

/** The columns of the fields that are given. */
export function collectionColumns(fields: CollectionFields) {
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

/** As toCollection, where there may be no row. */
export const toCollectionIfAny = (row: Selectable<CollectionTable> | undefined): Collection | undefined =>
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
