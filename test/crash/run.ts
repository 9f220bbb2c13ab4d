import Database from 'better-sqlite3';
import { join } from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { processTree } from '../../bench/cpu.ts';
import { clusterOrReason } from '../postgres/cluster.ts';
import { davClient, type DavClient } from '../dav-client.ts';
import { kalends, type LiveServer, removeDir, startServer, temporaryDir } from '../live-server.ts';
import { seededRandom } from '../seeded-random.ts';
import { listing, NOTHING, type Snapshot, sync, tags } from './collection-view.ts';
import { slotsOf, type Slot, storm } from './storm.ts';
import { type Before, verify, type Verdict } from './verify.ts';

const { values: options } = parseArgs({
  options: {
    kills: { type: 'string', default: '200' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    connections: { type: 'string', default: '8' },
    /** On a private PostgreSQL cluster instead of SQLite. */
    postgres: { type: 'boolean', default: false },
    /** Processes that answer; with two and more, every other kill takes one of them before the one that writes. */
    workers: { type: 'string', default: '1' },
    keep: { type: 'boolean', default: false },
  },
});

const KILLS = Number(options.kills);
const CONNECTIONS = Number(options.connections);
const COLLECTIONS = ['one', 'two', 'three'].map((name) => `/dav/calendars/storm/${name}/`);
/** Resources of each connection in each collection. */
const SLOTS = 8;
/** The longest that a storm rages, in milliseconds. */
const LONGEST = 400;

const random = seededRandom(Number(options.seed));
const dataDir = temporaryDir('crash');
const cluster = options.postgres ? await clusterOrReason() : undefined;
const database = cluster === undefined || 'missing' in cluster ? [] : ['--database', cluster.url];
const workers = Array.from({ length: CONNECTIONS }, (_, worker) => slotsOf(worker, COLLECTIONS, SLOTS));

const start = (): Promise<LiveServer> =>
  startServer({
    dataDir,
    startMs: 100_000,
    args: ['--log-level', 'error', '--workers', options.workers, ...database],
  });
const connect = (url: string): DavClient => davClient({ url, user: 'storm', password: 'storm', sockets: CONNECTIONS });

/** What a client knows of each collection while all is quiet. */
function beforeOf(client: DavClient, held: ReadonlyMap<string, Snapshot>): Promise<Before[]> {
  return Promise.all(
    COLLECTIONS.map(async (path) => {
      const known = held.get(path) ?? NOTHING;
      const fresh = await sync(client, path, known);
      return { path, snapshots: [known, fresh], tags: await tags(client, path), members: await listing(client, path) };
    }),
  );
}

/** Syncs in the middle of the storm: each token that arrives must be good after the kill. */
async function watch(client: DavClient, collections: readonly Before[]): Promise<Map<string, Snapshot>> {
  const held = new Map(collections.map(({ path, snapshots }) => [path, snapshots.at(-1)!]));
  for (;;) {
    for (const [path, snapshot] of held) {
      const next = await sync(client, path, snapshot).catch(() => undefined);
      if (next === undefined) return held;
      held.set(path, next);
    }
  }
}

/** One of the processes that answer, every other time; the clients of the others go on for a while. */
async function killAWorker({ pid }: LiveServer): Promise<void> {
  const others = processTree(pid).filter((each) => each !== pid);
  if (others.length === 0 || random.fraction() < 0.5) return;
  process.kill(random.pick(others), 'SIGKILL');
  await after(random.between(0, LONGEST / 2));
}

interface Round extends Verdict {
  readonly acknowledged: number;
}

/** One life of the server: start, storm, kill, start again, check. */
async function round(server: LiveServer): Promise<{ readonly next: LiveServer; readonly result: Round }> {
  const client = connect(server.url);
  const quiet = await beforeOf(client, new Map());
  // One collection is left alone: nothing may change in it.
  const spared = random.pick(COLLECTIONS);
  const stormy = COLLECTIONS.filter((path) => path !== spared);
  const storms = workers.map((slots) =>
    storm(
      client,
      slots.filter((slot) => stormy.includes(slot.collection)),
      random,
    ),
  );
  const watcher = connect(server.url);
  const watched = watch(watcher, quiet);
  await after(random.between(5, LONGEST));
  await killAWorker(server);
  await server.kill();
  const [held, ...results] = await Promise.all([watched, ...storms]);
  client.close();
  watcher.close();

  const next = await start();
  const survivor = connect(next.url);
  const seen = quiet.map((each) => ({ ...each, snapshots: [...each.snapshots, held.get(each.path)!] }));
  const verdict = await verify(survivor, seen, toRead());
  survivor.close();
  const wrong = results.flatMap((result) => result.wrong);
  const acknowledged = results.reduce((sum, result) => sum + result.acknowledged, 0);
  const damage = databaseDamage();
  return {
    next,
    result: { acknowledged, lost: verdict.lost, inconsistent: [...wrong, ...verdict.inconsistent, ...damage] },
  };
}

/** Whatever was written this time, and a tenth of the rest: an old write may be lost as well. */
const toRead = (): Slot[] => workers.flat().filter((slot) => slot.touched || random.fraction() < 0.1);

/** What SQLite says of its own file: pages and indexes, then rows that refer to nothing. */
function databaseDamage(): string[] {
  if (options.postgres) return [];
  const file = new Database(join(dataDir, 'kalends.db'), { readonly: true });
  try {
    const said = file.pragma('integrity_check', { simple: true });
    const orphans = file.pragma('foreign_key_check') as readonly unknown[];
    return [
      ...(said === 'ok' ? [] : [`integrity_check: ${String(said)}`]),
      ...(orphans.length === 0 ? [] : [`foreign_key_check: ${JSON.stringify(orphans.slice(0, 5))}`]),
    ];
  } finally {
    file.close();
  }
}

async function main(): Promise<number> {
  if (cluster !== undefined && 'missing' in cluster) {
    console.log(`crash: skipped PostgreSQL: there is no ${cluster.missing}`);
    return 0;
  }
  console.log(
    `crash: ${KILLS} kills, ${CONNECTIONS} connections, ${options.workers} workers, --seed ${options.seed}, ${options.postgres ? 'PostgreSQL' : 'SQLite'}`,
  );
  kalends('provision', join(import.meta.dirname, 'accounts.json'), '--data', dataDir, ...database);
  const counts = { acknowledged: 0, lost: 0, inconsistent: 0 };
  let server = await start();
  const began = Date.now();
  for (let kill = 1; kill <= KILLS; kill += 1) {
    const { next, result } = await round(server);
    server = next;
    counts.acknowledged += result.acknowledged;
    counts.lost += result.lost.length;
    counts.inconsistent += result.inconsistent.length;
    for (const line of [...result.lost, ...result.inconsistent]) console.log(`kill ${kill}: ${line}`);
    if (kill % 20 === 0) console.log(`${kill} kills, ${counts.acknowledged} writes acknowledged`);
  }
  await server.stop();
  const seconds = ((Date.now() - began) / 1000).toFixed(0);
  console.log(`${KILLS} kills, ${counts.lost} lost, ${counts.inconsistent} inconsistent`);
  console.log(`${counts.acknowledged} acknowledged writes, ${seconds} s`);
  return counts.lost + counts.inconsistent === 0 ? 0 : 1;
}

try {
  process.exitCode = await main();
} finally {
  if (cluster !== undefined && 'stop' in cluster) await cluster.stop();
  if (options.keep) console.log(`kept ${dataDir}`);
  else removeDir(dataDir);
}
