import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { Refusal } from '../../src/base/refusal.ts';
import { recurrenceSet } from '../../src/ical/recurrence.ts';
import { zonesOf } from '../../src/ical/timezone.ts';
import { calendarOf, readCases, runCase, windowOfCase, zoneOfCase, type RecurrenceCase } from './recurrence-cases.ts';

const files = readdirSync(new URL('../fixtures/recurrence/', import.meta.url)).filter((name) => name.endsWith('.txt'));

const reasonOf = ({ expected }: RecurrenceCase): string | undefined =>
  expected[0]?.startsWith('refused: ') ? expected[0].slice('refused: '.length) : undefined;

describe.each(files)('%s', (file) => {
  test.each(readCases(file))('line $line: $title', (recurrenceCase) => {
    const reason = reasonOf(recurrenceCase);
    if (reason === undefined) {
      const { found, expected } = runCase(recurrenceCase);
      expect(expected.length).toBeGreaterThan(0);
      expect(found).toEqual(expected);
      return;
    }
    let refusal: unknown;
    try {
      runCase(recurrenceCase);
    } catch (error) {
      refusal = error;
    }
    expect(refusal).toBeInstanceOf(Refusal);
    expect(refusal).toMatchObject({ code: 'valid-calendar-data' });
    expect((refusal as Refusal).message).toContain(reason);
  });
});

/** Cases that end within reach, over all of time. */
const finite = files
  .flatMap(readCases)
  .filter((each) => reasonOf(each) === undefined && !each.expected.includes('...') && !each.settings.has('window'));

describe('the extent of a set', () => {
  test.each(finite)('$title: is its first start and its last end', (recurrenceCase) => {
    const calendar = calendarOf(recurrenceCase);
    const set = recurrenceSet(calendar.components, { zones: zonesOf(calendar), floating: zoneOfCase(recurrenceCase) });
    const all = [...set.instances(windowOfCase(recurrenceCase))];
    const last = Math.max(...all.map(({ end }) => end));
    const extent = set.extent();
    expect(extent?.first).toBe(all[0]?.start);
    if (extent?.last !== Infinity) expect(extent?.last).toBe(last);
  });
});

describe('a window of a set', () => {
  test.each(finite)('$title: gives what touches it of the whole', (recurrenceCase) => {
    const calendar = calendarOf(recurrenceCase);
    const set = recurrenceSet(calendar.components, { zones: zonesOf(calendar), floating: zoneOfCase(recurrenceCase) });
    const all = [...set.instances({ from: -Infinity, to: Infinity })];
    const edges = [...new Set(all.flatMap(({ start, end }) => [start - 1, start, start + 1, end - 1, end, end + 1]))];
    const some = edges.filter((_, i) => i % Math.ceil(edges.length / 12) === 0);
    for (const from of some) {
      for (const to of some) {
        const expected = all.filter(({ start, end }) => start < to && (end > from || start >= from));
        expect([...set.instances({ from, to })]).toEqual(expected);
      }
    }
  });
});
