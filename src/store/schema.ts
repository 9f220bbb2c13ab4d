import type { AttachmentChunkTable, AttachmentHolderTable, AttachmentTable } from './attachment-schema.ts';
import type {
  CollectionTable,
  DeadPropertyTable,
  LockTable,
  SubscriptionTable,
  TombstoneTable,
  UnmappedMemberTable,
} from './collection-schema.ts';
import type {
  AuditTable,
  GuardHoldTable,
  NoticeTable,
  RemovedCollectionTable,
  VersionTable,
} from './history-schema.ts';
import type { ContentTypeTable, ObjectTable, OccurrenceTable, SetAsideTable } from './object-schema.ts';
import type { AddressTable, DelegateTable, DeviceTable, GroupMemberTable, PrincipalTable } from './principal-schema.ts';
import type {
  InboundMailTable,
  MailedInvitationTable,
  MailEventTable,
  MailMessageTable,
  TrayItemTable,
  TrustedSenderTable,
} from './mail-schema.ts';
import type { PushSubscriptionTable } from './push-schema.ts';
import type { RoomBookingTable } from './room-schema.ts';
import type {
  ChangedGroupTable,
  CopiesToRefreshTable,
  GroupMeetingTable,
  SchedulingMemoryTable,
  SharedOctetsTable,
} from './scheduling-schema.ts';
import type {
  AceTable,
  LinkTable,
  PersonalObjectTable,
  ShareAnswerTable,
  ShareTable,
  SharedFormTable,
} from './sharing-schema.ts';

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
  mail_messages: MailMessageTable;
  mailed_invitations: MailedInvitationTable;
  mail_events: MailEventTable;
  inbound_mails: InboundMailTable;
  tray_items: TrayItemTable;
  trusted_senders: TrustedSenderTable;
  group_meetings: GroupMeetingTable;
  changed_groups: ChangedGroupTable;
  room_bookings: RoomBookingTable;
  shared_octets: SharedOctetsTable;
  copies_to_refresh: CopiesToRefreshTable;
}

export interface MetaTable {
  key: string;
  value: string;
}
