/** A value made of another alone, once for each, and forgotten with it: `make` must depend on nothing else. */
export function madeOf<K extends object, V extends object>(make: (from: K) => V): (from: K) => V {
  const made = new WeakMap<K, V>();
  return (from) => {
    let value = made.get(from);
    if (value === undefined) made.set(from, (value = make(from)));
    return value;
  };
}
