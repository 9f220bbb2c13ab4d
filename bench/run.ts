import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { kalends, removeDir, startServer, temporaryDir, type LiveServer } from '../test/live-server.ts';
import { askAll } from './asked.ts';
import { busyAccounts, busyScenario, PEOPLE } from './busy.ts';
import { peakMebibytes } from './cpu.ts';
import { engineHolds } from './engine.ts';
import { startFloor } from './floors.ts';
import { footprintTargets, measureFootprint } from './footprint.ts';
import { benchAccounts, type Loaded, prepare, SPAN, WEEK } from './loaded.ts';
import { thisMachine } from './machine.ts';
import { askMail, type MailSizes } from './mail.ts';
import { measure, median } from './measure.ts';
import { askMeetings, meetingAccounts, type MeetingSizes } from './meetings.ts';
import { DATABASE, EFFORT, options, PEER_SIZES, SIZES } from './options.ts';
import { askPeers, peersNamed } from './peers/ask.ts';
import { publish } from './publish.ts';
import { isNoNews, type SizeResult, type Target } from './table.ts';
import { flatTargets, isAnyAsked, SHORT_SLACK, speedTargets, syncTargets, withMisses } from './targets.ts';

const { only, short: isShort } = options;
/** Whether many people's busy time is asked for: their calendars take a while to fill. */
const isBusyAsked = !isShort && 'busy of'.includes(only);
/** Whether people are invited: in the short form fewer. */
const areMeetingsAsked = 'meeting reply'.includes(only);
const MEETINGS: MeetingSizes = isShort ? { usual: 50, large: 200 } : { usual: 100, large: 1000 };
const isMailAsked = 'mail'.includes(only);
const MAIL: MailSizes = isShort ? { sent: 300, waiting: 1000 } : { sent: 1000, waiting: 10_000 };
/** Cold start, memory and disk: of a server of its own, on SQLite. */
const isFootprintAsked = 'cold start memory disk'.includes(only) && options.database === undefined;
const accounts = {
  users: [
    ...benchAccounts(SIZES).users,
    ...(isBusyAsked ? busyAccounts() : []),
    ...(areMeetingsAsked ? meetingAccounts(MEETINGS) : []),
  ],
};

/** Says how long a part of the run has taken. */
async function timed<T>(part: string, run: () => Promise<T>): Promise<T> {
  const began = performance.now();
  const found = await run();
  console.log(`${part}: ${((performance.now() - began) / 1000).toFixed(0)} s`);
  return found;
}

/** The busy time of many people. */
async function askBusy(server: LiveServer): Promise<Target[]> {
  const scenario = await busyScenario(server, SPAN, WEEK.start);
  const { cpu, wall } = await measure(server.pid, scenario, EFFORT);
  scenario.close();
  console.log(`${scenario.name}: ${cpu.toFixed(1)} ms CPU, ${wall.toFixed(1)} ms`);
  return [{ name: `busy time of ${PEOPLE} people, two weeks`, limit: 40, seen: cpu, unit: 'ms CPU' }];
}

/** The questions to the calendars, and the writes. */
async function askCalendars(server: LiveServer): Promise<{ sizes: SizeResult[]; floorCpu: number }> {
  // Calendars take a while to fill.
  if (!isAnyAsked(only)) return { sizes: [], floorCpu: Number.NaN };
  const floor = await startFloor(SIZES, SPAN, WEEK);
  try {
    const calendars: Loaded[] = [];
    for (const size of SIZES) calendars.push(await prepare(server, size, only));
    const { sizes, floors } = await askAll({ server, floor, calendars, effort: EFFORT, only });
    return { sizes, floorCpu: median(floors) };
  } finally {
    floor.close();
  }
}

interface Answers {
  readonly sizes: readonly SizeResult[];
  readonly floorCpu: number;
  /** Targets of other kinds than those of the questions to a calendar. */
  readonly others: readonly Target[];
}

/** Everything that one server is asked. */
async function askServer(): Promise<Answers> {
  const dataDir = temporaryDir('bench');
  writeFileSync(join(dataDir, 'accounts.json'), JSON.stringify(accounts));
  kalends('provision', join(dataDir, 'accounts.json'), '--data', dataDir, ...DATABASE);
  const server = await startServer({ dataDir, args: ['--log-level', 'warn', ...DATABASE] });
  try {
    const { sizes, floorCpu } = await timed('calendars', () => askCalendars(server));
    const busy = isBusyAsked ? await timed('busy times', () => askBusy(server)) : [];
    const meetings = areMeetingsAsked ? await timed('meetings', () => askMeetings(server, MEETINGS, EFFORT)) : [];
    console.log(`peak memory of the server that was asked all of this: ${peakMebibytes(server.pid)} MiB`);
    return { sizes, floorCpu, others: [...flatTargets(sizes, only), ...syncTargets(sizes), ...busy, ...meetings] };
  } finally {
    await server.stop();
    removeDir(dataDir);
  }
}

/** Before anything is measured: a wrong name is told at once. */
const chosenPeers = options.peers === undefined ? undefined : peersNamed(options.peers.split(','));

async function main(): Promise<number> {
  const { sizes, floorCpu, others: ofServer } = await askServer();
  const mail = isMailAsked ? await timed('mail', () => askMail(MAIL, EFFORT)) : [];
  const footprint = isFootprintAsked ? await timed('footprint', measureFootprint) : undefined;
  const ofFootprint = footprint === undefined ? [] : footprintTargets(footprint, isShort ? SHORT_SLACK : 1);
  const peers = chosenPeers && (await askPeers(chosenPeers, { sizes: PEER_SIZES, effort: EFFORT, only }));
  const others = [...ofServer, ...ofFootprint, ...mail];
  const targets = withMisses([...speedTargets(sizes, { isShort, only }), ...others]);
  publish({ machine: thisMachine(), isShort, floorCpu, sizes, targets, footprint, peers }, others, options);
  return targets.every(isNoNews) ? 0 : 1;
}

if (options.docs && (isShort || only !== '' || options.events !== '1000,10000'))
  throw new Error('--docs takes the figures of a whole run: without --short, --only and --events');
/** The engine first: its process is still small. */
const { database } = options;
const isEngineFast = await timed('engine', () =>
  engineHolds(only, database === undefined ? undefined : { postgres: database }),
);
const outcome = options.engine ? 0 : await main();
// The short form is run with every change: a figure of the engine that is not reached yet is printed there, and fails here.
process.exitCode = isEngineFast || isShort ? outcome : 1;
