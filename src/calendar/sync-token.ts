import { Refusal } from '../base/refusal.ts';
import type { CalendarContext } from './context.ts';
import type { Collection } from './model.ts';

/**
 * Sync tokens (RFC 6578 §3.2 wants a URI, RFC 2397 has one for a bare value): the database's epoch, the collection and its change sequence.
 * The epoch is new after a restore, so that a token from before it is refused rather than believed.
 */
const PREFIX = 'data:,';

export function syncTokenOf(context: CalendarContext, collection: Collection, seq: number = collection.seq): string {
  return `${PREFIX}${context.store.epoch}:${collection.id}:${seq}`;
}

/** The change sequence of a token; throws valid-sync-token for one that is not ours, not this collection's or too old. */
export function readSyncToken(context: CalendarContext, collection: Collection, token: string): number {
  const match = /^data:,([^:]+):([^:]+):(0|[1-9]\d{0,14})$/.exec(token);
  const [, epoch, collectionId, text] = match ?? [];
  const seq = Number(text);
  const known = epoch === context.store.epoch && collectionId === collection.id;
  if (!known || seq > collection.seq || seq < collection.prunedSeq) {
    throw new Refusal('valid-sync-token', 'The sync token is not valid here any more: synchronise from the beginning');
  }
  return seq;
}
