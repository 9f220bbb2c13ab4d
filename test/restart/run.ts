import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { listing, NOTHING, sync, tags } from '../crash/collection-view.ts';
import { slotsOf } from '../crash/storm.ts';
import { type Before, verify } from '../crash/verify.ts';
import { davClient, type DavClient } from '../dav-client.ts';
import { kalends, type LiveServer, removeDir, startServer, temporaryDir } from '../live-server.ts';
import { seededRandom } from '../seeded-random.ts';
import { fillStill, type Load, read, stillOf, write } from './load.ts';

/**
 * Restarts under load: the process is told to end (or killed) while writers and readers are at work, and started again
 * on the same data and port, as a service manager does. Generators ask again what was not taken; every other answer
 * must be right, nothing acknowledged may be lost, and the server must answer again soon.
 */
const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '10' },
    /** From the signal to the first right answer: milliseconds. */
    limit: { type: 'string', default: '2000' },
    workers: { type: 'string', default: '1' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
});

const ROUNDS = Number(options.rounds);
const LIMIT = Number(options.limit);
const [WRITERS, READERS] = [6, 4];
const WRITTEN = ['one', 'two'].map((name) => `/dav/calendars/storm/${name}/`);
const still = stillOf('/dav/calendars/storm/three/', 500);
const random = seededRandom(Number(options.seed));
const dataDir = temporaryDir('restart');
const slots = Array.from({ length: WRITERS }, (_, writer) => slotsOf(writer, WRITTEN, 8));
const wrong: string[] = [];

/** Nobody listens there at this moment. */
async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}

const port = await freePort();
const url = `http://127.0.0.1:${port}/`;
const start = (): Promise<LiveServer> => {
  const workers = options.workers === '1' ? [] : ['--workers', options.workers];
  return startServer({ dataDir, port, args: ['--log-level', 'error', ...workers] });
};
const connect = (sockets: number): DavClient => davClient({ url, user: 'storm', password: 'storm', sockets });

/** Milliseconds from now until a new process gives a right answer. The old one may answer until it has ended. */
async function restart(server: LiveServer, signal: 'SIGTERM' | 'SIGKILL'): Promise<{ server: LiveServer; ms: number }> {
  const began = performance.now();
  if (signal === 'SIGKILL') await server.kill();
  else if ((await server.stop()) !== 0) wrong.push(`SIGTERM: it did not end well\n${server.output()}`);
  const starting = start();
  const [name, octets] = still.members[0]!;
  const probe = connect(1);
  for (;;) {
    const answer = await probe.request('GET', still.path + name).catch(() => undefined);
    if (answer?.status === 200 && answer.body.toString('utf8') === octets) break;
    if (performance.now() - began > 60_000) throw new Error('no right answer for 60 s');
    await after(5);
  }
  const ms = performance.now() - began;
  probe.close();
  return { server: await starting, ms };
}

/** What clients held while all was quiet: their tokens must be good for ever. */
const seenIn = (client: DavClient, paths: readonly string[]): Promise<Before[]> =>
  Promise.all(
    paths.map(async (path) => ({
      path,
      snapshots: [await sync(client, path, NOTHING)],
      tags: await tags(client, path),
      members: await listing(client, path),
    })),
  );

async function main(): Promise<number> {
  console.log(`restart: ${ROUNDS} rounds of SIGTERM and SIGKILL, ${options.workers} worker(s), --seed ${options.seed}`);
  kalends('provision', join(import.meta.dirname, '../crash/accounts.json'), '--data', dataDir);
  let server = await start();
  const quiet = connect(8);
  await fillStill(quiet, still);
  const before = await seenIn(quiet, [...WRITTEN, still.path]);
  let client = connect(WRITERS + READERS);
  let isOver = false;
  const load: Load = { client: () => client, random, isOver: () => isOver, onWrong: (what) => wrong.push(what) };
  const writing = Promise.all(slots.map((own) => write(load, own)));
  const reading = Promise.all(Array.from({ length: READERS }, () => read(load, still)));
  const times = { SIGTERM: [] as number[], SIGKILL: [] as number[] };
  for (let round = 1; round <= ROUNDS; round += 1) {
    for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
      await after(random.between(150, 400));
      const back = await restart(server, signal);
      server = back.server;
      times[signal].push(back.ms);
    }
  }
  isOver = true;
  const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);
  const [acknowledged, answered] = [sum(await writing), sum(await reading)];
  client.close();
  quiet.close();
  client = connect(8);
  const { lost, inconsistent } = await verify(client, before, slots.flat());
  client.close();
  await server.stop();
  for (const line of [...wrong, ...lost, ...inconsistent].slice(0, 20)) console.log(line);
  for (const [signal, all] of Object.entries(times)) console.log(`${signal}: answering again after ${rangeOf(all)}`);
  console.log(
    `${acknowledged} writes acknowledged, ${answered} reads, ${wrong.length} wrong answers, ${lost.length} lost, ` +
      `${inconsistent.length} inconsistent`,
  );
  const slowest = Math.max(...times.SIGTERM, ...times.SIGKILL);
  if (slowest > LIMIT) console.log(`FAIL: ${slowest.toFixed(0)} ms is more than ${LIMIT} ms`);
  return wrong.length + lost.length + inconsistent.length === 0 && slowest <= LIMIT && acknowledged > 0 ? 0 : 1;
}

function rangeOf(times: readonly number[]): string {
  const sorted = times.toSorted((one, other) => one - other);
  const at = (share: number): string => (sorted[Math.floor((sorted.length - 1) * share)] ?? Number.NaN).toFixed(0);
  return `${at(0)} to ${at(1)} ms, median ${at(0.5)} ms`;
}

try {
  process.exitCode = await main();
} finally {
  removeDir(dataDir);
}
