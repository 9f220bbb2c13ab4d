import { expect, test } from 'vitest';
import { holds, isNoNews, targetLines } from '../../bench/table.ts';
import { flatTargets, isAnyAsked, limitOf, speedTargets, syncTargets, withMisses } from '../../bench/targets.ts';
import { figure, size } from './report.ts';

const whole = { isShort: false, only: '' };
const row = (name: string, sizes = [size(1000, [figure('get', 0.2)])], judged = whole) =>
  speedTargets(sizes, judged).find((target) => target.name === name);

test('a figure is judged at the floor of reference: on a slow machine everything may cost more', () => {
  // 0.2 ms where the floor takes 0.1 are two floors: 0.14 ms where it takes 0.07.
  expect(row('get, 1,000 events')?.seen).toBeCloseTo(0.14);
  expect(row('get, 1,000 events')?.limit).toBe(0.2);
});

test('what was not measured is no number, and has failed', () => {
  const missing = row('list, 1,000 events');
  expect(missing?.seen).toBeNaN();
  expect(missing && holds(missing)).toBe(false);
});

test('what was not asked for has no row', () => {
  const names = speedTargets([size(1000, [])], { isShort: false, only: 'multiget' }).map(({ name }) => name);
  expect(names).toEqual(['multiget 50, 1,000 events', 'multiget 500, 1,000 events']);
});

test('a size without targets has no rows', () => {
  expect(speedTargets([size(500, [figure('get', 1)])], whole)).toEqual([]);
  expect(limitOf('get', 500)).toBeUndefined();
  expect(limitOf('put', 1000)).toBeUndefined();
});

test('each size has its own limit', () => {
  expect([limitOf('list', 1000), limitOf('list', 10_000)]).toEqual([3, 28]);
});

test('the short form allows half as much again', () => {
  expect(row('get, 1,000 events', undefined, { isShort: true, only: '' })?.limit).toBeCloseTo(0.3);
});

test('that a cost is flat is judged by batches that were run in turns', () => {
  const sizes = [size(1000, [figure('sync, no change', 1)]), size(10_000, [figure('sync, no change', 2)])];
  const [noChange, tenChanges] = flatTargets(sizes, '');
  expect(noChange).toMatchObject({ seen: 2, name: 'sync, no change: 10,000 events against 1,000' });
  expect(tenChanges?.seen).toBeNaN();
});

test('with one size, nothing is flat or not', () => {
  expect(flatTargets([size(1000, [])], '')).toEqual([]);
});

test('of waits for the disk, the most of all sizes counts', () => {
  const syncs = (perPut: number) => [{ writers: 8, perPut }];
  const sizes = [
    { ...size(1000, []), syncs: syncs(0.2) },
    { ...size(10_000, []), syncs: syncs(0.4) },
  ];
  expect(syncTargets(sizes)).toMatchObject([{ name: 'disk syncs of a PUT, 8 at once', seen: 0.4 }]);
});

test('where the database counts the waits there is no row for them', () => {
  expect(syncTargets([{ ...size(1000, []), syncs: [{ writers: 1, perPut: Number.NaN }] }])).toEqual([]);
});

test('a part of a name finds what is asked', () => {
  expect(isAnyAsked('delete')).toBe(true);
  expect(isAnyAsked('')).toBe(true);
  expect(isAnyAsked('memory')).toBe(false);
});

test('a target that is known to be missed is never told to hold, and fails where it gets worse', () => {
  const told = (seen: number): string => {
    const [target] = withMisses([{ name: 'memory', limit: 130, seen, unit: 'MB' }], {
      memory: { limit: 160, why: 'V8 keeps it' },
    });
    return `${isNoNews(target!)} ${targetLines([target!])}`;
  };
  expect(told(120)).toBe('true pass  memory: 120 MB (at most 130)');
  expect(told(150)).toBe('true MISS  memory: 150 MB (at most 130); known to be missed, up to 160: V8 keeps it');
  expect(told(170)).toContain('false FAIL  memory');
  expect(told(Number.NaN)).toContain('false FAIL  memory');
});
