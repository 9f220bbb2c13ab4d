import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CALENDAR_HEADERS, type DavClient } from '../dav-client.ts';
import { event } from '../dav-server.ts';
import { startRunning, type RunningServer } from './running-server.ts';
import { runCli, temporaryFolder, type CliResult } from './run-cli.ts';

const folder = temporaryFolder();
const data = ['--data', folder.path('data')];
const PATH = '/dav/calendars/alice/calendar/';

let server: RunningServer;
let alice: DavClient;
beforeAll(async () => {
  await runCli(['user', 'add', 'alice', ...data], { stdin: 'pw' });
  server = await startRunning({ data: folder.path('data') });
  alice = server.as('alice', 'pw');
});
afterAll(async () => {
  await server.close();
  folder.remove();
});

const cli = (...args: readonly string[]): Promise<CliResult> => runCli([...args, ...data]);
const json = async (...args: readonly string[]): Promise<readonly Record<string, unknown>[]> =>
  (await cli(...args, '--json')).stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

const put = (name: string, ...lines: readonly string[]) =>
  alice.request('PUT', PATH + name, {
    headers: { ...CALENDAR_HEADERS, 'user-agent': 'Phone/1' },
    body: event(name, ...lines),
  });
const HISTORY = ['history', 'list', '--user', 'alice'] as const;

/** An instant between what was written and what will be. */
async function between(): Promise<string> {
  const { clock } = server.context;
  const next = async (): Promise<number> => {
    const begun = clock();
    while (clock() === begun) await new Promise((resolve) => setImmediate(resolve));
    return clock();
  };
  const at = await next();
  await next();
  return new Date(at).toISOString();
}

describe('history', () => {
  test('tells who changed what, with which device, and how, by UID or by place', async () => {
    await put('a.ics', 'SUMMARY:Old', 'LOCATION:Hall');
    await put('a.ics', 'SUMMARY:New', 'LOCATION:Hall');
    const changes = await json(...HISTORY, 'a.ics');
    expect(changes).toMatchObject([
      { kind: 'updated', place: 'calendar/a.ics', by: 'alice', origin: 'client' },
      { kind: 'created', version: null },
    ]);
    const { stdout } = await cli(...HISTORY, 'calendar/a.ics');
    expect(stdout).toMatch(/^ +\d+ {2}\S+ {2}updated {2}calendar\/a\.ics {2}\(client\) by alice with /m);
    expect(stdout).toContain('VEVENT UID:a.ics\n          - SUMMARY:Old\n          + SUMMARY:New\n');
    expect(stdout).not.toContain('Hall');
  });

  test('shows a version octet for octet, and restores it', async () => {
    const [change] = await json(...HISTORY, 'a.ics');
    const version = String(change?.['version']);
    expect((await cli('history', 'show', version)).stdout).toBe(event('a.ics', 'SUMMARY:Old', 'LOCATION:Hall'));
    expect((await cli('history', 'restore', version)).stdout).toBe('restored alice/calendar/a.ics\n');
    expect((await alice.request('GET', `${PATH}a.ics`)).body.toString()).toContain('SUMMARY:Old');
    expect((await cli('history', 'restore', version)).stdout).toBe('unchanged alice/calendar/a.ics\n');
    expect((await json(...HISTORY, 'a.ics'))[0]).toMatchObject({ kind: 'updated', by: null, origin: 'restore' });
  });

  test('restores a calendar as of a time: the export is the same again', async () => {
    const exported = async () => (await cli('export', '--user', 'alice', '--calendar', 'calendar')).stdout;
    await put('b.ics');
    const before = await exported();
    const at = await between();
    await put('a.ics', 'SUMMARY:Wrong');
    await alice.request('DELETE', `${PATH}b.ics`);
    await put('c.ics');
    const options = ['--user', 'alice', '--calendar', 'calendar', '--at', at];
    expect(await cli('history', 'restore', ...options)).toMatchObject({
      code: 0,
      stdout: 'restored 2 objects, 1 went to the trash\n',
    });
    expect(await exported()).toBe(before);
    expect(await cli('history', 'restore', ...options, '--uid', 'c.ics')).toMatchObject({
      stdout: 'restored 0 objects, 0 went to the trash\n',
    });
  });

  test('says what is wrong with what it is asked', async () => {
    const failures = await Promise.all([
      cli('history', 'show', 'x'),
      cli('history', 'show', '999999'),
      cli('history', 'restore', '999999'),
      cli(...HISTORY, 'unknown'),
      cli('history', 'restore', '--user', 'alice', '--calendar', 'calendar', '--at', '2999-01-01'),
    ]);
    expect(failures.map(({ code, stderr }) => [code, stderr.trim()])).toEqual([
      [1, 'kalends: "x" is no version; `history list` tells them'],
      [1, 'kalends: There is no version 999999'],
      [1, 'kalends: There is no version 999999'],
      [1, 'kalends: alice has, and had, nothing with the UID unknown'],
      [1, 'kalends: This time is still to come'],
    ]);
    expect((await cli('history', 'restore')).code).toBe(2);
    expect((await cli('history', 'restore', '1', '--at', '2026-01-01')).code).toBe(2);
  });
});

