import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { missingInstall } from '../../scripts/install-state.mjs';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'kalends-install-'));
  lock({ 'node_modules/koa': { version: '3.0.0' }, 'node_modules/vitest': { version: '5.0.0', dev: true } });
});
afterEach(() => rmSync(root, { recursive: true }));

function write(path: string, content: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), content);
}
type Packages = Record<string, object>;
const lock = (packages: Packages): void =>
  write('package-lock.json', JSON.stringify({ packages: { '': {}, ...packages } }));
function installed(packages: Packages): void {
  write('node_modules/.package-lock.json', JSON.stringify({ packages }));
  for (const path of Object.keys(packages)) write(join(path, 'package.json'), '{}');
}
const KOA = { 'node_modules/koa': { version: '3.0.0' } };
const ALL = { ...KOA, 'node_modules/vitest': { version: '5.0.0', dev: true } };

describe('what is installed', () => {
  test('a clone without node_modules needs an install', () => {
    expect(missingInstall(root)).toBe('node_modules is missing');
  });

  test('what the lock file says needs none', () => {
    installed(ALL);
    expect(missingInstall(root)).toBeUndefined();
  });

  test('an install that was cut off is done again', () => {
    installed(ALL);
    write('node_modules/.package-lock.json', '{"packages": {');
    expect(missingInstall(root)).toBe('node_modules is missing');
    installed(ALL);
    rmSync(join(root, 'node_modules/koa'), { recursive: true });
    expect(missingInstall(root)).toBe('node_modules/koa is missing');
  });

  test('a package of another version is named', () => {
    installed({ ...ALL, 'node_modules/koa': { version: '2.0.0' } });
    expect(missingInstall(root)).toBe('node_modules/koa is 2.0.0, the lock file says 3.0.0');
  });

  test('packages for other platforms may be absent', () => {
    lock({ ...ALL, 'node_modules/fsevents': { version: '1.0.0', optional: true } });
    installed(ALL);
    expect(missingInstall(root)).toBeUndefined();
  });

  test('without the packages for development, only the others are asked for', () => {
    installed(KOA);
    expect(missingInstall(root)).toBe('node_modules/vitest is missing');
    expect(missingInstall(root, { NODE_ENV: 'production' })).toBeUndefined();
    expect(missingInstall(root, { npm_config_omit: 'dev' })).toBeUndefined();
  });

  test('the Node that the project brings must be there', () => {
    const withNode = { ...ALL, 'node_modules/node': { version: '24.11.0', dev: true } };
    lock(withNode);
    installed(withNode);
    expect(missingInstall(root)).toBe('node_modules/.bin/node is missing');
    write('node_modules/.bin/node', '');
    expect(missingInstall(root)).toBeUndefined();
  });
});
