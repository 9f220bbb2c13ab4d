import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { nodeProblem } from '../../bin/node-version.mjs';

test.each(['22.19.0', '22.20.1', '24.11.0', '24.21.0', '25.0.0', '26.1.0'])('Node %s is fine', (version) => {
  expect(nodeProblem(version)).toBeUndefined();
});

test.each(['18.20.0', '20.20.2', '22.18.0', '23.11.0', '24.10.0'])('Node %s is told what to do', (version) => {
  expect(nodeProblem(version)).toContain(`this is Node ${version}`);
  expect(nodeProblem(version)).toContain('npm start');
});

test('the versions are those of package.json', () => {
  const { engines } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    engines: { node: string };
  };
  expect(engines.node).toBe('^22.19.0 || >=24.11.0');
});

// Debian's own Node is 20: the one that a person on a fresh machine has.
const SYSTEM_NODE = '/usr/bin/node';
const version = existsSync(SYSTEM_NODE)
  ? spawnSync(SYSTEM_NODE, ['--version'], { encoding: 'utf8' }).stdout.trim()
  : '';

test.skipIf(!/^v(18|20)\./.test(version))(
  'the command line on an old Node ends with a reason instead of a crash',
  () => {
    const bin = new URL('../../bin/kalends.mjs', import.meta.url).pathname;
    const { status, stdout, stderr } = spawnSync(SYSTEM_NODE, [bin, 'serve'], { encoding: 'utf8' });
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toContain(`this is Node ${version.slice(1)}`);
  },
);

test.skipIf(!/^v(18|20)\./.test(version))('the scripts before an install run on an old Node and print nothing', () => {
  const script = new URL('../../scripts/ensure-install.mjs', import.meta.url).pathname;
  expect(spawnSync(SYSTEM_NODE, [script], { encoding: 'utf8' })).toMatchObject({ status: 0, stdout: '', stderr: '' });
});
