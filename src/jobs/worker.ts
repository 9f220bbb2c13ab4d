import { setTimeout as wait } from 'node:timers/promises';
import { MINUTE } from '../base/clock.ts';
import type { Job, JobContext } from './job.ts';

export interface Worker {
  /** Lets the job under way come to its next stop, and starts none any more. */
  close(): Promise<void>;
}

export interface WorkerOptions {
  readonly jobs: readonly Job[];
  /** Milliseconds from the start of the server to the first run of each, so that a restart is quick. */
  readonly first?: number;
  /** Milliseconds from a wake-up to the run: what happens within them is done by one. */
  readonly moment?: number;
}

const MOMENT = 300;

/** Runs each job again and again. One that fails is logged, and has its turn again at its time. */
export function startWorker(context: JobContext, { jobs, first = MINUTE, moment = MOMENT }: WorkerOptions): Worker {
  const stop = new AbortController();
  const running = jobs.map((job) => {
    const { first: soon = first, moment: own = moment } = job;
    return repeat(job, context, { first: soon, moment: own, signal: stop.signal });
  });
  return {
    async close() {
      stop.abort();
      await Promise.all(running);
    },
  };
}

interface Turn {
  readonly first: number;
  readonly moment: number;
  readonly signal: AbortSignal;
}

async function repeat(job: Job, context: JobContext, { first, moment, signal }: Turn): Promise<void> {
  const bell = createBell();
  const silence = job.listen?.(context, bell.ring);
  for (let pause = first; await isTime(pause, { bell, moment, signal }); pause = job.every) {
    try {
      await job.run(context, signal);
    } catch (err) {
      context.log.error({ err, job: job.name }, 'a job failed');
    }
  }
  silence?.();
}

/** Rung once or often, it is heard once: by who waits, or by who comes to wait. */
interface Bell {
  ring(): void;
  /** Resolves at the next ring, or at once where one was missed; `signal` ends the wait. */
  heard(signal: AbortSignal): Promise<void>;
}

function createBell(): Bell {
  let wasRung = false;
  let listener: (() => void) | undefined;
  return {
    ring() {
      wasRung = true;
      listener?.();
    },
    heard(signal) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const end = (): void => {
        listener = undefined;
        resolve();
      };
      listener = () => {
        wasRung = false;
        end();
      };
      signal.addEventListener('abort', end, { once: true });
      if (wasRung) listener();
      return promise;
    },
  };
}

interface Waiting {
  readonly bell: Bell;
  readonly moment: number;
  readonly signal: AbortSignal;
}

/** Whether the pause came to its end, or the bell rang and a moment passed; false where it was broken off. */
async function isTime(pause: number, { bell, moment, signal }: Waiting): Promise<boolean> {
  const over = new AbortController();
  const either = AbortSignal.any([signal, over.signal]);
  const rung = bell.heard(either).then(() => over.signal.aborted || passed(moment, signal));
  await Promise.race([passed(pause, either), rung]);
  over.abort();
  return !signal.aborted;
}

/** Whether so many milliseconds passed; false where it was broken off. */
function passed(pause: number, signal: AbortSignal): Promise<boolean> {
  return wait(pause, true, { signal, ref: false }).catch(() => false);
}
