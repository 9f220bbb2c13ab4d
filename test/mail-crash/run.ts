import { join } from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { openStore, type Store } from '../../src/store/store.ts';
import { davClient } from '../dav-client.ts';
import { SILENT_LOG } from '../dav-server.ts';
import { kalends, type LiveServer, removeDir, startServer, temporaryDir } from '../live-server.ts';
import { clusterOrReason } from '../postgres/cluster.ts';
import { seededRandom } from '../seeded-random.ts';
import { startSmtpSink } from '../smtp-sink.ts';
import { meetingsOf, organize } from './organizer.ts';
import { ledgerOf, verify } from './verify.ts';

const { values: options } = parseArgs({
  options: {
    kills: { type: 'string', default: '200' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    connections: { type: 'string', default: '3' },
    /** On a private PostgreSQL cluster instead of SQLite. */
    postgres: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
  },
});

const KILLS = Number(options.kills);
const CONNECTIONS = Number(options.connections);
/** Meetings of each connection: many, since what follows a mail that a dead process had waits until its lease ends. */
const MEETINGS = 400;
/** Milliseconds that a server lives once it listens. */
const [SHORTEST, LONGEST] = [100, 1500];
/** Of three servers two die in the middle of a mail, of so many of their life at most. */
const MOST_MAILS = 20;
/** The longest that the sink takes for an answer: long enough for a kill to come between. */
const SLOWEST = 25;
/** Milliseconds that the last server has for what is left: a lease of a dead process must end first. */
const PATIENCE = 10 * 60_000;

const random = seededRandom(Number(options.seed));
const dataDir = temporaryDir('mail-crash');
const cluster = options.postgres ? await clusterOrReason() : undefined;
const database = cluster === undefined || 'missing' in cluster ? [] : ['--database', cluster.url];
const sink = await startSmtpSink();
/** Told of each step of a mail: its recipient, and its end. */
const steps = new Set<() => void>();
sink.rule = () => {
  for (const heard of steps) heard();
  return { late: random.between(0, SLOWEST) };
};
const workers = Array.from({ length: CONNECTIONS }, (_, worker) => meetingsOf(worker, MEETINGS, random));

Object.assign(process.env, {
  KALENDS_MAIL_HOST: '127.0.0.1',
  KALENDS_MAIL_PORT: String(sink.port),
  KALENDS_MAIL_TLS: 'off',
  KALENDS_MAIL_FROM: 'kalends@calendar.example',
  KALENDS_MAIL_HOLD_SECONDS: '0',
  KALENDS_LIMITS_MAILS_PER_PERSON_PER_HOUR: '10000000',
  KALENDS_LIMITS_MAILS_PER_PERSON_PER_DAY: '10000000',
  KALENDS_LIMITS_MAILS_PER_DOMAIN_PER_HOUR: '10000000',
  KALENDS_LIMITS_MAILS_WAITING_PER_PERSON: '10000000',
});

const start = (): Promise<LiveServer> => startServer({ dataDir, args: ['--log-level', 'error', ...database] });

/** Resolves when so many steps of mails were heard; `end` stops listening. */
function stepsHeard(count: number, end: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  let left = count;
  const heard = (): void => {
    left -= 1;
    if (left <= 0) resolve();
  };
  steps.add(heard);
  end.addEventListener('abort', () => steps.delete(heard));
  return promise;
}

/** At any time, or in the middle of a mail, where the answer to DATA is the likeliest to be lost. */
async function untilItsEnd(): Promise<void> {
  if (random.between(1, 3) === 1) return after(random.between(SHORTEST, LONGEST));
  const over = new AbortController();
  await Promise.race([stepsHeard(random.between(1, 2 * MOST_MAILS), over.signal), after(2 * LONGEST)]);
  over.abort();
  await after(random.between(0, SLOWEST));
}

/** One life of the server; answers that nothing explains. */
async function live(): Promise<string[]> {
  const server = await start();
  const client = davClient({ url: server.url, user: 'host', password: 'host', sockets: CONNECTIONS });
  const organizers = workers.map((meetings) => organize(client, meetings, random));
  await untilItsEnd();
  await server.kill();
  const wrong = await Promise.all(organizers);
  client.close();
  return wrong.flat();
}

/** The last server sends what is left. */
async function drain(store: Store): Promise<string[]> {
  const server = await start();
  const until = Date.now() + PATIENCE;
  for (;;) {
    const waiting = (await ledgerOf(store)).filter(({ state }) => ['held', 'queued', 'offered'].includes(state)).length;
    if (waiting === 0 || Date.now() > until) {
      const code = await server.stop();
      return code === 0 ? [] : [`the last server ended with ${code}: ${server.output()}`];
    }
    await after(500);
  }
}

async function main(): Promise<number> {
  if (cluster !== undefined && 'missing' in cluster) {
    console.log(`mail-crash: skipped PostgreSQL: there is no ${cluster.missing}`);
    return 0;
  }
  console.log(`mail-crash: ${KILLS} kills, --seed ${options.seed}, ${options.postgres ? 'PostgreSQL' : 'SQLite'}`);
  kalends('provision', join(import.meta.dirname, 'accounts.json'), '--data', dataDir, ...database);
  const began = Date.now();
  const wrong: string[] = [];
  for (let kill = 1; kill <= KILLS; kill += 1) {
    wrong.push(...(await live()));
    if (kill % 20 === 0) console.log(`${kill} kills, ${sink.mails.length} mails came`);
  }
  const [, url] = database;
  const store = await openStore(url === undefined ? { sqlite: join(dataDir, 'kalends.db') } : { postgres: url }, {
    clock: Date.now,
    log: SILENT_LOG,
  });
  try {
    wrong.push(...(await drain(store)));
    const ledger = await ledgerOf(store);
    const figures = verify(sink.mails, ledger, workers.flat());
    wrong.push(...figures.wrong);
    for (const line of wrong.slice(0, 50)) console.log(line);
    const acknowledged = workers.flat().reduce((sum, meeting) => sum + meeting.acknowledged.length, 0);
    const unanswered = ledger.filter(({ offers }) => offers > 1).length;
    console.log(`${KILLS} kills, ${wrong.length} wrong; ${acknowledged} changes acknowledged, ${figures.mails} mails`);
    console.log(`${unanswered} offered again without an answer, of which ${figures.again} had come already`);
    console.log(`${((Date.now() - began) / 1000).toFixed(0)} s`);
    return wrong.length === 0 ? 0 : 1;
  } finally {
    await store.close();
  }
}

try {
  process.exitCode = await main();
} finally {
  await sink.close();
  if (cluster !== undefined && 'stop' in cluster) await cluster.stop();
  if (options.keep) console.log(`kept ${dataDir}`);
  else removeDir(dataDir);
}
