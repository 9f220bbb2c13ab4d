import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '../..');
const read = (file: string): unknown => JSON.parse(readFileSync(join(root, file), 'utf8'));

interface LockedPackage {
  readonly version?: string;
  readonly integrity?: string;
  readonly link?: boolean;
}

test('security 24: every dependency is pinned by version and digest', () => {
  const lock = read('package-lock.json') as { readonly packages: Readonly<Record<string, LockedPackage>> };
  const packages = Object.entries(lock.packages).filter(([path]) => path !== '');
  expect(packages.length).toBeGreaterThan(50);
  const loose = packages.filter(
    ([, { version, integrity }]) => version === undefined || !integrity?.startsWith('sha512-'),
  );
  expect(loose.map(([path]) => path)).toEqual([]);
});

test('security 24: each runtime dependency has its line in a decision record', () => {
  const { dependencies } = read('package.json') as { readonly dependencies: Readonly<Record<string, string>> };
  const record = readFileSync(join(root, 'docs/adr/0007-runtime-dependencies.md'), 'utf8');
  expect(Object.keys(dependencies).filter((name) => !record.includes(name))).toEqual([]);
});
