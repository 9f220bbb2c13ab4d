import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createLog } from '../../src/base/log.ts';
import { collectionAt } from '../../src/calendar/collections.ts';
import { recheckObjects } from '../../src/calendar/recheck-objects.ts';
import { loadConfig } from '../../src/config.ts';
import { openContext } from '../../src/open-context.ts';
import { put } from '../contract/store-engine.ts';
import { calendarReport, eventsWithin, multistatus, propfind, syncCollection } from '../dav-client.ts';
import { ALL, FAULTS, FAULTY, plantedEvent, WEEK } from '../planted-faults.ts';
import { startRunning, type RunningServer } from './running-server.ts';
import { runCli, temporaryFolder, type CliResult } from './run-cli.ts';

const folder = temporaryFolder();
const data = ['--data', folder.path('data')];
afterAll(() => folder.remove());

const file = folder.path('thousand.ics');

interface Listed {
  readonly kind: 'stored' | 'set-aside';
  readonly id: string;
  readonly reason: string;
  readonly proposal: readonly string[];
}

async function listed(): Promise<readonly Listed[]> {
  const { stdout } = await runCli(['faults', 'list', '--json', ...data]);
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Listed);
}

let imported: CliResult;
let server: RunningServer;
beforeAll(async () => {
  const events = Array.from({ length: ALL }, (_, number) => plantedEvent(number)).join('');
  writeFileSync(file, `BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Other//EN\r\n${events}END:VCALENDAR\r\n`);
  await runCli(['user', 'add', 'alice', ...data], { stdin: 'pw' });
  imported = await runCli(['import', file, '--user', 'alice', ...data]);
  server = await startRunning({ data: folder.path('data') });
  return () => server.close();
});

/** How many members each of the ways to ask a calendar finds. */
async function found(): Promise<Readonly<Record<string, number>>> {
  const alice = server.as('alice', 'pw');
  const path = '/dav/calendars/alice/calendar/';
  const members = async (method: string, request: ReturnType<typeof propfind>): Promise<number> => {
    const answer = await alice.request(method, path, request);
    return multistatus(answer.body).entries.filter(({ href }) => href !== path).length;
  };
  const query = calendarReport('calendar-query', `<D:prop><D:getetag/></D:prop>${eventsWithin(...WEEK)}`);
  const whole = await alice.request('GET', path, { headers: { accept: 'text/calendar' } });
  return {
    list: await members('PROPFIND', propfind('1', [])),
    sync: await members('REPORT', syncCollection(undefined)),
    query: await members('REPORT', query),
    file: whole.body.toString().match(/^BEGIN:VEVENT/gm)?.length ?? 0,
  };
}

describe('complaint 33, B5: of 1,000 events, 20 cannot be used in 10 ways', () => {
  test('the others come in, and those are said to be set aside', () => {
    expect(imported).toMatchObject({ code: 0, stderr: '' });
    expect(imported.stdout).toMatch(
      /^imported 980, updated 0, unchanged 0, skipped 0, set aside 20 \(kalends faults list\)\n/,
    );
    expect(imported.stdout.match(/^set aside .*\(UID event-\d+\)$/gm)).toHaveLength(20);
  });

  test('980 are answered everywhere', async () => {
    expect(await found()).toEqual({ list: 980, sync: 980, query: 980, file: 980 });
  });

  test('20 are listed, each with its reason and a repair', async () => {
    const faults = await listed();
    expect(faults).toHaveLength(FAULTY);
    for (const [, repair] of FAULTS) {
      expect(faults.filter(({ proposal }) => repair.test(proposal.join())).length).toBeGreaterThanOrEqual(2);
    }
    expect(faults.filter(({ reason }) => !/line \d+/.test(reason))).toEqual([]);
  });

  test('their octets are kept as they came', async () => {
    const shown: string[] = [];
    for (const { id } of await listed()) shown.push((await runCli(['faults', 'show', id, ...data])).stdout);
    const wanted = Array.from({ length: FAULTY }, (_, number) => plantedEvent(number));
    expect(wanted.filter((body) => !shown.some((text) => text.includes(body)))).toEqual([]);
  });

  test('the same import again sets nothing aside twice', async () => {
    const again = await runCli(['import', file, '--user', 'alice', ...data]);
    expect(again.stdout).toMatch(/^imported 0, updated 0, unchanged 980, skipped 0, set aside 20 /);
    expect(await listed()).toHaveLength(FAULTY);
  });

  test('a repair puts one into its calendar, and one that is dropped is gone', async () => {
    const [first, second] = await listed();
    const repaired = await runCli(['faults', 'repair', first!.id, ...data]);
    expect(repaired).toMatchObject({ code: 0, stdout: expect.stringMatching(`^repaired ${first!.id}: `) });
    expect((await runCli(['faults', 'drop', second!.id, ...data])).stdout).toBe(`dropped ${second!.id}\n`);
    expect((await listed()).map(({ id }) => id)).not.toEqual(expect.arrayContaining([first!.id]));
    expect(await listed()).toHaveLength(FAULTY - 2);
    expect(await found()).toEqual({ list: 981, sync: 981, query: 981, file: 981 });
  });

  test.each(['show', 'repair', 'drop'])('faults %s of what there is not says so', async (verb) => {
    const answer = await runCli(['faults', verb, 'nothing', ...data]);
    expect([answer.code, answer.stdout]).toEqual([1, '']);
    expect(answer.stderr).toMatch(/othing is set aside as nothing\n$/);
  });
});

