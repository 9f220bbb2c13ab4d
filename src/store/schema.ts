import type { Generated } from 'kysely';

import type { PushSubscriptionTable } from './push-schema.ts';
import type { RoomBookingTable } from './room-schema.ts';
import type {
  ChangedGroupTable,
  GroupMeetingTable,
  CopiesToRefreshTable,
  OutboundMessageTable,
  SchedulingMemoryTable,
  SharedOctetsTable,
} from './scheduling-schema.ts';
import type { AuditTable, GuardHoldTable, NoticeTable, VersionTable } from './schema-history.ts';

/**
 * The rows, as Kysely sees them: the same on SQLite and PostgreSQL. Instants are UTC milliseconds (numbers),
 * booleans are 0 or 1, lists are JSON text, octets are Uint8Array. Every table of calendar data carries `home_id`
 * (the owner's principal id), the key by which the tables can be sharded; occurrences carry its short form, `home_key`,
 * and shared octets are nobody's alone.
 */
export interface Schema {
  principals: PrincipalTable;
  addresses: AddressTable;
  group_members: GroupMemberTable;
  delegates: DelegateTable;
  devices: DeviceTable;
  collections: CollectionTable;
  objects: ObjectTable;
  occurrences: OccurrenceTable;
  tombstones: TombstoneTable;
  unmapped_members: UnmappedMemberTable;
  dead_properties: DeadPropertyTable;
  meta: MetaTable;
  set_aside: SetAsideTable;
  content_types: ContentTypeTable;
  locks: LockTable;
  subscriptions: SubscriptionTable;
  versions: VersionTable;
  removed_collections: RemovedCollectionTable;
  audit: AuditTable;
  guard_holds: GuardHoldTable;
  notices: NoticeTable;
  aces: AceTable;
  shares: ShareTable;
  share_answers: ShareAnswerTable;
  personal_objects: PersonalObjectTable;
  shared_forms: SharedFormTable;
  attachments: AttachmentTable;
  attachment_chunks: AttachmentChunkTable;
  attachment_holders: AttachmentHolderTable;
  links: LinkTable;
  push_subscriptions: PushSubscriptionTable;
  scheduling_memory: SchedulingMemoryTable;
  outbound_messages: OutboundMessageTable;
  group_meetings: GroupMeetingTable;
  changed_groups: ChangedGroupTable;
  room_bookings: RoomBookingTable;
  shared_octets: SharedOctetsTable;
  copies_to_refresh: CopiesToRefreshTable;
}

export type PrincipalKind = 'user' | 'group' | 'room' | 'resource';
export type AutoSchedule =
  'none' | 'accept-always' | 'decline-always' | 'accept-if-free' | 'decline-if-busy' | 'automatic';

export interface PrincipalTable {
  /** Short form of the id, for the tables that have very many rows. */
  key: Generated<number>;
  /** Name in the principal URL; unique over all kinds. */
  id: string;
  /** The id as a log-in name: folded (see fold.ts), and unique so. */
  login: string;
  kind: PrincipalKind;
  guid: string;
  name: string;
  /** The name, folded, for searches. */
  folded_name: string;
  /** argon2id in PHC form; null: no log-in. */
  password_hash: string | null;
  admin: number;
  admin_read_only: number;
  /** IANA name; null: the server's. */
  timezone: string | null;
  locale: string | null;
  auto_schedule: AutoSchedule | null;
  /** Group id whose members are accepted without question (rooms and resources). */
  auto_accept_group: string | null;
  capacity: number | null;
  /** JSON of scheduling/room-policy-value.ts; null: nothing is forbidden. */
  room_policy: string | null;
  /** JSON list of strings. */
  features: string;
  /** JSON list of the addresses as they were written, the preferred one first; AddressTable finds them. */
  emails: string;
  /** Grows with every change of this row, its addresses, memberships or delegates. */
  version: number;
  created_at: number;
  modified_at: number;
}

export interface AddressTable {
  /** Lower case e-mail address without mailto:. The key: one address belongs to one principal. */
  address: string;
  principal_id: string;
}

export interface GroupMemberTable {
  group_id: string;
  member_id: string;
}

