import { readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { LIMITS } from '../src/base/limits.ts';

const PAGE = new URL('../docs/limits.md', import.meta.url);

/** A number as people read it: octets in MiB or KiB where they are whole, else with separators and the unit. */
function amount(value: number, unit: string): string {
  if (unit === 'octets' && value % 1024 === 0) {
    return value % (1024 * 1024) === 0 ? `${value / (1024 * 1024)} MiB` : `${value / 1024} KiB`;
  }
  return `${value.toLocaleString('en-US')} ${unit}`;
}

const limitsPage = (): string =>
  [
    '# Limits',
    '',
    'Every bound of the server, generated from `src/base/limits.ts` by `UPDATE=1 npx vitest run test/limits-page.test.ts`.',
    'Each is a key under `limits` in the configuration file; sizes are given there in octets.',
    '',
    '| key | default | why | answer past it |',
    '| --- | --- | --- | --- |',
    ...Object.entries(LIMITS).map(
      ([name, { default: value, unit, why, answer }]) =>
        `| \`${name}\` | ${amount(value, unit)} | ${why} | ${answer} |`,
    ),
    '',
  ].join('\n');

test('docs/limits.md is the table of src/base/limits.ts', () => {
  if (process.env['UPDATE'] === '1') writeFileSync(PAGE, limitsPage());
  expect(readFileSync(PAGE, 'utf8')).toBe(limitsPage());
});
