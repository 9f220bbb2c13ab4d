import { describe, expect, test } from 'vitest';
import { wholeAnswer } from '../../bench/load-connection.ts';
import type { LoadPerson, Outcome } from '../../bench/load-person.ts';
import { latenciesOf, runPhase } from '../../bench/load-phase.ts';

const HEAD = 'HTTP/1.1 207 Multi-Status\r\nX: y\r\n';

describe('an answer as the load generator reads it', () => {
  test.each([
    ['with its length', `${HEAD}Content-Length: 5\r\n\r\ngrün`, 207, 'grün'],
    ['in chunks', `${HEAD}Transfer-Encoding: chunked\r\n\r\n4\r\ngrü\r\n1;x=y\r\nn\r\n0\r\n\r\n`, 207, 'grün'],
    ['without a body', 'HTTP/1.1 204 No Content\r\nETag: "a"\r\n\r\n', 204, ''],
  ])('%s is whole at its end and not before', (_what, text, status, body) => {
    const octets = Buffer.from(text);
    for (let at = 0; at < octets.length; at += 1) expect(wholeAnswer(octets.subarray(0, at))).toBeUndefined();
    expect(wholeAnswer(octets)).toMatchObject({ status, body });
  });
});

test('latencies are those of the sorted values', () => {
  const values = Array.from({ length: 100 }, (_, at) => 100 - at);
  expect(latenciesOf(values)).toEqual({ count: 100, p50: 51, p95: 96, p99: 100, most: 100 });
});

describe('a phase', () => {
  const person = (ask: () => Promise<Outcome>): LoadPerson => ({
    ask,
    connect: () => Promise.resolve(),
    prepare: () => Promise.resolve(),
    verify: () => Promise.resolve(),
    close: () => undefined,
  });
  const right: Outcome = { kind: 'get', shed: false, wrong: undefined };

  test('counts from when a question was due, also where the one before was not answered', async () => {
    let slow = true;
    const asked = person(async () => {
      if (slow) await new Promise((resolve) => setTimeout(resolve, 300));
      slow = false;
      return right;
    });
    const { due, reads, rightOnWire } = await runPhase([asked], { seconds: 0.2, period: 50, seed: 1 });
    expect(due).toBe(4);
    expect(reads.count).toBe(4);
    // Only the first was slow, and all waited for it.
    expect(reads.p50).toBeGreaterThan(150);
    expect(rightOnWire.p50).toBeLessThan(reads.p50);
  });

  test('tells apart what was right, what was sent away and what was wrong', async () => {
    const outcomes: readonly Outcome[] = [
      right,
      { kind: 'put new', shed: false, wrong: undefined },
      { kind: 'get', shed: true, wrong: undefined },
      { kind: 'delete', shed: false, wrong: '412 instead of 204' },
    ];
    const people = outcomes.map((outcome) => person(() => Promise.resolve(outcome)));
    const found = await runPhase(people, { seconds: 0.05, period: 50, seed: 1 });
    expect([found.reads.count, found.writes.count, found.shed.count]).toEqual([1, 1, 1]);
    expect(found.wrong).toEqual({ 'delete: 412 instead of 204': 1 });
  });
});
