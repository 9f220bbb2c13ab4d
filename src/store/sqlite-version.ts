import type { Database as RawDatabase } from 'better-sqlite3';

/** Milliseconds between two looks for what other processes wrote; one look costs microseconds. */
const POLL = 100;

/**
 * `data_version`, which changes with each commit of another connection. It costs ten microseconds, for its locks: asked at
 * most once in one callback of the event loop with all that follows from it at once. What comes in with a later callback
 * may build on a commit of another process in between, and asks anew.
 */
export function versionOf(raw: RawDatabase): { now(): number; forget(): void } {
  const version = raw.prepare<[], number>('pragma data_version').pluck();
  let known: number | undefined;
  const forget = (): void => void (known = undefined);
  return {
    now() {
      if (known === undefined) {
        known = version.get() ?? 0;
        process.nextTick(forget);
      }
      return known;
    },
    forget,
  };
}

/** What others than this process commit: all of its own goes through this one connection. */
export function watchForeignWrites(raw: RawDatabase) {
  const version = versionOf(raw);
  const listeners = new Set<() => void>();
  let seen = version.now();
  const look = (): void => {
    const now = version.now();
    if (now === seen) return;
    seen = now;
    for (const listener of listeners) listener();
  };
  const lookAgain = (): void => {
    version.forget();
    look();
  };
  const timer = setInterval(() => {
    try {
      look();
    } catch {
      // A disk that does not answer: the next write says so, and the next look tries again.
    }
  }, POLL).unref();
  return {
    look,
    lookAgain,
    stop: () => clearInterval(timer),
    listen(listener: () => void) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}
