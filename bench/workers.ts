/**
 * `npm run bench:workers`: what a second process is worth. One server of one process and one of several stand on the same
 * database and are asked in turns by wrk, so that a slow minute of the machine counts for both. wrk runs on the same
 * cores and is not pinned: what it takes of them is printed.
 */
import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import type { DavClient, DavRequest } from '../test/dav-client.ts';
import { basic, kalends, type LiveServer, removeDir, startServer, temporaryDir } from '../test/live-server.ts';
import { cpuMilliseconds, processTree, sharedMegabytes } from './cpu.ts';
import { benchAccounts, prepare } from './loaded.ts';
import { thisMachine } from './machine.ts';
import { median } from './measure.ts';
import { reads } from './scenarios.ts';

const { values: options } = parseArgs({
  options: {
    workers: { type: 'string', default: '2' },
    events: { type: 'string', default: '1000' },
    /** Of one burst of requests. */
    seconds: { type: 'string', default: '5' },
    rounds: { type: 'string', default: '3' },
    connections: { type: 'string', default: '16' },
    /** Names of the scenarios, with commas between them. */
    only: { type: 'string', default: 'get,list,query week,expand week' },
    /** Where to write the figures. */
    json: { type: 'string' },
  },
});
const SIZE = Number(options.events);
const WORKERS = Number(options.workers);

/** One request, as wrk sends it again and again. */
interface Shot extends DavRequest {
  readonly method: string;
  readonly path: string;
}

const lua = (text: string): string => `[====[${text}]====]`;

function scriptOf({ method, headers = {}, body }: Shot): string {
  const all = Object.entries({ ...headers, Authorization: basic('bench', 'bench') });
  return [
    `wrk.method = ${lua(method)}`,
    ...all.map(([name, value]) => `wrk.headers[ ${lua(name)} ] = ${lua(value)}`),
    ...(body === undefined ? [] : [`wrk.body = ${lua(body.toString())}`]),
    // The time of wrk itself, which is over when its caller could look.
    'function done(summary) io.write(string.format("took %d %d %.3f\\n", summary.requests, summary.duration, os.clock())) end',
  ].join('\n');
}

interface Burst {
  readonly rate: number;
  /** CPU milliseconds of a request, of all processes of the server. */
  readonly cpu: number;
  /** Cores that the server took, each of its processes, and wrk. */
  readonly cores: number;
  readonly each: readonly number[];
  readonly wrk: number;
}

async function burst(server: LiveServer, shot: Shot, script: string): Promise<Burst> {
  const pids = processTree(server.pid);
  const before = pids.map((pid) => ownOf(pid));
  const { stdout } = await promisify(execFile)('wrk', [
    ...['-t', '1', '-c', options.connections, '-d', `${options.seconds}s`, '--timeout', '30s', '-s', script],
    new URL(shot.path, server.url).href,
  ]);
  const spent = pids.map((pid, at) => ownOf(pid) - before[at]!);
  const [, requests, microseconds, clock] = (/^took (\d+) (\d+) ([\d.]+)$/m.exec(stdout) ?? []).map(Number);
  if (requests === undefined || microseconds === undefined || /Non-2xx|Socket errors/.test(stdout)) {
    throw new Error(`wrk:\n${stdout}`);
  }
  const milliseconds = microseconds / 1000;
  const total = spent.reduce((sum, each) => sum + each, 0);
  return {
    rate: requests / (milliseconds / 1000),
    cpu: total / requests,
    cores: total / milliseconds,
    each: spent.map((each) => each / milliseconds),
    wrk: (clock! * 1000) / milliseconds,
  };
}

/** What `figure` says of a process and all below it, of it alone. */
const alone = (figure: (pids: number) => number, pid: number): number =>
  figure(pid) -
  processTree(pid)
    .filter((each) => each !== pid)
    .reduce((sum, each) => sum + figure(each), 0);

const ownOf = (pid: number): number => alone(cpuMilliseconds, pid);

