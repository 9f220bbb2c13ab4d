import { describe, expect, test } from 'vitest';
import { indexEntry, type Horizon, type IndexEntry } from '../../src/ical/index-entry.ts';
import { parseCalendar } from '../../src/ical/parse.ts';

const calendar = (...lines: string[]) =>
  parseCalendar(['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:x', ...lines, 'END:VCALENDAR', ''].join('\r\n'));
const component = (name: string, ...lines: string[]): string[] => [`BEGIN:${name}`, 'UID:1', ...lines, `END:${name}`];
const at = (iso: string): number => Date.parse(`${iso}Z`);
const DAY = 86_400_000;
const HORIZON: Horizon = { from: at('2025-01-01T00:00:00'), until: at('2027-01-01T00:00:00'), maxInstances: 100 };

const index = (lines: readonly string[], horizon: Partial<Horizon> = {}): IndexEntry =>
  indexEntry(calendar(...lines), { horizon: { ...HORIZON, ...horizon }, budget: { steps: 100_000 } });
const event = (...lines: string[]): string[] => component('VEVENT', ...lines);
const one = (...lines: string[]): IndexEntry => index(event(...lines));

describe('a VEVENT', () => {
  test('that does not recur has one row, wherever it is', () => {
    expect(one('DTSTART:19990105T100000Z', 'DTEND:19990105T110000Z')).toEqual({
      firstAt: at('1999-01-05T10:00:00'),
      lastAt: at('1999-01-05T11:00:00'),
      floating: false,
      exact: true,
      occurrences: [{ start: at('1999-01-05T10:00:00'), end: at('1999-01-05T11:00:00'), busy: 'BUSY' }],
      indexedFrom: undefined,
      indexedUntil: undefined,
      searchText: '',
    });
  });

  test('without length has a row without length', () => {
    const instant = at('2026-01-05T10:00:00');
    expect(one('DTSTART:20260105T100000Z').occurrences).toMatchObject([{ start: instant, end: instant }]);
  });

  test('with a short rule is complete', () => {
    const entry = one('DTSTART:20260105T100000Z', 'DURATION:PT1H', 'RRULE:FREQ=DAILY;COUNT=3');
    expect(entry.occurrences.map(({ start }) => start)).toEqual([
      at('2026-01-05T10:00:00'),
      at('2026-01-06T10:00:00'),
      at('2026-01-07T10:00:00'),
    ]);
    expect(entry).toMatchObject({ lastAt: at('2026-01-07T11:00:00'), indexedFrom: undefined, indexedUntil: undefined });
  });

  test('without an end is complete from its beginning to the horizon', () => {
    const entry = one('DTSTART:20260105T100000Z', 'DURATION:PT1H', 'RRULE:FREQ=MONTHLY');
    expect(entry.occurrences).toHaveLength(12);
    expect(entry).toMatchObject({ lastAt: undefined, exact: true, indexedUntil: HORIZON.until });
    expect(entry.indexedFrom).toBeLessThan(at('0001-01-01T00:00:00'));
  });

  test('that began before the horizon is complete from there', () => {
    const entry = one('DTSTART:20000105T100000Z', 'DURATION:PT1H', 'RRULE:FREQ=MONTHLY');
    expect(entry.occurrences).toHaveLength(24);
    expect(entry).toMatchObject({
      firstAt: at('2000-01-05T10:00:00'),
      indexedFrom: HORIZON.from,
      indexedUntil: HORIZON.until,
    });
  });

  test('that reaches into the horizon is in it', () => {
    const entry = one('DTSTART:20241001T000000Z', 'DTEND:20250201T000000Z', 'RRULE:FREQ=YEARLY');
    expect(entry.occurrences[0]).toMatchObject({ start: at('2024-10-01T00:00:00'), end: at('2025-02-01T00:00:00') });
  });

  test('with more instances than are kept is complete up to the first that is not', () => {
    const entry = one('DTSTART:20260105T100000Z', 'DURATION:PT1H', 'RRULE:FREQ=DAILY');
    expect(entry.occurrences).toHaveLength(100);
    expect(entry.indexedUntil).toBe(at('2026-01-05T10:00:00') + 100 * DAY);
  });

  test('with more instances than are kept has those from a month ago on', () => {
    const now = at('2026-06-01T00:00:00');
    const entry = index(event('DTSTART:20260105T100000Z', 'DURATION:PT1H', 'RRULE:FREQ=DAILY'), { now });
    expect(entry.occurrences[0]?.start).toBe(at('2026-05-01T10:00:00'));
    expect(entry).toMatchObject({ indexedFrom: now - 31 * DAY, indexedUntil: at('2026-05-01T10:00:00') + 100 * DAY });
  });

  test('with so many instances that they would not reach a month on has those from now on', () => {
    const now = at('2026-06-01T00:00:00');
    const entry = index(event('DTSTART:20260105T100000Z', 'DURATION:PT1H', 'RRULE:FREQ=HOURLY'), { now });
    // The one that ends now is among them.
    expect(entry.occurrences[0]?.end).toBe(now);
    expect(entry).toMatchObject({ indexedFrom: now, indexedUntil: now + 99 * (DAY / 24) });
  });

  test('of which nothing is left matches nothing', () => {
    const entry = one('DTSTART:20260105T100000Z', 'RRULE:FREQ=DAILY;COUNT=1', 'EXDATE:20260105T100000Z');
    expect(entry).toMatchObject({ firstAt: undefined, lastAt: undefined, exact: true, occurrences: [] });
  });

  test('of overrides alone has a row for each', () => {
    const override = (id: string): string[] => event(`RECURRENCE-ID:${id}`, `DTSTART:${id}`, 'DURATION:PT1H');
    const entry = index([...override('20260105T100000Z'), ...override('20260205T100000Z')]);
    expect(entry.occurrences).toHaveLength(2);
    expect(entry).toMatchObject({ firstAt: at('2026-01-05T10:00:00'), lastAt: at('2026-02-05T11:00:00') });
  });
});

