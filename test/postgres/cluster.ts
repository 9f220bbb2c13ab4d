import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { chmod, chown, mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';

import pg from 'pg';

const run = promisify(execFile);
const SUPERUSER = 'kalends';
const START_PATIENCE = 30_000;

/** A private PostgreSQL server, reached by a Unix socket in its own folder, without a password. */
export interface Cluster {
  /** Of its maintenance database. */
  readonly url: string;
  /** Of the process that all others of the server come from. */
  readonly pid: number;
  stop(): Promise<void>;
}

/** For data that does not outlive the run: no syncs. */
const DISPOSABLE = ['fsync=off', 'full_page_writes=off'];

/** Programs that a cluster is made with, in the order in which they are looked for. */
const PROGRAMS = ['initdb', 'postgres'] as const;

/** The folder that holds PostgreSQL's programs, or what is missing. */
export function findPrograms(): { readonly folder: string } | { readonly missing: string } {
  const folders = [...installed('/usr/lib/postgresql'), ...(process.env['PATH'] ?? '').split(delimiter)];
  const folder = folders.find((candidate) => PROGRAMS.every((program) => existsSync(join(candidate, program))));
  if (folder !== undefined) return { folder };
  return { missing: `PostgreSQL's ${PROGRAMS.join(' and ')} (in /usr/lib/postgresql/*/bin or on PATH)` };
}

/** A cluster, or what is missing to start one; in CI, where PostgreSQL must be tested, the latter is an error. */
export async function clusterOrReason(): Promise<Cluster | { readonly missing: string }> {
  const found = findPrograms();
  if (!('missing' in found)) return startCluster();
  if (process.env['CI'] !== undefined) throw new Error(`CI tests PostgreSQL, but there is no ${found.missing}`);
  return found;
}

/** Debian keeps one folder a version; the newest comes first. */
function installed(root: string): readonly string[] {
  if (!existsSync(root)) return [];
  const versions = readdirSync(root).filter((name) => /^\d+$/.test(name));
  return versions.sort((a, b) => Number(b) - Number(a)).map((version) => join(root, version, 'bin'));
}

/**
 * Starts a cluster, as another user where this process is root, which PostgreSQL refuses to run as. `durability` are settings
 * in place of those that forgo it; none are PostgreSQL's own.
 */
export async function startCluster(durability: readonly string[] = DISPOSABLE): Promise<Cluster> {
  const found = findPrograms();
  if ('missing' in found) throw new Error(`Not installed: ${found.missing}`);
  const user = process.getuid?.() === 0 ? await ordinaryUser() : undefined;
  const home = await mkdtemp(join(tmpdir(), 'kalends-pg-'));
  const data = join(home, 'data');
  await chmod(home, 0o700);
  if (user !== undefined) await chown(home, user.uid, user.gid);
  const options = { ...user, cwd: home, env: { PATH: process.env['PATH'], LC_ALL: 'C' } };
  await run(
    join(found.folder, 'initdb'),
    ['-D', data, '-U', SUPERUSER, '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'],
    options,
  );
  const settings = [...durability, 'max_connections=200', 'listen_addresses='];
  // Into a file: a pipe that nobody empties in time would stop the server.
  const log = await open(join(home, 'log'), 'w');
  const server = spawn(
    join(found.folder, 'postgres'),
    ['-D', data, '-k', home, ...settings.flatMap((setting) => ['-c', setting])],
    { ...options, stdio: ['ignore', 'ignore', log.fd] },
  );
  await log.close();
  const kill = (): void => void server.kill('SIGQUIT');
  process.once('exit', kill);
  const url = `postgres://${SUPERUSER}@localhost/postgres?host=${encodeURIComponent(home)}`;
  const stop = async (): Promise<void> => {
    process.off('exit', kill);
    await end(server);
    await rm(home, { recursive: true, force: true });
  };
  try {
    await untilAnswering(url, server);
  } catch (error) {
    const output = await readFile(join(home, 'log'), 'utf8');
    await stop();
    throw new Error(`PostgreSQL did not start: ${output}`, { cause: error });
  }
  return { url, pid: server.pid!, stop };
}

async function end(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const gone = new Promise((resolve) => server.once('exit', resolve));
  server.kill('SIGINT');
  await gone;
}

/** Makes an empty database beside the one of the URL, and returns its URL. */
export async function createDatabase(url: string): Promise<string> {
  const name = `test_${randomBytes(8).toString('hex')}`;
  await query(url, `create database ${name}`);
  const made = new URL(url);
  made.pathname = name;
  return made.href;
}

async function query(url: string, text: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(text);
  } finally {
    await client.end();
  }
}

async function untilAnswering(url: string, server: ChildProcess): Promise<void> {
  const deadline = Date.now() + START_PATIENCE;
  for (;;) {
    try {
      await query(url, 'select 1');
      return;
    } catch (error) {
      if (server.exitCode !== null || Date.now() > deadline) throw error;
    }
    await wait(50);
  }
}

/** A user that is not root: Debian's own for the server, or nobody. */
async function ordinaryUser(): Promise<{ readonly uid: number; readonly gid: number }> {
  for (const name of ['postgres', 'nobody']) {
    try {
      const id = async (flag: '-u' | '-g'): Promise<number> => Number((await run('id', [flag, name])).stdout);
      return { uid: await id('-u'), gid: await id('-g') };
    } catch {
      continue; // There is no such user on this machine.
    }
  }
  throw new Error('PostgreSQL does not run as root, and there is neither a user postgres nor nobody');
}
