import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

/** Another calendar server that runs beside this one, from the packages of Debian. */
export interface Peer {
  readonly name: string;
  /** What has to be installed; the version of the first is the server's. */
  readonly packages: readonly string[];
  /** Starts it on loopback with all that it writes in `dir`, which is empty; rejects where it does not answer. */
  start(dir: string): Promise<RunningPeer>;
}

export interface RunningPeer {
  /** Origin with a trailing slash. */
  readonly url: string;
  readonly user: string;
  readonly password: string;
  /** Where MKCALENDAR makes the user's calendars: a path with a trailing slash. */
  readonly home: string;
  /** Each process that no other one of these has started: what is below them counts too. */
  readonly pids: readonly number[];
  stop(): Promise<void>;
}

/** How every peer knows the one user. */
export const USER = 'bench';
export const PASSWORD = 'bench';

/** Until it answers, in milliseconds. */
const START_PATIENCE = 30_000;
/** Until it has ended by itself, in milliseconds. */
const STOP_PATIENCE = 10_000;

/** Version of an installed Debian package, without what Debian adds to it; undefined where it is not installed. */
export function packageVersion(name: string): string | undefined {
  const { status, stdout } = spawnSync('dpkg-query', ['-W', '-f', '${db:Status-Status} ${Version}', name], {
    encoding: 'utf8',
  });
  return status === 0 ? versionIn(stdout) : undefined;
}

/** Of `installed 1:3.1.8-2`: `3.1.8`. */
export const versionIn = (said: string): string | undefined => /^installed (?:\d+:)?([^-+~\s]+)/.exec(said)?.[1];

/** A port of loopback that was free a moment ago: for servers that cannot be told to take any. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Runs a program to its end; throws with what it printed where it fails. */
export function runToEnd(program: string, args: readonly string[], env: NodeJS.ProcessEnv = {}, input = ''): void {
  const options = { env: { ...process.env, ...env }, input, encoding: 'utf8' as const };
  const { status, stdout, stderr, error } = spawnSync(program, args, options);
  if (status !== 0)
    throw new Error(`${program} failed: ${error?.message ?? ''}${stderr ?? ''}${stdout ?? ''}`.slice(0, 2000));
}

export const isRoot = process.getuid?.() === 0;

export interface Launch {
  readonly program: string;
  readonly args: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  /** Where its output goes, into the file `log`. */
  readonly dir: string;
  /** What answers as soon as it is up. */
  readonly url: string;
}

export interface Launched {
  readonly pid: number;
  stop(): Promise<void>;
}

/** Starts a server and waits until it answers, whatever its answer is. */
export async function launch({ program, args, env = {}, dir, url }: Launch): Promise<Launched> {
  const file = join(dir, 'log');
  const log = openSync(file, 'w');
  // In a group of its own: so all of it can be ended where its first process is past doing that.
  const child = spawn(program, args, {
    cwd: dir,
    env: { ...process.env, ...env },
    stdio: ['ignore', log, log],
    detached: true,
  });
  closeSync(log);
  const failure = new Promise<never>((_, fail) => child.once('error', fail));
  const abandon = (): void => killGroup(child);
  process.once('exit', abandon);
  const stop = async (): Promise<void> => {
    await end(child);
    process.off('exit', abandon);
  };
  try {
    await Promise.race([untilAnswering(url, child), failure]);
  } catch (error) {
    await stop();
    throw new Error(`${reasonOf(error)}: ${readFileSync(file, 'utf8').slice(-2000)}`, { cause: error });
  }
  return { pid: child.pid!, stop };
}

export const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // All of it has ended already.
  }
}

const hasEnded = (child: ChildProcess): boolean =>
  child.pid === undefined || child.exitCode !== null || child.signalCode !== null;

async function end(child: ChildProcess): Promise<void> {
  if (hasEnded(child)) return killGroup(child);
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await Promise.race([ended, wait(STOP_PATIENCE, undefined, { ref: false })]);
  killGroup(child);
  await ended;
}

async function untilAnswering(url: string, child: ChildProcess): Promise<void> {
  const deadline = Date.now() + START_PATIENCE;
  for (;;) {
    try {
      const answer = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(5000) });
      await answer.arrayBuffer();
      return;
    } catch {
      if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}`);
      if (Date.now() > deadline) throw new Error(`it did not answer within ${START_PATIENCE / 1000} s`);
    }
    await wait(100);
  }
}
