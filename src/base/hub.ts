/** What was committed: a collection whose members or properties changed. */
export interface Change {
  readonly homeId: string;
  readonly collectionId: string;
  /** The collection's change sequence after the write. */
  readonly seq: number;
}

type Listener = (change: Change) => void;

/** Publish and subscribe within one process. Called after the commit, never inside the transaction. */
export interface Hub {
  publish(change: Change): void;
  subscribe(listener: Listener): () => void;
}

export function createHub(): Hub {
  const listeners = new Set<Listener>();
  return {
    publish(change) {
      for (const listener of listeners) listener(change);
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