describe('an import', () => {
  const one = (...lines: readonly string[]): string =>
    ['BEGIN:VCALENDAR', 'VERSION:2.0', 'BEGIN:VEVENT', ...lines, 'END:VEVENT', 'END:VCALENDAR', ''].join('\r\n');
  const bring = (text: string): Promise<CliResult> =>
    runCli(['import', '-', '--user', 'alice', ...data], { stdin: text });

  test('repairs what can be repaired without loss, and says what it did', async () => {
    const answer = await bring(one('UID:iso', 'DTSTART:2026-01-05T09:00:00Z', 'SUMMARY:x'));
    expect(answer.stdout).toBe(
      'imported 1, updated 0, unchanged 0, skipped 0\n' +
        'note -:3: DTSTART is written as RFC 5545 has it, without hyphens and colons\n',
    );
  });

  test('of a file that was cut off keeps what is left of its last event, and the repair brings it', async () => {
    const events = `${plantedEvent(5000)}${plantedEvent(5001)}`;
    const text = `BEGIN:VCALENDAR\r\nVERSION:2.0\r\n${events.slice(0, -'01\r\nEND:VEVENT\r\n'.length)}`;
    const { stdout } = await bring(text);
    expect(stdout).toMatch(/^imported 1, .*set aside 1/);
    expect(stdout).toMatch(/^set aside -:9: .*UID event-5001/m);
    const fault = (await listed()).find(({ proposal }) => /the end is missing/.test(proposal.join()));
    expect(fault?.reason).toMatch(/VEVENT/);
    expect((await runCli(['faults', 'show', fault!.id, ...data])).stdout).toContain('SUMMARY:Number 50');
    expect((await runCli(['faults', 'repair', fault!.id, ...data])).code).toBe(0);
    const whole = await runCli(['export', '--user', 'alice', '--calendar', 'calendar', ...data]);
    expect(whole.stdout).toContain('UID:event-5001');
  });

  test('of what no repair is known keeps the octets and says so', async () => {
    await bring(one('UID:none', 'SUMMARY:no start'));
    const fault = (await listed()).find(({ reason }) => reason.includes('no DTSTART'));
    expect(fault?.proposal).toEqual([]);
    const answer = await runCli(['faults', 'repair', fault!.id, ...data]);
    expect(answer).toMatchObject({ code: 1, stderr: expect.stringMatching(/No repair is known/) });
    const { stdout } = await runCli(['faults', 'list', '--user', 'alice', ...data]);
    expect(stdout).toContain(`${fault!.id}  set aside  alice/calendar  `);
    expect(stdout).toContain('    no repair is known\n');
  });

  test('of a series with one override that cannot be used brings the rest, and the repair brings the whole', async () => {
    const master = ['UID:series', 'DTSTART:20260105T090000Z', 'RRULE:FREQ=DAILY;COUNT=3', 'SUMMARY:series'];
    const override = ['UID:series', 'RECURRENCE-ID:20260106T090000Z', 'DTSTART:20260106T100000Z', 'DTEND:later'];
    const text = one(...master, 'END:VEVENT', 'BEGIN:VEVENT', ...override);
    expect((await bring(text)).stdout).toMatch(/set aside 1/);
    const fault = (await listed()).find(({ reason }) => reason.includes('later'));
    expect((await runCli(['faults', 'show', fault!.id, ...data])).stdout).toContain('COUNT=3');
    await runCli(['faults', 'repair', fault!.id, ...data]);
    const { stdout } = await runCli(['export', '--user', 'alice', '--calendar', 'calendar', ...data]);
    expect(stdout.match(/^UID:series/gm)).toHaveLength(2);
  });
});

describe('what is stored and cannot be used any more', () => {
  const text = (repaired: string): string =>
    `BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:kept\r\n${repaired}END:VEVENT\r\nEND:VCALENDAR\r\n`;
  const [DTSTART, DTEND] = ['DTSTART:20260105T090000Z\r\n', 'DTEND:soon\r\n'];
  let id: string;

  /** As an earlier version stored it; then this one looks at what is stored. */
  beforeAll(async () => {
    const context = await openContext(loadConfig({ flags: { data: folder.path('data') } }), {
      log: createLog('silent'),
    });
    const calendar = (await collectionAt(context, 'alice', 'calendar'))!;
    const octets = Buffer.from(text(DTSTART + DTEND));
    await context.store.write((tx) => put(tx, calendar, { name: 'kept.ics', uid: 'kept', octets }));
    for await (const page of recheckObjects(context)) expect(page.failures).toEqual([]);
    await context.store.close();
    id = (await listed()).find(({ kind }) => kind === 'stored')!.id;
  });

  test('is listed with its calendar and name, a reason and a repair, and is written out octet for octet', async () => {
    const { stdout } = await runCli(['faults', 'list', '--user', 'alice', ...data]);
    expect(stdout).toContain(
      `${id}  stored  alice/calendar/kept.ics  line 7: DTEND cannot be read: soon\n` +
        '    repair: line 7: DTEND, which cannot be read, is left out\n',
    );
    expect((await listed()).find((item) => item.id === id)).toMatchObject({ kind: 'stored', name: 'kept.ics' });
    expect((await runCli(['faults', 'show', id, ...data])).stdout).toBe(text(DTSTART + DTEND));
  });

  test('is not dropped, but repaired in its place', async () => {
    const dropped = await runCli(['faults', 'drop', id, ...data]);
    expect([dropped.code, dropped.stderr]).toEqual([1, expect.stringMatching(/kept\.ics.*delete it with/)]);
    const repaired = await runCli(['faults', 'repair', id, ...data]);
    expect(repaired).toMatchObject({ code: 0, stdout: `repaired ${id}: DTEND, which cannot be read, is left out\n` });
    expect((await listed()).map((item) => item.id)).not.toContain(id);
    const { body } = await server.as('alice', 'pw').request('GET', '/dav/calendars/alice/calendar/kept.ics');
    expect(body.toString()).toBe(text(DTSTART));
  });
});
