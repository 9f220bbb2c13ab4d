import { readFileSync } from 'node:fs';
import {
  allKeys,
  environmentName,
  FLAGS,
  isKey,
  KEYS,
  type Branch,
  type Config,
  type NamedKey,
} from './config/keys.ts';
export type { Config } from './config/keys.ts';

/** The configuration cannot be used. The message holds every problem, a line each: key, what is expected, where it came from. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

export interface ConfigSources {
  /** Values of the command line by flag name (`public-url`), without the dashes. */
  readonly flags?: Readonly<Record<string, string | boolean | undefined>>;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Path of a JSON file; undefined: KALENDS_CONFIG of the environment, or none. */
  readonly file?: string | undefined;
}

interface Setting {
  readonly value: unknown;
  readonly source: string;
}

/**
 * Flags win over the environment, the environment over the file, the file over the defaults.
 *
 * @throws ConfigError if a file cannot be read, a key is unknown, or a value is not of its key's type.
 */
export function loadConfig({ flags = {}, env = {}, file = env.KALENDS_CONFIG }: ConfigSources): Config {
  const problems: string[] = [];
  const settings = new Map<string, Setting>();
  if (file !== undefined) readTree(readJson(file), KEYS, { prefix: '', source: file, settings, problems });
  for (const named of allKeys()) {
    const name = environmentName(named.path);
    if (env[name] !== undefined) readText(named, { text: env[name], source: name, settings, problems });
  }
  for (const named of flaggedKeys(flags)) readText(named, { ...named, settings, problems });
  const config = build(KEYS, '', settings);
  problems.push(...contradictions(config));
  if (problems.length > 0) throw new ConfigError(problems.join('\n'));
  return config;
}

/** Variables of the environment that look like keys and are none: a slip of the pen, or another program's. */
export function unknownVariables(env: Readonly<Record<string, string | undefined>>): readonly string[] {
  const known = new Set(['KALENDS_CONFIG', ...allKeys().map(({ path }) => environmentName(path))]);
  return Object.keys(env).filter((name) => name.startsWith('KALENDS_') && !known.has(name));
}

interface Reading {
  readonly settings: Map<string, Setting>;
  readonly problems: string[];
  readonly source: string;
}

function readJson(file: string): unknown {
  let octets: string;
  try {
    octets = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new ConfigError(`${file}: cannot be read (${codeOf(cause)})`, { cause });
  }
  try {
    return JSON.parse(octets);
  } catch (cause) {
    throw new ConfigError(
      `${file}: is not JSON (${(cause instanceof Error ? cause.message : String(cause)).replace(/\s+/g, ' ')})`,
      {
        cause,
      },
    );
  }
}

function readTree(tree: unknown, branch: Branch, reading: Reading & { readonly prefix: string }): void {
  const { prefix, source, settings, problems } = reading;
  if (typeof tree !== 'object' || tree === null || Array.isArray(tree)) {
    const where = prefix === '' ? 'the whole file' : prefix.slice(0, -1);
    problems.push(`${where}: expected an object of keys, got ${show(tree)} (from ${source})`);
    return;
  }
  for (const [name, value] of Object.entries(tree)) {
    const path = prefix + name;
    const entry = Object.hasOwn(branch, name) ? branch[name] : undefined;
    if (entry === undefined) problems.push(`${path}: unknown key${hint(path)} (from ${source})`);
    else if (!isKey(entry)) readTree(value, entry, { ...reading, prefix: `${path}.` });
    else {
      const parsed = entry.type.fromJson(value);
      if (parsed !== undefined) settings.set(path, { value: parsed, source });
      else problems.push(wrongValue({ path, key: entry }, value, source));
    }
  }
}

function readText(named: NamedKey, { text, source, settings, problems }: Reading & { readonly text: string }): void {
  const value = named.key.type.fromText(text);
  if (value !== undefined) settings.set(named.path, { value, source });
  else problems.push(wrongValue(named, text, source));
}

function flaggedKeys(
  flags: NonNullable<ConfigSources['flags']>,
): readonly (NamedKey & { text: string; source: string })[] {
  const keys = new Map(allKeys().map((named) => [named.path, named]));
  return Object.entries(FLAGS).flatMap(([flag, path]) => {
    const named = keys.get(path);
    const value = flags[flag];
    return named === undefined || value === undefined ? [] : [{ ...named, text: String(value), source: `--${flag}` }];
  });
}

function wrongValue({ path, key }: NamedKey, value: unknown, source: string): string {
  return `${path}: expected ${key.type.expected}, got ${key.secret ? 'another value' : show(value)} (from ${source})`;
}

/** A known key that differs only by case, punctuation or the branch it stands in. */
function hint(path: string): string {
  const plain = (name: string): string => name.toLowerCase().replace(/[^a-z]/g, '');
  const last = (name: string): string => plain(name.slice(name.lastIndexOf('.') + 1));
  const near =
    allKeys().find((known) => plain(known.path) === plain(path)) ??
    allKeys().find((known) => last(known.path) === last(path));
  return near === undefined ? '' : `; did you mean ${near.path}?`;
}

function build(branch: Branch, prefix: string, settings: ReadonlyMap<string, Setting>): Config {
  const entries = Object.entries(branch).map(([name, entry]) => {
    if (!isKey(entry)) return [name, build(entry, `${prefix}${name}.`, settings)];
    const setting = settings.get(prefix + name);
    return [name, setting === undefined ? entry.default : setting.value];
  });
  return Object.freeze(Object.fromEntries(entries)) as Config; // built along KEYS, from values of each key's type
}

function contradictions(config: Config): readonly string[] {
  const problems: string[] = [];
  if (config.tlsCert !== undefined && config.tlsKey === undefined) problems.push('tlsKey: is needed with tlsCert');
  if (config.tlsKey !== undefined && config.tlsCert === undefined) problems.push('tlsCert: is needed with tlsKey');
  if (config.workers > 1 && config.database === 'sqlite::memory:') {
    problems.push('workers: several cannot share a database in memory');
  }
  problems.push(...mailContradictions(config));
  return problems;
}

function mailContradictions({ mail }: Config): readonly string[] {
  const { host, from, user, password, secure, tls, organizer, reply, dkim } = mail;
  const wrong: readonly (readonly [boolean, string])[] = [
    [host !== undefined && from === undefined, 'mail.from: is needed with mail.host'],
    [user !== undefined && password === undefined, 'mail.password: is needed with mail.user'],
    [user === undefined && password !== undefined, 'mail.user: is needed with mail.password'],
    [secure && tls === 'off', 'mail.tls: is off, but mail.secure asks for TLS'],
    [organizer === 'reply' && reply === undefined, 'mail.reply: is needed where mail.organizer is reply'],
    [dkim.domain !== undefined && dkim.keyFile === undefined, 'mail.dkim.keyFile: is needed with mail.dkim.domain'],
    [dkim.domain === undefined && dkim.keyFile !== undefined, 'mail.dkim.domain: is needed with mail.dkim.keyFile'],
  ];
  return wrong.filter(([isSo]) => isSo).map(([, problem]) => problem);
}

function show(value: unknown): string {
  const json = JSON.stringify(value) ?? 'nothing';
  return json.length > 60 ? `${json.slice(0, 60)}…` : json;
}

function codeOf(cause: unknown): string {
  return cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
}
