/** Names that were changed lately, by key (a device and a collection): what this process alone has seen. */
export interface RecentNames {
  /**
   * Whether a change is of no new name, or one more new name needs no question yet. Forgets nothing that it is told by
   * `note`.
   */
  isFree(key: string, name: string, now: number): boolean;
  /** A change is let through. `free`: how many new names of the key need no question from now on; left out: one less. */
  note(key: string, name: string, change: { readonly now: number; readonly free?: number | undefined }): void;
}

interface Known {
  /** In the order of their instants. */
  readonly names: Map<string, number>;
  readonly free: number;
}

/** Keys, and names of one key, that are held; past them the oldest are forgotten, and asked about once more. */
const MOST_KEYS = 2000;
const MOST_NAMES = 1000;

/** `window` in milliseconds; `free` new names of a key need no question at first. */
export function createRecentNames(window: number, free: number): RecentNames {
  const seen = new Map<string, Known>();
  const recent = (key: string, now: number): Known => {
    const known = seen.get(key) ?? { names: new Map<string, number>(), free };
    for (const [name, at] of known.names) {
      if (at > now - window) break;
      known.names.delete(name);
    }
    // Nothing of it counts any more.
    return known.names.size === 0 ? { ...known, free } : known;
  };
  return {
    isFree(key, name, now) {
      const known = recent(key, now);
      return known.free > 0 || known.names.has(name);
    },
    note(key, name, { now, free: left }) {
      const known = recent(key, now);
      const rest = known.names.has(name) ? known.free : Math.max(0, known.free - 1);
      putLast(known.names, name, now, MOST_NAMES);
      putLast(seen, key, { names: known.names, free: left ?? rest }, MOST_KEYS);
    },
  };
}

function putLast<T>(map: Map<string, T>, key: string, value: T, most: number): void {
  map.delete(key);
  map.set(key, value);
  const [oldest] = map.keys();
  if (map.size > most && oldest !== undefined) map.delete(oldest);
}
