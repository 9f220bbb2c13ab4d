import { describe, expect, test } from 'vitest';
import { parseCalendar } from '../../src/ical/parse.ts';
import { zoneByName } from '../../src/ical/timezone-table.ts';
import { zoneOfVtimezone, zonesOf, type Zone } from '../../src/ical/timezone.ts';
import { parseOffset } from '../../src/ical/vtimezone.ts';
import { calendar, component } from './calendar-text.ts';

const vtimezone = (...lines: readonly string[]): string[] => component('VTIMEZONE', 'TZID:Custom', ...lines);
const standard = (...lines: readonly string[]): string[] => component('STANDARD', ...lines);
const daylight = (...lines: readonly string[]): string[] => component('DAYLIGHT', ...lines);

function zoneOf(...lines: readonly string[]): Zone | undefined {
  const [first] = parseCalendar(calendar(...vtimezone(...lines))).components;
  return first === undefined ? undefined : zoneOfVtimezone(first);
}

const hours = (zone: Zone | undefined, text: string): number => (zone?.offsetAt(Date.parse(text)) ?? NaN) / 3_600_000;

const EU = [
  ...daylight(
    'DTSTART:19810329T020000',
    'RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU',
    'TZOFFSETFROM:+0100',
    'TZOFFSETTO:+0200',
  ),
  ...standard(
    'DTSTART:19961027T030000',
    'RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU',
    'TZOFFSETFROM:+0200',
    'TZOFFSETTO:+0100',
  ),
];

describe('a VTIMEZONE (RFC 5545 §3.6.5)', () => {
  test('with endless rules has the offsets of the zone that it describes', () => {
    const zone = zoneOf(...EU)!;
    const berlin = zoneByName('Europe/Berlin')!;
    for (let at = Date.UTC(1997, 0, 1); at < Date.UTC(2200, 0, 1); at += 5.3 * 86_400_000) {
      expect(zone.offsetAt(at), new Date(at).toISOString()).toBe(berlin.offsetAt(at));
    }
    for (const wall of ['2026-03-29T02:30Z', '2026-10-25T02:30Z']) {
      expect(zone.toUtc(Date.parse(wall))).toBe(berlin.toUtc(Date.parse(wall)));
    }
  });

  test('that begins in 1601, as Outlook writes it, holds today', () => {
    const zone = zoneOf(
      ...standard(
        'DTSTART:16010101T030000',
        'RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10',
        'TZOFFSETFROM:+0200',
        'TZOFFSETTO:+0100',
      ),
      ...daylight(
        'DTSTART:16010101T020000',
        'RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3',
        'TZOFFSETFROM:+0100',
        'TZOFFSETTO:+0200',
      ),
    );
    expect(hours(zone, '2026-07-01T00:00Z')).toBe(2);
    expect(hours(zone, '2026-12-01T00:00Z')).toBe(1);
  });

  test('with RDATEs changes at them', () => {
    const zone = zoneOf(
      ...standard('DTSTART:20250101T000000', 'RDATE:20260201T000000', 'TZOFFSETFROM:+0300', 'TZOFFSETTO:+0200'),
      ...daylight(
        'DTSTART:20250601T000000',
        'RDATE:20260601T000000,20270601T000000',
        'TZOFFSETFROM:+0200',
        'TZOFFSETTO:+0300',
      ),
    );
    expect(hours(zone, '2026-01-31T20:59:59Z')).toBe(3);
    expect(hours(zone, '2026-01-31T21:00:00Z')).toBe(2);
    expect(hours(zone, '2026-05-31T22:00:00Z')).toBe(3);
    expect(hours(zone, '2090-01-01T00:00:00Z')).toBe(3);
  });

  test('before its first onset has the offset that it says was there before', () => {
    const zone = zoneOf(...standard('DTSTART:20260101T000000', 'TZOFFSETFROM:-0430', 'TZOFFSETTO:-0400'));
    expect(hours(zone, '2025-12-31T00:00Z')).toBe(-4.5);
    expect(hours(zone, '1600-01-01T00:00Z')).toBe(-4.5);
    expect(hours(zone, '2026-01-02T00:00Z')).toBe(-4);
  });

  test('whose rule ends by UNTIL keeps the last offset', () => {
    const zone = zoneOf(
      ...daylight(
        'DTSTART:20000326T020000',
        'RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU;UNTIL=20100328T010000Z',
        'TZOFFSETFROM:+0100',
        'TZOFFSETTO:+0200',
      ),
      ...standard(
        'DTSTART:20001029T030000',
        'RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU;UNTIL=20091025T010000Z',
        'TZOFFSETFROM:+0200',
        'TZOFFSETTO:+0100',
      ),
    );
    expect(hours(zone, '2009-12-01T00:00Z')).toBe(1);
    expect(hours(zone, '2010-03-28T00:59:59Z')).toBe(1);
    expect(hours(zone, '2010-03-28T01:00:00Z')).toBe(2);
    expect(hours(zone, '2050-12-01T00:00Z')).toBe(2);
  });

  test('of one offset has only that', () => {
    const zone = zoneOf(...standard('DTSTART:19700101T000000', 'TZOFFSETFROM:+0545', 'TZOFFSETTO:+0545'));
    expect([hours(zone, '1900-01-01T00:00Z'), hours(zone, '2026-01-01T00:00Z')]).toEqual([5.75, 5.75]);
  });

  test('without a part that can be read is none', () => {
    expect(zoneOf()).toBeUndefined();
    expect(zoneOf(...standard('TZOFFSETFROM:+0100', 'TZOFFSETTO:+0100'))).toBeUndefined();
    expect(zoneOf(...standard('DTSTART:19700101T000000', 'TZOFFSETTO:noon'))).toBeUndefined();
  });

  test('leaves out a rule that cannot be read', () => {
    const zone = zoneOf(
      ...standard('DTSTART:20260101T000000', 'RRULE:FREQ=NEVER', 'TZOFFSETFROM:+0100', 'TZOFFSETTO:+0200'),
    );
    expect(hours(zone, '2026-02-01T00:00Z')).toBe(2);
  });

  test('with a rule of each second is still answered within its work', () => {
    const start = process.cpuUsage();
    const zone = zoneOf(
      ...standard('DTSTART:20260101T000000', 'RRULE:FREQ=SECONDLY', 'TZOFFSETFROM:+0100', 'TZOFFSETTO:+0200'),
    );
    expect(() => zone?.offsetAt(Date.UTC(2030, 0, 1))).toThrow('more work than is permitted');
    expect(process.cpuUsage(start).user / 1000).toBeLessThan(200);
  });

  test.each([
    ['+0100', 3_600_000],
    ['-0430', -16_200_000],
    ['+005328', 3_208_000],
    ['+01:00', 3_600_000],
    ['0100', 3_600_000],
    ['-0000', 0],
    ['+2500', undefined],
    ['noon', undefined],
    [undefined, undefined],
  ])('reads the offset %s as %s', (text, offset) => {
    expect(parseOffset(text)).toBe(offset);
  });
});

