import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';

/** The checkout that this file is part of. */
export const ROOT = resolve(import.meta.dirname, '..');
const cliOf = (root: string): string => join(root, 'bin/kalends.mjs');

export interface ServerOptions {
  readonly dataDir: string;
  /** A JSON configuration file, as `--config` takes it. */
  readonly config?: string;
  /** Further arguments of `serve`. */
  readonly args?: readonly string[];
  /** Another checkout whose server is started. */
  readonly root?: string;
  /** How long the server may take until it answers, in milliseconds. */
  readonly startMs?: number;
  /** Where it listens; 0, the default, takes a free port. */
  readonly port?: number;
  /** As whom it runs; by default as who starts it. */
  readonly uid?: number | undefined;
}

export interface LiveServer {
  /** Origin with a trailing slash, as the server printed it. */
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** What the server wrote to stderr and stdout so far: the last few thousand characters. */
  output(): string;
  /** SIGTERM, and the exit code. */
  stop(): Promise<number | null>;
  /** SIGKILL: no handler runs, nothing is flushed. */
  kill(): Promise<void>;
}

/** Starts the server of this checkout as a process of its own on a free port. Rejects where it does not come up. */
export async function startServer({
  dataDir,
  config,
  args = [],
  root = ROOT,
  startMs = 30_000,
  port = 0,
  uid,
}: ServerOptions): Promise<LiveServer> {
  const settings = config === undefined ? [] : ['--config', config];
  const child = spawn(
    process.execPath,
    [cliOf(root), 'serve', '--port', String(port), '--data', dataDir, ...settings, ...args],
    {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(uid !== undefined && { uid, gid: uid }),
      // What loads a server or takes it apart is one device that rewrites everything.
      env: { KALENDS_GUARD_ENABLED: 'false', ...process.env },
    },
  );
  // A run that ends early leaves no server behind.
  const abandon = (): void => void child.kill('SIGKILL');
  process.once('exit', abandon);
  const output = tailOf(child);
  const ended = once(child, 'exit').finally(() => process.off('exit', abandon));
  const url = await listening(child, startMs, output);
  return {
    url,
    port: Number(new URL(url).port),
    pid: child.pid!,
    output,
    async stop() {
      child.kill('SIGTERM');
      await ended;
      return child.exitCode;
    },
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

function listening(child: ChildProcess, startMs: number, output: () => string): Promise<string> {
  return new Promise((found, failed) => {
    const give = (why: string): void => {
      child.kill('SIGKILL');
      failed(new Error(`The server ${why}:\n${output()}`));
    };
    const timer = setTimeout(() => give(`did not listen within ${startMs} ms`), startMs);
    const early = (code: number | null, signal: string | null): void => give(`ended with ${signal ?? code} early`);
    child.once('exit', early);
    child.once('error', failed);
    createInterface({ input: child.stdout! }).on('line', (line) => {
      const url = /listening on (https?:\/\/\S+)/.exec(line)?.[1];
      if (url === undefined) return;
      clearTimeout(timer);
      child.off('exit', early);
      found(url.replace(/['",]+$/, ''));
    });
  });
}

function tailOf(child: ChildProcess): () => string {
  let text = '';
  const keep = (chunk: Buffer): void => {
    text = (text + chunk.toString('utf8')).slice(-8000);
  };
  child.stdout!.on('data', keep);
  child.stderr!.on('data', keep);
  return () => text;
}

/** Runs a verb of the command line to its end; throws with what it printed where it fails. */
export const kalends = (...args: readonly string[]): string => kalendsOf(ROOT, ...args);

/** As kalends, of another checkout. */
export function kalendsOf(root: string, ...args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(process.execPath, [cliOf(root), ...args], {
    cwd: root,
    encoding: 'utf8',
  });
  if (error) throw error;
  if (status !== 0) throw new Error(`kalends ${args.join(' ')} ended with ${status}:\n${stdout}${stderr}`);
  return stdout;
}

/** A new empty folder for the data of one run. */
export const temporaryDir = (purpose: string): string => mkdtempSync(join(tmpdir(), `kalends-${purpose}-`));

export const removeDir = (dir: string): void => rmSync(dir, { recursive: true, force: true });

export const basic = (user: string, password: string): string =>
  `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
