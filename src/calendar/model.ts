import type { Collection as StoredCollection } from '../store/collections.ts';
import type { ObjectHead as StoredHead } from '../store/objects.ts';

/** The words of the door: what calendar/ hands to dav/, api/, web/ and jobs/, which may not look into store/. */
export type { Principal } from '../store/principals.ts';
export type { CollectionKind, PrincipalKind } from '../store/schema.ts';

export interface Collection extends StoredCollection {
  /** Read for somebody who sees of members that are not public their times alone (see shown-object.ts). */
  readonly isVeiled?: boolean;
}

export interface ObjectHead extends StoredHead {
  /** Its times alone are shown. */
  readonly isBusyOnly?: boolean;
}

export interface CalendarObject extends ObjectHead {
  readonly octets: Uint8Array;
}
