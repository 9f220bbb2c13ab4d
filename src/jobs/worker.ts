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
}

/** Runs each job again and again. One that fails is logged, and has its turn again at its time. */
export function startWorker(context: JobContext, { jobs, first = MINUTE }: WorkerOptions): Worker {
  const stop = new AbortController();
  const running = jobs.map((job) => repeat(job, context, { first, signal: stop.signal }));
  return {
    async close() {
      stop.abort();
      await Promise.all(running);
    },
  };
}

interface Turn {
  readonly first: number;
  readonly signal: AbortSignal;
}

async function repeat(job: Job, context: JobContext, { first, signal }: Turn): Promise<void> {
  for (let pause = first; await isTime(pause, signal); pause = job.every) {
    try {
      await job.run(context, signal);
    } catch (err) {
      context.log.error({ err, job: job.name }, 'a job failed');
    }
  }
}

/** Whether the pause came to its end; false where it was broken off. */
function isTime(pause: number, signal: AbortSignal): Promise<boolean> {
  return wait(pause, true, { signal, ref: false }).catch(() => false);
}
