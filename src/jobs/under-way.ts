/** Work that is being done, by whom it is done for: nobody has more than a few places, however slow they are. */
export interface UnderWay {
  add(key: string, work: Promise<void>): void;
  size(): number;
  /** How much for one. */
  to(key: string): number;
  /** Those who have as much as they may. */
  busy(): readonly string[];
  /** Resolves when one of them ends. */
  next(): Promise<unknown>;
  all(): Promise<unknown>;
}

/** `work` must not reject. */
export function createUnderWay(mostForOne: number): UnderWay {
  const running = new Set<Promise<void>>();
  const keys = new Map<string, number>();
  const to = (key: string): number => keys.get(key) ?? 0;
  return {
    add(key, work) {
      keys.set(key, to(key) + 1);
      const tracked = work.finally(() => {
        running.delete(tracked);
        if (to(key) === 1) keys.delete(key);
        else keys.set(key, to(key) - 1);
      });
      running.add(tracked);
    },
    size: () => running.size,
    to,
    busy: () => [...keys].filter(([, count]) => count >= mostForOne).map(([key]) => key),
    next: () => Promise.race(running),
    all: () => Promise.all(running),
  };
}
