import { execFileSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runCli, temporaryFolder } from './run-cli.ts';

const folder = temporaryFolder();
afterAll(() => folder.remove());
const serve = (...args: readonly string[]): ReturnType<typeof runCli> =>
  runCli(['serve', '--port', '0', '--log-level', 'silent', ...args]);

beforeAll(() => {
  writeFileSync(folder.path('text'), 'neither a folder nor a certificate');
  const make = `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 -subj /CN=localhost`;
  for (const name of ['one', 'other']) {
    const files = ['-keyout', folder.path(`${name}.key`), '-out', folder.path(`${name}.crt`)];
    execFileSync('openssl', [...make.split(' '), ...files], { stdio: 'ignore' });
  }
});

describe('what keeps the server from starting is told in a line that names it, and ends with 1', () => {
  const cases: readonly [name: string, args: () => readonly string[], reason: () => string][] = [
    [
      'a data folder that is a file',
      () => ['--data', folder.path('text')],
      () => `EEXIST: file already exists, mkdir '${folder.path('text')}'`,
    ],
    [
      'a data folder below a file',
      () => ['--data', folder.path('text', 'data')],
      () => `ENOTDIR: not a directory, mkdir '${folder.path('text', 'data')}'`,
    ],
    [
      'an address of another machine',
      () => ['--host', '203.0.113.9', '--data', folder.path('data')],
      () => 'EADDRNOTAVAIL',
    ],
    [
      'a certificate that is absent',
      () => ['--tls-cert', folder.path('none.crt'), '--tls-key', folder.path('one.key')],
      () => `ENOENT: no such file or directory, open '${folder.path('none.crt')}'`,
    ],
    [
      'a certificate that is none',
      () => ['--tls-cert', folder.path('text'), '--tls-key', folder.path('one.key')],
      () => `${folder.path('text')} and ${folder.path('one.key')} are no certificate with its key in PEM: `,
    ],
    [
      'the key of another certificate',
      () => ['--tls-cert', folder.path('one.crt'), '--tls-key', folder.path('other.key')],
      () => 'key values mismatch',
    ],
    [
      'a database that does not answer, without its password',
      () => ['--data', folder.path('data'), '--database', 'postgres://kalends:secret@127.0.0.1:1/cal'],
      () => 'the database cal at 127.0.0.1:1 cannot be opened: connect ECONNREFUSED 127.0.0.1:1',
    ],
  ];
  test.each(cases)('%s', async (_name, args, reason) => {
    const { code, stdout, stderr } = await serve(...args());
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toContain(reason());
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(stderr).not.toContain('secret');
  });

  test.runIf(existsSync('/proc/self'))(
    'a data folder that cannot be made, also where the system says so oddly',
    async () => {
      expect(await serve('--data', '/proc/kalends')).toEqual({
        code: 1,
        stdout: '',
        stderr: "kalends: ENOENT: no such file or directory, mkdir '/proc/kalends'\n",
      });
    },
  );
});

test('a data folder is made with those above it, for its owner alone', async () => {
  const data = folder.path('a', 'b', 'c');
  expect((await runCli(['user', 'add', 'alice', '--data', data], { stdin: 'pw' })).code).toBe(0);
  expect(existsSync(folder.path('a', 'b', 'c', 'kalends.db'))).toBe(true);
});
