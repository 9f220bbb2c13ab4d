import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { kalends, removeDir, ROOT, startServer, temporaryDir } from '../live-server.ts';

/** litmus (Debian): the WebDAV server test suite, on a plain collection. Prints its summary of each suite. */
const SUITES = ['basic', 'copymove', 'props', 'locks', 'http'] as const;
const ACCOUNTS = join(import.meta.dirname, 'accounts.json');
const { users } = JSON.parse(readFileSync(ACCOUNTS, 'utf8')) as {
  readonly users: readonly { readonly id: string; readonly password: string }[];
};
const user = users[0]!;

/** `<- summary for `basic': of 16 tests run: 16 passed, 0 failed. 100.0%` */
const SUMMARY = /<- summary for `(\w+)': of (\d+) tests run: (\d+) passed, (\d+) failed/g;

interface Figures {
  readonly suite: string;
  readonly run: number;
  readonly passed: number;
  readonly failed: number;
}

async function litmus(url: string, dir: string): Promise<{ readonly output: string; readonly code: number | null }> {
  mkdirSync(dir, { recursive: true });
  // In a folder of its own: it leaves its logs where it stands.
  const child = spawn('litmus', ['-k', url, user.id, user.password], {
    cwd: dir,
    env: { ...process.env, TESTS: SUITES.join(' ') },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString('latin1')));
  const [code] = (await once(child, 'close')) as [number | null];
  return { output, code };
}

const figuresOf = (output: string): Figures[] =>
  [...output.matchAll(SUMMARY)].map(([, suite = '', run, passed, failed]) => ({
    ...{ suite, run: Number(run), passed: Number(passed), failed: Number(failed) },
  }));

async function main(): Promise<number> {
  if (spawnSync('litmus', ['--version']).error !== undefined) {
    console.log('litmus: skipped: it is not installed');
    return process.env['CI'] === 'true' ? 1 : 0;
  }
  const dataDir = temporaryDir('litmus');
  try {
    const config = join(ROOT, 'test/conformance/kalends.json');
    kalends('provision', ACCOUNTS, '--data', dataDir, '--config', config);
    const server = await startServer({ dataDir, config });
    const root = `${server.url}dav/files/${user.id}/`;
    const { output } = await litmus(root, join(dataDir, 'run')).finally(() => server.stop());
    const figures = figuresOf(output);
    const wrong = output.split('\n').filter((line) => /FAIL|WARNING|SKIPPED/.test(line));
    for (const line of wrong) console.log(line.replaceAll(/.*\r/g, ''));
    for (const { suite, run, passed, failed } of figures) {
      console.log(`litmus ${suite}: ${run} run, ${passed} passed, ${failed} failed`);
    }
    const isWhole = SUITES.every((suite) => figures.some((each) => each.suite === suite && each.run > 0));
    return isWhole && figures.every(({ failed }) => failed === 0) ? 0 : 1;
  } finally {
    removeDir(dataDir);
  }
}

process.exitCode = await main();
