import type { Answer } from '../test/dav-client.ts';
import { CALENDAR_HEADERS } from '../test/dav-client.ts';
import { cpuMilliseconds, type Pids } from './cpu.ts';
import { type Effort, inTurns, type Measurement, type Scenario, type Turns } from './measure.ts';
import { type Bench, demand, demandStatus } from './scenarios.ts';

/** One existing event is written again and again, each time with other octets. */
export function put({ client, path, events, isExact = true }: Bench): Scenario {
  const event = events[0]!;
  return {
    name: 'put',
    send: (turn) =>
      client.request('PUT', path + event.name, {
        headers: CALENDAR_HEADERS,
        body: event.ics.replaceAll(event.summary, `${event.summary} ${turn}`),
      }),
    check: (answer) => demandWritten(answer, isExact ? 204 : undefined),
  };
}

/** Where no status is named, any that says that it was done. */
function demandWritten(answer: Answer, status: number | undefined): void {
  if (status !== undefined) demandStatus(answer, status);
  demand(
    answer.status >= 200 && answer.status < 300,
    `${answer.status}: ${answer.body.toString('utf8').slice(0, 300)}`,
  );
}

/** How many are written in one round by all writers together, and then deleted: about a batch's CPU of both. */
const roundOf = ({ batch }: Effort): number => Math.max(80, Math.round(batch * 1.2));
/** Rounds in which the server has to stay as it is to count as warm, and most that are waited for. */
const MOST_ROUNDS = 12;

interface Made {
  readonly name: string;
  readonly ics: string;
}

let made = 0;

/** An event that was not there before, with everything else as in one that was. */
function newEvent({ events }: Bench): Made {
  const at = (made += 1);
  const { ics, uid } = events[(at * 7919) % events.length]!;
  return { name: `new-${at}.ics`, ics: ics.replaceAll(uid, `new-${at}@bench.example.com`) };
}

/** Runs `one` for all items, `ways` at a time. */
async function together<T>(items: readonly T[], ways: number, one: (item: T) => Promise<void>): Promise<void> {
  const queue = items.values();
  const way = async (): Promise<void> => {
    for (const item of queue) await one(item);
  };
  await Promise.all(Array.from({ length: ways }, way));
}

export interface WriteOptions {
  readonly pid: Pids;
  readonly bench: Bench;
  /** Writers at once. */
  readonly writers: number;
  readonly effort: Effort;
  /** What else has its turn between the rounds. */
  readonly beside?: Turns | undefined;
  /** A number that grows with each wait for the disk. */
  readonly syncs?: (() => Promise<number>) | undefined;
}

export interface WriteFigures {
  readonly put: Measurement;
  readonly remove: Measurement;
  readonly beside: Measurement | undefined;
  /** NaN where they are not counted. */
  readonly syncsPerPut: number;
}

export const putName = (writers: number): string => `put new, ${writers} at once`;
export const removeName = (writers: number): string => `delete, ${writers} at once`;

/** New events are written and deleted again, so that the calendar stays as large as it is. Each answer is checked. */
export async function measureWrites(options: WriteOptions): Promise<WriteFigures> {
  const { bench, writers, effort, beside, syncs = async () => Number.NaN } = options;
  const { client, path, isExact = true } = bench;
  const round = roundOf(effort);
  let batch: Made[] = [];
  const seenSyncs: number[] = [];
  const puts = turnsOf(options, putName(writers), async (timed) => {
    batch = Array.from({ length: round }, () => newEvent(bench));
    const before = await syncs();
    await timed(batch, async ({ name, ics }) => {
      const answer = await client.request('PUT', path + name, { headers: CALENDAR_HEADERS, body: ics });
      demandWritten(answer, isExact ? 201 : undefined);
    });
    seenSyncs.push(((await syncs()) - before) / round);
    const { name, ics } = batch.at(-1)!;
    const kept = await client.request('GET', path + name);
    demand(kept.status === 200 && (!isExact || kept.body.toString('utf8') === ics), `${name} was not kept`);
  });
  const removals = turnsOf(options, removeName(writers), async (timed) => {
    await timed(batch, async ({ name }) =>
      demandWritten(await client.request('DELETE', path + name), isExact ? 204 : undefined),
    );
    const gone = await client.request('GET', path + batch.at(-1)!.name);
    demand(gone.status === 404, `${gone.status} of what was deleted`);
  });
  await settle(puts, removals, effort);
  seenSyncs.length = 0;
  const found = await inTurns([puts, removals, ...(beside === undefined ? [] : [beside])], effort.batches);
  return { put: found[0]!, remove: found[1]!, beside: found[2], syncsPerPut: mean(seenSyncs) };
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** What is timed: one request for each of the events. */
type Timed = (batch: readonly Made[], one: (event: Made) => Promise<void>) => Promise<void>;

/** Rounds of writes; what `run` does beside what it times is not counted. */
function turnsOf({ pid, writers }: WriteOptions, name: string, run: (timed: Timed) => Promise<void>): Turns {
  const walls: number[] = [];
  let requests = 0;
  return {
    name,
    walls,
    requests: () => requests,
    warmUp: () => Promise.resolve(),
    async batch() {
      let cost = Number.NaN;
      await run(async (batch, one) => {
        const before = cpuMilliseconds(pid);
        await together(batch, writers, async (event) => {
          const asked = performance.now();
          await one(event);
          walls.push(performance.now() - asked);
        });
        cost = (cpuMilliseconds(pid) - before) / batch.length;
        requests += batch.length;
      });
      return cost;
    },
  };
}

/** Rounds until they get no cheaper, as with the questions. */
async function settle(puts: Turns, removals: Turns, effort: Effort): Promise<void> {
  let best = Number.POSITIVE_INFINITY;
  let spent = 0;
  let steady = 0;
  for (let at = 0; at < MOST_ROUNDS && (steady < 2 || spent < effort.warmUp); at += 1) {
    const cost = (await puts.batch()) + (await removals.batch());
    spent += cost * roundOf(effort);
    steady = cost < best * 0.97 ? 0 : steady + 1;
    best = Math.min(best, cost);
  }
}
