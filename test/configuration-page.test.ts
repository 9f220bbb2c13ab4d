import { readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { allKeys, environmentName, FLAGS, type NamedKey } from '../src/config/keys.ts';

const PAGE = new URL('../docs/configuration.md', import.meta.url);

const flagOf = (path: string): string => {
  const name = Object.entries(FLAGS).find(([, key]) => key === path)?.[0];
  return name === undefined ? '' : `\`--${name}\``;
};

function row({ path, key }: NamedKey): string {
  const fallback = key.default === undefined ? 'unset' : `\`${JSON.stringify(key.default)}\``;
  const cells = [`\`${path}\``, key.type.expected, fallback, flagOf(path), `\`${environmentName(path)}\``, key.doc];
  return `| ${cells.join(' | ')} |`;
}

const configurationPage = (): string =>
  [
    '# Configuration',
    '',
    'Every key of the server, generated from `src/config/keys.ts` by',
    '`UPDATE=1 npx vitest run test/configuration-page.test.ts`. Nothing needs to be set.',
    '',
    'A key is set, from the strongest to the weakest, by its flag, by its variable of the environment, or in the JSON',
    'file that `--config FILE` or `KALENDS_CONFIG` names. In the file, a dot is a level:',
    '',
    '```json',
    '{ "port": 8443, "timezone": "Europe/Berlin", "limits": { "resourceOctets": 1048576 } }',
    '```',
    '',
    'An unknown key and a value of the wrong type are errors that name the key and where it was set. The limits are',
    'explained in [limits.md](limits.md). Paths are relative to the folder in which `kalends` is started.',
    '',
    '| key | value | default | flag | environment | |',
    '| --- | --- | --- | --- | --- | --- |',
    ...allKeys().map(row),
    '',
  ].join('\n');

test('docs/configuration.md is the table of src/config/keys.ts', () => {
  if (process.env['UPDATE'] === '1') writeFileSync(PAGE, configurationPage());
  expect(readFileSync(PAGE, 'utf8')).toBe(configurationPage());
});
