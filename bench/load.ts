import { argon2id, hash } from 'argon2';
import { readFileSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { kalends, removeDir, startServer, temporaryDir, type LiveServer } from '../test/live-server.ts';
import { cpuMilliseconds } from './cpu.ts';
import { makeEvents } from './events.ts';
import { SPAN, WEEK } from './loaded.ts';
import { memoryOf, watchMemory, type Memory } from './load-memory.ts';
import { createPerson, LOAD_CALENDAR, type LoadPerson, personId } from './load-person.ts';
import { type PhaseOptions, runPhase } from './load-phase.ts';
import { type LoadReport, markdownOf, type Phase } from './load-report.ts';
import { thisMachine } from './machine.ts';

const { values } = parseArgs({
  options: {
    clients: { type: 'string', default: '5000' },
    /** Of the measured phase; the others are shorter. */
    seconds: { type: 'string', default: '60' },
    /** Between two questions of one person, seconds. */
    period: { type: 'string', default: '10' },
    /** Events that everybody has at first. */
    events: { type: 'string', default: '10' },
    /** How many times as many requests a second in the storm; doubled until some are sent away. */
    storm: { type: 'string', default: '5' },
    workers: { type: 'string' },
    /** An empty PostgreSQL database, by its URL. */
    database: { type: 'string' },
    json: { type: 'string' },
    markdown: { type: 'string' },
  },
});

const CLIENTS = Number(values.clients);
const SECONDS = Number(values.seconds);
const PERIOD = Number(values.period) * 1000;
const STORM_SECONDS = 15;
const AFTER_SECONDS = 15;
const MOST_STORM = 40;
/** Milliseconds that a twentieth of all may take longer than. */
const IN_TIME = 200;
const PASSWORD = 'bench';
/** Everything ends after this, whatever happens. */
const LONGEST = 30 * 60_000;

/** Sockets, and what a process has open besides. */
function requireFiles(): void {
  const soft = Number(/^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1]);
  const needed = Math.ceil(CLIENTS * 1.05) + 300;
  if (soft < needed) throw new Error(`${CLIENTS} connections need "ulimit -n ${needed}" or more; it is ${soft}`);
}

/**
 * One hash for all, of the least memory and time: it says so itself, so that the server still computes argon2id for
 * everybody, but 5,000 times 0.2 ms and not 5,000 times 30.
 */
async function provision(dataDir: string, database: readonly string[]): Promise<void> {
  const passwordHash = await hash(PASSWORD, { type: argon2id, memoryCost: 8, timeCost: 1, parallelism: 1 });
  const users = Array.from({ length: CLIENTS }, (_, at) => ({
    id: personId(at),
    name: `Person ${at}`,
    emails: [`${personId(at)}@example.com`],
    passwordHash,
    calendars: [{ uri: LOAD_CALENDAR, name: 'Calendar', components: ['VEVENT'] }],
  }));
  const file = join(dataDir, 'accounts.json');
  writeFileSync(file, JSON.stringify({ users }));
  kalends('provision', file, '--data', dataDir, ...database);
}

