import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LIMITS, type LimitName } from '../src/base/limits.ts';
import { ConfigError, loadConfig, unknownVariables } from '../src/config.ts';
import { allKeys, environmentName } from '../src/config/keys.ts';

let folder: string;
let count = 0;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'kalends-config-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function fileOf(content: unknown): string {
  const file = join(folder, `${++count}.json`);
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  return file;
}

function problemsOf(load: () => unknown): readonly string[] {
  try {
    load();
  } catch (error) {
    if (error instanceof ConfigError) return error.message.split('\n');
    throw error;
  }
  return [];
}

describe('sources', () => {
  test('without any source every key has its default', () => {
    const config = loadConfig({});
    expect(config).toMatchObject({ host: '127.0.0.1', port: 8080, data: './data', access: { freeBusyForAll: true } });
    expect(config.limits.resourceOctets).toBe(LIMITS.resourceOctets.default);
    expect(config.publicUrl).toBeUndefined();
  });

  test('a flag wins over the environment, the environment over the file, the file over the default', () => {
    const file = fileOf({ port: 1, host: 'a.example', logLevel: 'warn', data: 'from-file' });
    const env = { KALENDS_PORT: '2', KALENDS_HOST: 'b.example', KALENDS_LOG_LEVEL: 'error' };
    const config = loadConfig({ flags: { port: '3' }, env, file });
    expect(config).toMatchObject({ port: 3, host: 'b.example', logLevel: 'error', data: 'from-file', timezone: 'UTC' });
  });

  test('a nested key is set by its own variable', () => {
    expect(environmentName('limits.resourceOctets')).toBe('KALENDS_LIMITS_RESOURCE_OCTETS');
    const config = loadConfig({
      env: { KALENDS_LIMITS_RESOURCE_OCTETS: '2048', KALENDS_ACCESS_FREE_BUSY_FOR_ALL: '0' },
    });
    expect(config.limits.resourceOctets).toBe(2048);
    expect(config.access.freeBusyForAll).toBe(false);
  });

  test.each(Object.keys(LIMITS) as LimitName[])('the limit %s is set by the file, and by its variable', (name) => {
    const file = fileOf({ limits: { [name]: 7 } });
    expect(loadConfig({ file }).limits[name]).toBe(7);
    expect(loadConfig({ file, env: { [environmentName(`limits.${name}`)]: '8' } }).limits[name]).toBe(8);
  });

  test('no two keys share a variable', () => {
    const names = allKeys().map(({ path }) => environmentName(path));
    expect(new Set(names).size).toBe(names.length);
  });

  test('KALENDS_CONFIG names the file where no flag does', () => {
    expect(loadConfig({ env: { KALENDS_CONFIG: fileOf({ port: 4 }) } }).port).toBe(4);
  });

  test('the configuration is frozen at every depth', () => {
    const config = loadConfig({});
    expect([config, config.limits, config.mail, config.access].every(Object.isFrozen)).toBe(true);
  });

  test('the test profile is a valid configuration', () => {
    const config = loadConfig({ file: new URL('conformance/kalends.json', import.meta.url).pathname });
    expect(config.limits).toMatchObject({
      collectionsPerHome: 50,
      resourcesPerCollection: 10_000,
      attendeesPerInstance: 100,
    });
  });

  test('every default is a value that its own key accepts', () => {
    for (const { key, path } of allKeys()) {
      if (key.default !== undefined) expect([path, key.type.fromJson(key.default)]).toEqual([path, key.default]);
    }
  });

  test('variables that look like keys and are none are named', () => {
    expect(unknownVariables({ KALENDS_PROT: '1', KALENDS_PORT: '1', KALENDS_CONFIG: 'x', HOME: '/' })).toEqual([
      'KALENDS_PROT',
    ]);
  });
});

describe('errors', () => {
  const wrong: readonly [name: string, content: unknown, problem: string][] = [
    ['an unknown key', { prot: 1 }, 'prot: unknown key (from FILE)'],
    ['a key in the wrong case', { publicURL: 'x' }, 'publicURL: unknown key; did you mean publicUrl? (from FILE)'],
    [
      'a nested key at the top',
      { resourceOctets: 1 },
      'resourceOctets: unknown key; did you mean limits.resourceOctets? (from FILE)',
    ],
    ['an unknown nested key', { limits: { octets: 1 } }, 'limits.octets: unknown key (from FILE)'],
    ['a name of Object.prototype', '{"__proto__": 1}', '__proto__: unknown key (from FILE)'],
    ['a text for a number', { port: '80' }, 'port: expected a whole number from 0 to 65535, got "80" (from FILE)'],
    ['a number out of range', { port: 65_536 }, 'port: expected a whole number from 0 to 65535, got 65536 (from FILE)'],
    [
      'a fraction',
      { limits: { connections: 1.5 } },
      'limits.connections: expected a whole number from 1, got 1.5 (from FILE)',
    ],
    ['a word for a flag', { trustProxy: 'yes' }, 'trustProxy: expected true or false, got "yes" (from FILE)'],
    [
      'a word that is none of the words',
      { registration: 'all' },
      'registration: expected one of open, invite, closed, got "all" (from FILE)',
    ],
    [
      'a zone that does not exist',
      { timezone: 'Mars/Olympus' },
      'timezone: expected an IANA time zone such as Europe/Berlin, got "Mars/Olympus" (from FILE)',
    ],
    [
      'an offset for a zone',
      { timezone: '+01:00' },
      'timezone: expected an IANA time zone such as Europe/Berlin, got "+01:00" (from FILE)',
    ],
    ['an empty text', { host: ' ' }, 'host: expected a text that is not empty, got " " (from FILE)'],
    [
      'a public address with a path',
      { publicUrl: 'https://example.org/dav' },
      'publicUrl: expected an http or https address without a path, such as https://calendar.example.org, got "https://example.org/dav" (from FILE)',
    ],
    [
      'a secret',
      { metricsToken: 12345 },
      'metricsToken: expected a text that is not empty, got another value (from FILE)',
    ],
    ['a value for a branch', { limits: 5 }, 'limits: expected an object of keys, got 5 (from FILE)'],
    ['a list for the whole', [], 'the whole file: expected an object of keys, got [] (from FILE)'],
    ['a certificate without a key', { tlsCert: 'a.pem' }, 'tlsKey: is needed with tlsCert'],
  ];
  test.each(wrong)('%s is named with its place', (_name, content, problem) => {
    const file = fileOf(content);
    expect(problemsOf(() => loadConfig({ file }))).toEqual([problem.replace('FILE', file)]);
  });

  test('every problem is told at once', () => {
    const file = fileOf({ port: -1, colour: 'red' });
    const problems = problemsOf(() =>
      loadConfig({ file, env: { KALENDS_TRUST_PROXY: 'no' }, flags: { timezone: 'Nowhere' } }),
    );
    expect(problems.map((line) => line.replace(file, 'FILE').replace(/expected.*got/, 'got'))).toEqual([
      'port: got -1 (from FILE)',
      'colour: unknown key (from FILE)',
      'trustProxy: got "no" (from KALENDS_TRUST_PROXY)',
      'timezone: got "Nowhere" (from --timezone)',
    ]);
  });

  test('a file that is not JSON and a file that is absent are named', () => {
    const file = fileOf('{"port": ');
    expect(problemsOf(() => loadConfig({ file }))[0]).toMatch(new RegExp(`^${file}: is not JSON \\(`));
    expect(problemsOf(() => loadConfig({ file: join(folder, 'none.json') }))[0]).toMatch(
      /none\.json: cannot be read \(ENOENT\)/,
    );
  });
});
