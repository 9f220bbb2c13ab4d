import cluster, { type Worker } from 'node:cluster';
import { fileURLToPath } from 'node:url';
import { MINUTE, SECOND } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { Figures } from '../http/metrics.ts';
import { createChannel, errorOf, type Channel } from './channel.ts';
import { createTally, type Tally } from './tally.ts';
import type { AskedByWorker, AskedOfWorker, Assignment } from './words.ts';

/** The processes that answer. */
export interface Crew {
  readonly port: number;
  readonly url: string;
  /** What each has counted, and those before them. */
  figures(): Promise<readonly Figures[]>;
  /** Lets each finish its requests, and ends them all. */
  close(): Promise<void>;
}

export interface CrewOptions {
  readonly config: Assignment['config'];
  readonly socketPath: string;
  readonly log: Log;
  /** What the workers may ask, beside how they begin. */
  readonly answers: Pick<AskedByWorker, 'verify' | 'devices' | 'ready'>;
}

const ENTRY = fileURLToPath(new URL('../../bin/worker.mjs', import.meta.url));

/** Milliseconds until one that ended is started again: doubled each time, unless it held out. */
const FIRST_PAUSE = 100;
const LONGEST_PAUSE = 30 * SECOND;
const HELD_OUT = MINUTE;
/** Longer than a listener lets requests finish. */
const PATIENCE = 15 * SECOND;
const FIGURES_PATIENCE = 2 * SECOND;

/** A place that a worker fills, and the next one after it. */
interface Post {
  readonly number: number;
  /** Ends in a row, of workers that did not hold out. */
  ends: number;
  since: number;
  worker: Worker | undefined;
  channel: Channel<AskedOfWorker> | undefined;
  listens: boolean;
  restart: NodeJS.Timeout | undefined;
}

/**
 * Starts so many workers, to which node's cluster hands the connections in turn, and resolves when all of them listen.
 * Rejects with the reason of the first that ends before that; later, one that ends is started again.
 */
export async function startCrew({ config, socketPath, log, answers }: CrewOptions): Promise<Crew> {
  cluster.schedulingPolicy = cluster.SCHED_RR;
  cluster.setupPrimary({ exec: ENTRY, args: [], serialization: 'advanced' });
  const posts = Array.from({ length: config.workers }, (_, at) => postOf(at + 1));
  const tally = createTally();
  const started = Promise.withResolvers<void>();
  let isStarted = false;
  let isClosing = false;
  let at: { readonly port: number; readonly url: string } | undefined;
  /** What the workers ask for: all the same while one of them listens, or node would open another socket. */
  let port = config.port;

  function listens(post: Post, where: { readonly port: number; readonly url: string }): void {
    at ??= where;
    post.listens = true;
    if (isStarted) log.info({ worker: post.number }, 'a worker is there again');
    if (posts.every((each) => each.listens)) started.resolve();
  }

  function begin(post: Post): void {
    if (at !== undefined && !posts.some((each) => each.listens)) ({ port } = at);
    post.since = performance.now();
    const worker = cluster.fork();
    post.worker = worker;
    let reason: Error | undefined;
    const assignment = { number: post.number, socketPath, config: { ...config, port } };
    const channel = createChannel<AskedOfWorker, AskedByWorker>(wireOf(worker), {
      ...answers,
      assignment: () => assignment,
      listens: (where) => listens(post, where),
      fails: (why) => void (reason = errorOf(why)),
    });
    post.channel = channel;
    whenGone(worker, (how, error) => {
      if (post.worker !== worker) return;
      channel.end('the worker has ended');
      tally.ended(post.number);
      Object.assign(post, { worker: undefined, channel: undefined, listens: false });
      ended(post, reason ?? error, how);
    });
  }

  function ended(post: Post, reason: Error | undefined, how: string | number): void {
    if (isClosing) return;
    if (!isStarted) {
      started.reject(reason ?? new Error(`a worker ended with ${how} before it listened`));
      return;
    }
    post.ends = performance.now() - post.since > HELD_OUT ? 1 : post.ends + 1;
    const pause = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (post.ends - 1));
    log.error(
      { worker: post.number, ended: how, restartIn: pause, ...(reason && { err: reason }) },
      'a worker has ended; its requests are lost',
    );
    post.restart = setTimeout(() => beginAgain(post), pause);
  }

  /** Node throws some of the reasons for which no process can be started. */
  function beginAgain(post: Post): void {
    try {
      begin(post);
    } catch (error) {
      ended(post, error instanceof Error ? error : undefined, 'error');
    }
  }

  async function close(): Promise<void> {
    isClosing = true;
    await Promise.all(posts.map(dismiss));
  }

  for (const post of posts) begin(post);
  try {
    await started.promise;
  } catch (error) {
    isClosing = true;
    for (const { worker } of posts) worker?.process.kill('SIGKILL');
    throw error;
  }
  isStarted = true;
  // Each of them has told it.
  const { port: bound = config.port, url = '' } = at ?? {};
  return {
    port: bound,
    url,
    figures: () => figuresOf(posts, tally),
    close,
  };
}

const postOf = (number: number): Post => ({
  number,
  ends: 0,
  since: 0,
  worker: undefined,
  channel: undefined,
  listens: false,
  restart: undefined,
});

/** Tells how it ended: by its code or signal or, where the system had no room for the process, by the error alone. */
function whenGone(worker: Worker, gone: (how: string | number, error?: Error) => void): void {
  let failed: Error | undefined;
  worker.once('exit', (code, signal) => gone(signal ?? code, failed));
  worker.on('error', (error) => {
    failed ??= error;
    if (worker.process.pid === undefined) gone('error', failed);
  });
}

async function figuresOf(posts: readonly Post[], tally: Tally): Promise<readonly Figures[]> {
  const told = posts.map(async ({ number, channel }) => {
    const figures = channel && (await within(FIGURES_PATIENCE, channel.ask('figures')));
    return tally.of(number, figures);
  });
  return [...(await Promise.all(told)), await tally.ofEnded()];
}

/** Ends the worker of a post when its requests are answered; one that does not come to an end is ended. */
async function dismiss({ worker, channel, listens, restart }: Post): Promise<void> {
  clearTimeout(restart);
  if (worker === undefined || channel === undefined) return;
  const gone = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
  // One that has not begun to answer has nothing to finish.
  if (!listens) worker.process.kill('SIGKILL');
  // It ends when it has finished, without another word.
  channel.ask('close').catch(() => undefined);
  await within(PATIENCE, gone);
  worker.process.kill('SIGKILL');
  await gone;
}

/** The value, or undefined where it comes too late or not at all. */
async function within<T>(milliseconds: number, value: Promise<T>): Promise<T | undefined> {
  const { promise: late, resolve } = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => resolve(undefined), milliseconds);
  try {
    return await Promise.race([value.catch(() => undefined), late]);
  } finally {
    clearTimeout(timer);
  }
}

const wireOf = (worker: Worker) => ({
  // One that has just ended hears nothing: its exit tells so.
  send: (message: object) => void worker.send(message, undefined, () => undefined),
  listen: (listener: (message: unknown) => void) => void worker.on('message', listener),
});
