import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { text as readAll } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ROOT } from '../live-server.ts';
import { runCli, temporaryFolder } from './run-cli.ts';

const folder = temporaryFolder();
const data = ['--data', folder.path('data')];
const alice = ['--user', 'alice', ...data];
afterAll(() => folder.remove());

/** Events an hour apart, every fifth of them recurring. */
function writeCalendar(file: string, count: number): void {
  const events = Array.from({ length: count }, (_, number) => {
    const start = new Date(Date.UTC(2026, 0, 1, number)).toISOString().replace(/[-:]|\.\d+/g, '');
    const rule = number % 5 === 0 ? 'RRULE:FREQ=WEEKLY;COUNT=10\r\n' : '';
    return (
      `BEGIN:VEVENT\r\nUID:large-${number}\r\nDTSTAMP:20260101T000000Z\r\nDTSTART:${start}\r\nDURATION:PT30M\r\n` +
      `SUMMARY:Event number ${number}\r\n${rule}END:VEVENT\r\n`
    );
  });
  writeFileSync(file, `BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Test//EN\r\n${events.join('')}END:VCALENDAR\r\n`);
}

/** What stays when garbage is collected in time: V8 would otherwise let it stand while there is room. */
const SMALL_HEAP = ['--max-old-space-size=40', '--max-semi-space-size=2'];
const TELL_MOST = "process.on('exit', () => console.error('most', process.resourceUsage().maxRSS))";

/** Runs an import as a process of its own; its summary, and the most memory that it had, KiB. */
async function importAlone(file: string): Promise<{ readonly summary: string; readonly most: number }> {
  const args = [...SMALL_HEAP, '--import', `data:text/javascript,${encodeURIComponent(TELL_MOST)}`];
  const child = spawn(process.execPath, [...args, `${ROOT}/bin/kalends.mjs`, 'import', file, ...alice], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [summary, stderr] = await Promise.all([readAll(child.stdout), readAll(child.stderr), once(child, 'close')]);
  return { summary, most: Number(/^most (\d+)$/m.exec(stderr)?.[1]) };
}

beforeAll(async () => {
  await runCli(['user', 'add', 'alice', ...data], { stdin: 'pw' });
});

test('failure 12: importing 10,000 events takes little more memory than 1,000, and again changes nothing', async () => {
  const [small, large] = [folder.path('small.ics'), folder.path('large.ics')];
  writeCalendar(small, 1000);
  writeCalendar(large, 10_000);
  const few = await importAlone(small);
  expect(few.summary).toBe('imported 1000, updated 0, unchanged 0, skipped 0\n');
  const many = await importAlone(large);
  expect(many.summary).toBe('imported 9000, updated 0, unchanged 1000, skipped 0\n');
  // 32 MiB are SQLite's page cache, which fills to its bound.
  expect(many.most - few.most).toBeLessThan(48 * 1024);
  const { stdout } = await runCli(['import', large, ...alice]);
  expect(stdout).toBe('imported 0, updated 0, unchanged 10000, skipped 0\n');
}, 120_000);
