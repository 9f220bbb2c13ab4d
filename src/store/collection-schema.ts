import type { Generated } from 'kysely';

export type CollectionKind = 'home' | 'calendar' | 'inbox' | 'outbox' | 'notification' | 'freebusy' | 'plain';

export interface CollectionTable {
  /** Short form of the id, for the tables that have very many rows. */
  key: Generated<number>;
  id: string;
  home_id: string;
  kind: CollectionKind;
  /** Path segment below the home, '' for the home itself. Unique in the home. */
  uri: string;
  displayname: string | null;
  description: string | null;
  /** #RRGGBB or #RRGGBBAA as set. */
  color: string | null;
  /** The symbolic-color attribute and the like: JSON object of attributes of calendar-color. */
  color_attributes: string | null;
  sort_order: number | null;
  /** calendar-timezone as it was set: iCalendar text with one VTIMEZONE. */
  timezone: string | null;
  /** IANA name of calendar-timezone-id (RFC 7809 §5.2). */
  timezone_id: string | null;
  /** JSON list of component names; null: every component. */
  components: string | null;
  /** schedule-calendar-transp (RFC 6638 §9.1). */
  transparent: number;
  /** calendar-availability of an inbox as it was set (RFC 7953): iCalendar text with VAVAILABILITY components. */
  availability: string | null;
  /** The URL that the members are fetched from, with all its secrets; null: the members are the clients' own. */
  source: string | null;
  /** refreshrate as it was set, a duration of RFC 5545 §3.3.6. */
  refresh_rate: string | null;
  /** subscribed-strip-alarms, -attachments, -todos. */
  strip_alarms: Generated<number>;
  strip_attachments: Generated<number>;
  strip_todos: Generated<number>;
  /** default-alarm-vevent-datetime and its like as they were set: VALARM components; '' for none. */
  alarm_vevent_datetime: string | null;
  alarm_vevent_date: string | null;
  alarm_vtodo_datetime: string | null;
  alarm_vtodo_date: string | null;
  /** Of an inbox: the id of the collection that schedule-default-calendar-URL was set to; it may be gone. */
  default_calendar: string | null;
  /** Of a place where a shared calendar stands in a sharee's home: the calendar, which has the members. */
  shared_id: Generated<string | null>;
  /**
   * The change sequence; sync tokens are made from it. A home's grows by one with each change of anything in it; any
   * other collection has here the home's at the last change of a member, 1 before the first.
   */
  seq: number;
  /** The home's change sequence when this collection, a member or a property of it was last changed. */
  home_seq: number;
  /** The home's change sequence when this collection came to its uri: was created there, or renamed to it. */
  mapped_seq: Generated<number>;
  /** How many objects there are, and their octets together. */
  members: Generated<number>;
  used: Generated<number>;
  /** Of a home: octets of all past versions in it, as history-size.ts counts them. */
  past: Generated<number>;
  /** Grows with each change of the collection's own properties. */
  properties_version: number;
  /** Change sequence up to which tombstones were pruned: an older token is not valid any more. */
  pruned_seq: number;
  created_at: number;
  modified_at: number;
}

/** What a sync token from before the removal must be told (RFC 6578 §3.5.2). */
export interface TombstoneTable {
  home_id: string;
  collection_id: string;
  name: string;
  seq: number;
  /** Change sequence at which the removed member had been created. */
  created_seq: number;
  removed_at: number;
}

/**
 * A member of a collection that was removed or renamed, at the URL of then: of interest once another collection
 * stands there, since then the removal is told of each member, not of the collection (RFC 6578 §3.5.2).
 */
export interface UnmappedMemberTable {
  home_id: string;
  /** Path segment that the collection had. */
  uri: string;
  name: string;
  /** The home's change sequence when the member went. */
  seq: number;
  removed_at: number;
}

export interface DeadPropertyTable {
  home_id: string;
  /** Collection, object or principal id. */
  resource_id: string;
  /** Clark notation. */
  name: string;
  /** The element with its namespaces, attributes and content. */
  xml: string;
}

/** How the source of a calendar is fetched (see subscriptions.ts). */
export interface SubscriptionTable {
  collection_id: string;
  home_id: string;
  etag: string | null;
  last_modified: string | null;
  digest: string | null;
  pause: number | null;
  tried_at: number | null;
  succeeded_at: number | null;
  error: string | null;
  failures: number;
  empty_since: number | null;
  next_at: number;
  /** Of the process that fetches it now; null: of none. */
  lease: string | null;
  leased_until: number;
}

/** A write lock (RFC 4918 §7). It goes with what it locks, and with who made it. */
export interface LockTable {
  /** `urn:uuid:…` */
  token: string;
  home_id: string;
  /** The collection that is locked, or whose member is. */
  collection_id: string;
  /** null: the collection itself. */
  object_id: string | null;
  principal_id: string;
  shared: number;
  /** 1: Depth: infinity. */
  deep: number;
  /** DAV:owner as it was sent, as XML. */
  owner: string | null;
  timeout_seconds: number;
  expires_at: number;
}
