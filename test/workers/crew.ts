import { join } from 'node:path';
import { writeFileSync } from 'node:fs';
import { davClient, type Answer, type DavClient, type DavRequest } from '../dav-client.ts';
import { kalends, startServer, temporaryDir, type LiveServer } from '../live-server.ts';

/** One kept-alive connection of a person, which one worker has taken. */
export interface Line {
  /** Names the worker's process. */
  readonly worker: string;
  request(method: string, path: string, options?: DavRequest): Promise<Answer>;
  close(): void;
}

/** Names of requests begin alike in one process alone. */
export const workerOf = ({ headers }: Answer): string => String(headers['x-request-id']).split('-')[0]!;

interface Person {
  readonly user: string;
  readonly password?: string;
}

/** A connection to each worker: fresh ones are taken in turn. */
export async function lineToEach(
  { url }: Pick<LiveServer, 'url'>,
  count: number,
  { user, password = user }: Person,
): Promise<Line[]> {
  const found = new Map<string, DavClient>();
  for (let tries = 0; found.size < count && tries < 20 * count; tries += 1) {
    const client = davClient({ url, user, password, sockets: 1 });
    const worker = workerOf(await client.request('GET', '/healthz'));
    if (found.has(worker)) client.close();
    else found.set(worker, client);
  }
  if (found.size < count) throw new Error(`only ${found.size} of ${count} workers answer`);
  return [...found].map(([worker, client]) => ({
    worker,
    close: () => client.close(),
    async request(method, path, options) {
      const answer = await client.request(method, path, options);
      if (workerOf(answer) !== worker) throw new Error('Another worker has answered');
      return answer;
    },
  }));
}

/** Accounts of people whose password is their name, unless it is given. */
export function accounts(dataDir: string, people: Readonly<Record<string, string | undefined>>): string {
  const file = join(dataDir, 'accounts.json');
  const users = Object.entries(people).map(([id, password = id]) => ({
    id,
    name: id,
    emails: [`${id}@example.com`],
    password,
  }));
  writeFileSync(file, JSON.stringify({ users }));
  return file;
}

/** Milliseconds, for the server and for the hook that starts it. */
export const START_PATIENCE = 100_000;

/** A server of so many workers, with alice and bob. */
export async function startCrewServer(
  workers: number,
  { database, args = [] }: { readonly database?: string; readonly args?: readonly string[] } = {},
): Promise<LiveServer & { readonly dataDir: string; readonly where: readonly string[] }> {
  const dataDir = temporaryDir('workers');
  const where = ['--data', dataDir, ...(database === undefined ? [] : ['--database', database])];
  kalends('provision', accounts(dataDir, { alice: undefined, bob: undefined }), ...where);
  const server = await startServer({
    dataDir,
    // Three processes take three times as long where the cores are busy.
    startMs: START_PATIENCE,
    args: ['--workers', String(workers), '--log-level', 'warn', ...where.slice(2), ...args],
  });
  return { ...server, dataDir, where };
}

export const EVENT_PATH = '/dav/calendars/alice/calendar/event.ics';

export const event = (summary: string): string =>
  [
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    'PRODID:-//Kalends//workers//EN',
    'BEGIN:VEVENT',
    'UID:event@example.com',
    'DTSTAMP:20270101T000000Z',
    'DTSTART:20270101T100000Z',
    'DURATION:PT1H',
    `SUMMARY:${summary}`,
    'END:VEVENT',
    'END:VCALENDAR',
    '',
  ].join('\r\n');
