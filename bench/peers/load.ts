import { type Answer, CALENDAR_HEADERS } from '../../test/dav-client.ts';
import type { BenchEvent } from '../events.ts';
import type { RunningPeer } from './peer.ts';
import { timedClient } from './timed-client.ts';

/** Connections that load. */
const LOADERS = 4;

export interface LoadedPeer {
  readonly taken: readonly BenchEvent[];
  /** What it said of the events that it did not take. */
  readonly refused: string | undefined;
}

const isDone = ({ status }: Answer): boolean => status >= 200 && status < 300;

const told = ({ status, body }: Answer): string =>
  `${status} ${body.toString('utf8').replace(/\s+/g, ' ').slice(0, 200)}`;

/** Makes the calendar and writes all events, over a few connections; `end` is an instant of performance.now(). */
export async function loadPeer(
  running: RunningPeer,
  path: string,
  events: readonly BenchEvent[],
  end: number,
): Promise<LoadedPeer> {
  const client = timedClient(running, LOADERS, end);
  const refusals = new Map<string, Answer>();
  try {
    const made = await client.request('MKCALENDAR', path);
    if (!isDone(made)) throw new Error(`MKCALENDAR ${path}: ${told(made)}`);
    const queue = events.values();
    const writer = async (): Promise<void> => {
      for (const { name, ics } of queue) {
        const answer = await client.request('PUT', path + name, { headers: CALENDAR_HEADERS, body: ics });
        if (!isDone(answer)) refusals.set(name, answer);
      }
    };
    await Promise.all(Array.from({ length: LOADERS }, writer));
  } finally {
    client.close();
  }
  const [first] = refusals;
  return {
    taken: events.filter(({ name }) => !refusals.has(name)),
    refused: first && `${refusals.size} of ${events.length} not taken, ${first[0]} with ${told(first[1])}`,
  };
}
