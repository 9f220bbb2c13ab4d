import { collectionsOfHome } from '../store/collections.ts';
import { endOf, homeChangesSince as changeRows, type HomeChange } from '../store/home-changes.ts';
import { MOST_CHANGES, type SinceToken } from './changes-since.ts';
import type { CalendarContext } from './context.ts';
import type { Collection } from './model.ts';
import { readSyncToken, stateAt, syncTokenOf, type SyncState } from './sync-token.ts';

export interface HomeChanges {
  /** Path segments of removed collections; with them went all that they held (RFC 6578 §3.5.2). */
  readonly removed: readonly string[];
  /** Collections that are new at their URL, or that changed themselves or in their members, as they are now. */
  readonly changed: readonly { readonly collection: Collection; readonly isNew: boolean }[];
  /** What changed below the collections; empty at level 1. */
  readonly members: readonly MemberChanges[];
  /** The token that stands for the state after these changes. */
  readonly token: string;
  /** Whether more changes wait behind the limit (RFC 6578 §3.6). */
  readonly truncated: boolean;
}

export interface MemberChanges {
  /** Path segment of the collection. */
  readonly uri: string;
  /** As it is now; undefined where it was removed meanwhile, which the next report tells. */
  readonly collection: Collection | undefined;
  /** Names of members; one that was removed meanwhile may be among them. */
  readonly changed: readonly string[];
  readonly removed: readonly string[];
}

/**
 * What changed in a home since a token, RFC 6578 §3.3; without a token, what it holds. Level `1` tells of the
 * collections in it, `infinite` of everything below as well; the tokens of both are the same.
 */
export async function homeChangesSince(
  context: CalendarContext,
  home: Collection,
  { token, level, limit = MOST_CHANGES }: SinceToken & { readonly level: '1' | 'infinite' },
): Promise<HomeChanges> {
  const known = token === undefined ? stateAt(0, { began: home.seq }) : readSyncToken(context, home, token);
  const { changes, more, seq } = await changeRows(context.store.db, {
    home,
    after: known.place === undefined ? endOf(known.seq) : { seq: known.seq, ...known.place },
    removedSince: token === undefined ? undefined : (known.began ?? 0),
    members: level === 'infinite',
    limit,
  });
  // Without a change there was none up to the sequence that the request began with, either.
  const reached = more ? stateAfter(changes, known) : stateAt(Math.max(seq ?? 0, home.seq));
  const told = { token: syncTokenOf(context, home, reached), truncated: more };
  if (changes.length === 0) return { removed: [], changed: [], members: [], ...told };
  const collections = new Map((await collectionsOfHome(context.store.db, home.homeId)).map((each) => [each.id, each]));
  return { ...sorted(changes, collections), ...told };
}

function stateAfter(changes: readonly HomeChange[], { began }: SyncState): SyncState {
  const last = changes.at(-1);
  if (last === undefined) throw new TypeError('A page of changes has none');
  return { seq: last.seq, began, place: { uri: last.uri, name: last.name } };
}

type Collections = ReadonlyMap<string, Collection>;

function sorted(changes: readonly HomeChange[], collections: Collections) {
  const removed: string[] = [];
  const changed: { readonly collection: Collection; readonly isNew: boolean }[] = [];
  const members = new Map<string, { readonly changed: string[]; readonly removed: string[] }>();
  for (const change of changes) {
    const { uri, name, kind } = change;
    if (name !== '') {
      const below = members.get(uri) ?? { changed: [], removed: [] };
      below[kind].push(name);
      members.set(uri, below);
    } else if (kind === 'removed') {
      removed.push(uri);
    } else {
      const collection = asTold(change, collections);
      if (collection !== undefined) changed.push({ collection, isNew: change.isNew });
    }
  }
  const holders = new Map(changes.map((change) => [change.uri, asTold(change, collections)]));
  return {
    removed,
    changed,
    members: [...members].map(([uri, below]) => ({ uri, collection: holders.get(uri), ...below })),
  };
}

/** The collection at the URL that it had when the changes were read. */
function asTold({ uri, collectionId }: HomeChange, collections: Collections): Collection | undefined {
  const collection = collectionId === null ? undefined : collections.get(collectionId);
  return collection === undefined || collection.uri === uri ? collection : { ...collection, uri };
}
