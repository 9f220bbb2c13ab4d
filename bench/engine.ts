import { zoneByTzid } from '../src/ical/timezone.ts';
import type { StoreOptions } from '../src/store/store.ts';
import { seededRandom } from '../test/seeded-random.ts';
import { engineFigures, type EngineFigure as Figure } from './engine-figures.ts';
import { median } from './measure.ts';
import { holds, type Target, targetLines } from './table.ts';

/** One thing that the iCalendar engine does, without database or HTTP. A new figure is a line in FIGURES. */
interface EngineFigure {
  readonly name: string;
  /** Of the median; at most. */
  readonly limit: number;
  readonly unit: 'ns' | 'ms';
  /** Does it `times` times. What it needs is prepared when it is first asked for, before anything is measured. */
  readonly prepare: () => (times: number) => void;
}

const ZONES = ['Europe/Berlin', 'America/New_York', 'Asia/Kolkata', 'Australia/Lord_Howe', 'America/Sao_Paulo'];
const WALLS = 4096;
const [FROM, TO] = [Date.UTC(1970, 0, 1) / 1000, Date.UTC(2037, 0, 1) / 1000];

/** Conversions of wall times, of which each is in the zone of `zoneAt`. */
function conversions(zoneAt: (index: number) => number, walls: readonly number[]): (times: number) => void {
  const zones = ZONES.map((name) => zoneByTzid(name)!);
  const pairs = walls.map((wall, index) => ({ zone: zones[zoneAt(index) % zones.length]!, wall }));
  let checksum = 0;
  return (times) => {
    for (let done = 0; done < times; done += 1) {
      const { zone, wall } = pairs[done % WALLS]!;
      checksum += zone.toUtc(wall);
    }
    if (Number.isNaN(checksum)) throw new Error('A wall time has no instant');
  };
}

const FIGURES: readonly EngineFigure[] = [
  {
    name: 'local to UTC, 67 years in order, of one zone (2 million a second)',
    limit: 500,
    unit: 'ns',
    prepare: () =>
      conversions(
        () => 0,
        Array.from({ length: WALLS }, (_, i) => (FROM + ((TO - FROM) * i) / WALLS) * 1000),
      ),
  },
  {
    name: 'local to UTC, any time in any of five zones (2 million a second)',
    limit: 500,
    unit: 'ns',
    prepare() {
      const random = seededRandom(808);
      return conversions(
        () => random.between(0, ZONES.length - 1),
        Array.from({ length: WALLS }, () => random.between(FROM, TO) * 1000),
      );
    },
  },
];

/** CPU milliseconds of a batch that the clock can measure, and how many of them are taken. */
const BATCH = 30;
const BATCHES = 7;
const UNITS = { ns: 1e6, ms: 1 } as const;

function cpuOf(work: (times: number) => void, times: number): number {
  const before = process.cpuUsage();
  work(times);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

function measureFigure({ name, limit, unit, prepare }: EngineFigure): Target {
  const work = prepare();
  let times = 1;
  // Compiles it, and finds how often it must be done.
  while (cpuOf(work, times) < BATCH) times *= 2;
  const batches = Array.from({ length: BATCHES }, () => cpuOf(work, times) / times);
  return { name, limit, unit, seen: median(batches) * UNITS[unit] };
}

async function cpuOfRuns({ run }: Figure, times: number): Promise<number> {
  const before = process.cpuUsage();
  for (let done = 0; done < times; done += 1) await run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

async function measureRun(figure: Figure): Promise<Target> {
  // The first run reads the answer too, and must not decide how often the others are done.
  await figure.run();
  let times = 1;
  while ((await cpuOfRuns(figure, times)) < BATCH) times *= 2;
  const batches: number[] = [];
  while (batches.length < BATCHES) batches.push((await cpuOfRuns(figure, times)) / times);
  const { name, limit, unit } = figure;
  return { name, limit, unit, seen: median(batches) };
}

/** Prints the figures whose name holds `only`; whether each is within its limit. */
export async function engineHolds(only: string, database?: StoreOptions): Promise<boolean> {
  const targets = FIGURES.filter(({ name }) => name.includes(only)).map(measureFigure);
  const { figures, close } = await engineFigures(only, database);
  for (const figure of figures) targets.push(await measureRun(figure));
  await close();
  if (targets.length > 0) console.log(`engine, CPU of one, median of ${BATCHES}\n${targetLines(targets)}\n`);
  return targets.every(holds);
}
