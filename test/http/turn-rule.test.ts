import { describe, expect, test } from 'vitest';
import { createTurnRule, type TurnRule } from '../../src/http/turn-rule.ts';

const LONGEST = 100;

/** One turn: so many requests, each of which takes so long. How many were sent away. */
function turn(rule: TurnRule, start: number, requests: number, each: number): { shed: number; end: number } {
  let at = start;
  let shed = 0;
  rule.begin(at);
  for (let index = 0; index < requests; index += 1) {
    if (rule.isLate(at)) shed += 1;
    else at += each;
  }
  rule.end(at);
  return { shed, end: at };
}

/** Turns one after the other; what was sent away in each. */
function turns(rule: TurnRule, sizes: readonly (readonly [requests: number, each: number])[], start = 0): number[] {
  let at = start;
  return sizes.map(([requests, each]) => {
    const { shed, end } = turn(rule, at, requests, each);
    at = end;
    return shed;
  });
}

describe('who comes too late in a turn', () => {
  test('is nobody where turns are short, however many there are', () => {
    const rule = createTurnRule(LONGEST);
    expect(turns(rule, Array<[number, number]>(50).fill([90, 1]))).toEqual(Array(50).fill(0));
  });

  test('is nobody after one long step, as of a slow question or a collection of garbage', () => {
    const rule = createTurnRule(LONGEST);
    // What gathered meanwhile takes longer than a turn should, and is answered.
    expect(
      turns(rule, [
        [1, 300],
        [300, 1],
        [40, 1],
        [1, 300],
        [300, 1],
      ]),
    ).toEqual([0, 0, 0, 0, 0]);
  });

  test('is who comes past the bound in the fourth long turn', () => {
    const rule = createTurnRule(LONGEST);
    const [first, second, third, fourth] = turns(rule, Array<[number, number]>(4).fill([300, 1]));
    expect([first, second, third]).toEqual([0, 0, 0]);
    expect(fourth).toBe(300 - (LONGEST + 1));
  });

  test('is who comes past five times the bound in any turn', () => {
    const rule = createTurnRule(LONGEST);
    expect(turns(rule, [[2000, 1]])).toEqual([2000 - (5 * LONGEST + 1)]);
  });

  test('is nobody of a few clients, however slow what they ask for is', () => {
    const rule = createTurnRule(LONGEST);
    expect(turns(rule, Array<[number, number]>(20).fill([32, 100]))).toEqual(Array(20).fill(0));
    expect(turns(rule, [[33, 100]], 20 * 32 * 100)).toEqual([1]);
  });

  test('leaves as much time for answers as it takes to send away the others', () => {
    const rule = createTurnRule(LONGEST);
    turns(rule, Array<[number, number]>(3).fill([300, 1]));
    rule.begin(900);
    for (let at = 900; at <= 900 + LONGEST; at += 1) expect(rule.isLate(at)).toBe(false);
    expect(rule.isLate(1001)).toBe(true);
    rule.end(1401);
    expect(turns(rule, [[1000, 1]], 1401)).toEqual([1000 - 401]);
    // Nothing was sent away for long in that one.
    expect(turns(rule, [[1000, 1]], 1802)).toEqual([1000 - (LONGEST + 1)]);
  });

  test('stays so as long as more comes than is answered', () => {
    const rule = createTurnRule(LONGEST);
    turns(rule, Array<[number, number]>(3).fill([300, 1]));
    const shed = turns(rule, Array<[number, number]>(100).fill([500, 1]), 900);
    expect(new Set(shed)).toEqual(new Set([500 - (LONGEST + 1)]));
  });

  test('is nobody again after one short turn', () => {
    const rule = createTurnRule(LONGEST);
    expect(turns(rule, [...Array<[number, number]>(4).fill([300, 1]), [40, 1], [300, 1]]).slice(-3)).toEqual([
      199, 0, 0,
    ]);
  });

  test('is nobody again after a while in which none came', () => {
    const rule = createTurnRule(LONGEST);
    turns(rule, Array<[number, number]>(3).fill([300, 1]));
    expect(turns(rule, [[300, 1]], 900 + LONGEST + 1)).toEqual([0]);
  });
});