/** All of them, so many at once. */
async function each<T>(items: readonly T[], atOnce: number, work: (item: T) => Promise<void>): Promise<void> {
  const queue = items.values();
  const worker = async (): Promise<void> => {
    for (const item of queue) await work(item);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

interface Run {
  readonly server: LiveServer;
  readonly people: readonly LoadPerson[];
}

async function phase(name: string, { server, people }: Run, options: PhaseOptions): Promise<Phase> {
  const memory = watchMemory(server.pid);
  const began = performance.now();
  const [server0, own0] = [cpuMilliseconds(server.pid), process.cpuUsage()];
  const result = await runPhase(people, options);
  const spent = performance.now() - began;
  const own = process.cpuUsage(own0);
  const found = {
    ...result,
    name,
    rate: (CLIENTS / options.period) * 1000,
    serverCpu: (cpuMilliseconds(server.pid) - server0) / spent,
    generatorCpu: (own.user + own.system) / 1000 / spent,
    peakMegabytes: memory.stop(),
  };
  const { rate, reads, writes, shed, wrong } = found;
  console.log(
    `${name}, ${rate.toFixed(0)}/s: reads p50 ${reads.p50.toFixed(1)} p95 ${reads.p95.toFixed(1)} p99 ${reads.p99.toFixed(1)} ms, ` +
      `writes p50 ${writes.p50.toFixed(1)} p95 ${writes.p95.toFixed(1)} p99 ${writes.p99.toFixed(1)} ms, ${found.answered.toFixed(0)} answered/s, ` +
      `${shed.count} sent away, CPU ${(found.serverCpu * 100).toFixed(0)} % and generator ${(found.generatorCpu * 100).toFixed(0)} %, ` +
      `generator late p99 ${found.lateP99.toFixed(1)} ms, PSS ${found.peakMegabytes.toFixed(0)} MB`,
  );
  for (const [what, count] of Object.entries(wrong).slice(0, 10)) console.log(`  wrong, ${count} times: ${what}`);
  return found;
}

/** More than is answered, whatever the machine: twice as much until some are sent away. */
async function storm(run: Run): Promise<Phase[]> {
  const phases: Phase[] = [];
  for (let factor = Number(values.storm); factor <= MOST_STORM; factor *= 2) {
    const found = await phase(`${factor} times as many`, run, {
      seconds: STORM_SECONDS,
      period: PERIOD / factor,
      seed: 3,
    });
    phases.push(found);
    if (found.shed.count > 0) break;
  }
  return phases;
}

/** The first second from which on each is in time and nobody is sent away. */
function recoveredAfter({ timeline }: Phase): number {
  const last = timeline.findLastIndex(({ p95, shed }) => shed > 0 || p95 > IN_TIME);
  return last + 1;
}

function failuresOf(phases: readonly Phase[], recovered: number): string[] {
  const failures: string[] = [];
  for (const { name, wrong } of phases) {
    const count = Object.values(wrong).reduce((sum, each) => sum + each, 0);
    if (count > 0) failures.push(`${name}: ${count} wrong answers`);
  }
  const measured = phases.find(({ name }) => name === MEASURED);
  if (measured === undefined) return failures;
  if (measured.shed.count > 0) failures.push(`${MEASURED}: ${measured.shed.count} were sent away`);
  if (!(measured.reads.p95 < IN_TIME)) failures.push(`p95 of reads: ${measured.reads.p95.toFixed(0)} ms`);
  if (!(measured.writes.p95 < IN_TIME)) failures.push(`p95 of writes: ${measured.writes.p95.toFixed(0)} ms`);
  if (!phases.some(({ shed }) => shed.count > 0)) failures.push(`nobody was sent away at ${MOST_STORM} times as many`);
  if (recovered > 2) failures.push(`in time again after ${recovered} s`);
  return failures;
}

const MEASURED = 'measured';

async function run(): Promise<boolean> {
  requireFiles();
  const [loadBefore = 0] = loadavg();
  const database = values.database === undefined ? [] : ['--database', values.database];
  const workers = values.workers === undefined ? [] : ['--workers', values.workers];
  const dataDir = temporaryDir('load');
  // As people run it: what holds a device that destroys much is on.
  process.env['KALENDS_GUARD_ENABLED'] ??= 'true';
  const step = stopwatch();
  await provision(dataDir, database);
  step(`${CLIENTS} people provisioned`);
  const server = await startServer({ dataDir, args: [...database, ...workers] });
  const memory: Record<string, Memory> = {};
  try {
    memory['just started'] = await memoryOf(server.pid, server.url);
    const data = { port: server.port, password: PASSWORD, events: makeEvents(Number(values.events), SPAN), week: WEEK };
    const people = Array.from({ length: CLIENTS }, (_, at) => createPerson(at, data));
    await each(people, 50, (person) => person.connect());
    memory['connected, nothing asked yet'] = await memoryOf(server.pid, server.url);
    step('connected');
    await each(people, 64, (person) => person.prepare());
    memory['everybody logged in, calendars filled'] = await memoryOf(server.pid, server.url);
    step(`logged in, ${values.events} events each`);
    // Those who were ready first have waited for longer than a server keeps a connection for nothing.
    await each(people, 50, (person) => person.connect());
    const all = { server, people };
    await phase('warm-up', all, { seconds: 10, period: PERIOD, seed: 1 });
    const measured = await phase(MEASURED, all, { seconds: SECONDS, period: PERIOD, seed: 2 });
    memory['after the measured phase'] = await memoryOf(server.pid, server.url);
    const storms = await storm(all);
    const after = await phase('right after the storm', all, { seconds: AFTER_SECONDS, period: PERIOD, seed: 4 });
    memory['after the storm'] = await memoryOf(server.pid, server.url);
    step('phases');
    const lost: string[] = [];
    await each(people, 32, (person) => person.verify().catch((error: unknown) => void lost.push(String(error))));
    step(`calendars compared: ${lost.length === 0 ? 'each is what was acknowledged' : lost.slice(0, 5).join('; ')}`);
    for (const person of people) person.close();
    const phases = [measured, ...storms, after];
    const recovered = recoveredAfter(after);
    const failures = [
      ...failuresOf(phases, recovered),
      ...(lost.length === 0 ? [] : [`${lost.length} calendars are not what was acknowledged`]),
    ];
    report({ memory, phases, recovered, failures, loadBefore });
    return failures.length === 0;
  } finally {
    await server.stop();
    removeDir(dataDir);
  }
}

function stopwatch(): (what: string) => void {
  let since = performance.now();
  return (what) => {
    console.log(`${what}: ${((performance.now() - since) / 1000).toFixed(1)} s`);
    since = performance.now();
  };
}

function report(found: Pick<LoadReport, 'memory' | 'phases' | 'recovered' | 'failures' | 'loadBefore'>): void {
  const whole: LoadReport = {
    ...found,
    machine: thisMachine(),
    clients: CLIENTS,
    workers: Number(values.workers ?? 1),
    database: values.database === undefined ? 'SQLite' : 'PostgreSQL',
    events: Number(values.events),
  };
  const markdown = markdownOf(whole);
  console.log(`\n${markdown}`);
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(whole, undefined, 2)}\n`);
  if (values.markdown !== undefined) writeFileSync(values.markdown, markdown);
}

const tooLong = setTimeout(() => {
  console.error(`Stopped: it takes more than ${LONGEST / 60_000} minutes`);
  process.exit(1);
}, LONGEST);
tooLong.unref();
process.exitCode = (await run()) ? 0 : 1;
