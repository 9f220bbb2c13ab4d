import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FAULTS, FAULTY, plantedEvent } from '../planted-faults.ts';
import { runCli, temporaryFolder } from './run-cli.ts';

const folder = temporaryFolder();
const file = folder.path('week.ics');
afterAll(() => folder.remove());

const calendar = (...lines: readonly string[]): string =>
  ['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//Test//EN', ...lines, 'END:VCALENDAR', ''].join('\r\n');
const event = (uid: string, ...lines: readonly string[]): string[] => [
  'BEGIN:VEVENT',
  `UID:${uid}`,
  'DTSTAMP:20260101T000000Z',
  ...lines,
  'END:VEVENT',
];
const WEEK = calendar(
  ...event(
    'daily',
    'DTSTART;TZID=Europe/Berlin:20260302T090000',
    'DTEND;TZID=Europe/Berlin:20260302T100000',
    'RRULE:FREQ=DAILY',
    'SUMMARY:Stand-up',
  ),
  ...event('day', 'DTSTART;VALUE=DATE:20260303', 'STATUS:CONFIRMED'),
  ...event('floating', 'DTSTART:20260304T120000', 'DURATION:PT30M'),
);
const WEEK_RANGE = ['--from', '2026-03-02', '--to', '2026-03-05'];

beforeAll(() => writeFileSync(file, WEEK));

