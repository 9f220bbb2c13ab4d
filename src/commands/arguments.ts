import { parseArgs } from 'node:util';
import { loadConfig, type Config } from '../config.ts';
import { FLAGS, GLOBAL_FLAGS } from '../config/keys.ts';
import { UsageError, type Call, type Command, type Io, type Option } from './command.ts';

/** Options that every verb takes. */
export const GLOBAL_OPTIONS: Readonly<Record<string, Option>> = {
  data: { value: 'DIR', doc: 'folder of the database (./data)' },
  database: { value: 'URL', doc: 'postgres://… or sqlite:FILE instead of the database in the data folder' },
  config: { value: 'FILE', doc: 'configuration in JSON; every key is also an environment variable KALENDS_…' },
  help: { doc: 'this text' },
};

/** Reads the command line of one verb. Throws UsageError. */
export function parseCall(command: Command, args: readonly string[], io: Io): Call {
  const { values, positionals } = parse({ ...GLOBAL_OPTIONS, ...command.options }, args);
  const [least, most] = command.positionals;
  if (values.help !== true && positionals.length < least) throw new UsageError(`${command.arguments} is missing`);
  if (positionals.length > most) throw new UsageError(`unexpected argument "${positionals[most] ?? ''}"`);
  const option = (name: string): string | undefined => {
    const value = values[name];
    return typeof value === 'string' ? value : undefined;
  };
  let config: Config | undefined;
  return {
    io,
    positionals,
    option,
    has: (name) => values[name] === true,
    get config() {
      config ??= loadConfig({
        flags: configFlags(command, values),
        env: io.env,
        file: option('config') ?? io.env.KALENDS_CONFIG,
      });
      return config;
    },
  };
}

type Values = Readonly<Record<string, string | boolean | undefined>>;

function parse(
  options: Readonly<Record<string, Option>>,
  args: readonly string[],
): { values: Values; positionals: string[] } {
  const kinds = Object.entries(options).map(([name, { value }]) => {
    const type = value === undefined ? ('boolean' as const) : ('string' as const);
    return [name, name === 'help' ? { type, short: 'h' } : { type }];
  });
  try {
    // No option repeats, so that no value is a list.
    const { values, positionals } = parseArgs({
      args: [...args],
      options: Object.fromEntries(kinds),
      allowPositionals: true,
    });
    return { values: values as Values, positionals };
  } catch (cause) {
    if (cause instanceof TypeError) throw new UsageError(reasonOf(cause), { cause });
    throw cause;
  }
}

/** The sentence of parseArgs that says what is wrong, without its advice about `--`. */
function reasonOf({ message }: TypeError): string {
  const valueless = /^Option '(?:-\w, )?(--[\w-]+)(?: <value>)?' argument (?:missing|is ambiguous)/.exec(message)?.[1];
  if (valueless !== undefined)
    return `${valueless}: the value is missing; write ${valueless}=VALUE if it begins with a dash`;
  const [first = message] = message.split(/\.? (?:To specify)|\.?\n/);
  return first.replace(/^Unknown option/, 'unknown option').replace(/^Option/, 'option');
}

/** The flags that are configuration: `--timezone` of `user add` is the user's, not the server's. */
function configFlags({ configures }: Command, values: Values): Values {
  const names = configures === true ? Object.keys(FLAGS) : GLOBAL_FLAGS;
  return Object.fromEntries(names.map((name) => [name, values[name]]));
}

/** The usage of a verb, for `--help` and below a usage error. */
export function usageOf(verb: string, command: Command): string {
  const line = ['usage: kalends', verb, command.arguments, '[options]'].filter((word) => word !== '').join(' ');
  const rows = Object.entries({ ...command.options, ...GLOBAL_OPTIONS }).map(([name, { value, doc }]) => {
    const left = value === undefined ? `--${name}` : `--${name} ${value}`;
    return `  ${left.padEnd(22)} ${doc}`;
  });
  const notes = command.notes === undefined ? [] : ['', command.notes];
  return [line, '', ...rows, ...notes].join('\n');
}

/** The value of an option that the verb cannot do without. */
export function requireOption(call: Call, name: string): string {
  const value = call.option(name);
  if (value === undefined) throw new UsageError(`--${name} is missing`);
  return value;
}
