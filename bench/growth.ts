import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { kalends, removeDir, ROOT, startServer, temporaryDir } from '../test/live-server.ts';
import { chart } from './growth-chart.ts';
import { growthCalendar, type GrowthCalendar, type Window } from './growth-events.ts';
import { costsOf, type Counted } from './growth-measure.ts';
import { panels, type EventGrowth, type Growth, type Rates, table, type UserGrowth } from './growth-report.ts';
import { INVITED, population, type Population } from './growth-users.ts';
import { benchAccounts } from './loaded.ts';
import type { Scenario } from './measure.ts';

/**
 * What each question costs as a calendar grows, and as the number of users does: `npm run bench:growth`. Either part can
 * be run alone (`--users 0` or `--events 0`): what is not measured is taken from the file of the last run.
 */
const { values: options } = parseArgs({
  options: {
    events: { type: 'string', default: '1000,10000,100000' },
    users: { type: 'string', default: '10,1000,100000' },
    json: { type: 'string', default: join(ROOT, 'docs/performance/growth.json') },
    svg: { type: 'string', default: join(ROOT, 'docs/performance/growth.svg') },
    only: { type: 'string', default: '' },
  },
});

const sizesOf = (text: string): readonly number[] =>
  text
    .split(',')
    .map(Number)
    .filter((size) => size > 0);
/** Log-ins are bounded by the addresses; of what is written, as much is removed. */
const COUNTED: Readonly<Record<string, Counted>> = {
  'log-in': { warmUp: 140, batch: 100, inFlight: 4 },
  'put new': { warmUp: 500, batch: 200, inFlight: 32 },
  delete: { warmUp: 250, batch: 200, inFlight: 32 },
};
const INVITATIONS: Counted = { warmUp: 200, batch: 100, inFlight: 32 };

type Costs = Record<string, number>;

interface Asked {
  readonly pid: number;
  readonly scenarios: readonly Scenario[];
  readonly costs: Costs;
}

/** Each question at all sizes, one question after the other. */
async function askAll(sizes: readonly Asked[]): Promise<void> {
  for (const [at, { name }] of (sizes[0]?.scenarios ?? []).entries()) {
    if (!name.includes(options.only)) continue;
    const found = await costsOf(
      sizes.map(({ pid, scenarios }) => ({ pid, scenario: scenarios[at]!, counted: COUNTED[name] })),
    );
    for (const [index, { costs }] of sizes.entries()) costs[name] = found[index]!;
    console.log(`  ${name.padEnd(24)} ${found.map((cost) => cost.toFixed(3).padStart(10)).join('')} ms CPU`);
  }
}

async function askCalendars(pid: number, calendars: readonly GrowthCalendar[]): Promise<readonly EventGrowth[]> {
  const grown = calendars.map((calendar) => ({ calendar, groups: calendar.scenarios(), costs: {} as Costs }));
  for (;;) {
    const groups = await Promise.all(grown.map(({ groups: own }) => own.next()));
    const asked = groups.flatMap(({ value }, at) =>
      value === undefined ? [] : [{ pid, scenarios: value, costs: grown[at]!.costs }],
    );
    if (asked.length === 0) break;
    await askAll(asked);
  }
  const counts = ({ resources, instances }: Window) => ({ resources, instances });
  return grown.map(({ calendar: { size, week, same }, costs }) => ({
    size,
    week: counts(week),
    same: counts(same),
    costs,
  }));
}

async function growEvents(sizes: readonly number[]): Promise<readonly EventGrowth[]> {
  const dataDir = temporaryDir('growth');
  writeFileSync(join(dataDir, 'accounts.json'), JSON.stringify(benchAccounts(sizes)));
  kalends('provision', join(dataDir, 'accounts.json'), '--data', dataDir);
  const server = await startServer({ dataDir, args: ['--log-level', 'warn'] });
  const calendars: GrowthCalendar[] = [];
  try {
    for (const size of sizes) calendars.push(await growthCalendar(server, size));
    return await askCalendars(server.pid, calendars);
  } finally {
    for (const calendar of calendars) calendar.close();
    await server.stop();
    removeDir(dataDir);
  }
}

/** What the arithmetic begins with, on the largest database: that is what a node is to hold. */
async function ratesOf({ server, invitation, view, dataDir }: Population, costs: Costs): Promise<Rates> {
  const before = databaseOctets(dataDir);
  const { pid } = server;
  const [meeting] = await costsOf([{ pid, scenario: invitation, counted: INVITATIONS }]);
  const octetsPerMeeting = (databaseOctets(dataDir) - before) / (INVITATIONS.warmUp + 5 * INVITATIONS.batch);
  const [seen] = await costsOf([{ pid, scenario: view }]);
  return {
    put: costs['put new'] ?? Number.NaN,
    meeting: meeting ?? Number.NaN,
    invited: INVITED,
    view: seen ?? Number.NaN,
    octetsPerMeeting,
  };
}

/** With what waits in the log beside it. */
const databaseOctets = (dataDir: string): number =>
  ['kalends.db', 'kalends.db-wal'].reduce(
    (sum, name) => sum + (statSync(join(dataDir, name), { throwIfNoEntry: false })?.size ?? 0),
    0,
  );

async function growUsers(
  sizes: readonly number[],
): Promise<{ readonly users: readonly UserGrowth[]; readonly rates: Rates | undefined }> {
  const all: Population[] = [];
  try {
    for (const size of sizes) {
      const people = await population(temporaryDir('growth'), size);
      console.log(`${size} users, provisioned in ${people.provisionSeconds.toFixed(1)} s`);
      all.push(people);
    }
    const asked = all.map(({ server, scenarios }) => ({ pid: server.pid, scenarios, costs: {} as Costs }));
    await askAll(asked);
    const [largest, costs] = [all.at(-1), asked.at(-1)?.costs];
    const rates = largest && costs && (await ratesOf(largest, costs));
    const users = all.map(({ users: size, provisionSeconds }, at) => ({
      users: size,
      provisionSeconds,
      costs: asked[at]!.costs,
    }));
    return { users, rates };
  } finally {
    for (const people of all) {
      await people.close();
      removeDir(people.dataDir);
    }
  }
}

function lastRun(): Growth | undefined {
  try {
    return JSON.parse(readFileSync(options.json, 'utf8')) as Growth;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

const [eventSizes, userSizes] = [sizesOf(options.events), sizesOf(options.users)];
const before = lastRun();
const events = eventSizes.length > 0 ? await growEvents(eventSizes) : (before?.events ?? []);
const grown = userSizes.length > 0 ? await growUsers(userSizes) : { users: before?.users ?? [], rates: before?.rates };
const growth: Growth = { events, users: grown.users, rates: grown.rates };
for (const file of [options.json, options.svg]) mkdirSync(dirname(file), { recursive: true });
writeFileSync(options.json, `${JSON.stringify(growth, undefined, 2)}\n`);
writeFileSync(options.svg, chart(panels(growth)));
console.log(table(growth));
