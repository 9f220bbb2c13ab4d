import { expect, test } from 'vitest';
import { createMetrics, sumOf, type Figures } from '../../src/http/metrics.ts';
import { createTally } from '../../src/workers/tally.ts';

async function counted(requests: number): Promise<Figures> {
  const metrics = createMetrics();
  for (let at = 0; at < requests; at += 1) metrics.observe('GET', 200, 0.002);
  return metrics.figures();
}

/** Requests of all series, and whether the memory of a process is among the figures. */
async function read(...figures: readonly Figures[]) {
  const text = await sumOf(figures).metrics();
  const requests = /^http_request_duration_seconds_count\{.*\} (\d+)$/m.exec(text)?.[1];
  return { requests: Number(requests ?? 0), hasMemory: text.includes('\nprocess_resident_memory_bytes ') };
}

test('what a worker counted is in the sum after it has ended, and after the next one', async () => {
  const tally = createTally();
  tally.of(1, await counted(3));
  tally.ended(1);
  tally.of(1, await counted(4));
  tally.ended(1);
  tally.ended(1);
  expect(await read(await tally.ofEnded())).toEqual({ requests: 7, hasMemory: false });
  const living = tally.of(1, await counted(5));
  expect(await read(living, await tally.ofEnded())).toEqual({ requests: 12, hasMemory: true });
});

test('a worker that does not answer has counted what it had counted before', async () => {
  const tally = createTally();
  tally.of(1, await counted(3));
  expect(await read(tally.of(1, undefined))).toEqual({ requests: 3, hasMemory: false });
  expect(await read(tally.of(2, undefined), await tally.ofEnded())).toEqual({ requests: 0, hasMemory: false });
});
