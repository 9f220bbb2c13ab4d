import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { multistatus, propfind } from '../dav-client.ts';
import { startRunning } from './running-server.ts';
import { runCli, temporaryFolder, type CliResult } from './run-cli.ts';

const folder = temporaryFolder();
const data = ['--data', folder.path('data')];
const alice = ['--user', 'alice', ...data];
afterAll(() => folder.remove());

const event = (uid: string, ...lines: readonly string[]): string =>
  [
    'BEGIN:VEVENT',
    `UID:${uid}`,
    'DTSTAMP:20260101T000000Z',
    'DTSTART:20260302T090000Z',
    ...lines,
    'END:VEVENT',
    '',
  ].join('\r\n');
const todo = (uid: string): string => `BEGIN:VTODO\r\nUID:${uid}\r\nDTSTAMP:20260101T000000Z\r\nEND:VTODO\r\n`;
const calendar = (...components: readonly string[]): string =>
  `BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Test//EN\r\n${components.join('')}END:VCALENDAR\r\n`;

const importText = (stdin: string, ...args: readonly string[]): Promise<CliResult> =>
  runCli(['import', '-', ...alice, ...args], { stdin });
const exported = async (...args: readonly string[]): Promise<string> =>
  (await runCli(['export', ...alice, ...args])).stdout;

beforeAll(async () => {
  await runCli(['user', 'add', 'alice', '--email', 'alice@example.com', ...data], { stdin: 'pw' });
});

describe('import', () => {
  test('groups by UID, sends events to the calendar and tasks to the task list', async () => {
    const text = calendar(
      event('one', 'RRULE:FREQ=DAILY;COUNT=5'),
      todo('two'),
      event('one', 'RECURRENCE-ID:20260303T090000Z', 'SUMMARY:moved'),
    );
    expect(await importText(text)).toEqual({
      code: 0,
      stdout: 'imported 2, updated 0, unchanged 0, skipped 0\n',
      stderr: '',
    });
    expect((await exported('--calendar', 'calendar')).match(/^UID:.*$/gm)).toEqual(['UID:one', 'UID:one']);
    expect((await exported('--calendar', 'Tasks')).match(/^UID:.*$/gm)).toEqual(['UID:two']);
  });

  test('the same file again changes nothing, a changed object is replaced', async () => {
    await importText(calendar(event('three'), event('four')));
    expect((await importText(calendar(event('three'), event('four')))).stdout).toBe(
      'imported 0, updated 0, unchanged 2, skipped 0\n',
    );
    expect((await importText(calendar(event('three', 'SUMMARY:new'), event('four')))).stdout).toBe(
      'imported 0, updated 1, unchanged 1, skipped 0\n',
    );
    expect(await exported()).toContain('SUMMARY:new');
  });

  test('what the calendar does not take is skipped, what cannot be used is set aside, each with file, line and reason', async () => {
    const file = folder.path('mixed.ics');
    writeFileSync(file, calendar(event('five'), todo('six'), event('seven', 'RRULE:FREQ=NEVER')));
    const { code, stdout } = await runCli(['import', file, ...alice, '--calendar', 'calendar']);
    expect(code).toBe(0);
    const lines = stdout.split('\n').filter((line) => line !== '');
    expect(lines[0]).toBe('imported 1, updated 0, unchanged 0, skipped 1, set aside 1 (kalends faults list)');
    expect(lines).toContainEqual(expect.stringMatching(new RegExp(`^skipped ${file}:9: .+ \\(UID six\\)$`)));
    expect(lines).toContainEqual(
      expect.stringMatching(new RegExp(`^set aside ${file}:\\d+: .+NEVER.* \\(UID seven\\)$`)),
    );
  });

  test('a file of which nothing can be stored ends with 1', async () => {
    const { code, stdout } = await importText('this is no calendar');
    expect([code, stdout]).toEqual([1, expect.stringMatching(/^imported 0, .* skipped 1\n/)]);
    expect((await importText(calendar(todo('eight')), '--calendar', 'calendar')).code).toBe(1);
  });

  test('a calendar that does not exist is made with --create only', async () => {
    const refused = await importText(calendar(event('nine')), '--calendar', 'club');
    expect([refused.code, refused.stderr]).toEqual([
      1,
      'kalends: alice has no calendar "club", but: calendar, tasks\n',
    ]);
    expect((await importText(calendar(event('nine')), '--calendar', 'club', '--create')).stdout).toMatch(
      /^imported 1,/,
    );
    expect(await exported('--calendar', 'club')).toContain('UID:nine');
  });

  test('complaint 47: an import tells nobody, neither at first nor when it changes what is there', async () => {
    await runCli(['user', 'add', 'erin', '--email', 'erin@example.com', ...data], { stdin: 'pw' });
    const meeting = (...lines: readonly string[]): string =>
      calendar(
        event('met', 'ORGANIZER:mailto:alice@example.com', 'ATTENDEE;RSVP=TRUE:mailto:erin@example.com', ...lines),
      );
    expect((await importText(meeting('SEQUENCE:0'))).stdout).toMatch(/^imported 1,/);
    expect((await importText(meeting('SEQUENCE:1', 'STATUS:CANCELLED'))).stdout).toMatch(/^imported 0, updated 1,/);
    expect((await runCli(['export', '--user', 'erin', ...data])).stderr).toBe('exported 0 objects of 2 calendars\n');
    const server = await startRunning({ data: folder.path('data') });
    const inbox = await server.as('erin', 'pw').request('PROPFIND', '/dav/calendars/erin/inbox/', propfind('1', []));
    expect(multistatus(inbox.body).entries.map(({ href }) => href)).toEqual(['/dav/calendars/erin/inbox/']);
    await server.close();
  });

  test('a person that does not exist is named', async () => {
    expect((await runCli(['import', '-', '--user', 'nobody', ...data])).stderr).toBe(
      'kalends: there is no user "nobody"\n',
    );
  });

  test('of several files one that cannot be read is named before any is imported', async () => {
    const [good, absent] = [folder.path('good.ics'), folder.path('absent.ics')];
    writeFileSync(good, calendar(event('several')));
    for (const bad of [absent, folder.path('.')]) {
      const { code, stdout, stderr } = await runCli(['import', good, bad, ...alice]);
      expect([code, stdout, stderr]).toEqual([1, '', expect.stringContaining(bad)]);
    }
    expect(await exported()).not.toContain('UID:several');
  });
});

