/** The words of the door: what calendar/ hands to dav/, api/, web/ and jobs/, which may not look into store/. */
export type { Collection } from '../store/collections.ts';
export type { CalendarObject, ObjectHead } from '../store/objects.ts';
export type { Principal } from '../store/principals.ts';
export type { CollectionKind, PrincipalKind } from '../store/schema.ts';