export interface DelegateTable {
  principal_id: string;
  delegate_id: string;
  access: 'read' | 'write';
}

/** A device: a credential and a user agent (U6). */
export interface DeviceTable {
  id: string;
  principal_id: string;
  /** 'password' or the id of an app password. */
  credential: string;
  user_agent: string;
  first_seen: number;
  last_seen: number;
  last_sync: number | null;
  last_error: string | null;
  last_error_at: number | null;
}

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

export interface ObjectTable {
  /** Short form of the id, for the tables that have very many rows. */
  key: Generated<number>;
  id: string;
  home_id: string;
  collection_id: string;
  /** Last path segment, decoded. Unique in the collection. */
  name: string;
  /** Unique in the collection; for non-calendar resources the same as the name. */
  uid: string;
  /** VEVENT, VTODO, …; '' for a resource that is not a calendar object. */
  component: string;
  /** Strong entity tag without quotes: a digest of the octets. */
  etag: string;
  octets: Uint8Array;
  size: number;
  schedule_tag: string | null;
  /** The collection's change sequence when this was last written. */
  seq: number;
  /** The collection's change sequence when this was created. */
  created_seq: number;
  /** First instant that any instance touches (padded for floating time); null: none, matches by other rules. */
  first_at: number | null;
  /** Last instant that any instance touches; null: endless. */
  last_at: number | null;
  /** 1: has floating or all-day times, so instants depend on the zone that the question is asked in. */
  floating: number;
  /** 1: occurrence rows alone decide a VEVENT time-range; 0: the octets must be read. */
  exact: number;
  /** Instants between which the occurrence rows are complete; null, null: complete everywhere. */
  indexed_from: number | null;
  indexed_until: number | null;
  created_at: number;
  modified_at: number;
  /** Why it cannot be used (any more), so that it has no occurrence rows; null: it can. */
  fault: string | null;
  /** The change sequence and instant at which these octets were written; null, null: when it was created. */
  written_seq: number | null;
  written_at: number | null;
  /** Who wrote these octets (see author.ts); null: nobody who is known. */
  written_by: string | null;
  written_device: string | null;
  written_origin: string | null;
  /** Of an inbox item: what its message has changed (see itip/schedule-changes.ts) as JSON; null: nothing. */
  schedule_changes: string | null;
  /** Key of the octets in shared_octets, of an object that has none of its own; null: it has. */
  shared_key: Generated<number | null>;
}

/**
 * A half-open range of instants in which an object touches: one instance of it, or a stretch of time about which the
 * rows know no better than that it may (see occurrences.ts). Keys instead of ids, as there are many rows an object.
 */
