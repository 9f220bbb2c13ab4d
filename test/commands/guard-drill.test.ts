import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createLog } from '../../src/base/log.ts';
import { loadConfig } from '../../src/config.ts';
import { openContext } from '../../src/open-context.ts';
import { unseenNotices } from '../../src/store/audit.ts';
import { CALENDAR_HEADERS, davClient, multistatus, syncCollection, type DavClient } from '../dav-client.ts';
import { event } from '../dav-server.ts';
import { startRunning, type RunningServer } from './running-server.ts';
import { runCli, temporaryFolder } from './run-cli.ts';

const folder = temporaryFolder();
const data = ['--data', folder.path('data')];
const PATH = '/dav/calendars/alice/calendar/';
const ALL = 300;
const FAULTY = { 'user-agent': 'Faulty/1.0' };
const SECOND = { 'user-agent': 'Second/1.0' };

let server: RunningServer;
let alice: DavClient;
beforeAll(async () => {
  await runCli(['user', 'add', 'alice', ...data], { stdin: 'pw' });
  server = await startRunning({ data: folder.path('data') });
  alice = davClient({ url: server.url, user: 'alice', password: 'pw' });
});
afterAll(async () => {
  alice.close();
  await server.close();
  folder.remove();
});

/** What the second client has, which knows nothing but sync-collection. */
const client = { token: undefined as string | undefined, etags: new Map<string, string | undefined>() };

async function sync(): Promise<void> {
  const { headers, body } = syncCollection(client.token);
  const answer = multistatus(
    (await alice.request('REPORT', PATH, { body: body ?? '', headers: { ...headers, ...SECOND } })).body,
  );
  for (const { href, status, props } of answer.entries) {
    if (status === 404) client.etags.delete(href);
    else client.etags.set(href, props.get('getetag'));
  }
  client.token = answer.syncToken;
}

const nameOf = (number: number): string => `${PATH}e${number}.ics`;

async function numbered<T>(count: number, run: (number: number) => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  for (let number = 0; number < count; number += 1) results.push(await run(number));
  return results;
}

const listed = async (...verb: readonly string[]): Promise<readonly Record<string, unknown>[]> =>
  (await runCli([...verb, '--json', ...data])).stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

