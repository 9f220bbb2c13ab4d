import { changesSince } from './changes-since.ts';
import { collectionsOf } from './collections.ts';
import type { CalendarContext } from './context.ts';
import type { Collection } from './model.ts';
import { readSyncToken, stateAt, syncTokenOf } from './sync-token.ts';

export interface MemberChanges {
  /** Path segment of the collection. */
  readonly uri: string;
  /** As it is now; undefined where it was removed meanwhile, which the next report tells. */
  readonly collection: Collection | undefined;
  /** Names of members; one that was removed meanwhile may be among them. */
  readonly changed: readonly string[];
  readonly removed: readonly string[];
}

export interface MountChanges {
  readonly changed: readonly { readonly collection: Collection; readonly isNew: boolean }[];
  readonly members: readonly MemberChanges[];
  /** How far each mount is known after these changes. */
  readonly reached: ReadonlyMap<number, number>;
  /** Whether more changes wait behind the limit. */
  readonly truncated: boolean;
}

export interface MountQuestion {
  /** How far each mount is known; absent: not at all. */
  readonly known: ReadonlyMap<number, number>;
  readonly level: '1' | 'infinite';
  readonly limit: number;
}

/**
 * What changed in the calendars that others share with a home. Each counts in the sequence of its own sharer, so that
 * who writes to a calendar of ten thousand sharees writes to no home but its own.
 */
export async function mountChangesSince(
  context: CalendarContext,
  home: Collection,
  { known, level, limit }: MountQuestion,
): Promise<MountChanges> {
  const { mountStates = [] } = home;
  const reached = new Map(known);
  const changed = mountStates.filter(({ key, seq }) => seq > (known.get(key) ?? 0));
  if (changed.length === 0) return { changed: [], members: [], reached, truncated: false };
  const places = new Map(
    (await collectionsOf(context, home.homeId)).map((each): readonly [string, Collection] => [
      each.mount?.id ?? '',
      each,
    ]),
  );
  const told: { collection: Collection; isNew: boolean }[] = [];
  const members: MemberChanges[] = [];
  let left = limit;
  for (const { key, mountId, seq } of changed) {
    const collection = places.get(mountId);
    // Left meanwhile: the next report tells.
    if (collection === undefined) continue;
    if (left <= 0) return { changed: told, members, reached, truncated: true };
    told.push({ collection, isNew: false });
    left -= 1;
    if (level === '1') {
      reached.set(key, seq);
      continue;
    }
    const below = await membersSince(context, collection, { since: known.get(key) ?? 0, limit: Math.max(1, left) });
    members.push(below.changes);
    left -= below.changes.changed.length + below.changes.removed.length;
    reached.set(key, below.reached);
    if (below.truncated) return { changed: told, members, reached, truncated: true };
  }
  return { changed: told, members, reached, truncated: false };
}

async function membersSince(
  context: CalendarContext,
  collection: Collection,
  { since, limit }: { readonly since: number; readonly limit: number },
): Promise<{ readonly changes: MemberChanges; readonly reached: number; readonly truncated: boolean }> {
  const token = since === 0 ? undefined : syncTokenOf(context, collection, stateAt(since));
  const found = await changesSince(context, collection, { token, limit });
  return {
    changes: {
      ...{ uri: collection.mount?.uri ?? collection.uri, collection },
      ...{ changed: found.changed.map(({ name }) => name), removed: found.removed },
    },
    reached: readSyncToken(context, collection, found.token).seq,
    truncated: found.truncated,
  };
}
