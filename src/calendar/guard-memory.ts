/** Names that were changed lately, by key (a device and a collection): what this process alone has seen. */
export interface RecentNames {
  /** How many different names a key has within the window, and whether this is one of them. */
  look(key: string, name: string, now: number): { readonly count: number; readonly isKnown: boolean };
  note(key: string, name: string, now: number): void;
}

/** Keys, and names of one key, that are held; past them the oldest are forgotten, and the table is asked instead. */
const MOST_KEYS = 2000;
const MOST_NAMES = 1000;

/** `window` in milliseconds. */
export function createRecentNames(window: number): RecentNames {
  const seen = new Map<string, Map<string, number>>();
  const recent = (key: string, now: number): Map<string, number> => {
    const names = seen.get(key) ?? new Map<string, number>();
    // In the order of their instants: see note.
    for (const [name, at] of names) {
      if (at > now - window) break;
      names.delete(name);
    }
    return names;
  };
  return {
    look(key, name, now) {
      const names = recent(key, now);
      return { count: names.size, isKnown: names.has(name) };
    },
    note(key, name, now) {
      const names = recent(key, now);
      putLast(names, name, now, MOST_NAMES);
      putLast(seen, key, names, MOST_KEYS);
    },
  };
}

function putLast<T>(map: Map<string, T>, key: string, value: T, most: number): void {
  map.delete(key);
  map.set(key, value);
  const [oldest] = map.keys();
  if (map.size > most && oldest !== undefined) map.delete(oldest);
}
