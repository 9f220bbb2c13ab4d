import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { kalendsOf, removeDir, ROOT, startServer, temporaryDir, type LiveServer } from '../test/live-server.ts';
import { benchAccounts, prepare, SOCKETS } from './loaded.ts';
import { FULL, median, ratio, type Scenario, SHORT } from './measure.ts';
import { put } from './writes.ts';

/**
 * This checkout against another one, each with a server of its own, asked in turns: what a request costs here, as a
 * multiple of what it costs there. Exits 1 where one is past the limit. Several questions are under way at a time: with
 * one, the core of the client sleeps while a server works, and to wake it is charged to the server, on a virtual machine up
 * to 0.1 ms, and to the slower of two more often.
 */
const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    events: { type: 'string', default: '1000' },
    short: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    limit: { type: 'string', default: '1.3' },
    /** How often both are started anew: where V8 and the kernel put a process can cost it a third. */
    rounds: { type: 'string', default: '3' },
  },
});

interface Side {
  readonly server: LiveServer;
  readonly scenarios: readonly Scenario[];
  close(): Promise<void>;
}

async function start(root: string, size: number): Promise<Side> {
  const dataDir = temporaryDir('beside');
  writeFileSync(join(dataDir, 'accounts.json'), JSON.stringify(benchAccounts([size])));
  kalendsOf(root, 'provision', join(dataDir, 'accounts.json'), '--data', dataDir);
  const server = await startServer({ root, dataDir, args: ['--log-level', 'warn'] });
  const loaded = await prepare(server, size, options.only);
  const writes = [put(loaded.bench)].filter(({ name }) => name.includes(options.only));
  return {
    server,
    // Writes come last: they change what the questions ask for.
    scenarios: [...loaded.scenarios, ...writes],
    async close() {
      loaded.bench.client.close();
      await server.stop();
      removeDir(dataDir);
    },
  };
}

/** Each question once, of servers that are started for it; name to ratio. */
async function round(other: string, size: number): Promise<ReadonlyMap<string, number>> {
  const [here, there] = [await start(ROOT, size), await start(other, size)];
  const found = new Map<string, number>();
  try {
    for (const [at, scenario] of here.scenarios.entries()) {
      const theirs = there.scenarios[at];
      if (theirs?.name !== scenario.name) throw new Error(`${scenario.name} is not asked of both`);
      const one = { pid: here.server.pid, scenario };
      const two = { pid: there.server.pid, scenario: theirs };
      found.set(scenario.name, await ratio(one, two, options.short ? SHORT : FULL, SOCKETS));
    }
  } finally {
    await here.close();
    await there.close();
  }
  return found;
}

/** The median of all rounds for each question. */
async function compare(other: string, size: number): Promise<readonly number[]> {
  const rounds: ReadonlyMap<string, number>[] = [];
  while (rounds.length < Number(options.rounds)) rounds.push(await round(other, size));
  return [...(rounds[0]?.keys() ?? [])].map((name) => {
    const seen = rounds.map((each) => each.get(name) ?? Number.NaN);
    const all = seen.map((times) => times.toFixed(2)).join(', ');
    console.log(`${String(size).padStart(6)}  ${name.padEnd(18)} ${median(seen).toFixed(2)} x  (${all})`);
    return median(seen);
  });
}

const [other] = positionals;
if (other === undefined)
  throw new Error('usage: node bench/beside.ts CHECKOUT [--events N,N] [--only NAME] [--limit X]');
const ratios: number[] = [];
for (const size of options.events.split(',').map(Number)) ratios.push(...(await compare(resolve(other), size)));
const most = Math.max(...ratios);
console.log(`at most ${most.toFixed(2)} x; the limit is ${options.limit}`);
process.exitCode = most <= Number(options.limit) ? 0 : 1;
