import type { LiveServer } from '../test/live-server.ts';
import { diskSyncs } from './disk-syncs.ts';
import type { Floor } from './floors.ts';
import { type Loaded, WRITERS } from './loaded.ts';
import { type Effort, inTurns, type Measurement, ratioOf, type Turns, turnsOf } from './measure.ts';
import type { Figure, SizeResult } from './table.ts';
import { measureWrites, put, putName, removeName } from './writes.ts';

/** Writers at once for whom there is a target. */
const WRITER_COUNTS = [1, 8];

export interface Asking {
  readonly server: LiveServer;
  readonly floor: Floor;
  readonly calendars: readonly Loaded[];
  readonly effort: Effort;
  /** A part of the names of what is asked. */
  readonly only: string;
}

/** The figures of one calendar, while they are still being found. */
interface Found {
  readonly calendar: Loaded;
  readonly measurements: Figure[];
  readonly floors: Measurement[];
  readonly syncs: { readonly writers: number; readonly perPut: number }[];
}

const figure = (seen: Measurement, floor: Measurement): Figure => ({ ...seen, floors: ratioOf(seen, floor) });

/** All questions to all calendars, each in turns with the floor; and what the floor cost each time. */
export async function askAll(asking: Asking): Promise<{ sizes: SizeResult[]; floors: number[] }> {
  const { floor, calendars, effort } = asking;
  const floors: number[] = [];
  const getOfFloor = turnsOf({ pid: floor.pid, scenario: floor.get }, effort);
  await getOfFloor.warmUp();
  // It stays warm.
  const beside: Turns = { ...getOfFloor, warmUp: () => Promise.resolve() };
  const found = calendars.map((calendar): Found => ({ calendar, measurements: [], floors: [], syncs: [] }));
  for (const at of calendars[0]?.scenarios.keys() ?? []) floors.push(await askOne(asking, { at, beside, found }));
  // Writes come last: they change what the questions ask for.
  for (const one of found) floors.push(...(await write(asking, one, beside)));
  for (const { calendar } of found) calendar.bench.client.close();
  const sizes = found.map(({ calendar, measurements, floors: ofFloor, syncs }) => ({
    events: calendar.size,
    measurements,
    floors: ofFloor,
    syncs: [...syncs, { writers: WRITERS, perPut: calendar.syncsPerPut }],
  }));
  return { sizes, floors };
}

interface Question {
  /** Which of the scenarios. */
  readonly at: number;
  readonly beside: Turns;
  readonly found: readonly Found[];
}

/** One question to all calendars, so that what differs is their size and not the minute in which they were asked. */
async function askOne({ server, floor, effort }: Asking, { at, beside, found }: Question): Promise<number> {
  const name = found[0]!.calendar.scenarios[at]!.name;
  const asked = found.map(({ calendar }) => turnsOf({ pid: server.pid, scenario: calendar.scenarios[at]! }, effort));
  const ofFloor = found.map(({ calendar }) => floor.questions(calendar.size).find((each) => each.name === name));
  const least = ofFloor.flatMap((scenario) => (scenario ? [turnsOf({ pid: floor.pid, scenario }, effort)] : []));
  const all = await named(name, () => inTurns([beside, ...asked, ...least], effort.batches));
  const [floorSeen, ...rest] = all as [Measurement, ...Measurement[]];
  for (const [index, one] of found.entries()) {
    one.measurements.push(figure(rest[index]!, floorSeen));
    const leastSeen = rest[found.length + index];
    if (leastSeen !== undefined) one.floors.push(leastSeen);
  }
  return floorSeen.cpu;
}

/** An existing event, and new ones by one writer and by several; what the floor cost meanwhile. */
async function write({ server, effort, only }: Asking, found: Found, beside: Turns): Promise<number[]> {
  const { bench } = found.calendar;
  const floors: number[] = [];
  if ('put'.includes(only)) {
    const overwritten = turnsOf({ pid: server.pid, scenario: put(bench) }, effort);
    const [floorSeen, seen] = await named('put', () => inTurns([beside, overwritten], effort.batches));
    found.measurements.push(figure(seen!, floorSeen!));
    floors.push(floorSeen!.cpu);
  }
  for (const writers of WRITER_COUNTS) {
    const names = [putName(writers), removeName(writers)];
    if (!names.some((name) => name.includes(only))) continue;
    const syncs = (): Promise<number> => diskSyncs(server.url);
    const options = { pid: server.pid, bench, writers, effort, beside, syncs };
    const seen = await named(names.join(' and '), () => measureWrites(options));
    const floorSeen = seen.beside!;
    found.measurements.push(...[seen.put, seen.remove].map((each) => figure(each, floorSeen)));
    found.syncs.push({ writers, perPut: seen.syncsPerPut });
    floors.push(floorSeen.cpu);
  }
  return floors;
}

/** A wrong answer says which question got it. */
async function named<T>(name: string, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    throw new Error(`${name}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}
