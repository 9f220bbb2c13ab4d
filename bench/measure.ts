import { cpuMilliseconds } from './cpu.ts';
import type { Answer } from '../test/dav-client.ts';

/** One question that is asked over and over. Each answer is checked; `check` throws with what is wrong. */
export interface Scenario {
  readonly name: string;
  /** Whether every right answer has the same octets. */
  readonly constant?: boolean;
  send(turn: number): Promise<Answer>;
  check(answer: Answer, turn: number): void;
}

export interface Effort {
  /** CPU milliseconds of the server after which it can count as warm, and of each batch after that. */
  readonly warmUp: number;
  readonly batch: number;
  readonly batches: number;
}

export const FULL: Effort = { warmUp: 1200, batch: 300, batches: 5 };
export const SHORT: Effort = { warmUp: 800, batch: 150, batches: 5 };

/** A batch also ends after this long, for a server that waits more than it works: milliseconds. */
const LONGEST_BATCH = 4000;

export interface Measurement {
  readonly scenario: string;
  /** Median over the batches of the CPU milliseconds of one request. */
  readonly cpu: number;
  /** Median of the wall milliseconds of one request over one connection. */
  readonly wall: number;
  readonly requests: number;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** Checks each answer; where all are the same, one that was found right is recognised octet for octet. */
function checker(scenario: Scenario): (answer: Answer, turn: number) => void {
  let known: Answer | undefined;
  return (answer, turn) => {
    if (scenario.constant && known?.status === answer.status && known.body.equals(answer.body)) return;
    scenario.check(answer, turn);
    known = answer;
  };
}

/** Batches in which a server has to stay as it is to count as warm, and most that are waited for. */
const SETTLED = 3;
const MOST_WARM_UP = 30;
/** What of the cost another batch must save, or the code is as fast as the engine makes it. */
const GAIN = 0.03;

/**
 * Runs batches until they get no cheaper: a long path takes V8 many more requests than the floor's few lines, and
 * neither is to be measured half compiled.
 */
async function settle(batch: () => Promise<number>): Promise<void> {
  let best = await batch();
  let steady = 0;
  for (let at = 0; at < MOST_WARM_UP && steady < SETTLED; at += 1) {
    const cost = await batch();
    steady = cost < best * (1 - GAIN) ? 0 : steady + 1;
    best = Math.min(best, cost);
  }
}

interface Batches {
  /** Asks until the server has worked for so many CPU milliseconds; the CPU milliseconds of one request. */
  batch(target: number): Promise<number>;
  /** Wall milliseconds of each request so far. */
  readonly walls: number[];
  requests(): number;
}

function createBatches(pid: number, scenario: Scenario, inFlight = 1): Batches {
  const check = checker(scenario);
  const walls: number[] = [];
  let turn = 0;
  const ask = async (): Promise<void> => {
    const at = turn++;
    const asked = performance.now();
    const answer = await scenario.send(at);
    walls.push(performance.now() - asked);
    check(answer, at);
  };
  const batch = async (target: number): Promise<number> => {
    const before = cpuMilliseconds(pid);
    const deadline = performance.now() + LONGEST_BATCH;
    let count = 0;
    let spent = 0;
    // Reading the counter costs a few files: not after each request.
    while (spent < target && performance.now() < deadline) {
      const rounds = spent < target / 4 ? 1 : 5;
      const ways = Array.from({ length: inFlight }, async () => {
        for (let at = 0; at < rounds; at += 1) await ask();
      });
      await Promise.all(ways);
      count += rounds * inFlight;
      spent = cpuMilliseconds(pid) - before;
    }
    return spent / count;
  };
  return { batch, walls, requests: () => turn };
}

async function warmUp({ batch }: Batches, effort: Effort): Promise<void> {
  await batch(effort.warmUp);
  await settle(() => batch(effort.batch));
}

/** CPU and wall time of a request, from batches that are long enough for the clock. */
export async function measure(pid: number, scenario: Scenario, effort: Effort): Promise<Measurement> {
  const batches = createBatches(pid, scenario);
  await warmUp(batches, effort);
  batches.walls.length = 0;
  const costs: number[] = [];
  for (let at = 0; at < effort.batches; at += 1) costs.push(await batches.batch(effort.batch));
  return { scenario: scenario.name, cpu: median(costs), wall: median(batches.walls), requests: batches.requests() };
}

/** A scenario, and the process that answers it. */
export interface Asked {
  readonly pid: number;
  readonly scenario: Scenario;
}

/** Pairs of batches that are compared. */
const PAIRS = 11;
/**
 * How many times the CPU of the other a request costs: the median over pairs of batches, one right after the other. What
 * a system call costs changes by half within a minute, with what else the machine does and whether its cores sleep.
 */
export async function ratio(one: Asked, other: Asked, effort: Effort, inFlight = 1): Promise<number> {
  const batchesOf = ({ pid, scenario }: Asked): Batches => createBatches(pid, scenario, inFlight);
  const [these, those] = [batchesOf(one), batchesOf(other)];
  await warmUp(these, effort);
  await warmUp(those, effort);
  const ratios: number[] = [];
  for (let at = 0; at < PAIRS; at += 1) {
    const cost = await these.batch(effort.batch);
    ratios.push(cost / (await those.batch(effort.batch)));
  }
  return median(ratios);
}
