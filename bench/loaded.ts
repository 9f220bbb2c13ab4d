import { DateTime } from 'luxon';
import { CALENDAR_HEADERS, davClient } from '../test/dav-client.ts';
import type { LiveServer } from '../test/live-server.ts';
import { cpuMilliseconds } from './cpu.ts';
import { diskSyncs } from './disk-syncs.ts';
import { type BenchEvent, type Interval, makeEvents, type Span } from './events.ts';
import type { Scenario } from './measure.ts';
import { type Bench, reads } from './scenarios.ts';

/** Connections that ask; one, where one question follows the other. */
export const SOCKETS = 8;
/** Connections that load and write at once. */
export const WRITERS = 32;

const monday = DateTime.utc().startOf('week');
export const WEEK: Interval = { start: monday.toMillis(), end: monday.plus({ weeks: 1 }).toMillis() };
export const SPAN: Span = { from: monday.minus({ years: 1 }), until: monday.plus({ years: 2 }) };

/** As `kalends provision` takes them: one person with a calendar for each size. */
export const benchAccounts = (sizes: readonly number[]) => ({
  users: [
    {
      id: 'bench',
      name: 'Bench',
      emails: ['bench@example.com'],
      password: 'bench',
      calendars: sizes.map((size) => ({ uri: `c${size}`, name: `${size} events`, components: ['VEVENT'] })),
    },
  ],
});

interface Load {
  readonly seconds: number;
  readonly cpu: number;
  readonly syncs: number;
}

/** Writes all events over many connections at once. Each must be new. */
async function load(server: LiveServer, path: string, events: readonly BenchEvent[]): Promise<Load> {
  const client = davClient({ url: server.url, user: 'bench', password: 'bench', sockets: WRITERS });
  const began = performance.now();
  const cpu = cpuMilliseconds(server.pid);
  const syncs = await diskSyncs(server.url);
  const queue = events.values();
  const writer = async (): Promise<void> => {
    for (const event of queue) {
      const answer = await client.request('PUT', path + event.name, { headers: CALENDAR_HEADERS, body: event.ics });
      if (answer.status !== 201)
        throw new Error(`PUT ${event.name}: ${answer.status} ${answer.body.toString('utf8').slice(0, 300)}`);
    }
  };
  await Promise.all(Array.from({ length: WRITERS }, writer));
  client.close();
  const spent = cpuMilliseconds(server.pid) - cpu;
  return {
    seconds: (performance.now() - began) / 1000,
    cpu: spent / events.length,
    syncs: ((await diskSyncs(server.url)) - syncs) / events.length,
  };
}

/** A calendar of one size, loaded, and the questions to it. */
export interface Loaded {
  readonly size: number;
  readonly bench: Bench;
  readonly scenarios: readonly Scenario[];
  readonly syncsPerPut: number;
}

/** `only` is a part of the names of the scenarios. */
export async function prepare(server: LiveServer, size: number, only: string): Promise<Loaded> {
  const events = makeEvents(size, SPAN);
  const path = `/dav/calendars/bench/c${size}/`;
  const loaded = await load(server, path, events);
  const rate = (size / loaded.seconds).toFixed(0);
  console.log(
    `loaded ${size}: ${rate} PUT/s over ${WRITERS} connections, ${loaded.cpu.toFixed(2)} ms CPU and ` +
      `${loaded.syncs.toFixed(2)} disk syncs each`,
  );
  const client = davClient({ url: server.url, user: 'bench', password: 'bench', sockets: SOCKETS });
  const bench: Bench = { client, path, events, week: WEEK };
  const asked = (await reads(bench)).filter(({ name }) => name.includes(only));
  return { size, bench, scenarios: asked, syncsPerPut: loaded.syncs };
}
