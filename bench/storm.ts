import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import {
  calendarReport,
  davClient,
  eventsWithin,
  propfind,
  syncCollection,
  utcStamp,
  type DavClient,
} from '../test/dav-client.ts';
import { basic, kalendsOf, removeDir, ROOT, startServer, temporaryDir } from '../test/live-server.ts';
import { makeEvents } from './events.ts';
import { fill } from './growth-events.ts';
import { benchAccounts, SPAN, WEEK, WRITERS } from './loaded.ts';
import { median } from './measure.ts';
import type { StormPlan, StormTally } from './storm-load.ts';

/**
 * How long small requests take while others ask for much: `node bench/storm.ts [--workers 2]`. Rounds of quiet and of
 * storm take turns, so that a slow minute of the machine falls upon both; the figure is the median of their ratios.
 */
const { values: options } = parseArgs({
  options: {
    events: { type: 'string', default: '10000' },
    workers: { type: 'string', default: '1' },
    connections: { type: 'string', default: '4' },
    rounds: { type: 'string', default: '5' },
    /** Seconds of each round of either kind. */
    seconds: { type: 'string', default: '4' },
    limit: { type: 'string', default: '5' },
    json: { type: 'string' },
    /** Another checkout whose server is asked. */
    root: { type: 'string', default: ROOT },
  },
});

const SIZE = Number(options.events);
const PATH = `/dav/calendars/bench/c${SIZE}/`;
/** Between two small requests: so that these are no load by themselves. */
const PAUSE = 4;

/** What a client asks that holds a large calendar and has lost all it knew. */
function plan(url: string): StormPlan {
  const range = `start="${utcStamp(WEEK.start)}" end="${utcStamp(WEEK.end + 3 * (WEEK.end - WEEK.start))}"`;
  const expand = `<D:prop><C:calendar-data><C:expand ${range}/></C:calendar-data></D:prop>`;
  const window = eventsWithin(WEEK.start, WEEK.end + 3 * (WEEK.end - WEEK.start));
  const asked = [
    { method: 'REPORT', ...calendarReport('calendar-query', expand + window) },
    { method: 'PROPFIND', ...propfind('1', ['getetag', 'getcontenttype', 'resourcetype']) },
    { method: 'REPORT', ...syncCollection(undefined) },
  ];
  const authorization = basic('bench', 'bench');
  const requests = asked.map(({ method, headers, body }) => ({
    method,
    path: PATH,
    headers: { ...headers, authorization },
    body: String(body),
  }));
  return { url, connections: Number(options.connections), requests };
}

const small = (client: DavClient, turn: number): ReturnType<DavClient['request']> =>
  turn % 2 === 0
    ? client.request('GET', `${PATH}event-${(turn * 7919) % SIZE}.ics`)
    : client.request('PROPFIND', PATH, propfind('0', ['CS:getctag', 'sync-token']));

/** Wall milliseconds of small requests, one after the other, for so many seconds. */
async function watch(client: DavClient, seconds: number): Promise<readonly number[]> {
  const times: number[] = [];
  const until = performance.now() + seconds * 1000;
  for (let turn = 0; performance.now() < until; turn += 1) {
    const asked = performance.now();
    const { status } = await small(client, turn);
    times.push(performance.now() - asked);
    if (status >= 300) throw new Error(`a small request was answered ${status}`);
    await after(PAUSE);
  }
  return times;
}

async function stormed<T>(
  url: string,
  work: () => Promise<T>,
): Promise<{ readonly tally: StormTally; readonly result: T }> {
  const storm = fork(join(import.meta.dirname, 'storm-load.ts'));
  storm.send(plan(url));
  await after(1000);
  const result = await work();
  storm.send('over');
  const [tally] = (await once(storm, 'message')) as [StormTally];
  return { tally, result };
}

const share = (times: readonly number[], part: number): number =>
  times.toSorted((one, other) => one - other)[Math.min(times.length - 1, Math.floor(times.length * part))] ??
  Number.NaN;

interface Round {
  readonly quiet: { readonly p50: number; readonly p99: number };
  readonly storm: { readonly p50: number; readonly p99: number };
  readonly answersPerSecond: number;
}

const summary = (times: readonly number[]): Round['quiet'] => ({ p50: share(times, 0.5), p99: share(times, 0.99) });

async function round(client: DavClient, url: string): Promise<Round> {
  const seconds = Number(options.seconds);
  const quiet = summary(await watch(client, seconds));
  const { tally, result } = await stormed(url, () => watch(client, seconds));
  if (tally.failures > 0) throw new Error(`${tally.failures} of ${tally.answers} large answers failed`);
  const storm = summary(result);
  const line = (name: string, { p50, p99 }: Round['quiet']): string =>
    `${name} p50 ${p50.toFixed(1)} p99 ${p99.toFixed(1)} ms`;
  console.log(`${line('quiet', quiet)}; ${line('storm', storm)}; ${(storm.p99 / quiet.p99).toFixed(1)} x`);
  return { quiet, storm, answersPerSecond: tally.answers / seconds };
}

async function main(): Promise<number> {
  const dataDir = temporaryDir('storm');
  writeFileSync(join(dataDir, 'accounts.json'), JSON.stringify(benchAccounts([SIZE])));
  kalendsOf(options.root, 'provision', join(dataDir, 'accounts.json'), '--data', dataDir);
  const workers = options.workers === '1' ? [] : ['--workers', options.workers];
  const server = await startServer({ root: options.root, dataDir, args: ['--log-level', 'warn', ...workers] });
  try {
    const account = { url: server.url, user: 'bench', password: 'bench' };
    const writer = davClient({ ...account, sockets: WRITERS });
    await fill(writer, PATH, makeEvents(SIZE, SPAN));
    writer.close();
    const client = davClient({ ...account, sockets: 1 });
    // Neither side is to be measured half compiled.
    await stormed(server.url, () => watch(client, 3));
    const rounds: Round[] = [];
    while (rounds.length < Number(options.rounds)) rounds.push(await round(client, server.url));
    client.close();
    const ratio = median(rounds.map(({ quiet, storm }) => storm.p99 / quiet.p99));
    const holds = ratio <= Number(options.limit);
    const [quiet, storm] = [median(rounds.map((each) => each.quiet.p99)), median(rounds.map((each) => each.storm.p99))];
    console.log(
      `${holds ? 'pass' : 'FAIL'}  p99 of small requests, ${options.workers} worker(s), ${options.connections} connections of ` +
        `large requests: ${quiet.toFixed(1)} ms quiet, ${storm.toFixed(1)} ms in the storm, ${ratio.toFixed(1)} x (at most ${options.limit})`,
    );
    if (options.json !== undefined) {
      mkdirSync(dirname(options.json), { recursive: true });
      writeFileSync(options.json, `${JSON.stringify({ workers: options.workers, ratio, rounds }, undefined, 2)}\n`);
    }
    return holds ? 0 : 1;
  } finally {
    await server.stop();
    removeDir(dataDir);
  }
}

process.exitCode = await main();
