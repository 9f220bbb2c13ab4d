import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { davClient } from '../test/dav-client.ts';
import { kalends, removeDir, startServer, temporaryDir, type LiveServer } from '../test/live-server.ts';
import { busyAccounts, busyScenario, PEOPLE } from './busy.ts';
import { peakMebibytes } from './cpu.ts';
import { diskSyncs } from './disk-syncs.ts';
import { engineHolds } from './engine.ts';
import { type BenchEvent, makeEvents } from './events.ts';
import { benchAccounts, type Loaded, prepare, SPAN, WEEK, WRITERS } from './loaded.ts';
import { askMail, type MailSizes } from './mail.ts';
import { askMeetings, meetingAccounts, type MeetingSizes } from './meetings.ts';
import {
  type Asked,
  type Effort,
  FULL,
  measure,
  type Measurement,
  median,
  ratio,
  type Scenario,
  SHORT,
} from './measure.ts';
import { put } from './scenarios.ts';
import { holds, type Report, type SizeResult, table, type Target, targetLines } from './table.ts';

const { values: options } = parseArgs({
  options: {
    events: { type: 'string', default: '1000,10000' },
    short: { type: 'boolean', default: false },
    /** Where to write the figures. */
    json: { type: 'string' },
    /** Figures of an earlier run to print beside these. */
    compare: { type: 'string' },
    /** A part of the names of the scenarios to run. */
    only: { type: 'string', default: '' },
    /** An empty PostgreSQL database, by its URL: for those with room for thousands of events. */
    database: { type: 'string' },
    /** Only the figures of the iCalendar engine, without a server. */
    engine: { type: 'boolean', default: false },
  },
});

const SIZES = options.events.split(',').map(Number);
const EFFORT: Effort = options.short ? SHORT : FULL;
/** Whether many people's busy time is asked for: their calendars take a while to fill. */
const isBusyAsked = !options.short && 'busy of'.includes(options.only);
/** Whether people are invited: in the short form fewer. */
const areMeetingsAsked = 'meeting reply'.includes(options.only);
const MEETINGS: MeetingSizes = options.short ? { usual: 50, large: 200 } : { usual: 100, large: 1000 };
const isMailAsked = 'mail'.includes(options.only);
const MAIL: MailSizes = options.short ? { sent: 300, waiting: 1000 } : { sent: 1000, waiting: 10_000 };
const accounts = {
  users: [
    ...benchAccounts(SIZES).users,
    ...(isBusyAsked ? busyAccounts() : []),
    ...(areMeetingsAsked ? meetingAccounts(MEETINGS) : []),
  ],
};

interface Floor extends Asked {
  close(): void;
}

/** What Koa with one SELECT costs, asked as everything else is. */
async function startFloor(event: BenchEvent): Promise<Floor> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'floor.ts'), event.ics], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  const url = line.replace('listening on ', '');
  const client = davClient({ url, user: 'bench', password: 'bench', sockets: 1 });
  const scenario: Scenario = {
    name: 'floor',
    send: (turn) => client.request('GET', `/event-${(turn * 7919) % 1000}.ics`),
    check: (answer) => {
      if (answer.body.toString('utf8') !== event.ics) throw new Error('The floor answers with other octets');
    },
  };
  return {
    pid: child.pid!,
    scenario,
    close() {
      client.close();
      child.kill();
    },
  };
}

interface Size extends SizeResult {
  readonly syncsPerPut: number;
  readonly syncsPerConcurrentPut: number;
}

/**
 * Each question to one calendar after the other, so that what differs is their size and not how long V8 has known the
 * question; the first asks it once more before, for the same reason.
 */
async function ask(server: LiveServer, calendars: readonly Loaded[]): Promise<Map<Loaded, Measurement[]>> {
  const found = new Map<Loaded, Measurement[]>(calendars.map((calendar) => [calendar, []]));
  for (const [at, first] of calendars[0]?.scenarios.entries() ?? []) {
    await tried(server, first, SIZES[0]!);
    for (const [calendar, measurements] of found) {
      measurements.push(await tried(server, calendar.scenarios[at]!, calendar.size));
    }
  }
  return found;
}

/** Writes come last: they change what the questions ask for. */
async function write(server: LiveServer, calendar: Loaded, measurements: readonly Measurement[]): Promise<Size> {
  const { size, bench, syncsPerPut: syncsPerConcurrentPut } = calendar;
  const before = await diskSyncs(server.url);
  const written = await tried(server, put(bench), size);
  const syncsPerPut = ((await diskSyncs(server.url)) - before) / written.requests;
  bench.client.close();
  return { events: size, measurements: [...measurements, written], syncsPerPut, syncsPerConcurrentPut };
}

