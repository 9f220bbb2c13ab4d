import type { IsMe } from '../itip/address.ts';

/** A calendar user of this server. */
export interface CalendarUser {
  /** The principal's id. */
  readonly id: string;
  /** Whether an address is one of the user's. */
  readonly me: IsMe;
  /** The preferred address, with mailto:; undefined: there is none. */
  readonly mail?: string | undefined;
  /** CUTYPE, where it is no person (RFC 5545 §3.2.3). */
  readonly place?: 'ROOM' | 'RESOURCE' | undefined;
  /** Whether it has a calendar home, to which messages can be delivered; a group has none. */
  readonly hasHome: boolean;
  /** Whether it answers invitations by itself, as rooms and resources do; by default nobody does. */
  readonly answersItself?: boolean;
}

/** Who stands behind the addresses of an object, looked up beforehand. */
export interface Directory {
  /** undefined: nobody here. */
  find(address: string): CalendarUser | undefined;
}

/** Somebody behind a group, by whatever groups are in it. */
export interface GroupMember {
  /** The principal's id. */
  readonly id: string;
  /** As it is written for who is not named otherwise. */
  readonly address: string;
  readonly name: string;
  /** CUTYPE, RFC 5545 §3.2.3. */
  readonly type: 'INDIVIDUAL' | 'ROOM' | 'RESOURCE';
}

/** The members of the groups that an object invites, by the id of the group; who may not be seen is not there. */
export type Groups = ReadonlyMap<string, readonly GroupMember[]>;
