import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Component } from '../../src/ical/component.ts';
import { matchesFilter, type CompFilter } from '../../src/ical/filter.ts';
import { indexEntry, type Horizon } from '../../src/ical/index-entry.ts';
import { parseCalendar } from '../../src/ical/parse.ts';
import { eventOverlaps } from '../../src/ical/time-range.ts';
import { formatTimeValue, type TimeRange } from '../../src/ical/time-value.ts';
import { UTC, zoneByTzid } from '../../src/ical/timezone.ts';
import { holds } from '../properties/holds.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const START = Date.UTC(2026, 0, 1);
const HORIZON: Horizon = { from: START - 30 * DAY, until: START + 60 * DAY, maxInstances: 40 };
const ZONES = [UTC, zoneByTzid('Pacific/Kiritimati')!, zoneByTzid('America/New_York')!, zoneByTzid('Etc/GMT+12')!];

const local = (wall: number): string => formatTimeValue({ kind: 'floating', wall });
const date = (wall: number): string => formatTimeValue({ kind: 'date', wall });
const FORMS = [
  (wall: number) => `:${local(wall)}Z`,
  (wall: number) => `;TZID=America/New_York:${local(wall)}`,
  (wall: number) => `:${local(wall)}`,
  (wall: number) => `;VALUE=DATE:${date(wall)}`,
];

const hours = fc.integer({ min: -40 * 24, max: 40 * 24 });
const rule = fc.option(
  fc.record({
    freq: fc.constantFrom('DAILY', 'WEEKLY', 'MONTHLY'),
    interval: fc.integer({ min: 1, max: 3 }),
    end: fc.constantFrom('', ';COUNT=5', ';COUNT=60', ';UNTIL', ';UNTIL in UTC'),
  }),
  { nil: undefined },
);

/** A VEVENT, VTODO or VJOURNAL in one of the four forms of time, with a rule, an EXDATE and an override. */
const calendars = fc
  .record({
    name: fc.constantFrom('VEVENT', 'VEVENT', 'VTODO', 'VJOURNAL'),
    form: fc.constantFrom(...FORMS),
    // Clients mix them: an instance of a timed series may be all-day, an EXDATE in UTC.
    otherForms: fc.option(fc.tuple(fc.constantFrom(...FORMS), fc.constantFrom(...FORMS)), { nil: undefined }),
    start: hours,
    length: fc.constantFrom(undefined, 0, 1, 30, 24 * 9),
    rule,
    excluded: fc.option(fc.integer({ min: 0, max: 6 }), { nil: undefined }),
    moved: fc.option(fc.record({ from: fc.integer({ min: 0, max: 6 }), by: hours }), { nil: undefined }),
  })
  .map(({ name, form, otherForms, start, length, rule, excluded, moved }): Component => {
    const wall = START + start * HOUR;
    const [idForm, movedForm] = otherForms ?? [form, form];
    const step = { DAILY: DAY, WEEKLY: 7 * DAY, MONTHLY: 0 }[rule?.freq ?? 'MONTHLY'] * (rule?.interval ?? 1);
    const times = (at: number, as: (typeof FORMS)[number]): string[] => {
      const unit = as === FORMS[3] ? 'P1D' : length === undefined ? undefined : `PT${length}H`;
      return [`DTSTART${as(at)}`, ...(unit === undefined || name === 'VJOURNAL' ? [] : [`DURATION:${unit}`])];
    };
    const last = wall + 20 * DAY;
    const until = form === FORMS[3] ? date(last) : `${local(last)}${form === FORMS[2] ? '' : 'Z'}`;
    const ends = new Map([
      [';UNTIL', `;UNTIL=${until}`],
      [';UNTIL in UTC', `;UNTIL=${local(last)}Z`],
    ]);
    const end = ends.get(rule?.end ?? '') ?? rule?.end;
    const master = [
      ...times(wall, form),
      ...(rule ? [`RRULE:FREQ=${rule.freq};INTERVAL=${rule.interval}${end}`] : []),
      ...(rule && step > 0 && excluded !== undefined ? [`EXDATE${idForm(wall + excluded * step)}`] : []),
    ];
    const component = (lines: readonly string[]): string[] => [`BEGIN:${name}`, 'UID:1', ...lines, `END:${name}`];
    const overrides =
      rule && step > 0 && moved
        ? component([
            `RECURRENCE-ID${idForm(wall + moved.from * step)}`,
            ...times(wall + moved.from * step + moved.by * HOUR, movedForm),
          ])
        : [];
    return parseCalendar(['BEGIN:VCALENDAR', ...component(master), ...overrides, 'END:VCALENDAR', ''].join('\r\n'));
  });

const ranges = fc
  .record({
    from: fc.oneof(
      fc.integer({ min: -70 * 24, max: 90 * 24 }),
      // Where the horizon begins and ends.
      fc.integer({ min: -30 * 24 - 3, max: -30 * 24 + 1 }),
      fc.integer({ min: 60 * 24 - 30, max: 60 * 24 + 1 }),
    ),
    length: fc.constantFrom(1, 24, 7 * 24),
    open: fc.constantFrom('', 'start', 'end'),
  })
  .map(({ from, length, open }): TimeRange => {
    const start = START + from * HOUR;
    return { start: open === 'start' ? -Infinity : start, end: open === 'end' ? Infinity : start + length * HOUR };
  });

const filterFor = (name: string, timeRange: TimeRange): CompFilter => {
  const rest = { isNotDefined: false, props: [], test: 'allof' } as const;
  return { ...rest, name: 'VCALENDAR', comps: [{ ...rest, name, timeRange, comps: [] }] };
};

test('the rows of an exact entry decide as the filter does, and the extent holds every match', async () => {
  let matched = 0;
  let decided = 0;
  const runs = await holds(
    fc.property(calendars, ranges, fc.constantFrom(...ZONES), (calendar, range, floating) => {
      const entry = indexEntry(calendar, { horizon: HORIZON, budget: { steps: 100_000 } });
      const name = calendar.components[0]!.name;
      const matches = matchesFilter(calendar, filterFor(name, range), { floating, budget: { steps: 100_000 } });
      if (matches) {
        matched++;
        expect(range.end).toBeGreaterThanOrEqual(entry.firstAt ?? -Infinity);
        expect(range.start).toBeLessThanOrEqual(entry.lastAt ?? Infinity);
      }
      // The instants of a floating entry are up to a day off.
      const pad = entry.floating ? DAY : 0;
      const wide = { start: range.start - pad, end: range.end + pad };
      const isInside = wide.start >= (entry.indexedFrom ?? -Infinity) && wide.end <= (entry.indexedUntil ?? Infinity);
      if (!entry.exact || !isInside) return;
      decided++;
      const overlaps = entry.occurrences.some(({ start, end }) => eventOverlaps(wide, start, end));
      if (matches || !entry.floating) expect(overlaps).toBe(matches);
    }),
    { seed: 4791, numRuns: 5000 },
  );
  // The property says something only where both happen.
  expect(matched).toBeGreaterThan(runs * 0.06);
  expect(decided).toBeGreaterThan(runs * 0.06);
});
