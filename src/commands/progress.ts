import type { Io } from './command.ts';

const BAR = 30;
const REDRAW_MS = 100;

/** A bar on a terminal's stderr; nothing where stderr is a file or a pipe. */
export interface Progress {
  /** How much of the total is done, with a few words. */
  at(done: number, words: string): void;
  /** Removes the bar, so that the summary stands alone. */
  end(): void;
}

export function createProgress({ stderr }: Io, total: number): Progress {
  if (stderr.isTTY !== true) return { at: () => undefined, end: () => undefined };
  let drawn = 0;
  return {
    at(done, words) {
      const now = performance.now();
      if (now - drawn < REDRAW_MS) return;
      drawn = now;
      const part = total === 0 ? 1 : Math.min(1, done / total);
      const filled = Math.round(part * BAR);
      const line = `[${'#'.repeat(filled)}${' '.repeat(BAR - filled)}] ${Math.floor(part * 100)} % ${words}`;
      stderr.write(`\r\u001b[K${line.slice(0, (stderr.columns ?? 80) - 1)}`);
    },
    end() {
      stderr.write('\r\u001b[K');
    },
  };
}
