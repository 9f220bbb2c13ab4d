import type { Readable, Writable } from 'node:stream';
import type { Config } from '../config.ts';

/** The streams and the environment of the process; tests give their own. */
export interface Io {
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: Writable;
  readonly stderr: Writable & { readonly isTTY?: boolean; readonly columns?: number };
  readonly env: Readonly<Record<string, string | undefined>>;
}

export interface Option {
  /** What stands for the value in the usage, such as `FILE`; without it the option is a switch. */
  readonly value?: string;
  readonly doc: string;
}

/** What a verb is called with. */
export interface Call {
  readonly io: Io;
  readonly positionals: readonly string[];
  /** The value of an option that takes one; undefined: not given. */
  option(name: string): string | undefined;
  /** Whether a switch was given. */
  has(name: string): boolean;
  /** Read from flags, environment and file when it is first asked for. Throws ConfigError. */
  readonly config: Config;
}

/** A verb of the command line: one a file. */
export interface Command {
  /** Arguments as the usage shows them, without the options: `FILE.ics…`. */
  readonly arguments: string;
  /** Number of positional arguments: least and most. */
  readonly positionals: readonly [least: number, most: number];
  readonly options: Readonly<Record<string, Option>>;
  /** Whether its options are keys of the configuration. */
  readonly configures?: boolean;
  /** What `--help` says below the options. */
  readonly notes?: string;
  /** The exit code of the process. */
  run(call: Call): Promise<number>;
}

/** The command line itself is wrong: exit code 2, the reason and the usage. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The verb cannot do what it is asked: exit code 1 and the message, without a stack. */
export class CommandFailure extends Error {
  override readonly name = 'CommandFailure';
}
