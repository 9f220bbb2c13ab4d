import { randomBytes } from 'node:crypto';

declare const principalId: unique symbol;
declare const collectionId: unique symbol;
declare const objectId: unique symbol;

/** The name of a user, group, room or resource: the last segment of its principal URL. */
export type PrincipalId = string & { readonly [principalId]: true };
export type CollectionId = string & { readonly [collectionId]: true };
export type ObjectId = string & { readonly [objectId]: true };

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';

/** A random identifier of 130 bits in 26 characters of Crockford's base 32: unguessable, safe in any URL. */
export function newId(): string {
  let id = '';
  for (const octet of randomBytes(26)) id += ALPHABET[octet & 31];
  return id;
}

// The one place where a plain string becomes an id of a kind.
export const newCollectionId = (): CollectionId => newId() as CollectionId;
export const newObjectId = (): ObjectId => newId() as ObjectId;
export const asPrincipalId = (id: string): PrincipalId => id as PrincipalId;