async function shotsOf(server: LiveServer, names: readonly string[]): Promise<ReadonlyMap<string, Shot>> {
  const { bench } = await prepare(server, SIZE, '-');
  let last: Shot | undefined;
  const client: DavClient = {
    ...bench.client,
    request(method, path, request = {}) {
      last = { method, path, ...request };
      return bench.client.request(method, path, request);
    },
  };
  const shots = new Map<string, Shot>();
  for (const scenario of await reads({ ...bench, client })) {
    if (!names.includes(scenario.name)) continue;
    scenario.check(await scenario.send(0), 0);
    shots.set(scenario.name, last!);
  }
  bench.client.close();
  return shots;
}

const two = (value: number): string => value.toFixed(2);

async function compare(one: LiveServer, many: LiveServer, [name, shot]: readonly [string, Shot]) {
  const script = join(dataDir, `${name.replaceAll(' ', '-')}.lua`);
  writeFileSync(script, scriptOf(shot));
  // Every process that answers has compiled what it runs.
  for (const server of [one, many]) await burst(server, shot, script);
  const pairs: { readonly of1: Burst; readonly ofMany: Burst }[] = [];
  for (let round = 0; round < Number(options.rounds); round += 1) {
    pairs.push({ of1: await burst(one, shot, script), ofMany: await burst(many, shot, script) });
  }
  const of = (figure: (pair: (typeof pairs)[number]) => number): number => median(pairs.map(figure));
  const result = {
    name,
    ratio: of(({ of1, ofMany }) => ofMany.rate / of1.rate),
    one: {
      rate: of(({ of1 }) => of1.rate),
      cpu: of(({ of1 }) => of1.cpu),
      cores: of(({ of1 }) => of1.cores),
      wrk: of(({ of1 }) => of1.wrk),
    },
    many: {
      rate: of(({ ofMany }) => ofMany.rate),
      cpu: of(({ ofMany }) => ofMany.cpu),
      cores: of(({ ofMany }) => ofMany.cores),
      wrk: of(({ ofMany }) => ofMany.wrk),
    },
    each: pairs[0]!.ofMany.each,
  };
  const part = ({ rate, cpu, cores, wrk }: typeof result.one): string =>
    `${rate.toFixed(0).padStart(6)}/s, ${two(cpu)} ms CPU each, ${two(cores)} cores and ${two(wrk)} of wrk`;
  console.log(`${name.padEnd(12)} 1: ${part(result.one)}`);
  console.log(`${''.padEnd(12)} ${WORKERS}: ${part(result.many)} (processes ${result.each.map(two).join(' ')})`);
  console.log(`${''.padEnd(12)} ${two(result.ratio)} × (load of the machine ${two(loadavg()[0]!)})`);
  return result;
}

const dataDir = temporaryDir('bench-workers');
const start = (workers: number): Promise<LiveServer> =>
  startServer({ dataDir, args: ['--log-level', 'warn', '--workers', String(workers)] });
mkdirSync(dataDir, { recursive: true });
const accounts = join(dataDir, 'accounts.json');
writeFileSync(accounts, JSON.stringify(benchAccounts([SIZE])));
kalends('provision', accounts, '--data', dataDir);
const one = await start(1);
const many = await start(WORKERS);
try {
  const shots = await shotsOf(one, options.only.split(','));
  const results = [];
  for (const shot of shots) results.push(await compare(one, many, shot));
  const memory = [one, many].map(({ pid }) => processTree(pid).map((each) => Math.round(alone(sharedMegabytes, each))));
  console.log(`memory (PSS) in MB: one process ${memory[0]!.join(' ')}; ${WORKERS} workers ${memory[1]!.join(' ')}`);
  if (options.json !== undefined) {
    writeFileSync(
      options.json,
      `${JSON.stringify({ machine: thisMachine(), workers: WORKERS, results, memory }, null, 2)}\n`,
    );
  }
} finally {
  await Promise.all([one.stop(), many.stop()]);
  removeDir(dataDir);
}
