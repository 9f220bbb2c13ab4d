import process from 'node:process';
import { BadRequest, Refusal } from './base/refusal.ts';
import { parseCall, usageOf } from './commands/arguments.ts';
import { CommandFailure, UsageError, type Io } from './commands/command.ts';
import { endQuietlyWithReader } from './commands/output.ts';
import { VERBS, type Verb } from './commands/verbs.ts';
import { VERSION } from './base/version.ts';
import { ConfigError } from './config.ts';
import { StoreConflict, StoreUnavailable } from './store/errors.ts';

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

/** Runs one verb of the command line and gives the exit code. */
export async function main(args: readonly string[], io: Io = processIo()): Promise<number> {
  endQuietlyWithReader(io.stdout);
  if (args[0] === '--version' || args[0] === '-V') return print(io, `kalends ${VERSION}`);
  if (args[0] === undefined) return complain(io, 'a verb is missing', overview());
  if (args[0] === '--help' || args[0] === '-h' || args[0] === 'help') return print(io, overview());
  const [name, verb] = findVerb(args);
  if (verb === undefined) return unknownVerb(args, io);
  const command = await verb.load();
  try {
    const call = parseCall(command, args.slice(name.split(' ').length), io);
    return call.has('help') ? print(io, usageOf(name, command)) : await command.run(call);
  } catch (error) {
    if (error instanceof UsageError) return complain(io, error.message, usageOf(name, command));
    return report(io, error);
  }
}

function findVerb(args: readonly string[]): readonly [string, Verb | undefined] {
  const two = args.slice(0, 2).join(' ');
  const name = Object.hasOwn(VERBS, two) ? two : (args[0] ?? '');
  return [name, Object.hasOwn(VERBS, name) ? VERBS[name] : undefined];
}

function unknownVerb(args: readonly string[], io: Io): number {
  const [first = '', second] = args;
  const below = Object.keys(VERBS).filter((verb) => verb.startsWith(`${first} `));
  if (below.length === 0) return complain(io, `unknown verb "${first}"`, overview());
  const list = below.map((verb) => `  kalends ${verb.padEnd(14)} ${VERBS[verb]?.summary ?? ''}`).join('\n');
  if (second === '--help' || second === '-h') return print(io, list);
  return complain(io, second === undefined ? `${first}: a verb is missing` : `unknown verb "${first} ${second}"`, list);
}

function overview(): string {
  const rows = Object.entries(VERBS).map(([name, { summary }]) => `  ${name.padEnd(14)} ${summary}`);
  return [
    'usage: kalends VERB [options]',
    '',
    ...rows,
    '',
    'kalends VERB --help tells the options of a verb; --version the version.',
  ].join('\n');
}

function print(io: Io, text: string): number {
  io.stdout.write(`${text}\n`);
  return 0;
}

function complain(io: Io, reason: string, usage: string): number {
  io.stderr.write(`kalends: ${reason}\n${usage}\n`);
  return EXIT_USAGE;
}

/** Says what went wrong: a sentence for what the user can mend, the stack for what only a developer can. */
function report(io: Io, error: unknown): number {
  const lines = error instanceof Error ? error.message.split('\n') : [String(error)];
  const expected = [CommandFailure, ConfigError, BadRequest, Refusal, StoreConflict, StoreUnavailable].some(
    (kind) => error instanceof kind,
  );
  if (expected || isSystemError(error)) io.stderr.write(lines.map((line) => `kalends: ${line}\n`).join(''));
  else
    io.stderr.write(
      `kalends: an internal error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    );
  return error instanceof ConfigError ? EXIT_USAGE : EXIT_FAILED;
}

/** A file that is absent, a port that is taken, a disk that is full: the message names it. */
function isSystemError(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error && 'code' in error;
}

function processIo(): Io {
  return { stdin: process.stdin, stdout: process.stdout, stderr: process.stderr, env: process.env };
}
