import { expect, test } from 'vitest';
import { figureTable, targetTable, withPart } from '../../bench/markdown.ts';
import { earlierFloors, holds, table, targetLines } from '../../bench/table.ts';
import { figure, measurement, reportOf, size } from './report.ts';

const report = reportOf([size(1000, [figure('get', 0.2)]), size(10_000, [figure('get', 0.4)])]);

test('the table has a row for each question and size, beside the floor', () => {
  const lines = table(report).split('\n');
  expect(lines.map((line) => line.trim().split(/\s{2,}/))).toEqual([
    ['scenario', 'events', 'CPU ms', 'floors', 'wall ms'],
    ['floor', '0.100', '1.0'],
    ['get', '1,000', '0.200', '2.0', '0.300'],
    ['get', '10,000', '0.400', '4.0', '0.500'],
  ]);
});

test('a comparison is of floors, so that a slow hour does not count', () => {
  const before = { floorCpu: 0.2, sizes: [{ events: 1000, measurements: [{ scenario: 'get', cpu: 0.8 }] }] };
  const [, , one, other] = table(report, before).split('\n');
  expect(one).toMatch(/4\.0\s+0\.50 x$/);
  expect(other).not.toContain(' x');
  expect(earlierFloors(before, 10_000, 'get')).toBeNaN();
});

test('a target of no number has failed, and says that it was not measured', () => {
  const target = { name: 'any', limit: 1, seen: Number.NaN, unit: 'ms' };
  expect(holds(target)).toBe(false);
  expect(targetLines([target])).toBe('FAIL  any: not measured ms (at most 1)');
});

test('the figures of the page tell the limit, whether it holds, and what the floor costs for the same', () => {
  const sizes = [{ ...size(1000, [figure('list', 5)]), floors: [measurement('list', 0.5)] }];
  expect(figureTable({ sizes, floorCpu: 0.1 }).split('\n').at(-1)).toBe(
    '| list | 1,000 | 5.000 | 5.100 | 3.500 | 3 | **missed** | 0.350 |',
  );
});

test('other targets are told with their units', () => {
  expect(
    targetTable([{ name: 'memory', limit: 130, seen: 90.04, unit: 'MB' }])
      .split('\n')
      .at(-1),
  ).toBe('| memory | 90 MB | 130 MB | yes |');
});

test('a part of a page is replaced between its markers, and nothing else', () => {
  const page = 'before\n<!-- a -->\nold\n<!-- end of a -->\nafter\n';
  const written = withPart(page, 'a', 'new');
  expect(written).toBe('before\n<!-- a -->\n\nnew\n\n<!-- end of a -->\nafter\n');
  expect(withPart(written, 'a', 'new')).toBe(written);
});

test('a page without the place is left alone, loudly', () => {
  expect(() => withPart('nothing here', 'a', 'new')).toThrow('no place for a');
});
