import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { GLOBAL_OPTIONS } from '../../src/commands/arguments.ts';
import { VERBS } from '../../src/commands/verbs.ts';
import { allKeys, environmentName } from '../../src/config/keys.ts';
import { ROOT } from '../live-server.ts';
import { runCli, temporaryFolder } from './run-cli.ts';

const folder = temporaryFolder();
afterAll(() => folder.remove());
const read = (file: string): string => readFileSync(resolve(ROOT, file), 'utf8');
const README = read('README.md');

/** The lines of every code block, and what stands in backquotes in the text. */
const code = [...README.matchAll(/^```\w*\n([^]*?)^```|`([^`\n]+)`/gm)].flatMap(([, block, words]) =>
  (block ?? words ?? '').split('\n'),
);
const UNIT = read('deploy/kalends.service');

test('every command of README and of the unit is a verb with options that it has', async () => {
  const calls = [...code, UNIT].flatMap((text) =>
    [...text.matchAll(/(?:(?:^|-- |\/env )kalends|npm run -s kalends --|bin\/kalends\.mjs) ([a-z][^\n&]*)/g)].map(
      ([, call = '']) => call,
    ),
  );
  const starts = code
    .flatMap((line) => /^npm start -- (.*)/.exec(line)?.[1] ?? [])
    .map((options) => `serve ${options}`);
  expect(calls.length).toBeGreaterThan(8);
  expect(starts.length).toBeGreaterThan(1);
  for (const call of [...calls, ...starts]) {
    const words = call.split(/\s+/);
    const name = Object.keys(VERBS).find((verb) => `${call} `.startsWith(`${verb} `));
    expect(name, call).toBeDefined();
    const known = { ...(await VERBS[name ?? '']?.load())?.options, ...GLOBAL_OPTIONS };
    for (const option of words.filter((word) => word.startsWith('--'))) {
      expect(known, call).toHaveProperty(option.slice(2));
    }
  }
});

test('every variable of README, the unit and the Dockerfile is a key', () => {
  const names = [...`${README}${UNIT}${read('deploy/Dockerfile')}`.matchAll(/\bKALENDS_[A-Z_]+/g)].map(
    ([name]) => name,
  );
  expect(names).toContain('KALENDS_DATA');
  const keys = allKeys().map(({ path }) => environmentName(path));
  expect(names.filter((name) => !keys.includes(name))).toEqual([]);
});

test('the people of README can be provisioned', async () => {
  const file = folder.path('people.json');
  writeFileSync(file, /^```json\n([^]*?)^```/m.exec(README)?.[1] ?? '');
  expect(await runCli(['provision', file, '--data', folder.path('data')])).toEqual({
    code: 0,
    stdout: 'created 3, updated 0, unchanged 0\n',
    stderr: '',
  });
});

test('the Caddyfile of README is that of deploy/', () => {
  const sample = read('deploy/Caddyfile').replace(/^#.*\n/gm, '');
  expect(README).toContain(`\n\`\`\`\n${sample}\`\`\`\n`);
});
