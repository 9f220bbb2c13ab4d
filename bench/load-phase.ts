import { setTimeout as wait } from 'node:timers/promises';
import { seededRandom } from '../test/seeded-random.ts';
import { type Kind, type LoadPerson, type Outcome, WRITES } from './load-person.ts';

/** Milliseconds: half of all, all but a twentieth, all but a hundredth, and the longest. */
export interface Latencies {
  readonly count: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly most: number;
}

export interface PhaseResult {
  readonly seconds: number;
  /** Requests that were due, and answers a second. */
  readonly due: number;
  readonly answered: number;
  readonly reads: Latencies;
  readonly writes: Latencies;
  readonly kinds: Readonly<Partial<Record<Kind, Latencies>>>;
  /** Sent away with 503 and Retry-After, and how long that took. */
  readonly shed: Latencies;
  /** Of right answers and of those sent away, from when the question was sent: without the line of one's own before it. */
  readonly rightOnWire: Latencies;
  readonly shedOnWire: Latencies;
  /** What was wrong, and how often: anything but a right answer or a 503 with Retry-After. */
  readonly wrong: Readonly<Record<string, number>>;
  /** How late the generator itself was, p99: where this is much, it and not the server is measured. */
  readonly lateP99: number;
  /** Per second of the phase: p95 of all answers that were due in it, and how many were sent away. */
  readonly timeline: readonly { readonly p95: number; readonly shed: number }[];
}

export interface PhaseOptions {
  readonly seconds: number;
  /** Milliseconds from one question of a person to the next. */
  readonly period: number;
  readonly seed: number;
}

export function latenciesOf(values: readonly number[]): Latencies {
  const sorted = Float64Array.from(values).sort();
  const at = (part: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? NaN;
  return { count: sorted.length, p50: at(0.5), p95: at(0.95), p99: at(0.99), most: sorted.at(-1) ?? NaN };
}

interface Asked extends Outcome {
  /** Milliseconds from the start of the phase. */
  readonly due: number;
  /** From when it was due to its answer, and from when it was sent. */
  readonly took: number;
  readonly onWire: number;
}

/** How long answers are waited for after the last question was due. */
const PATIENCE = 60_000;

/**
 * Everybody asks once in each period, each at an instant of their own that chance gives. A question is due whether or not
 * the one before was answered, and how long it takes counts from then: who waits in a line waits for the server.
 */
export async function runPhase(people: readonly LoadPerson[], options: PhaseOptions): Promise<PhaseResult> {
  const { seconds } = options;
  const dues = duesOf(people, options);
  const asked: Asked[] = [];
  const late: number[] = [];
  const began = performance.now();
  const lines = new Map<LoadPerson, Promise<void>>();
  let open = 0;
  const askOne = async (person: LoadPerson, due: number): Promise<void> => {
    const sent = performance.now() - began;
    const outcome = await person.ask();
    const now = performance.now() - began;
    asked.push({ ...outcome, due, took: now - due, onWire: now - sent });
    open -= 1;
  };
  for (let next = 0; next < dues.length;) {
    const now = performance.now() - began;
    for (; next < dues.length && dues[next]!.due <= now; next += 1) {
      const { due, person } = dues[next]!;
      late.push(now - due);
      open += 1;
      lines.set(
        person,
        (lines.get(person) ?? Promise.resolve()).then(() => askOne(person, due)),
      );
    }
    await wait(1);
  }
  const deadline = performance.now() + PATIENCE;
  while (open > 0 && performance.now() < deadline) await wait(20);
  return summaryOf({ seconds, asked, late, due: dues.length });
}

interface Due {
  readonly due: number;
  readonly person: LoadPerson;
}

function duesOf(people: readonly LoadPerson[], { seconds, period, seed }: PhaseOptions): Due[] {
  const random = seededRandom(seed);
  const dues = people.flatMap((person) => {
    const first = random.fraction() * period;
    const times = Math.ceil((seconds * 1000 - first) / period);
    return Array.from({ length: Math.max(0, times) }, (_, at) => ({ due: first + at * period, person }));
  });
  return dues.sort((left, right) => left.due - right.due);
}

interface Raw {
  readonly seconds: number;
  readonly asked: readonly Asked[];
  readonly late: readonly number[];
  readonly due: number;
}

function summaryOf({ seconds, asked, late, due }: Raw): PhaseResult {
  const right = asked.filter((one) => !one.shed && one.wrong === undefined);
  const took = (of: readonly Asked[]): Latencies => latenciesOf(of.map((one) => one.took));
  const wrong: Record<string, number> = {};
  for (const one of asked) {
    if (one.wrong !== undefined) wrong[`${one.kind}: ${one.wrong}`] = (wrong[`${one.kind}: ${one.wrong}`] ?? 0) + 1;
  }
  if (asked.length < due) wrong['no answer'] = due - asked.length;
  const names = [...new Set(right.map(({ kind }) => kind))].sort();
  return {
    seconds,
    due,
    answered: right.length / seconds,
    reads: took(right.filter(({ kind }) => !WRITES.has(kind))),
    writes: took(right.filter(({ kind }) => WRITES.has(kind))),
    kinds: Object.fromEntries(names.map((name) => [name, took(right.filter(({ kind }) => kind === name))])),
    shed: took(asked.filter((one) => one.shed)),
    rightOnWire: latenciesOf(right.map((one) => one.onWire)),
    shedOnWire: latenciesOf(asked.filter((one) => one.shed).map((one) => one.onWire)),
    wrong,
    lateP99: latenciesOf(late).p99,
    timeline: timelineOf(asked, seconds),
  };
}

function timelineOf(asked: readonly Asked[], seconds: number): PhaseResult['timeline'] {
  const bySecond = Array.from({ length: Math.ceil(seconds) }, (): Asked[] => []);
  for (const one of asked) bySecond[Math.floor(one.due / 1000)]?.push(one);
  return bySecond.map((all) => ({
    p95: latenciesOf(all.map(({ took }) => took)).p95,
    shed: all.filter(({ shed }) => shed).length,
  }));
}
