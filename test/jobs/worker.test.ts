import { expect, test } from 'vitest';
import type { CalendarContext } from '../../src/calendar/context.ts';
import type { Log } from '../../src/base/log.ts';
import type { Job } from '../../src/jobs/job.ts';
import { startWorker } from '../../src/jobs/worker.ts';
import { NO_NETWORK } from './no-network.ts';

/** A job that tells when it was run, and does then what is given. */
function counted(every: number, work: (run: number, signal: AbortSignal) => Promise<void> = async () => undefined) {
  const waiting: { readonly count: number; readonly resolve: () => void }[] = [];
  let runs = 0;
  const job: Job = {
    name: 'counted',
    every,
    async run(_, signal) {
      runs += 1;
      for (const { count, resolve } of waiting) if (runs >= count) resolve();
      await work(runs, signal);
    },
  };
  const ran = (count: number) => new Promise<void>((resolve) => void waiting.push({ count, resolve }));
  return { job, ran, runs: () => runs };
}

function start(jobs: readonly Job[], first = 0, moment = 0) {
  const errors: unknown[] = [];
  // Nothing here looks at the calendars.
  const calendar = {} as CalendarContext;
  const log: Partial<Log> = { error: (line: unknown) => void errors.push(line) };
  const worker = startWorker({ calendar, log: log as Log, retention: 0, ...NO_NETWORK }, { jobs, first, moment });
  return { ...worker, errors };
}

test('a job is run again and again, and each has its own time', async () => {
  const often = counted(1);
  const once = counted(1_000_000);
  const worker = start([often.job, once.job]);
  await Promise.all([often.ran(3), once.ran(1)]);
  await worker.close();
  expect(once.runs()).toBe(1);
});

test('a job that fails is logged, harms no other, and has its turn again', async () => {
  const failing = counted(1, async () => {
    throw new Error('no disk');
  });
  const other = counted(1);
  const worker = start([failing.job, other.job]);
  await Promise.all([failing.ran(2), other.ran(2)]);
  await worker.close();
  expect(worker.errors.slice(0, 2)).toMatchObject([{ job: 'counted' }, { job: 'counted' }]);
});

test('closing waits for the job under way, tells it to stop, and starts none any more', async () => {
  let finished = false;
  const slow = counted(1, async (_, signal) => {
    while (!signal.aborted) await new Promise((resolve) => void setImmediate(resolve));
    finished = true;
  });
  const late = counted(1);
  const worker = start([slow.job]);
  const never = start([late.job], 1_000_000);
  await slow.ran(1);
  await Promise.all([worker.close(), never.close()]);
  expect([finished, slow.runs(), late.runs()]).toEqual([true, 1, 0]);
});

test('a job that is woken runs before its time, once for many calls, and once more for those during a run', async () => {
  let wake = (): void => undefined;
  let isSilent = false;
  const woken = counted(1_000_000, async (run) => {
    if (run === 2) wake();
  });
  const listening: Job = {
    ...woken.job,
    listen(_, ring) {
      wake = ring;
      return () => void (isSilent = true);
    },
  };
  const worker = start([listening], 1_000_000, 1);
  const second = woken.ran(3);
  wake();
  wake();
  await woken.ran(1);
  expect(woken.runs()).toBe(1);
  wake();
  await second;
  await worker.close();
  expect(woken.runs()).toBe(3);
  expect(isSilent).toBe(true);
});

test('a job may have a first run of its own', async () => {
  const early = counted(1_000_000);
  const late = counted(1_000_000);
  const worker = start([{ ...early.job, first: 0 }, late.job], 1_000_000);
  await early.ran(1);
  await worker.close();
  expect([early.runs(), late.runs()]).toEqual([1, 0]);
});
