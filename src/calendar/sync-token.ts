import { Refusal } from '../base/refusal.ts';
import type { CalendarContext } from './context.ts';
import type { Collection } from './model.ts';

/**
 * Sync tokens (RFC 6578 §3.2 wants a URI, RFC 2397 has one for a bare value): the database's epoch, the collection and
 * its change sequence; where it is mounted, the place and what the share allows. The epoch is new after a restore, so that a token from before it is refused rather than
 * believed. One that was given out in the middle of a list says more:
 *
 *   data:,EPOCH:COLLECTION:SEQ                        complete up to SEQ
 *   data:,EPOCH:COLLECTION:SEQ:BEGAN                  of an initial list, begun when the sequence was BEGAN
 *   data:,EPOCH:HOME:SEQ:SEGMENT/NAME                 complete up to this place among the changes of SEQ
 *   data:,EPOCH:HOME:SEQ:BEGAN:SEGMENT/NAME           both
 *   …;KEY=SEQ;KEY=SEQ                                 and of a home's mounts (mounts.ts), each up to its own SEQ
 */
const PREFIX = 'data:,';
const TOKEN =
  /^data:,([^:]+):([^:]+):(0|[1-9]\d{0,14})(?::([1-9]\d{0,14}))?(?::([^:/;]+)\/([^:/;]*))?((?:;\d{1,15}=\d{1,15})*)$/;

/** What a client has that was given a token. */
export interface SyncState {
  readonly seq: number;
  /** The change sequence when its initial list began: removals up to then mean nothing to it. */
  readonly began: number | undefined;
  /** Where only a part of the changes of `seq` is known: the last of them, below the home. */
  readonly place: { readonly uri: string; readonly name: string } | undefined;
  /** Of a home: how far each of its mounts is known, in the sequence of its own sharer; absent: not at all. */
  readonly mounts: ReadonlyMap<number, number>;
}

const NONE: ReadonlyMap<number, number> = new Map();
/** How far the mounts of a home are, each up to now. */
export const mountsNow = ({ mountStates = [] }: Collection): ReadonlyMap<number, number> =>
  mountStates.length === 0 ? NONE : new Map(mountStates.map(({ key, seq }) => [key, seq]));

export const stateAt = (seq: number, more: Partial<SyncState> = {}): SyncState => ({
  seq,
  began: undefined,
  place: undefined,
  mounts: NONE,
  ...more,
});

export function syncTokenOf(
  context: CalendarContext,
  collection: Collection,
  { seq, began, place, mounts }: SyncState = stateAt(collection.seq, { mounts: mountsNow(collection) }),
): string {
  const beginning = began === undefined ? '' : `:${began}`;
  const rest = place === undefined ? '' : `:${encodeURIComponent(place.uri)}/${encodeURIComponent(place.name)}`;
  const others = mounts.size === 0 ? '' : [...mounts].map(([key, known]) => `;${key}=${known}`).join('');
  return `${PREFIX}${context.store.epoch}:${placeId(collection)}:${seq}${beginning}${rest}${others}`;
}

/** Where it is somebody else's, what a sharee sees of it goes with the place and with what the share allows. */
const placeId = ({ id, mount }: Collection): string => (mount === undefined ? id : `${mount.id}.${mount.access}`);

/** The state of a token; throws valid-sync-token for one that is not ours, not this collection's or too old. */
export function readSyncToken(context: CalendarContext, collection: Collection, token: string): SyncState {
  const [, epoch, collectionId, seq, began, uri, name, mounts = ''] = TOKEN.exec(token) ?? [];
  const state = stateAt(Number(seq), {
    began: began === undefined ? undefined : Number(began),
    place: uri === undefined ? undefined : placeOf(uri, name ?? ''),
    mounts: mounts === '' ? NONE : knownMounts(mounts, collection),
  });
  const known = epoch === context.store.epoch && placeId(collection) === collectionId;
  const isFuture = Math.max(state.seq, state.began ?? 0) > collection.seq;
  // At a place among the changes of SEQ, some removals of that number are still to be told.
  const complete = Math.max(state.place === undefined ? state.seq : state.seq - 1, state.began ?? 0);
  if (!known || isFuture || complete < collection.prunedSeq) throw invalid();
  if (state.place !== undefined && collection.kind !== 'home') throw invalid();
  return state;
}

/** Of mounts that are still there. */
function knownMounts(text: string, collection: Collection): ReadonlyMap<number, number> {
  if (collection.kind !== 'home') throw invalid();
  const now = mountsNow(collection);
  const known = new Map<number, number>();
  for (const [, key, seq] of text.matchAll(/;(\d+)=(\d+)/g)) {
    const reached = now.get(Number(key));
    if (reached === undefined) continue;
    if (Number(seq) > reached) throw invalid();
    known.set(Number(key), Number(seq));
  }
  return known;
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
