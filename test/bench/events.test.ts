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

test('one event in seven is a meeting with 2 to 8 attendees, whose organizer is elsewhere and told by the client', () => {
  const meetings = makeEvents(2000, span).filter(({ ics }) => ics.includes('ORGANIZER'));
  expect(meetings.length / 2000).toBeGreaterThan(0.12);
  expect(meetings.length / 2000).toBeLessThan(0.18);
  for (const { ics } of meetings) {
    for (const part of ics.split('BEGIN:VEVENT').slice(1)) {
      expect(part.match(/^ORGANIZER;CN=Chair;SCHEDULE-AGENT=CLIENT:/gm)).toHaveLength(1);
      const attendees = part.match(/^ATTENDEE;/gm)?.length ?? 0;
      expect(attendees).toBeGreaterThanOrEqual(2);
      expect(attendees).toBeLessThanOrEqual(8);
    }
  }
});

test('one event in five recurs, and some of these for ever', () => {
  const series = makeEvents(2000, span).filter(({ ics }) => ruleLines(ics).includes('RRULE'));
  const endless = series.filter(({ ics }) => !ruleLines(ics).includes('COUNT='));
  expect(series.length / 2000).toBeCloseTo(0.2, 1);
  expect(endless.length / series.length).toBeCloseTo(0.1, 1);
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
