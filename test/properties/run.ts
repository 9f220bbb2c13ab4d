import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { removeDir, ROOT, temporaryDir } from '../live-server.ts';
import type { Held } from './holds.ts';

/*
 * The long run of every property: all tests named *.property.test.ts, each property with as many values and the seed
 * that the command line says, and a table of what was tried. Ends with 1 where one fails.
 */
const { values: options } = parseArgs({
  options: {
    /** Values that each property is tried on. */
    runs: { type: 'string', default: '10000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    /** The longest that one property is tried. */
    seconds: { type: 'string', default: '240' },
    /** Only files whose path has this in it. */
    only: { type: 'string', default: '' },
    /** Files at the same time. */
    workers: { type: 'string', default: '2' },
  },
});

for (const name of ['runs', 'seed', 'seconds', 'workers'] as const) {
  if (/^[1-9]\d{0,8}$/.test(options[name]) || (name === 'seed' && options.seed === '0')) continue;
  console.error(`--${name}: expected a whole number above zero, got "${options[name]}"`);
  process.exit(2);
}

const folder = temporaryDir('properties');
const report = join(folder, 'report.jsonl');
const started = performance.now();
console.log(`seed ${options.seed}: ${options.runs} runs of each property, or ${options.seconds} s`);
const child = spawn(
  process.execPath,
  [
    join(ROOT, 'node_modules/vitest/vitest.mjs'),
    ...['run', '--reporter=default', `--maxWorkers=${options.workers}`],
    ...['--exclude', '**/!(*.property).test.ts', ...(options.only === '' ? [] : [options.only])],
  ],
  {
    cwd: ROOT,
    stdio: 'inherit',
    env: {
      ...process.env,
      PROPERTY_RUNS: options.runs,
      PROPERTY_SEED: options.seed,
      PROPERTY_SECONDS: options.seconds,
      PROPERTY_REPORT: report,
    },
  },
);
const [code] = (await once(child, 'exit')) as [number | null];

const held = existsSync(report)
  ? readFileSync(report, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Held)
  : [];
removeDir(folder);
held.sort((one, other) => one.file.localeCompare(other.file) || one.name.localeCompare(other.name));
console.log('\n| property | runs | seconds | result |\n|---|---:|---:|---|');
for (const { file, name, runs, seconds, result } of held) {
  console.log(
    `| ${file.replace(/^test\/|\.property\.test\.ts$/g, '')}: ${name} | ${runs} | ${seconds.toFixed(1)} | ${result} |`,
  );
}
const failed = held.filter(({ result }) => result === 'FAILS').length;
const total = held.reduce((sum, { runs }) => sum + runs, 0);
console.log(
  `\n${held.length} properties, ${total} runs, ${failed} failed, seed ${options.seed}, ` +
    `${((performance.now() - started) / 1000).toFixed(0)} s`,
);
if (held.length === 0) console.error('no property was run');
process.exit(code === 0 && failed === 0 && held.length > 0 ? 0 : 1);
