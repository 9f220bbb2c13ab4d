/** Properties of a collection that a client may set. A field left out stays as it is; null clears it. */
export interface CollectionPatch {
  readonly displayname?: string | null;
  readonly description?: string | null;
  readonly color?: string | null;
  /** Attributes of calendar-color, such as Apple's symbolic-color. */
  readonly colorAttributes?: Readonly<Record<string, string>> | null;
  readonly order?: number | null;
  /** calendar-timezone: iCalendar text with one VTIMEZONE. */
  readonly timezone?: string | null;
  readonly timezoneId?: string | null;
  readonly components?: readonly string[] | null;
  readonly transparent?: boolean;
  /** calendar-availability: iCalendar text with VAVAILABILITY components. */
  readonly availability?: string | null;
  /** CS:source: the URL that the server fetches the members from. */
  readonly source?: string;
  /** refreshrate: a duration as it was set. */
  readonly refreshRate?: string | null;
  readonly stripAlarms?: boolean;
  readonly stripAttachments?: boolean;
  readonly stripTodos?: boolean;
  /** default-alarm-vevent-datetime and its like: VALARM components; '' for none. */
  readonly alarmVeventDatetime?: string | null;
  readonly alarmVeventDate?: string | null;
  readonly alarmVtodoDatetime?: string | null;
  readonly alarmVtodoDate?: string | null;
  /** Of an inbox: the id of the calendar that invitations go to. */
  readonly defaultCalendar?: string | null;
}

/** Changes of dead properties: Clark name to the element's XML, or null to remove it. */
export type DeadPropertyPatch = ReadonlyMap<string, string | null>;

/** All that one PROPPATCH, MKCALENDAR or extended MKCOL sets. */
export interface PropertyChanges {
  readonly live: CollectionPatch;
  readonly dead: DeadPropertyPatch;
}

export const NO_CHANGES: PropertyChanges = { live: {}, dead: new Map() };
