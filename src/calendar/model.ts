import type { Privilege } from '../auth/privileges.ts';
import type { CollectionId, PrincipalId } from '../base/ids.ts';
import type { Collection as StoredCollection } from '../store/collection-rows.ts';
import type { MountState } from '../store/mounts.ts';
import type { ObjectHead as StoredHead } from '../store/objects.ts';
import type { ShareAccess } from '../store/sharing-schema.ts';

/** The words of the door: what calendar/ hands to dav/, api/, web/ and jobs/, which may not look into store/. */
export type { Principal } from '../store/principals.ts';
export type { CollectionKind } from '../store/collection-schema.ts';
export type { PrincipalKind } from '../store/principal-schema.ts';
export type { ShareAccess, ShareStatus } from '../store/sharing-schema.ts';

export interface Collection extends StoredCollection {
  /** Read for somebody who sees of members that are not public their times alone (see shown-object.ts). */
  readonly isVeiled?: boolean;
  /** Where it was found, if it is a calendar of somebody else in the home of a sharee (see mounts.ts). */
  readonly mount?: Mount;
  /** Of a home: what is mounted in it. */
  readonly mountStates?: readonly MountState[];
}

/** The place of a shared calendar in the home of a sharee. */
export interface Mount {
  readonly id: CollectionId;
  /** The sharee. */
  readonly homeId: PrincipalId;
  /** Path segment in the home of the sharee. */
  readonly uri: string;
  readonly shareId: string;
  readonly access: ShareAccess;
  /** Where the list of the calendar denies something: what the sharee may do with it after that. */
  readonly allowed?: ReadonlySet<Privilege> | undefined;
  /** Of the calendar itself, where the collection has what the sharee sees. */
  readonly seq: number;
  readonly propertiesVersion: number;
  /** The change sequence of the sharee's home when the place was last changed. */
  readonly homeSeq: number;
}

export interface ObjectHead extends StoredHead {
  /** Its times alone are shown. */
  readonly isBusyOnly?: boolean;
}

export interface CalendarObject extends ObjectHead {
  readonly octets: Uint8Array;
}
