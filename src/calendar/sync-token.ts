import { Refusal } from '../base/refusal.ts';
import type { CalendarContext } from './context.ts';
import type { Collection } from './model.ts';

/**
 * Sync tokens (RFC 6578 §3.2 wants a URI, RFC 2397 has one for a bare value): the database's epoch, the collection and
 * its change sequence. The epoch is new after a restore, so that a token from before it is refused rather than
 * believed. One that was given out in the middle of a list says more:
 *
 *   data:,EPOCH:COLLECTION:SEQ                        complete up to SEQ
 *   data:,EPOCH:COLLECTION:SEQ:BEGAN                  of an initial list, begun when the sequence was BEGAN
 *   data:,EPOCH:HOME:SEQ:SEGMENT/NAME                 complete up to this place among the changes of SEQ
 *   data:,EPOCH:HOME:SEQ:BEGAN:SEGMENT/NAME           both
 */
const PREFIX = 'data:,';
const TOKEN = /^data:,([^:]+):([^:]+):(0|[1-9]\d{0,14})(?::([1-9]\d{0,14}))?(?::([^:/]+)\/([^:/]*))?$/;

/** What a client has that was given a token. */
export interface SyncState {
  readonly seq: number;
  /** The change sequence when its initial list began: removals up to then mean nothing to it. */
  readonly began: number | undefined;
  /** Where only a part of the changes of `seq` is known: the last of them, below the home. */
  readonly place: { readonly uri: string; readonly name: string } | undefined;
}

export const stateAt = (seq: number, more: Partial<SyncState> = {}): SyncState => ({
  seq,
  began: undefined,
  place: undefined,
  ...more,
});

export function syncTokenOf(
  context: CalendarContext,
  collection: Collection,
  { seq, began, place }: SyncState = stateAt(collection.seq),
): string {
  const beginning = began === undefined ? '' : `:${began}`;
  const rest = place === undefined ? '' : `:${encodeURIComponent(place.uri)}/${encodeURIComponent(place.name)}`;
  return `${PREFIX}${context.store.epoch}:${collection.id}:${seq}${beginning}${rest}`;
}

/** The state of a token; throws valid-sync-token for one that is not ours, not this collection's or too old. */
export function readSyncToken(context: CalendarContext, collection: Collection, token: string): SyncState {
  const [, epoch, collectionId, seq, began, uri, name] = TOKEN.exec(token) ?? [];
  const state = stateAt(Number(seq), {
    began: began === undefined ? undefined : Number(began),
    place: uri === undefined ? undefined : placeOf(uri, name ?? ''),
  });
  const known = epoch === context.store.epoch && collectionId === collection.id;
  const isFuture = Math.max(state.seq, state.began ?? 0) > collection.seq;
  // At a place among the changes of SEQ, some removals of that number are still to be told.
  const complete = Math.max(state.place === undefined ? state.seq : state.seq - 1, state.began ?? 0);
  if (!known || isFuture || complete < collection.prunedSeq) throw invalid();
  if (state.place !== undefined && collection.kind !== 'home') throw invalid();
  return state;
}

function placeOf(uri: string, name: string): SyncState['place'] {
  // No name holds a NUL, and PostgreSQL takes none in a question.
  if (/%00/.test(uri + name)) throw invalid();
  try {
    return { uri: decodeURIComponent(uri), name: decodeURIComponent(name) };
  } catch (error) {
    throw invalid(error);
  }
}

const invalid = (cause?: unknown): Refusal =>
  new Refusal('valid-sync-token', 'The sync token is not valid here any more: synchronise from the beginning', {
    cause,
  });
