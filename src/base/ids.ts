import { randomBytes } from 'node:crypto';

declare const principalId: unique symbol;
declare const collectionId: unique symbol;
declare const objectId: unique symbol;

/** The name of a user, group, room or resource: the last segment of its principal URL. */
export type PrincipalId = string & { readonly [principalId]: true };
export type CollectionId = string & { readonly [collectionId]: true };
export type ObjectId = string & { readonly [objectId]: true };

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';

const LENGTH = 26;

/** Random octets that nobody has had yet: to ask for few costs as much as for many. */
let pool = Buffer.alloc(0);

/** A random identifier of 130 bits in 26 characters of Crockford's base 32: unguessable, safe in any URL. */
export function newId(): string {
  if (pool.length < LENGTH) pool = randomBytes(64 * LENGTH);
  let id = '';
  for (const octet of pool.subarray(0, LENGTH)) id += ALPHABET[octet & 31];
  pool = pool.subarray(LENGTH);
  return id;
}

/** Characters of the milliseconds of 1970 and later: enough for 35,000 years. */
const TIME = 10;

let lastTime = { at: -1, text: '' };

/** In order of time, as text. */
function timeText(at: number): string {
  if (at === lastTime.at) return lastTime.text;
  let text = '';
  for (let rest = at; text.length < TIME; rest = Math.floor(rest / 32)) text = (ALPHABET[rest % 32] ?? '') + text;
  lastTime = { at, text };
  return text;
}

// The one place where a plain string becomes an id of a kind.
export const newCollectionId = (): CollectionId => newId() as CollectionId;
/**
 * 80 random bits after the time: objects that are made one after the other stand side by side in every index of ids, so that
 * each new one does not touch a page of its own.
 */
export const newObjectId = (): ObjectId => (timeText(Date.now()) + newId().slice(TIME)) as ObjectId;
export const asPrincipalId = (id: string): PrincipalId => id as PrincipalId;
