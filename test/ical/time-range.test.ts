import { describe, expect, test } from 'vitest';
import {
  alarmOverlaps,
  eventOverlaps,
  freeBusyOverlaps,
  instantInRange,
  periodOverlaps,
  todoOverlaps,
  type TodoTimes,
} from '../../src/ical/time-range.ts';

// The range asked for is always [100, 200); ±Infinity is an absent attribute.
const RANGE = { start: 100, end: 200 };
const FROM_100 = { start: 100, end: Infinity };
const UNTIL_200 = { start: -Infinity, end: 200 };

describe('VEVENT (RFC 4791 §9.9, first table)', () => {
  test.each([
    ['exactly the range', 100, 200, true],
    ['inside', 120, 180, true],
    ['around', 50, 250, true],
    ['ends where the range starts', 50, 100, false],
    ['ends just after the range starts', 50, 101, true],
    ['starts where the range ends', 200, 250, false],
    ['starts just before the range ends', 199, 250, true],
    ['without length, where the range starts', 100, 100, true],
    ['without length, just before the range starts', 99, 99, false],
    ['without length, just before the range ends', 199, 199, true],
    ['without length, where the range ends', 200, 200, false],
    ['DTEND before DTSTART, read as without length', 100, 40, true],
  ])('%s', (_, dtstart, dtend, matches) => {
    expect(eventOverlaps(RANGE, dtstart, dtend)).toBe(matches);
  });

  test('an open range has one edge only', () => {
    expect(eventOverlaps(FROM_100, 50, 100)).toBe(false);
    expect(eventOverlaps(FROM_100, 50, 101)).toBe(true);
    expect(eventOverlaps(FROM_100, 1e15, 1e15)).toBe(true);
    expect(eventOverlaps(UNTIL_200, 200, 300)).toBe(false);
    expect(eventOverlaps(UNTIL_200, 199, 300)).toBe(true);
    expect(eventOverlaps(UNTIL_200, -1e15, -1e15)).toBe(true);
  });
});

describe('VTODO (RFC 4791 §9.9, second table)', () => {
  const rows: [string, TodoTimes, boolean][] = [
    ['DTSTART and DURATION: ends where the range starts', { dtstart: 50, dtend: 100 }, true],
    ['DTSTART and DURATION: ends before the range', { dtstart: 50, dtend: 99 }, false],
    ['DTSTART and DURATION: starts where the range ends', { dtstart: 200, dtend: 250 }, false],
    ['DTSTART and DURATION: without length where the range ends', { dtstart: 200, dtend: 200 }, true],
    ['DTSTART and DURATION: exactly the range', { dtstart: 100, dtend: 200 }, true],
    ['DTSTART and DUE: due where the range starts', { dtstart: 50, due: 100 }, false],
    ['DTSTART and DUE: due after the range starts', { dtstart: 50, due: 101 }, true],
    ['DTSTART and DUE: both where the range starts', { dtstart: 100, due: 100 }, true],
    ['DTSTART and DUE: starts where the range ends', { dtstart: 200, due: 250 }, false],
    ['DTSTART and DUE: both where the range ends', { dtstart: 200, due: 200 }, true],
    ['DTSTART and DUE: exactly the range', { dtstart: 100, due: 200 }, true],
    ['DTSTART alone: where the range starts', { dtstart: 100 }, true],
    ['DTSTART alone: before the range', { dtstart: 99 }, false],
    ['DTSTART alone: where the range ends', { dtstart: 200 }, false],
    ['DUE alone: where the range starts', { due: 100 }, false],
    ['DUE alone: just after the range starts', { due: 101 }, true],
    ['DUE alone: where the range ends', { due: 200 }, true],
    ['DUE alone: after the range', { due: 201 }, false],
    ['COMPLETED and CREATED: around the range', { created: 50, completed: 300 }, true],
    ['COMPLETED and CREATED: both before', { created: 50, completed: 99 }, false],
    ['COMPLETED and CREATED: completed where the range starts', { created: 50, completed: 100 }, true],
    ['COMPLETED and CREATED: both after', { created: 201, completed: 300 }, false],
    ['COMPLETED and CREATED: created where the range ends', { created: 200, completed: 300 }, true],
    ['COMPLETED alone: where the range starts', { completed: 100 }, true],
    ['COMPLETED alone: where the range ends', { completed: 200 }, true],
    ['COMPLETED alone: before', { completed: 99 }, false],
    ['COMPLETED alone: after', { completed: 201 }, false],
    ['CREATED alone: long before', { created: -1000 }, true],
    ['CREATED alone: just before the range ends', { created: 199 }, true],
    ['CREATED alone: where the range ends', { created: 200 }, false],
    ['nothing at all', {}, true],
    ['DTSTART wins over COMPLETED and CREATED', { dtstart: 300, completed: 150, created: 150 }, false],
    ['DUE wins over COMPLETED and CREATED', { due: 300, completed: 150, created: 150 }, false],
  ];
  test.each(rows)('%s', (_, todo, matches) => {
    expect(todoOverlaps(RANGE, todo)).toBe(matches);
  });

  test('an open range has one edge only', () => {
    expect(todoOverlaps(FROM_100, { due: 100 })).toBe(false);
    expect(todoOverlaps(FROM_100, { created: 50 })).toBe(true);
    expect(todoOverlaps(UNTIL_200, { due: 200 })).toBe(true);
    expect(todoOverlaps(UNTIL_200, { created: 200 })).toBe(false);
  });
});

