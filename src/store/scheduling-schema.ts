import type { Generated } from 'kysely';

/** What a calendar user remembers of the messages about one UID: JSON of itip/revision.ts. */
export interface SchedulingMemoryTable {
  home_id: string;
  uid: string;
  memory: string;
  modified_at: number;
}

/** Octets that are stored once for all objects and versions that have them. */
export interface SharedOctetsTable {
  key: Generated<number>;
  /** An entity tag, which is one of the octets. */
  digest: string;
  octets: Uint8Array;
  /** When an object was last given them: those of late stay, whoever has them. */
  noted_at: number;
}

/** That an organizer's meeting invites a group. */
export interface GroupMeetingTable {
  group_id: string;
  home_id: string;
  uid: string;
}

/** A group whose meetings have still to follow a change of its members. */
export interface ChangedGroupTable {
  group_id: string;
  /** Grows with each further change. */
  version: number;
}

/** A meeting, at its organizer's, with answers that not all of its attendees see yet. */
export interface CopiesToRefreshTable {
  home_id: string;
  uid: string;
  /** When the last of these answers came. */
  noted_at: number;
}