describe('trash', () => {
  test('lists, restores and empties', async () => {
    const list = ['trash', 'list', '--user', 'alice'] as const;
    const [item] = await json(...list);
    expect(item).toMatchObject({ kind: 'object', place: 'calendar/c.ics', uid: 'c.ics', origin: 'restore' });
    const restore = await cli('trash', 'restore', '--user', 'alice', String(item?.['id']), 'nothing');
    expect(restore).toMatchObject({
      code: 1,
      stdout: 'restored alice/calendar/c.ics\n',
      stderr: 'nothing: nothing is not in the trash of alice\n',
    });
    await alice.request('MKCALENDAR', '/dav/calendars/alice/work/');
    await alice.request('DELETE', '/dav/calendars/alice/work/');
    expect((await cli(...list)).stdout).toMatch(/calendar work with 0 objects {2}\(client\) by alice/);
    const [calendar] = (await json(...list)).filter(({ kind }) => kind === 'calendar');
    const back = await cli('trash', 'restore', '--user', 'alice', String(calendar?.['id']));
    expect(back).toMatchObject({ code: 0, stdout: 'restored alice/work\n' });
    await alice.request('DELETE', `${PATH}c.ics`);
    expect((await cli('trash', 'empty', '--user', 'alice', '--yes')).stdout).toMatch(
      /^forgot \d+ objects and 0 calendars\n$/,
    );
    expect((await cli(...list)).stdout).toBe('');
  });
});

describe('audit', () => {
  test('tells acts of administrators, but no password and no text', async () => {
    await runCli(['user', 'passwd', 'alice', ...data], { stdin: 'hush-hush' });
    const lines = await json('audit', 'list');
    const acts = lines.map(({ act }) => act);
    expect(acts.slice(0, 2)).toEqual(['principal-created', 'password-set']);
    expect(acts).toContain('restored-as-of');
    expect(acts).toContain('trash-emptied');
    expect(acts.at(-1)).toBe('password-set');
    expect(lines[0]?.['detail']).toEqual({ properties: ['emails', 'kind', 'name'] });
    const { stdout } = await cli('audit', 'list', '--user', 'alice', '--since', '2026-01-01');
    expect(stdout.split('\n')).toHaveLength(lines.length + 1);
    expect(stdout).not.toMatch(/hush|Hall|Wrong/);
    expect((await cli('audit', 'list', '--since', '2999-01-01')).stdout).toBe('');
  });
});

test('guard list, release and rollback know only what is held', async () => {
  expect((await cli('guard', 'list')).stdout).toBe('');
  const wrong = [await cli('guard', 'release', 'x'), await cli('guard', 'rollback', 'x')];
  expect(wrong.map(({ code, stderr }) => [code, stderr])).toEqual([
    [1, 'kalends: No device is held as x\n'],
    [1, 'kalends: No device is held as x\n'],
  ]);
});
