import { DateTime } from 'luxon';
import { RRuleTemporal } from 'rrule-temporal';
import { expect, test } from 'vitest';
import { makeEvents, type Interval } from '../../bench/events.ts';
import { union } from '../../bench/expected.ts';

const from = DateTime.utc(2026, 1, 5);
const span = { from, until: from.plus({ years: 3 }) };
const year: Interval = { start: from.plus({ years: 1 }).toMillis(), end: from.plus({ years: 2 }).toMillis() };

/** DTSTART, RRULE and EXDATE of a series without overrides. */
const ruleLines = (ics: string): string =>
  ics
    .slice(ics.indexOf('BEGIN:VEVENT'))
    .split('\r\n')
    .filter((line) => /^(DTSTART|RRULE|EXDATE)/.test(line))
    .join('\n');

test('the instances that the benchmark counts are those that another engine finds', () => {
  const series = makeEvents(1500, span).filter(
    ({ ics }) => !ics.includes('RECURRENCE-ID') && ruleLines(ics).includes('RRULE'),
  );
  expect(series.length).toBeGreaterThan(150);
  for (const { ics, instances } of series) {
    const counted = instances(year)
      .map(({ start }) => start)
      .filter((start) => start >= year.start);
    const rule = new RRuleTemporal({ rruleString: ruleLines(ics) });
    const found = rule.between(new Date(year.start), new Date(year.end), true).map((start) => start.epochMilliseconds);
    expect({ ics, starts: counted }).toEqual({ ics, starts: found.filter((start) => start < year.end) });
  }
});

test('the same events come for the same count', () => {
  const texts = (count: number): string[] => makeEvents(count, span).map(({ ics }) => ics);
  expect(texts(50)).toEqual(texts(50));
  expect(texts(50)).not.toEqual(texts(51).slice(0, 50));
});

test('busy ranges that touch are one, and end where the range ends', () => {
  const range = { start: 0, end: 100 };
  const found = union(
    [
      { start: 50, end: 70 },
      { start: -5, end: 10 },
      { start: 60, end: 80 },
      { start: 80, end: 200 },
    ],
    range,
  );
  expect(found).toBe(
    '1970-01-01T00:00:00.000Z/1970-01-01T00:00:00.010Z 1970-01-01T00:00:00.050Z/1970-01-01T00:00:00.100Z',
  );
});