describe('export', () => {
  test('--out writes a file for each calendar, and they import again to the same objects', async () => {
    const out = folder.path('out');
    const { code, stdout } = await runCli(['export', ...alice, '--out', out]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^exported \d+ objects of \d calendars\n$/);
    expect(readdirSync(out)).toEqual(expect.arrayContaining(['calendar.ics', 'tasks.ics']));
    expect(readFileSync(`${out}/tasks.ics`, 'utf8').match(/^UID:.*$/gm)).toEqual(['UID:two']);
    const text = readFileSync(`${out}/calendar.ics`, 'utf8');
    const again = await runCli(['import', `${out}/calendar.ics`, ...alice, '--calendar', 'calendar']);
    expect(again.stdout).toMatch(/^imported 0, updated 0, unchanged [1-9]\d*, skipped 0\n$/);
    expect(await exported('--calendar', 'calendar')).toBe(text);
  });

  test('what a client folded, named or ordered in its own way goes out and comes in octet by octet', async () => {
    const zone = [
      'BEGIN:VTIMEZONE',
      'TZID:Club time',
      'X-LIC-LOCATION:Nowhere',
      'BEGIN:STANDARD',
      'DTSTART:19700101T000000',
      'TZOFFSETFROM:+0100',
      'TZOFFSETTO:+0130',
      'END:STANDARD',
      'END:VTIMEZONE',
      '',
    ].join('\r\n');
    const odd = event(
      'odd',
      'SUMMARY;X-COLOR="a;b":Gr\u00fc',
      ' \u00dfe\\, und so weiter',
      'dtend;tzid=Club time:20260302T113000',
      'X-APPLE-STRUCTURED-LOCATION;VALUE=URI;X-TITLE="^n":geo:1,2',
      'BEGIN:X-PART',
      'X-A:1',
      'END:X-PART',
    );
    const [carol, dora] = [
      ['--user', 'carol', ...data],
      ['--user', 'dora', ...data],
    ];
    for (const id of ['carol', 'dora']) await runCli(['user', 'add', id, ...data], { stdin: 'pw' });
    expect((await runCli(['import', '-', ...carol], { stdin: calendar(zone, odd) })).stdout).toMatch(/^imported 1,/);
    const first = (await runCli(['export', ...carol, '--calendar', 'calendar'])).stdout;
    expect(first).toContain(zone + odd);
    expect((await runCli(['import', '-', ...dora], { stdin: first })).stdout).toMatch(/^imported 1,/);
    expect((await runCli(['export', ...dora, '--calendar', 'calendar'])).stdout).toBe(first);
    expect((await runCli(['import', '-', ...carol], { stdin: first })).stdout).toMatch(/^imported 0, .*unchanged 1,/);
    const changed = first.replace('TZOFFSETTO:+0130', 'TZOFFSETTO:+0145');
    expect((await runCli(['import', '-', ...carol], { stdin: changed })).stdout).toMatch(/^imported 0, updated 1,/);
  });

  test('without --out, stdout is the calendars alone', async () => {
    const { stdout, stderr } = await runCli(['export', ...alice]);
    expect(stdout).toMatch(/^BEGIN:VCALENDAR\r\n[^]*END:VCALENDAR\r\n$/);
    expect(stderr).toMatch(/^exported \d+ objects of \d calendars\n$/);
  });
});

test('user remove --export writes the calendars before they are gone', async () => {
  await runCli(['user', 'add', 'bob', ...data], { stdin: 'pw' });
  await runCli(['import', '-', '--user', 'bob', ...data], { stdin: calendar(event('ten')) });
  const out = folder.path('bob');
  expect((await runCli(['user', 'remove', 'bob', '--yes', '--export', out, ...data])).code).toBe(0);
  expect(readFileSync(`${out}/calendar.ics`, 'utf8')).toContain('UID:ten');
});
