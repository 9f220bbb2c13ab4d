import { once } from 'node:events';
import process from 'node:process';
import type { Writable } from 'node:stream';

/** `kalends ical expand … | head` closes the pipe early: that is the reader's right, and no error. */
export function endQuietlyWithReader(stdout: Writable): void {
  stdout.once('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
}

const CHUNK = 64 * 1024;

/** A writer of lines that waits for a slow reader, so that a long output takes no memory. */
export interface LineWriter {
  write(line: string): Promise<void> | undefined;
  end(): Promise<void>;
}

export function lineWriter(stream: Writable): LineWriter {
  let held = '';
  const flush = async (): Promise<void> => {
    const text = held;
    held = '';
    if (text !== '' && !stream.write(text)) await once(stream, 'drain');
  };
  return {
    write(line) {
      held += `${line}\n`;
      return held.length < CHUNK ? undefined : flush();
    },
    end: flush,
  };
}