describe('floating time', () => {
  test('has an extent for every zone, and rows that prove nothing', () => {
    const entry = one('DTSTART;VALUE=DATE:20260105');
    expect(entry).toMatchObject({ floating: true, exact: true });
    expect(entry.firstAt).toBe(at('2026-01-05T00:00:00') - DAY);
    expect(entry.lastAt).toBe(at('2026-01-06T00:00:00') + DAY);
    expect(entry.occurrences).toMatchObject([{ start: at('2026-01-05T00:00:00'), end: at('2026-01-06T00:00:00') }]);
  });

  test('is what a TZID says that names no zone', () => {
    expect(one('DTSTART;TZID=Nowhere:20260105T100000').floating).toBe(true);
    expect(one('DTSTART;TZID=Europe/Paris:20260105T100000').floating).toBe(false);
  });

  test('with an EXDATE in UTC has no rows: each zone has other instances', () => {
    // 1300Z is 13:00 only in UTC: elsewhere the one instance is not taken out.
    const entry = one('DTSTART:20260105T130000', 'RRULE:FREQ=WEEKLY;COUNT=1', 'EXDATE:20260105T130000Z');
    expect(entry).toMatchObject({ floating: true, exact: false, occurrences: [] });
    expect(entry.indexedFrom).toBe(entry.indexedUntil);
    expect(entry.firstAt).toBeLessThanOrEqual(at('2026-01-04T23:00:00'));
    expect(entry.lastAt).toBeGreaterThanOrEqual(at('2026-01-06T01:00:00'));
  });

  test('of an override alone, or with an UNTIL in UTC, has rows', () => {
    const master = event('DTSTART:20260105T130000Z', 'RRULE:FREQ=WEEKLY;COUNT=2');
    const override = event('RECURRENCE-ID:20260112T130000Z', 'DTSTART;VALUE=DATE:20260112');
    expect(index([...master, ...override])).toMatchObject({ floating: true, exact: true, indexedFrom: undefined });
    const until = one('DTSTART;VALUE=DATE:20260105', 'RRULE:FREQ=WEEKLY;UNTIL=20260112T130000Z');
    expect(until).toMatchObject({ floating: true, exact: true, indexedFrom: undefined });
    expect(until.occurrences).toHaveLength(2);
  });
});

describe('other components', () => {
  const extent = (name: string, ...lines: string[]) => {
    const { firstAt, lastAt, exact, occurrences, floating } = index(component(name, ...lines));
    expect({ exact, occurrences, floating }).toEqual({ exact: false, occurrences: [], floating: false });
    return [firstAt, lastAt];
  };
  const ten = at('2026-01-05T10:00:00');
  const noon = at('2026-01-05T12:00:00');
  const rows: [string, string, string[], (number | undefined)[]][] = [
    ['with DTSTART and DUE', 'VTODO', ['DTSTART:20260105T100000Z', 'DUE:20260105T120000Z'], [ten, noon]],
    ['with DTSTART and DURATION', 'VTODO', ['DTSTART:20260105T100000Z', 'DURATION:PT2H'], [ten, noon]],
    ['with DTSTART', 'VTODO', ['DTSTART:20260105T100000Z'], [ten, ten]],
    ['with DUE', 'VTODO', ['DUE:20260105T120000Z'], [noon, noon]],
    ['with CREATED and COMPLETED', 'VTODO', ['COMPLETED:20260105T120000Z', 'CREATED:20260105T100000Z'], [ten, noon]],
    ['with COMPLETED', 'VTODO', ['COMPLETED:20260105T120000Z'], [noon, noon]],
    ['with CREATED', 'VTODO', ['CREATED:20260105T100000Z'], [ten, undefined]],
    ['without dates', 'VTODO', [], [undefined, undefined]],
    ['without an end', 'VTODO', ['DTSTART:20260105T100000Z', 'RRULE:FREQ=DAILY'], [ten, undefined]],
    ['with DTSTART', 'VJOURNAL', ['DTSTART:20260105T100000Z'], [ten, ten]],
    ['without DTSTART', 'VJOURNAL', [], [undefined, undefined]],
    ['with bounds', 'VFREEBUSY', ['DTSTART:20260105T100000Z', 'DTEND:20260105T120000Z'], [ten, noon]],
    ['with periods', 'VFREEBUSY', ['FREEBUSY:20260105T110000Z/PT1H', 'FREEBUSY:20260105T100000Z/PT1M'], [ten, noon]],
    ['with nothing', 'VFREEBUSY', [], [undefined, undefined]],
    ['from a start', 'VAVAILABILITY', ['DTSTART:20260105T100000Z'], [ten, undefined]],
    ['unknown', 'VPOLL', ['DTSTART:20260105T100000Z'], [undefined, undefined]],
  ];
  test.each(rows)('%s: %s', (_, name, lines, expected) => {
    expect(extent(name, ...lines)).toEqual(expected);
  });

  test('one that is floating is padded', () => {
    const entry = index(component('VTODO', 'DUE;VALUE=DATE:20260105'));
    expect(entry).toMatchObject({
      floating: true,
      firstAt: at('2026-01-04T00:00:00'),
      lastAt: at('2026-01-06T00:00:00'),
    });
  });
});

test('a rule that never matches, or costs too much, is refused', () => {
  const never = event('DTSTART:20260105T100000Z', 'RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30');
  expect(() => index(never)).toThrow(expect.objectContaining({ code: 'valid-calendar-data' }));
});
