import { removeDir, temporaryDir } from '../../test/live-server.ts';
import { makeEvents } from '../events.ts';
import { startFloor } from '../floors.ts';
import { SPAN, WEEK } from '../loaded.ts';
import { type Effort, type Scenario, type Turns, turnsOf } from '../measure.ts';
import { type Bench, questions, reads } from '../scenarios.ts';
import { put, putName, removeName } from '../writes.ts';
import { type Cell, cellOfPairs, cellWithout, type PeerResult, type PeerSize, verdictOf } from './cells.ts';
import { cyrus } from './cyrus.ts';
import { davical } from './davical.ts';
import { loadPeer } from './load.ts';
import { packageVersion, type Peer, reasonOf, type RunningPeer } from './peer.ts';
import { radicale } from './radicale.ts';
import { type TimedClient, timedClient } from './timed-client.ts';
import { measurePeerWrites } from './writes.ts';
import { xandikos } from './xandikos.ts';

const PEERS: readonly Peer[] = [radicale, xandikos, davical, cyrus];

export interface PeerOptions {
  readonly sizes: readonly number[];
  readonly effort: Effort;
  /** A part of the names of the scenarios. */
  readonly only?: string;
  /** Milliseconds for each calendar, loading included. */
  readonly patience?: number;
}

/** Milliseconds for one question, however often it is asked. */
const QUESTION_PATIENCE = 60_000;
/** Milliseconds after which it is not asked again, once there is a figure; and batches that are enough for one. */
const ENOUGH = { wall: 10_000, batches: 5 };
/** Milliseconds for one calendar, loading included: four servers with 1,000 events take ten minutes at the most. */
const patienceFor = (size: number): number => Math.min(600_000, 120_000 + 30 * size);
/** Processes that have ended are counted in hundredths of a second: a batch is not to be shorter than some of these. */
const SHORTEST_BATCH = 250;

/** Events of the floor: its GET costs the same with any number. */
const FLOOR_SIZE = 1000;

/** A calendar of a running server, and who asks. */
interface Asked {
  readonly pid: readonly number[];
  readonly client: TimedClient;
  readonly bench: Bench;
  readonly effort: Effort;
  /** What has its turn between the batches. */
  readonly floor: Turns;
}

/** The figure of a question, or what is wrong with the answer to it. */
async function cellOf({ pid, client, effort, floor }: Asked, scenario: Scenario): Promise<Cell> {
  const began = performance.now();
  client.allow(began + QUESTION_PATIENCE);
  let status = 0;
  const costs: number[] = [];
  const floors: number[] = [];
  try {
    const first = await scenario.send(0);
    status = first.status;
    scenario.check(first, 0);
    const turns = turnsOf({ pid, scenario }, { ...effort, batch: Math.max(effort.batch, SHORTEST_BATCH) });
    // Python and PHP get no faster from batch to batch, as V8 does: one is enough to have read all that is needed.
    await turns.batch();
    turns.walls.length = 0;
    const most = Math.min(effort.batches, ENOUGH.batches);
    while (costs.length < most && (costs.length === 0 || performance.now() - began < ENOUGH.wall)) {
      costs.push(await turns.batch());
      floors.push(await floor.batch());
    }
    return cellOfPairs(scenario.name, { costs, floors, walls: turns.walls });
  } catch (error) {
    return cellWithout(scenario.name, verdictOf(status, error));
  }
}

/** New events, written and deleted again one after the other. */
async function writeCells({ pid, client, bench, floor }: Asked): Promise<Cell[]> {
  client.allow(performance.now() + QUESTION_PATIENCE);
  try {
    return await measurePeerWrites(pid, bench, floor, ENOUGH.wall);
  } catch (error) {
    return [putName(1), removeName(1)].map((name) => cellWithout(name, verdictOf(0, error)));
  }
}

interface Questions {
  readonly scenarios: readonly Scenario[];
  readonly missing: readonly Cell[];
}

/** All questions; where those for changes cannot be prepared, the others, and why. */
async function questionsOf(bench: Bench): Promise<Questions> {
  try {
    return { scenarios: await reads(bench), missing: [] };
  } catch (error) {
    const missing = ['sync, no change', 'sync, 10 changes'].map((name) => cellWithout(name, verdictOf(0, error)));
    return { scenarios: questions(bench), missing };
  }
}

type Options = PeerOptions & { readonly floor: Turns };

async function askSize(running: RunningPeer, size: number, options: Options): Promise<PeerSize> {
  const { effort, only = '', patience = patienceFor(size), floor } = options;
  const end = performance.now() + patience;
  const path = `${running.home}c${size}/`;
  const { taken, refused } = await loadPeer(running, path, makeEvents(size, SPAN), end);
  const client = timedClient(running, 1, end);
  const bench: Bench = { client, path, events: taken, week: WEEK, isExact: false };
  const asked: Asked = { pid: running.pids, client, bench, effort, floor };
  const isWanted = ({ name }: { readonly name: string }): boolean => name.includes(only);
  const { scenarios, missing } = await questionsOf(bench);
  const cells = missing.filter(({ scenario }) => scenario.includes(only));
  // Writes come last: they change what the questions ask for.
  for (const scenario of [...scenarios, put(bench)].filter(isWanted)) cells.push(await cellOf(asked, scenario));
  if ([putName(1), removeName(1)].some((name) => name.includes(only))) cells.push(...(await writeCells(asked)));
  client.close();
  return { events: size, refused, cells };
}

async function askPeer(peer: Peer, options: Options): Promise<PeerResult> {
  const { name, packages } = peer;
  const sizes: PeerSize[] = [];
  const result = (failure?: string): PeerResult => ({ name, version: packageVersion(packages[0]!), failure, sizes });
  const absent = packages.filter((each) => packageVersion(each) === undefined);
  if (absent.length > 0) return result(`not installed: ${absent.join(', ')}`);
  const dir = temporaryDir(name);
  let running: RunningPeer | undefined;
  try {
    running = await peer.start(dir);
    for (const size of options.sizes) sizes.push(await askSize(running, size, options));
    return result();
  } catch (error) {
    return result(reasonOf(error));
  } finally {
    await running?.stop();
    removeDir(dir);
  }
}

/** The servers of these names; throws for a name that is none. */
export const peersNamed = (names: readonly string[]): readonly Peer[] =>
  names.map((name) => {
    const peer = PEERS.find((each) => each.name === name);
    if (peer === undefined)
      throw new Error(`No other server is called ${name}: ${PEERS.map((each) => each.name).join(', ')}`);
    return peer;
  });

/**
 * Starts these servers, one after the other, loads each with the events that this one is measured with, and asks the same
 * questions. What fails is told in the result and does not end the run.
 */
export async function askPeers(chosen: readonly Peer[], options: PeerOptions): Promise<PeerResult[]> {
  const ofFloor = await startFloor([FLOOR_SIZE], SPAN, WEEK);
  const floor = turnsOf({ pid: ofFloor.pid, scenario: ofFloor.get }, options.effort);
  await floor.warmUp();
  // Their processes are in groups of their own, and end with this one only where it ends by itself.
  const leave = (): never => process.exit(130);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, leave);
  const results: PeerResult[] = [];
  for (const peer of chosen) {
    const began = performance.now();
    results.push(await askPeer(peer, { ...options, floor }));
    console.log(`${peer.name}: asked in ${((performance.now() - began) / 1000).toFixed(0)} s`);
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, leave);
  ofFloor.close();
  return results;
}