describe('complaint 34, B3: of 300 events a faulty device deletes 250', () => {
  let before: ReadonlyMap<string, string | undefined>;

  test('a second client knows all of them', async () => {
    const created = await numbered(ALL, (number) =>
      alice.request('PUT', nameOf(number), { headers: { ...CALENDAR_HEADERS, ...SECOND }, body: event(`u${number}`) }),
    );
    expect(created.every(({ status }) => status === 201)).toBe(true);
    await sync();
    before = new Map(client.etags);
    expect(before.size).toBe(ALL);
  });

  test('after 100 the guard holds the device, and says why', async () => {
    const answers = await numbered(250, (number) => alice.request('DELETE', nameOf(number), { headers: FAULTY }));
    const statuses = answers.map(({ status }) => status);
    expect([statuses.slice(0, 100).every((status) => status === 204), statuses.slice(100)]).toEqual([
      true,
      Array(150).fill(403),
    ]);
    const text = answers[100]!.body.toString();
    expect(text).toContain('device-held');
    expect(text).toContain('deleted or rewrote 100 of the 300 objects of this calendar within 10 minutes');
  });

  test('it may read and add, but not rewrite; other devices go on', async () => {
    const put = (number: number, headers: Record<string, string>) =>
      alice.request('PUT', nameOf(number), {
        headers: { ...CALENDAR_HEADERS, ...headers },
        body: event(`u${number}`, 'SUMMARY:new'),
      });
    expect((await alice.request('GET', nameOf(299), { headers: FAULTY })).status).toBe(200);
    expect((await put(299, FAULTY)).status).toBe(403);
    expect((await put(1000, FAULTY)).status).toBe(201);
    expect((await alice.request('DELETE', PATH, { headers: FAULTY })).status).toBe(403);
    expect((await put(299, SECOND)).status).toBe(204);
    expect(
      (await alice.request('PUT', nameOf(299), { headers: { ...CALENDAR_HEADERS, ...SECOND }, body: event('u299') }))
        .status,
    ).toBe(204);
  });

  test('the owner is told, and the audit log and the list of held devices say it', async () => {
    const [notice, ...more] = await unseenNotices(server.context.store.db, 'alice');
    expect([notice?.kind, notice?.detail['objects'], more]).toEqual(['device-held', 100, []]);
    const box = await alice.request('PROPFIND', '/dav/calendars/alice/notification/', {
      headers: { ...SECOND, depth: '1' },
    });
    const [href] = multistatus(box.body).entries.flatMap((entry) => (entry.href.endsWith('.xml') ? [entry.href] : []));
    const told = (await alice.request('GET', href!, { headers: SECOND })).body.toString();
    const [hold, ...others] = await listed('guard', 'list', '--user', 'alice');
    expect(told).toContain(`kalends guard rollback ${String(hold?.['id'])}`);
    expect(hold).toMatchObject({ calendar: 'alice/calendar', by: 'alice', objects: 100, members: 300, released: null });
    expect(others).toEqual([]);
    const audit = await listed('audit', 'list', '--user', 'alice');
    expect(audit.filter(({ act }) => act === 'device-held')).toHaveLength(1);
    expect(audit.filter(({ act }) => act === 'object-deleted')).toHaveLength(100);
    expect(audit.filter(({ act }) => act === 'object-created')).toHaveLength(ALL + 1);
  });

  test('one command takes it back, and the second client has lost nothing, whether it saw the burst or not', async () => {
    const sleeping = { token: client.token, etags: new Map(client.etags) };
    await sync();
    expect(client.etags.size).toBe(ALL - 100 + 1);
    const [hold] = await listed('guard', 'list');
    const { code, stdout } = await runCli(['guard', 'rollback', String(hold?.['id']), ...data]);
    expect([code, stdout]).toEqual([0, 'restored 100 objects, 1 went to the trash\n']);
    await sync();
    expect(new Map([...client.etags].sort())).toEqual(new Map([...before].sort()));
    Object.assign(client, sleeping);
    await sync();
    expect(new Map([...client.etags].sort())).toEqual(new Map([...before].sort()));
  });

  test('the device stays held until it is released, and what it did before counts no more then', async () => {
    expect((await alice.request('DELETE', nameOf(0), { headers: FAULTY })).status).toBe(403);
    const [hold] = await listed('guard', 'list');
    expect((await runCli(['guard', 'release', String(hold?.['id']), ...data])).code).toBe(0);
    expect((await alice.request('DELETE', nameOf(0), { headers: FAULTY })).status).toBe(204);
    const box = await alice.request('PROPFIND', '/dav/calendars/alice/notification/', { headers: { depth: '1' } });
    expect(multistatus(box.body).entries).toHaveLength(1);
    const again = await numbered(120, (number) => alice.request('DELETE', nameOf(number + 1), { headers: FAULTY }));
    expect(again.filter(({ status }) => status === 204)).toHaveLength(99);
  });
});

describe('what the guard leaves alone', () => {
  test('the test profile, in which one device does everything', async () => {
    const profile = loadConfig({ file: new URL('../conformance/kalends.json', import.meta.url).pathname });
    expect(profile.guard).toEqual({ enabled: false, objects: 100, share: 30, minutes: 10 });
    const context = await openContext({ ...profile, data: folder.path('profile') }, { log: createLog('silent') });
    expect(context.guard).toBeUndefined();
    await context.store.close();
  });

  test('an import that rewrites everything', async () => {
    const holds = (await listed('guard', 'list')).length;
    const exported = (await runCli(['export', '--user', 'alice', '--calendar', 'calendar', ...data])).stdout;
    const options = ['--user', 'alice', '--calendar', 'calendar', ...data];
    const { code, stdout } = await runCli(['import', '-', ...options], {
      stdin: exported.replaceAll('DURATION:PT1H', 'DURATION:PT2H'),
    });
    expect([code, /updated (\d+)|(\d+) updated/.exec(stdout)?.slice(1).find(Boolean)]).toEqual([0, '200']);
    expect(await listed('guard', 'list')).toHaveLength(holds);
  });

  test('a calendar that is deleted on purpose', async () => {
    const other = '/dav/calendars/alice/other/';
    await alice.request('MKCALENDAR', other);
    await numbered(110, (number) =>
      alice.request('PUT', `${other}${number}.ics`, { headers: CALENDAR_HEADERS, body: event(`o${number}`) }),
    );
    expect((await alice.request('DELETE', other, { headers: SECOND })).status).toBe(204);
    const [calendar] = (await listed('trash', 'list', '--user', 'alice')).filter(({ kind }) => kind === 'calendar');
    expect(calendar).toMatchObject({ place: 'other', members: 110, by: 'alice' });
  });
});