/** A wrong answer says which question got it. */
async function tried(server: LiveServer, scenario: Scenario, size: number): Promise<Measurement> {
  try {
    return await measure(server.pid, scenario, EFFORT);
  } catch (error) {
    throw new Error(`${scenario.name} at ${size} events: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}

/** CPU milliseconds of one request for the busy time of many people. */
async function askBusy(server: LiveServer): Promise<number> {
  if (!isBusyAsked) return Number.NaN;
  const scenario = await busyScenario(server, SPAN, WEEK.start);
  const { cpu, wall } = await measure(server.pid, scenario, EFFORT);
  scenario.close();
  console.log(`${scenario.name}: ${cpu.toFixed(1)} ms CPU, ${wall.toFixed(1)} ms`);
  return cpu;
}

function targetsOf(sizes: readonly Size[], { gets, busy }: { readonly gets: number; readonly busy: number }): Target[] {
  const cpuOf = (size: Size | undefined, name: string): number =>
    size?.measurements.find((measurement) => measurement.scenario === name)?.cpu ?? Number.NaN;
  const [smallest, largest] = [sizes[0], sizes.at(-1)];
  const syncs = sizes.map((size) => cpuOf(size, 'sync, no change'));
  return [
    // In the short form, others may use the machine: what is larger loses more of its caches to them than the floor.
    { name: 'get against the floor', limit: options.short ? 6 : 4, seen: gets, unit: 'x' },
    {
      name: `query of a week over ${largest?.events} events`,
      limit: 30,
      seen: cpuOf(largest, 'query week'),
      unit: 'ms CPU',
    },
    {
      name: `sync with nothing changed, ${smallest?.events} against ${largest?.events} events`,
      limit: 1.3,
      // What it grows by: that the larger one can be the cheaper is only noise.
      seen: (syncs.at(-1) ?? Number.NaN) / (syncs[0] ?? Number.NaN),
      unit: 'x',
    },
    {
      name: 'disk syncs of one PUT',
      // A job of the server's own may have its turn meanwhile: once in some hundreds.
      limit: 1.01,
      seen: Math.max(...sizes.map((size) => size.syncsPerPut)),
      unit: 'syncs',
    },
    {
      name: `disk syncs of a PUT, ${WRITERS} at once`,
      limit: 1,
      seen: Math.max(...sizes.map((size) => size.syncsPerConcurrentPut)),
      unit: 'syncs',
    },
    ...(isBusyAsked
      ? [{ name: `busy time of ${PEOPLE} people, two weeks`, limit: 40, seen: busy, unit: 'ms CPU' }]
      : []),
  ].filter((target) => options.only === '' || !Number.isNaN(target.seen));
}

async function main(): Promise<number> {
  const dataDir = temporaryDir('bench');
  const database = options.database === undefined ? [] : ['--database', options.database];
  writeFileSync(join(dataDir, 'accounts.json'), JSON.stringify(accounts));
  kalends('provision', join(dataDir, 'accounts.json'), '--data', dataDir, ...database);
  const server = await startServer({ dataDir, args: ['--log-level', 'warn', ...database] });
  try {
    const floor = await startFloor(makeEvents(1, SPAN)[0]!);
    const measureFloor = async (): Promise<number> => (await measure(floor.pid, floor.scenario, EFFORT)).cpu;
    const floors = [await measureFloor()];
    const calendars: Loaded[] = [];
    for (const size of SIZES) calendars.push(await prepare(server, size, options.only));
    const asked = await ask(server, calendars);
    floors.push(await measureFloor());
    const get = calendars[0]?.scenarios.find(({ name }) => name === 'get');
    const gets = get === undefined ? NaN : await ratio({ pid: server.pid, scenario: get }, floor, EFFORT);
    const sizes: Size[] = [];
    for (const [calendar, measurements] of asked) sizes.push(await write(server, calendar, measurements));
    floors.push(await measureFloor());
    floor.close();
    const busy = await askBusy(server);
    const meetings = areMeetingsAsked ? await askMeetings(server, MEETINGS, EFFORT) : [];
    const mail = isMailAsked ? await askMail(MAIL, EFFORT) : [];
    const floorCpu = median(floors);
    console.log(`floor, measured ${floors.length} times: ${floors.map((cpu) => cpu.toFixed(3)).join(', ')} ms CPU`);
    const report: Report = { floorCpu, sizes, targets: [...targetsOf(sizes, { gets, busy }), ...meetings, ...mail] };
    const before =
      options.compare === undefined ? undefined : (JSON.parse(readFileSync(options.compare, 'utf8')) as Report);
    console.log(
      `\n${table(report, before)}\n\npeak memory ${peakMebibytes(server.pid)} MiB\n\n${targetLines(report.targets)}`,
    );
    if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(report, undefined, 2)}\n`);
    return report.targets.every(holds) ? 0 : 1;
  } finally {
    await server.stop();
    removeDir(dataDir);
  }
}

/** The engine first: its process is still small. */
const { database } = options;
const isEngineFast = await engineHolds(options.only, database === undefined ? undefined : { postgres: database });
const outcome = options.engine ? 0 : await main();
// The short form is run with every change: a figure of the engine that is not reached yet is printed there, and fails here.
process.exitCode = isEngineFast || options.short ? outcome : 1;
