import { describe, expect, test } from 'vitest';

import { parseCalendar } from '../../src/ical/parse.ts';
import { canonicalName, ZONE_NAMES } from '../../src/ical/timezone-table.ts';
import { zoneByTzid, zoneOfVtimezone, type Zone } from '../../src/ical/timezone.ts';
import { vtimezoneObject, vtimezoneText, type VtimezoneSpan } from '../../src/ical/vtimezone-text.ts';
import { seededRandom } from '../seeded-random.ts';

const linesOf = (tzid: string, span: VtimezoneSpan = {}): string[] =>
  vtimezoneText(zoneByTzid(tzid)!, tzid, span).split('\r\n');
const at = (text: string): number => Date.parse(text);

test('of a zone with rules they are what is written, from the beginning of the span on', () => {
  expect(linesOf('Europe/Berlin', { from: at('2026-01-01T00:00Z') })).toEqual([
    'BEGIN:VTIMEZONE',
    'TZID:Europe/Berlin',
    'BEGIN:STANDARD',
    'DTSTART:20260101T010000',
    'TZOFFSETFROM:+0100',
    'TZOFFSETTO:+0100',
    'END:STANDARD',
    'BEGIN:DAYLIGHT',
    'DTSTART:20260329T020000',
    'RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU',
    'TZOFFSETFROM:+0100',
    'TZOFFSETTO:+0200',
    'END:DAYLIGHT',
    'BEGIN:STANDARD',
    'DTSTART:20261025T030000',
    'RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU',
    'TZOFFSETFROM:+0200',
    'TZOFFSETTO:+0100',
    'END:STANDARD',
    'END:VTIMEZONE',
    '',
  ]);
});

test('a span that ends says so, and lists what lies in it (RFC 7808 §5.3.4, §7.1)', () => {
  const lines = linesOf('America/New_York', { from: at('2010-01-01T00:00Z'), to: at('2012-01-01T00:00Z') });
  expect(lines.slice(2, 8)).toEqual([
    'TZUNTIL:20120101T000000Z',
    'BEGIN:STANDARD',
    'DTSTART:20091231T190000',
    'TZOFFSETFROM:-0500',
    'TZOFFSETTO:-0500',
    'END:STANDARD',
  ]);
  expect(lines.filter((line) => /^(RDATE|RRULE)/.test(line))).toEqual([
    'RDATE:20110313T020000',
    'RDATE:20111106T020000',
  ]);
});

test('a span that begins with a change has no other observance there', () => {
  const lines = linesOf('Europe/Berlin', { from: at('2026-03-29T01:00Z') });
  expect(lines.filter((line) => line.startsWith('DTSTART'))).toEqual([
    'DTSTART:20260329T020000',
    'DTSTART:20261025T030000',
  ]);
});

test('without a span it holds the whole history, each rule with the UTC time at which it ended', () => {
  const lines = linesOf('America/New_York');
  expect(lines.slice(2, 7)).toEqual([
    'BEGIN:STANDARD',
    'DTSTART:18831118T120358',
    'TZOFFSETFROM:-045602',
    'TZOFFSETTO:-0500',
    'END:STANDARD',
  ]);
  // The Energy Policy Act of 2005 ended the rule of 1986 after 2006.
  expect(lines).toContain('RRULE:FREQ=YEARLY;UNTIL=20060402T070000Z;BYMONTH=4;BYDAY=1SU');
  expect(lines).toContain('RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=2SU');
  expect(lines.filter((line) => /^RRULE(?!.*UNTIL)/.test(line))).toHaveLength(2);
});

test('a zone without changes is one STANDARD', () => {
  expect(linesOf('Etc/GMT+2').slice(2, -2)).toEqual([
    'BEGIN:STANDARD',
    'DTSTART:19700101T000000',
    'TZOFFSETFROM:-0200',
    'TZOFFSETTO:-0200',
    'END:STANDARD',
  ]);
});

test('a rule that goes over the end of a month is counted from the end of the year', () => {
  // The midnight after Cairo's last Thursday of October is 1 November in some years.
  const rules = linesOf('Africa/Cairo', { from: at('2026-01-01T00:00Z') }).filter((line) => line.startsWith('RRULE'));
  expect(rules).toContain('RRULE:FREQ=YEARLY;BYYEARDAY=-67,-66,-65,-64,-63,-62,-61;BYDAY=FR');
});

test('daylight saving time in Dublin is in summer, whatever the law calls it', () => {
  const lines = linesOf('Europe/Dublin', { from: at('2026-01-01T00:00Z') });
  expect(lines.slice(lines.indexOf('BEGIN:DAYLIGHT'), lines.indexOf('END:DAYLIGHT'))).toContain('TZOFFSETTO:+0100');
  expect(lines.filter((line) => line === 'BEGIN:DAYLIGHT')).toHaveLength(1);
});

test('an alias names what it is another name of (RFC 7808 §7.2)', () => {
  expect(linesOf('US/Eastern', { aliasOf: 'America/New_York' }).slice(1, 3)).toEqual([
    'TZID:US/Eastern',
    'TZID-ALIAS-OF:America/New_York',
  ]);
});

const ZONES = ZONE_NAMES.filter((name) => canonicalName(name) === name);
const END = Date.UTC(2300, 0, 1);
/** Seconds between which spans begin. */
const [EARLIEST, LATEST] = [at('1900-01-01T00:00Z') / 1000, at('2040-01-01T00:00Z') / 1000];

const readBack = (text: string): Zone => zoneOfVtimezone(parseCalendar(text).components[0]!)!;

/** Instants at which the two differ: at and just before each change of either, and at the beginning. */
function differences(one: Zone, other: Zone, from: number, to: number): string[] {
  const changes = [...one.transitions(from, to), ...other.transitions(from, to)];
  const instants = [from, ...changes.flatMap((change) => [change.at - 1000, change.at])];
  return instants
    .filter((instant) => instant >= from && one.offsetAt(instant) !== other.offsetAt(instant))
    .map((instant) => `${one.id} ${new Date(instant).toISOString()}`);
}

describe('read back, it is the zone at each of its changes', () => {
  test('of every zone, with its whole history', () => {
    expect(ZONES.length).toBeGreaterThan(330);
    const wrong = ZONES.flatMap((name) => {
      const zone = zoneByTzid(name)!;
      return differences(zone, readBack(vtimezoneObject(zone, name)), at('1800-01-01T00:00Z'), END);
    });
    expect(wrong).toEqual([]);
  });

  test('of every zone, from some instant on', () => {
    const random = seededRandom(7808);
    const wrong = ZONES.flatMap((name) => {
      const zone = zoneByTzid(name)!;
      const from = random.between(EARLIEST, LATEST) * 1000;
      return differences(zone, readBack(vtimezoneObject(zone, name, { from })), from, END);
    });
    expect(wrong).toEqual([]);
  });

  test('of every zone, from some instant to another', () => {
    const random = seededRandom(7809);
    const wrong = ZONES.flatMap((name) => {
      const zone = zoneByTzid(name)!;
      const from = random.between(EARLIEST, LATEST) * 1000;
      const to = from + random.between(1, 1e9) * 1000;
      return differences(zone, readBack(vtimezoneObject(zone, name, { from, to })), from, to);
    });
    expect(wrong).toEqual([]);
  });

  test('the VTIMEZONE of an event of today is short, whatever the history of its zone', () => {
    const from = at('2026-01-01T00:00Z');
    const lengths = ZONES.map((name) => vtimezoneText(zoneByTzid(name)!, name, { from }).length);
    expect(lengths.filter((length) => length > 600).length).toBeLessThan(10);
  });
});