export interface OccurrenceTable {
  /** principals.key of the owner. */
  home_key: number;
  collection_key: number;
  object_key: number;
  /**
   * Class of length, so that a range is found by its start alone: 0 up to a day, 1 up to 8 days, 2 up to 64,
   * 3 up to 512, 4 longer. A question looks back by the class's longest length.
   */
  span: number;
  start_at: number;
  end_at: number;
  /** 1: an instance, which alone proves that the object touches a range; 0: the octets must be read. */
  proof: number;
  /** How the instance counts in free-busy (see busy-rows.ts); null: the octets must be read. */
  busy: number | null;
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

export interface MetaTable {
  key: string;
  value: string;
}

export interface SetAsideTable {
  id: string;
  home_id: string;
  /** Where it was to be imported. */
  collection_id: string;
  /** Of the octets: the same file imported twice is set aside once. */
  digest: string;
  octets: Uint8Array;
  /** Why it cannot be used. */
  reason: string;
  /** JSON list of sentences: what a repair would do; empty where none is known. */
  proposal: string;
  created_at: number;
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

/** An entry of a collection's access control list (RFC 3744 §5.5). */
export interface AceTable {
  home_id: string;
  collection_id: string;
  /** They count in this order. */
  place: number;
  /** null: everybody who is logged in. */
  principal_id: string | null;
  deny: number;
  /** JSON list of privileges. */
  privileges: string;
}

/** What a sharee may do with a calendar, from the least to the most. */
export type ShareAccess = 'free-busy' | 'read' | 'read-write' | 'manage';
export type ShareStatus = 'noresponse' | 'accepted' | 'declined';

/** A calendar offered to a person or a group (caldav-sharing §5.3). */
export interface ShareTable {
  /** The uid of the invitation. */
  id: string;
  /** Of the calendar. */
  home_id: string;
  collection_id: string;
  /** A person or a group. Unique with the collection. */
  sharee_id: string;
  access: ShareAccess;
  /** As the sharer wrote them. */
  common_name: string | null;
  summary: string | null;
  created_at: number;
  modified_at: number;
}

/** What a person who is offered a calendar made of it: the sharee, or each member of a group that is. */
export interface ShareAnswerTable {
  share_id: string;
  member_id: string;
  status: ShareStatus;
  /** Where it stands in the home of the member, once it is accepted. */
  mount_id: string | null;
  answered_at: number | null;
}

/** What a sharee last wrote of an object for themselves: the whole object (see calendar/personal-objects.ts). */
export interface PersonalObjectTable {
  object_id: string;
  /** Where the calendar stands in the home of the sharee. */
  mount_id: string;
  /** Of the sharee. */
  home_id: string;
  /** Names what others saw of the object when this was written: while it is the same, this is what the sharee sees. */
  shared_etag: string;
  /** Strong entity tag without quotes: a digest of the octets. */
  etag: string;
  size: number;
  /** In the sequence of the sharer's home. */
  seq: number;
  modified_at: number;
  octets: Uint8Array;
}

/** What others see of an object whose owner has since changed nothing but what is the owner's own. */
export interface SharedFormTable {
  object_id: string;
  home_id: string;
  /** Entity tag and change sequence of the object for which this holds. */
  base_etag: string;
  base_seq: number;
  /** Entity tag and change sequence of the object as it was when what others see last changed. */
  shared_etag: string;
  seq: number;
  octets: Uint8Array;
}

/** A collection in the trash; what it held are versions that ended with it. */
export interface RemovedCollectionTable {
  id: string;
  home_id: string;
  kind: CollectionKind;
  uri: string;
  /** Its fields as JSON, those that a client may set. */
  properties: string;
  /** Dead properties: JSON object of '' to an object of Clark name to XML. */
  dead: string;
  /** How many objects it held. */
  members: number;
  /** The home's change sequence at its removal. */
  seq: number;
  removed_at: number;
  removed_by: string | null;
  removed_device: string | null;
  removed_origin: string | null;
}

/** What a file is: an object that is none of a calendar. */
export interface ContentTypeTable {
  object_id: string;
  home_id: string;
  /** As it was sent. */
  content_type: string;
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

/** A managed attachment (RFC 8607). Those of a home that nothing holds any more are removed after a while. */
export interface AttachmentTable {
  id: string;
  home_id: string;
  filename: string;
  /** As it was sent. */
  content_type: string;
  size: number;
  /** Strong entity tag without quotes: a digest of the octets. */
  etag: string;
  created_at: number;
}

/** The octets of an attachment, piece by piece: no value is larger than one piece. */
export interface AttachmentChunkTable {
  attachment_id: string;
  home_id: string;
  place: number;
  octets: Uint8Array;
}

/** That an object names an attachment, or did when it was what a kept version says. */
export interface AttachmentHolderTable {
  attachment_id: string;
  /** It need not exist any more. */
  object_id: string;
  /** The home of the object. */
  home_id: string;
  uid: string;
  /** When the object ceased to name it; null: its octets do, if it still exists. */
  dropped_at: number | null;
}

/** A link by which people without a log-in see something of a collection (see links.ts). */
export interface LinkTable {
  id: string;
  home_id: string;
  collection_id: string;
  creator_id: string;
  /** SHA-256 of the token. */
  digest: string;
  /** The token itself, of a published calendar alone. */
  token: string | null;
  name: string | null;
  /** JSON list of strings. */
  categories: string | null;
  busy_only: number;
  people: number;
  days_back: number | null;
  days_ahead: number | null;
  from_at: number | null;
  until_at: number | null;
  /** JSON list of strings. */
  formats: string | null;
  password_hash: string | null;
  expires_at: number | null;
  most_uses: number | null;
  uses: number;
  /** When it was counted last. */
  used_at: number | null;
  created_at: number;
}