describe('the zones of a calendar object', () => {
  const own = parseCalendar(
    calendar(
      ...vtimezone(...standard('DTSTART:19700101T000000', 'TZOFFSETFROM:+0700', 'TZOFFSETTO:+0700')),
      ...component(
        'VTIMEZONE',
        'TZID:Europe/Berlin',
        ...standard('DTSTART:19700101T000000', 'TZOFFSETFROM:+0700', 'TZOFFSETTO:+0700'),
      ),
      ...component(
        'VTIMEZONE',
        'TZID:W. Europe Standard Time',
        ...standard('DTSTART:19700101T000000', 'TZOFFSETFROM:+0700', 'TZOFFSETTO:+0700'),
      ),
    ),
  );

  test('an exact IANA name is that zone, whatever VTIMEZONE stands beside it', () => {
    expect(hours(zonesOf(own)('Europe/Berlin'), '2026-01-01T00:00Z')).toBe(1);
  });

  test('any other TZID is the VTIMEZONE as written', () => {
    expect(hours(zonesOf(own)('Custom'), '2026-01-01T00:00Z')).toBe(7);
    expect(hours(zonesOf(own)('W. Europe Standard Time'), '2026-01-01T00:00Z')).toBe(7);
  });

  test('without a VTIMEZONE the name decides', () => {
    expect(zonesOf(parseCalendar(calendar()))('W. Europe Standard Time')?.id).toBe('Europe/Berlin');
    expect(zonesOf(parseCalendar(calendar()))('Custom')).toBeUndefined();
  });

  test('a VTIMEZONE is known in its own calendar only', () => {
    expect(zonesOf(own)('Custom')).toBeDefined();
    expect(zonesOf(parseCalendar(calendar()))('Custom')).toBeUndefined();
  });
});