async function expand(...args: readonly string[]): Promise<readonly Record<string, unknown>[]> {
  const { code, stdout } = await runCli(['ical', 'expand', file, ...args]);
  expect(code).toBe(0);
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe('ical expand', () => {
  test('prints an object a line in the order of start, without a server or a database', async () => {
    const lines = await expand(...WEEK_RANGE);
    expect(lines.map(({ uid, start, end }) => [uid, start, end])).toEqual([
      ['daily', '2026-03-02T09:00:00+01:00', '2026-03-02T10:00:00+01:00'],
      ['day', '2026-03-03', '2026-03-04'],
      ['daily', '2026-03-03T09:00:00+01:00', '2026-03-03T10:00:00+01:00'],
      ['daily', '2026-03-04T09:00:00+01:00', '2026-03-04T10:00:00+01:00'],
      ['floating', '2026-03-04T12:00:00', '2026-03-04T12:30:00'],
    ]);
    expect(Object.keys(lines[0] ?? {})).toEqual([
      'uid',
      'recurrenceId',
      'start',
      'end',
      'zone',
      'allDay',
      'summary',
      'status',
    ]);
    expect(lines[1]).toMatchObject({ allDay: true, zone: null, status: 'CONFIRMED', summary: null });
  });

  test('--tz shows every time in that zone and reads dates in it', async () => {
    const lines = await expand('--from', '2026-03-02T08:00:00Z', '--to', '2026-03-03', '--tz', 'America/New_York');
    expect(lines[0]).toMatchObject({ start: '2026-03-02T03:00:00-05:00', zone: 'America/New_York' });
    // Midnight of 3 March in New York is 05:00 UTC: before Berlin's next 09:00.
    expect(lines.filter(({ uid }) => uid === 'daily')).toHaveLength(1);
  });

  test('--limit stops, and a limit of 0 prints nothing', async () => {
    expect(await expand(...WEEK_RANGE, '--limit', '2')).toHaveLength(2);
    expect(await expand(...WEEK_RANGE, '--limit', '0')).toEqual([]);
  });

  test('a range without instances is no error', async () => {
    expect(await expand('--from', '2020-01-01', '--to', '2020-01-02')).toEqual([]);
  });

  test('what cannot be read is told on stderr, and the rest is expanded', async () => {
    const stdin = calendar(...event('bad', 'DTSTART:someday'), ...event('good', 'DTSTART:20260302T090000Z'));
    const { code, stdout, stderr } = await runCli(['ical', 'expand', '-', ...WEEK_RANGE], { stdin });
    expect(code).toBe(0);
    expect(stdout).toContain('"uid":"good"');
    expect(stderr).toMatch(/^stdin: .+/);
  });

  test('a file that holds no calendar gives no instance and a reason', async () => {
    const { code, stdout, stderr } = await runCli(['ical', 'expand', '-', ...WEEK_RANGE], { stdin: 'hello' });
    expect([code, stdout]).toEqual([0, '']);
    expect(stderr).toContain('stdin: there is no VCALENDAR');
  });

  test('a reader that stops early ends it quietly', () => {
    const bin = new URL('../../bin/kalends.mjs', import.meta.url).pathname;
    const range = '--from 2026-01-01 --to 2300-01-01';
    const { stdout, stderr } = spawnSync(
      'bash',
      [
        '-c',
        `set -o pipefail; "${process.execPath}" "${bin}" ical expand "${file}" ${range} | head -n 1; echo \${PIPESTATUS[0]}`,
      ],
      {
        encoding: 'utf8',
      },
    );
    expect(stderr).toBe('');
    expect(stdout.trim().split('\n')).toEqual([expect.stringContaining('"uid":"daily"'), '0']);
  });
});

describe('ical check', () => {
  test('a sound file has no problem and ends with 0', async () => {
    const stdin = calendar(...event('sound', 'DTSTART:20260302T090000Z'));
    expect(await runCli(['ical', 'check', '-'], { stdin })).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  test('each problem has its line, property, rule and section, and the exit code is 1', async () => {
    const stdin = calendar(...event('slip', 'DTSTART:20260302T090000Z', 'DURATION:P1DT'));
    const { code, stdout } = await runCli(['ical', 'check', '-'], { stdin });
    expect(code).toBe(1);
    expect(stdout).toMatch(/^stdin:8: DURATION: .+ \[\S+, RFC 5545 §[\d.]+\]$/m);
    const json = await runCli(['ical', 'check', '--json', '-'], { stdin });
    expect(JSON.parse(json.stdout.split('\n')[0] ?? '')).toMatchObject({ line: 8, property: 'DURATION' });
  });

  const NEVER = 'RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30';

  test('a rule that never matches is named with its line, and what would repair it', async () => {
    const stdin = calendar(...event('a', 'DTSTART:20260302T090000Z'), ...event('b', 'DTSTART:20260302T090000Z', NEVER));
    const line = stdin.split('\r\n').indexOf(NEVER) + 1;
    const { code, stdout } = await runCli(['ical', 'check', '-'], { stdin });
    expect(code).toBe(1);
    expect(stdout).toBe(
      `stdin:${line}: RRULE: The recurrence rule can never match any date [never, RFC 5545 §3.3.10]\n` +
        `stdin:${line}: repair: the rule can never match: only the first instance is kept\n`,
    );
    const json = await runCli(['ical', 'check', '--json', '-'], { stdin });
    expect(JSON.parse(json.stdout)).toMatchObject({ line, rule: 'never', repairs: [{ line, safe: false }] });
  });

  test.each(FAULTS.map(([lines, repair], number) => [lines, repair, number] as const))(
    'what makes one of several objects unusable is told at its line, once, with its repair: %s',
    async (lines, repair, number) => {
      const stdin = calendar(plantedEvent(FAULTY), plantedEvent(number)).replaceAll('\r\n\r\n', '\r\n');
      const { stdout } = await runCli(['ical', 'check', '--json', '-'], { stdin });
      const told = stdout
        .trimEnd()
        .split('\n')
        .map((each) => JSON.parse(each) as { line: number; repairs?: { line: number; says: string }[] });
      const repaired = told.filter(({ repairs }) => repairs !== undefined);
      expect(repaired).toHaveLength(1);
      const said = repaired[0]!.repairs![0]!;
      expect(said.says).toMatch(repair);
      expect(lines.split('\r\n')).toContain(stdin.split('\r\n')[said.line - 1]);
      expect(told.filter(({ line }) => line === repaired[0]!.line).length).toBe(1);
    },
  );

  test('what is left of a file that was cut off is named', async () => {
    const stdin = calendar(...event('a', 'DTSTART:20260302T090000Z')).split('END:VEVENT')[0]!;
    const { stdout } = await runCli(['ical', 'check', '-'], { stdin });
    expect(stdout).toMatch(/^stdin:\d+: VEVENT has no END /m);
    expect(stdout).toMatch(/^stdin:\d+: repair: the end is missing: what was there is kept$/m);
  });

  test('a file that is absent is named', async () => {
    const { code, stderr } = await runCli(['ical', 'check', folder.path('none.ics')]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^kalends: ENOENT.*none\.ics/);
  });
});