describe('VFREEBUSY (RFC 4791 §9.9, fourth table)', () => {
  test.each([
    ['ends where the range starts', 50, 100, true],
    ['ends before', 50, 99, false],
    ['starts where the range ends', 200, 250, false],
    ['starts just before the range ends', 199, 250, true],
  ])('DTSTART and DTEND: %s', (_, dtstart, dtend, matches) => {
    expect(freeBusyOverlaps(RANGE, dtstart, dtend)).toBe(matches);
  });

  test.each([
    ['ends where the range starts', 50, 100, false],
    ['ends just after the range starts', 50, 101, true],
    ['starts where the range ends', 200, 250, false],
    ['exactly the range', 100, 200, true],
  ])('a period of FREEBUSY: %s', (_, start, end, matches) => {
    expect(periodOverlaps(RANGE, { start, end })).toBe(matches);
  });
});

describe('VALARM and dated properties (RFC 4791 §9.9)', () => {
  test.each([
    ['where the range starts', 100, true],
    ['just before', 99, false],
    ['just before the range ends', 199, true],
    ['where the range ends', 200, false],
  ])('an instant %s', (_, instant, matches) => {
    expect(instantInRange(RANGE, instant)).toBe(matches);
    expect(alarmOverlaps(RANGE, { first: instant, repeat: 0, every: 0 })).toBe(matches);
  });

  test.each([
    ['the last repetition falls on the start', { first: 40, repeat: 2, every: 30 }, true],
    ['one repetition too few', { first: 40, repeat: 1, every: 30 }, false],
    ['the repetitions step over the range', { first: 90, repeat: 5, every: 150 }, false],
    ['a million repetitions', { first: -1_000_000, repeat: 1_000_000, every: 1 }, false],
    ['a million and more repetitions', { first: -1_000_000, repeat: 1_000_100, every: 1 }, true],
    ['repetitions without an interval', { first: 99, repeat: 5, every: 0 }, false],
  ])('%s', (_, triggers, matches) => {
    expect(alarmOverlaps(RANGE, triggers)).toBe(matches);
  });

  test('in a range without a start, the first trigger is what counts', () => {
    expect(alarmOverlaps(UNTIL_200, { first: 199, repeat: 3, every: 10 })).toBe(true);
    expect(alarmOverlaps(UNTIL_200, { first: 200, repeat: 3, every: 10 })).toBe(false);
  });
});
