import { readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { KEYS } from '../src/config/keys.ts';
import { basic, kalends, type LiveServer, removeDir, startServer, temporaryDir } from '../test/live-server.ts';
import { layBuiltTree } from './built-tree.ts';
import { cpuMilliseconds, peakMebibytes, sharedMegabytes } from './cpu.ts';
import { benchAccounts, prepare } from './loaded.ts';
import { checker, median } from './measure.ts';
import type { Target } from './table.ts';

/** Events in the calendar. */
const EVENTS = 10_000;
/** Each question is asked so often before the memory is looked at. */
const TIMES = 20;
/** Milliseconds: after that long, a server that is asked for nothing has given back what it does not need (base/heap.ts). */
const REST = 10_000;
/** Starts that are timed; another one before them fills the cache of compiled code. */
const STARTS = 7;

/** What a server takes up that runs what `npm run build` made. */
export interface Footprint {
  readonly events: number;
  /** Median of the milliseconds from the start of the process to the first answer, on a folder with all events. */
  readonly firstAnswer: number;
  /** CPU milliseconds of the process until then: where others use the machine, it takes no longer than it waits for them. */
  readonly firstAnswerCpu: number;
  /** Milliseconds to the first event that somebody gets who has said a password. */
  readonly firstEvent: number;
  /** MB of the process (PSS): when it has started, when it has answered every question so often, and some seconds later. */
  readonly idleMegabytes: number;
  readonly busyMegabytes: number;
  readonly megabytes: number;
  readonly peakMebibytes: number;
  /** Octets on disk for one event: what its data folder has grown by, checkpointed. */
  readonly octetsPerEvent: number;
  /** Octets of one event as it was sent: what of that is the calendar data itself. */
  readonly octetsSent: number;
  /** Days from today that an index of occurrences reaches back and ahead. */
  readonly horizon: readonly [back: number, ahead: number];
}

function octetsIn(folder: string): number {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return files.reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
}

type Starts = Pick<Footprint, 'firstAnswer' | 'firstAnswerCpu' | 'firstEvent'>;

interface Started {
  readonly server: LiveServer;
  readonly firstAnswer: number;
  readonly firstAnswerCpu: number;
}

async function start(root: string, dataDir: string): Promise<Started> {
  const began = performance.now();
  const server = await startServer({ root, dataDir, args: ['--log-level', 'warn'] });
  const answer = await fetch(new URL('/dav/', server.url), { method: 'OPTIONS' });
  await answer.arrayBuffer();
  if (answer.status >= 500) throw new Error(`the first answer is ${answer.status}`);
  return { server, firstAnswer: performance.now() - began, firstAnswerCpu: cpuMilliseconds(server.pid) };
}

async function timeStart(root: string, dataDir: string): Promise<Starts> {
  const began = performance.now();
  const { server, firstAnswer, firstAnswerCpu } = await start(root, dataDir);
  const headers = { authorization: basic('bench', 'bench') };
  const { status } = await fetch(new URL(`/dav/calendars/bench/c${EVENTS}/event-1.ics`, server.url), { headers });
  const firstEvent = performance.now() - began;
  await server.stop();
  if (status !== 200) throw new Error(`the first event is ${status}`);
  return { firstAnswer, firstAnswerCpu, firstEvent };
}

async function timeStarts(root: string, dataDir: string): Promise<Starts> {
  await timeStart(root, dataDir);
  const starts: Starts[] = [];
  while (starts.length < STARTS) starts.push(await timeStart(root, dataDir));
  return {
    firstAnswer: median(starts.map((each) => each.firstAnswer)),
    firstAnswerCpu: median(starts.map((each) => each.firstAnswerCpu)),
    firstEvent: median(starts.map((each) => each.firstEvent)),
  };
}

/** Loads the calendar, asks everything, and looks at what the process and its folder take. */
async function fill(root: string, dataDir: string): Promise<Omit<Footprint, keyof Starts>> {
  const before = octetsIn(dataDir);
  const { server } = await start(root, dataDir);
  const idleMegabytes = sharedMegabytes(server.pid);
  const { bench, scenarios } = await prepare(server, EVENTS, '');
  for (const scenario of scenarios) {
    const check = checker(scenario);
    for (let turn = 0; turn < TIMES; turn += 1) check(await scenario.send(turn), turn);
  }
  bench.client.close();
  const busyMegabytes = sharedMegabytes(server.pid);
  await wait(REST);
  const megabytes = sharedMegabytes(server.pid);
  const peak = peakMebibytes(server.pid);
  await server.stop();
  const sent = bench.events.reduce((sum, { ics }) => sum + Buffer.byteLength(ics), 0);
  return {
    events: EVENTS,
    idleMegabytes,
    busyMegabytes,
    megabytes,
    peakMebibytes: peak,
    octetsPerEvent: (octetsIn(dataDir) - before) / EVENTS,
    octetsSent: sent / EVENTS,
    horizon: [KEYS.indexPastDays.default, KEYS.indexFutureDays.default],
  };
}

export async function measureFootprint(): Promise<Footprint> {
  const root = temporaryDir('bench-built');
  const dataDir = temporaryDir('bench-footprint');
  try {
    layBuiltTree(root);
    writeFileSync(join(root, 'accounts.json'), JSON.stringify(benchAccounts([EVENTS])));
    kalends('provision', join(root, 'accounts.json'), '--data', dataDir);
    const filled = await fill(root, dataDir);
    return { ...filled, ...(await timeStarts(root, dataDir)) };
  } finally {
    removeDir(root);
    removeDir(dataDir);
  }
}

export const footprintTargets = (found: Footprint, slack: number): Target[] => [
  { name: 'cold start to the first answer', limit: 400 * slack, seen: found.firstAnswer, unit: 'ms' },
  {
    name: `memory (PSS) ten seconds after ${EVENTS.toLocaleString('en-US')} events and all questions`,
    limit: 130,
    seen: found.megabytes,
    unit: 'MB',
  },
  { name: 'disk for an event', limit: 4096, seen: found.octetsPerEvent, unit: 'octets' },
];
