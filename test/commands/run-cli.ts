import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { main } from '../../src/cli.ts';

export interface CliResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliOptions {
  readonly stdin?: string;
  /** What a person types, line by line, each when something new was asked: stdin is a terminal then. */
  readonly typed?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs a verb in this process, with streams and an environment of its own. */
export async function runCli(
  args: readonly string[],
  { stdin = '', typed, env = {} }: CliOptions = {},
): Promise<CliResult> {
  const [input, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  const gathered = [gather(stdout), gather(stderr)] as const;
  if (typed === undefined) input.end(stdin);
  else typeInto(input, stderr, typed);
  const io = { stdin: Object.assign(input, { isTTY: typed !== undefined }), stdout, stderr, env };
  const code = await main(args, io);
  return { code, stdout: gathered[0](), stderr: gathered[1]() };
}

function gather(stream: PassThrough): () => string {
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  // What is still in the stream is read first.
  return () => Buffer.concat([...chunks, (stream.read() as Buffer | null) ?? Buffer.alloc(0)]).toString('utf8');
}

function typeInto(input: PassThrough, stderr: PassThrough, typed: readonly string[]): void {
  const lines = [...typed];
  stderr.on('data', (chunk: Buffer) => {
    if (!/[:\]] $/.test(chunk.toString('utf8'))) return;
    const line = lines.shift();
    if (line !== undefined) setImmediate(() => input.write(`${line}\r`));
  });
}

/** A folder of its own for one test file. */
export function temporaryFolder(): { readonly path: (...names: string[]) => string; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), 'kalends-cli-'));
  return { path: (...names) => join(folder, ...names), remove: () => rmSync(folder, { recursive: true, force: true }) };
}
