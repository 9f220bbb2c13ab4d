import { appendFileSync } from 'node:fs';
import { relative } from 'node:path';
import fc from 'fast-check';
import { expect, vi } from 'vitest';

/** What `npm run test:properties` asks for; without it each property has the runs and the seed that it names. */
const asked = {
  runs: numberOf('PROPERTY_RUNS'),
  seed: numberOf('PROPERTY_SEED'),
  seconds: numberOf('PROPERTY_SECONDS'),
  report: process.env['PROPERTY_REPORT'],
};

// A property ends by its runs or its seconds, and then says so; the test's own clock is for what hangs.
vi.setConfig({ testTimeout: asked.seconds === undefined ? 60_000 : (2 * asked.seconds + 60) * 1000 });

function numberOf(name: string): number | undefined {
  const text = process.env[name];
  return text === undefined || text === '' ? undefined : Number(text);
}

export interface Runs {
  readonly seed: number;
  readonly numRuns: number;
}

/** A property that was run, as a line of the report. */
export interface Held {
  readonly file: string;
  readonly name: string;
  readonly runs: number;
  readonly seconds: number;
  readonly seed: number;
  readonly result: 'holds' | 'time is up' | 'FAILS';
}

/**
 * Asserts a property with a fixed seed, or as `npm run test:properties` asks. Resolves to the number of values that it
 * was tried on, so that a test can say how many of them must have mattered. Throws what fast-check reports of a failure.
 */
export async function holds<Value>(
  property: fc.IRawProperty<Value, boolean>,
  { seed, numRuns }: Runs,
): Promise<number> {
  const started = performance.now();
  const details = await fc.check(breathing(property), {
    seed: asked.seed ?? seed,
    numRuns: asked.runs ?? numRuns,
    ...(asked.seconds === undefined ? {} : { interruptAfterTimeLimit: asked.seconds * 1000 }),
  });
  const seconds = (performance.now() - started) / 1000;
  write({
    file: relative(process.cwd(), expect.getState().testPath ?? ''),
    name: expect.getState().currentTestName ?? '',
    runs: details.numRuns,
    seconds,
    seed: details.seed,
    result: details.failed ? 'FAILS' : details.interrupted ? 'time is up' : 'holds',
  });
  if (details.failed) {
    throw new Error(await fc.asyncDefaultReportMessage(details), { cause: details.errorInstance });
  }
  return details.numRuns;
}

function write(held: Held): void {
  if (asked.report !== undefined) appendFileSync(asked.report, `${JSON.stringify(held)}\n`);
}

/** How long a property may keep the event loop, in milliseconds: a test runner that hears nothing gives up. */
const BREATH = 200;

/** The same property, which lets others have their turn between two values. */
function breathing<Value>(property: fc.IRawProperty<Value, boolean>): fc.IRawProperty<Value, true> {
  let last = performance.now();
  return {
    isAsync: () => true,
    generate: (random, runId) => property.generate(random, runId),
    shrink: (value) => property.shrink(value),
    runBeforeEach: async () => {
      await property.runBeforeEach();
    },
    runAfterEach: async () => {
      await property.runAfterEach();
    },
    run: async (value) => {
      if (performance.now() - last > BREATH) {
        await new Promise((resolve) => setImmediate(resolve));
        last = performance.now();
      }
      return property.run(value);
    },
  };
}
