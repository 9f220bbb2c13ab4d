import type { Generated } from 'kysely';

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
