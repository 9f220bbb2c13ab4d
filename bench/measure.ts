import { cpuMilliseconds, type Pids } from './cpu.ts';
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

export const FULL: Effort = { warmUp: 1000, batch: 200, batches: 7 };
export const SHORT: Effort = { warmUp: 400, batch: 80, batches: 5 };

/** A batch also ends after this long, for a server that waits more than it works: milliseconds. */
const LONGEST_BATCH = 4000;

export interface Measurement {
  readonly scenario: string;
  /** Median over the batches of the CPU milliseconds of one request. */
  readonly cpu: number;
  /** Median of the wall milliseconds of one request over one connection. */
  readonly wall: number;
  readonly requests: number;
  /** CPU milliseconds of one request in each batch, in the order in which they were run. */
  readonly batches: readonly number[];
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** Checks each answer; where all are the same, one that was found right is recognised octet for octet. */
export function checker(scenario: Scenario): (answer: Answer, turn: number) => void {
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

function createBatches({ pid, scenario, inFlight = 1 }: Asked): Batches {
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
export async function measure(pid: Pids, scenario: Scenario, effort: Effort): Promise<Measurement> {
  const [found] = await measureInTurns([{ pid, scenario }], effort);
  return found!;
}

/** A scenario, and the processes that answer it. */
export interface Asked {
  readonly pid: Pids;
  readonly scenario: Scenario;
  /** Questions at once: one, unless it says another number. */
  readonly inFlight?: number;
}

/** Something whose cost is looked at a batch at a time. */
export interface Turns {
  readonly name: string;
  warmUp(): Promise<void>;
  /** CPU milliseconds of one request. */
  batch(): Promise<number>;
  /** Wall milliseconds of each request since it was last emptied. */
  readonly walls: number[];
  requests(): number;
}

/** The batches of a scenario. */
export function turnsOf(asked: Asked, effort: Effort): Turns {
  const batches = createBatches(asked);
  return {
    name: asked.scenario.name,
    warmUp: () => warmUp(batches, effort),
    batch: () => batches.batch(effort.batch),
    walls: batches.walls,
    requests: batches.requests,
  };
}

/**
 * Warms all of them up, then runs a batch of each in turn, again and again: what a system call costs changes by half within
 * a minute, with what else the machine does and whether its cores sleep, and so only what is measured side by side can be
 * compared.
 */
export async function inTurns(all: readonly Turns[], rounds: number): Promise<Measurement[]> {
  for (const each of all) await each.warmUp();
  const costs = all.map((): number[] => []);
  for (const each of all) each.walls.length = 0;
  for (let at = 0; at < rounds; at += 1) {
    for (const [index, each] of all.entries()) costs[index]!.push(await each.batch());
  }
  return all.map((each, index) => ({
    scenario: each.name,
    cpu: median(costs[index]!),
    wall: median(each.walls),
    requests: each.requests(),
    batches: costs[index]!,
  }));
}

export const measureInTurns = (asked: readonly Asked[], effort: Effort): Promise<Measurement[]> =>
  inTurns(
    asked.map((each) => turnsOf(each, effort)),
    effort.batches,
  );

/** How many times the other a request costs: the median over batches that were run one right after the other. */
export const ratioOf = (one: Measurement, other: Measurement): number =>
  median(one.batches.map((cost, at) => cost / (other.batches[at] ?? Number.NaN)));

/** Pairs of batches that are compared. */
const PAIRS = 11;

/** How many times the CPU of the other a request costs, of pairs that are run for it. */
export async function ratio(one: Asked, other: Asked, effort: Effort, inFlight = 1): Promise<number> {
  const [these, those] = [one, other].map((asked) => ({ ...asked, inFlight }));
  const [here, there] = await measureInTurns([these!, those!], { ...effort, batches: PAIRS });
  return ratioOf(here!, there!);
}
