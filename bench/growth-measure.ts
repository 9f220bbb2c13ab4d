import type { DavClient } from '../test/dav-client.ts';
import { cpuMilliseconds } from './cpu.ts';
import { median, type Scenario } from './measure.ts';

/** How often something is asked: for what cannot be asked for ever, as writes are. */
export interface Counted {
  /** Requests before the first that is measured, and of each batch. */
  readonly warmUp: number;
  readonly batch: number;
  readonly inFlight: number;
}

/** One question at one size, and the process that answers it. */
export interface SizedQuestion {
  readonly pid: number;
  readonly scenario: Scenario;
  readonly counted?: Counted | undefined;
}

const BATCHES = 5;
/** CPU milliseconds of the server before the first batch, and of each; at least so many requests before. */
const WARM_UP = 400;
const WARM_UP_REQUESTS = 3;
const BATCH = 100;

/**
 * Asks once more where a connection breaks: while a large calendar is filled, or counted, one stands idle for longer than
 * a server keeps it, and who counts does not see at once that it is gone.
 */
export const patient = (client: DavClient): DavClient => ({
  ...client,
  request: (...asked) => client.request(...asked).catch(() => client.request(...asked)),
});

interface Asking {
  /** CPU milliseconds of one request, of as many as a batch has. */
  batch(): Promise<number>;
}

async function begin({ pid, scenario, counted }: SizedQuestion): Promise<Asking> {
  let turn = 0;
  const ask = async (requests: number, inFlight: number): Promise<number> => {
    const before = cpuMilliseconds(pid);
    const until = turn + requests;
    const way = async (): Promise<void> => {
      while (turn < until) {
        const at = turn++;
        scenario.check(await scenario.send(at), at);
      }
    };
    await Promise.all(Array.from({ length: inFlight }, way));
    return cpuMilliseconds(pid) - before;
  };
  if (counted !== undefined) {
    const { warmUp, batch, inFlight } = counted;
    await ask(warmUp, inFlight);
    return { batch: async () => (await ask(batch, inFlight)) / batch };
  }
  // To read the counter costs files of the whole process tree: not after each request.
  let spent = 0;
  let some = 1;
  for (; turn < WARM_UP_REQUESTS || spent < WARM_UP; some *= 2) spent += await ask(some, 1);
  const requests = Math.max(1, Math.round((BATCH * turn) / spent));
  return { batch: async () => (await ask(requests, 1)) / requests };
}

/**
 * CPU milliseconds of one request of each: medians over batches that take turns, so that what else the machine does falls
 * upon all sizes alike.
 */
export async function costsOf(questions: readonly SizedQuestion[]): Promise<readonly number[]> {
  const asking: Asking[] = [];
  for (const question of questions) asking.push(await begin(question));
  const costs = asking.map((): number[] => []);
  for (let at = 0; at < BATCHES; at += 1) {
    for (const [index, each] of asking.entries()) costs[index]!.push(await each.batch());
  }
  return costs.map(median);
}
