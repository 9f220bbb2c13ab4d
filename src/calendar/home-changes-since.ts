import { endOf, homeChangesSince as changeRows, type HomeChange } from '../store/home-changes.ts';
import { MOST_CHANGES, type SinceToken } from './changes-since.ts';
import { collectionsOf } from './collections.ts';
import type { CalendarContext } from './context.ts';
import type { Collection } from './model.ts';
import { mountChangesSince, type MemberChanges } from './mount-changes-since.ts';
import { readSyncToken, stateAt, syncTokenOf, type SyncState } from './sync-token.ts';

export type { MemberChanges };

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
  if (more) {
    return { ...(await toldOf(context, home, changes)), ...tokenAt(context, home, stateAfter(changes, known)) };
  }
  // Without a change there was none up to the sequence that the request began with, either.
  const reached = Math.max(seq ?? 0, home.seq);
  const own = await toldOf(context, home, changes);
  if (home.mountStates === undefined) return { ...own, ...tokenAt(context, home, stateAt(reached)) };
  const behind = await mountChangesSince(context, home, { known: known.mounts, level, limit: limit - changes.length });
  const told = new Set(own.changed.map(({ collection }) => collection.mount?.id));
  return {
    removed: own.removed,
    changed: [...own.changed, ...behind.changed.filter(({ collection }) => !told.has(collection.mount?.id))],
    members: [...own.members, ...behind.members],
    ...tokenAt(context, home, stateAt(reached, { mounts: behind.reached }), behind.truncated),
  };
}

const tokenAt = (
  context: CalendarContext,
  home: Collection,
  state: SyncState,
  truncated = state.place !== undefined,
) => ({
  token: syncTokenOf(context, home, state),
  truncated,
});

async function toldOf(context: CalendarContext, home: Collection, changes: readonly HomeChange[]) {
  if (changes.length === 0) return { removed: [], changed: [], members: [] };
  const collections = await collectionsOf(context, home.homeId);
  // The rows know a mounted calendar by its place.
  return sorted(changes, new Map(collections.map((each) => [(each.mount ?? each).id, each])));
}

function stateAfter(changes: readonly HomeChange[], { began, mounts }: SyncState): SyncState {
  const last = changes.at(-1);
  if (last === undefined) throw new TypeError('A page of changes has none');
  return { seq: last.seq, began, place: { uri: last.uri, name: last.name }, mounts };
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
  if (collection?.mount !== undefined) return { ...collection, mount: { ...collection.mount, uri } };
  return collection === undefined || collection.uri === uri ? collection : { ...collection, uri };
}
