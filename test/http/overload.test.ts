import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CALENDAR_HEADERS, davClient, type Answer, type DavClient } from '../dav-client.ts';
import { kalends, removeDir, startServer, temporaryDir, type LiveServer } from '../live-server.ts';

const CALENDAR = '/dav/calendars/alice/calendar/';
/** Resources, each asked for on a connection of its own. */
const WIDE = 300;
const MOST_ROUNDS = 20;
const ACKNOWLEDGED = [201, 204];

let dataDir: string;
let server: LiveServer;
let client: DavClient;
beforeAll(async () => {
  dataDir = temporaryDir('overload');
  const accounts = join(dataDir, 'accounts.json');
  const users = [{ id: 'alice', name: 'Alice', emails: ['alice@example.com'], password: 'secret' }];
  writeFileSync(accounts, JSON.stringify({ users }));
  const config = join(dataDir, 'config.json');
  writeFileSync(config, JSON.stringify({ limits: { turnMilliseconds: 1 } }));
  kalends('provision', accounts, '--data', dataDir);
  server = await startServer({ dataDir, config, args: ['--log-level', 'warn'] });
  client = davClient({ url: server.url, user: 'alice', password: 'secret', sockets: WIDE });
  expect((await client.request('GET', `${CALENDAR}none.ics`)).status).toBe(404);
});
afterAll(async () => {
  client?.close();
  await server?.stop();
  removeDir(dataDir);
});

const path = (at: number): string => `${CALENDAR}event-${at}.ics`;
const version = (at: number, round: number): string =>
  [
    ...['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//Test//EN', 'BEGIN:VEVENT', `UID:event-${at}`],
    ...['DTSTAMP:20260301T000000Z', 'DTSTART:20260302T090000Z', `SUMMARY:Round ${round}`],
    ...['END:VEVENT', 'END:VCALENDAR', ''],
  ].join('\r\n');

/** One PUT of each resource, all at once. Which were acknowledged, and how many were sent away. */
async function storm(round: number): Promise<{ acknowledged: number[]; shed: Answer[]; other: number[] }> {
  const all = Array.from({ length: WIDE }, (_, at) => at);
  const answers = await Promise.all(
    all.map((at) => client.request('PUT', path(at), { headers: CALENDAR_HEADERS, body: version(at, round) })),
  );
  return {
    acknowledged: all.filter((at) => ACKNOWLEDGED.includes(answers[at]!.status)),
    shed: answers.filter(({ status }) => status === 503),
    other: answers.map(({ status }) => status).filter((status) => ![503, ...ACKNOWLEDGED].includes(status)),
  };
}

test('past the limit some are sent away, and of these nothing was written', async () => {
  const acknowledged = new Map<number, number>();
  const shed: Answer[] = [];
  for (let round = 0; round < MOST_ROUNDS && (round < 3 || shed.length === 0); round += 1) {
    const found = await storm(round);
    expect(found.other, server.output()).toEqual([]);
    for (const at of found.acknowledged) acknowledged.set(at, round);
    shed.push(...found.shed);
  }
  expect(shed.length).toBeGreaterThan(0);
  expect(acknowledged.size).toBeGreaterThan(0);
  for (const { headers } of shed) expect(Number(headers['retry-after'])).toBeGreaterThanOrEqual(5);

  // Right afterwards: the connections of those who were sent away serve as before.
  for (let at = 0; at < WIDE; at += 1) {
    const { status, body } = await client.request('GET', path(at));
    const round = acknowledged.get(at);
    expect([at, status]).toEqual([at, round === undefined ? 404 : 200]);
    if (round !== undefined) expect(body.toString()).toBe(version(at, round));
  }
  const metrics = await (await fetch(new URL('/metrics', server.url))).text();
  expect(metrics).toContain(`kalends_requests_shed_total{limit="turn"} ${shed.length}\n`);
});
