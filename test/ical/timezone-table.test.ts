import { describe, expect, test } from 'vitest';
import { canonicalName, tzdataRelease, ZONE_NAMES, zoneByName } from '../../src/ical/timezone-table.ts';
import type { Zone } from '../../src/ical/timezone-transitions.ts';

const DAY = 86_400_000;
const FROM = Date.UTC(1900, 0, 1);
const TO = Date.UTC(2041, 0, 1);

const SYSTEM_V = 'since 2026d a zone of its own, without the summer times of the city that it was another name of';

/** Where our release and the running Node's ICU may differ, and why; checked to be about these years only. */
const DIFFERENCES: Readonly<Record<string, { readonly years: readonly [number, number]; readonly why: string }>> = {
  'America/Inuvik': { years: [2026, 2040], why: 'permanent summer time from November 2026 is in 2026d, not in 2026c' },
  'America/Bogota': { years: [1992, 1992], why: '2026d begins the summer time of 1992 a day earlier' },
  'Asia/Tehran': { years: [1979, 1979], why: '2026d begins the summer time of 1979 a day earlier' },
  Iran: { years: [1979, 1979], why: 'another name of Asia/Tehran' },
  EST5EDT: { years: [1920, 1966], why: SYSTEM_V },
  CST6CDT: { years: [1920, 1966], why: SYSTEM_V },
  MST7MDT: { years: [1920, 1966], why: SYSTEM_V },
  PST8PDT: { years: [1948, 1966], why: SYSTEM_V },
};

/** The running Node's offset, in milliseconds east. */
function intlOffset(name: string): (instant: number) => number {
  const format = new Intl.DateTimeFormat('en-US', { timeZone: name, timeZoneName: 'longOffset' });
  return (instant) => {
    const match = /GMT(?:([+-])(\d\d):(\d\d)(?::(\d\d))?)?$/.exec(format.format(instant));
    const seconds = Number(match?.[2] ?? 0) * 3600 + Number(match?.[3] ?? 0) * 60 + Number(match?.[4] ?? 0);
    return (match?.[1] === '-' ? -1 : 1) * seconds * 1000;
  };
}

/** A second before and at each change that we know, and at even distances, for those that we do not. */
function instantsOf(zone: Zone, distance = 45 * DAY): number[] {
  const instants = zone.transitions(FROM, TO).flatMap(({ at }) => [at - 1000, at]);
  for (let at = FROM; at < TO; at += distance) instants.push(at);
  return instants;
}

/** The instants at which a name has another offset than in the running Node. */
function differences(name: string, distance?: number): string[] {
  const zone = zoneByName(name)!;
  const theirs = intlOffset(name);
  const wrong = instantsOf(zone, distance).filter((at) => zone.offsetAt(at) !== theirs(at));
  return wrong.map((at) => new Date(at).toISOString());
}

const isListed =
  (name: string) =>
  (instant: string): boolean => {
    const [first, last] = DIFFERENCES[name]?.years ?? [0, 0];
    return Number(instant.slice(0, 4)) >= first && Number(instant.slice(0, 4)) <= last;
  };

const zones = ZONE_NAMES.filter((name) => canonicalName(name) === name);

describe('beside the ICU of the running Node', () => {
  test('every zone has the same offsets from 1900 to 2040, but for the listed differences', () => {
    const unlisted = (name: string, distance?: number): string[] =>
      differences(name, distance)
        .filter((instant) => !isListed(name)(instant))
        .map((instant) => `${name} ${instant}`);
    expect(zones.flatMap((name) => unlisted(name))).toEqual([]);
    // Other names of a zone could only differ as a whole.
    const links = ZONE_NAMES.filter((name) => !zones.includes(name));
    expect(links.flatMap((name) => unlisted(name, 500 * DAY))).toEqual([]);
  });

  test.skipIf(process.versions['tz'] !== '2026c')(
    'each listed difference is one, from its first year to its last',
    () => {
      for (const [name, { years }] of Object.entries(DIFFERENCES)) {
        const found = differences(name, 5 * DAY).map((instant) => Number(instant.slice(0, 4)));
        expect([Math.min(...found), Math.max(...found)], name).toEqual(years);
      }
    },
  );

  test('every name that Node knows is known', () => {
    expect(Intl.supportedValuesOf('timeZone').filter((name) => zoneByName(name) === undefined)).toEqual([]);
  });

  test('later years follow the rules that never end', () => {
    for (const name of ['America/New_York', 'Europe/Berlin', 'Australia/Sydney', 'America/Santiago', 'Asia/Tokyo']) {
      const zone = zoneByName(name)!;
      const theirs = intlOffset(name);
      for (let at = Date.UTC(2037, 0, 1); at < Date.UTC(2150, 0, 1); at += 11 * DAY) {
        expect(zone.offsetAt(at), `${name} ${new Date(at).toISOString()}`).toBe(theirs(at));
      }
    }
  });
});

describe('the table', () => {
  const at = (name: string, text: string): number => zoneByName(name)!.offsetAt(Date.parse(text)) / 3_600_000;

  test('says which release of the IANA database it is', () => {
    expect(tzdataRelease).toMatch(/^20\d\d[a-z]$/);
  });

  // What the package loses of IANA's notation (timezone-repairs.ts), by the three ways in which it does.
  test('a zone line that ends with a year ends at its beginning', () => {
    expect(at('Europe/Berlin', '1980-07-01T00:00Z')).toBe(2);
    expect(at('America/New_York', '1946-07-01T00:00Z')).toBe(-4);
    expect(at('Pacific/Kiritimati', '1994-07-01T00:00Z')).toBe(-10);
    expect(at('Pacific/Kiritimati', '1995-01-01T12:00Z')).toBe(14);
  });

  test('a zone line that ends in UTC or standard time does so', () => {
    expect(at('Europe/London', '1971-10-31T01:59:59Z')).toBe(1);
    expect(at('Europe/London', '1971-10-31T02:00:00Z')).toBe(0);
    expect(at('Asia/Singapore', '1981-12-31T15:59:59Z')).toBe(7.5);
    expect(at('Asia/Singapore', '1981-12-31T16:00:00Z')).toBe(8);
  });

  test('a zone line that ends on the last Sunday does so', () => {
    expect(at('Europe/Simferopol', '1997-03-30T00:59:59Z')).toBe(3);
    expect(at('America/Chihuahua', '1998-04-03T00:00:00Z')).toBe(-6);
  });

  test('a zone that changes its offset and leaves summer time at once takes one step', () => {
    expect(at('America/Juneau', '1983-10-30T08:59:59Z')).toBe(-7);
    expect(at('America/Juneau', '1983-10-30T10:00:00Z')).toBe(-9);
  });

  test('a link is its target under its own name', () => {
    expect(canonicalName('Europe/Kiev')).toBe('Europe/Kyiv');
    expect(zoneByName('Europe/Kiev')?.id).toBe('Europe/Kiev');
    expect(zoneByName('US/Eastern')?.offsetAt(0)).toBe(zoneByName('America/New_York')?.offsetAt(0));
  });

  test('no other name is a zone', () => {
    for (const name of ['', 'Factory', 'Europe', 'europe/berlin', '__proto__', 'constructor']) {
      expect(ZONE_NAMES).not.toContain(name);
    }
    expect(zoneByName('__proto__')).toBeUndefined();
    expect(zoneByName('constructor')).toBeUndefined();
  });

  test('before the first line local mean time holds, far beyond the last the last rule', () => {
    expect(at('Europe/Berlin', '0001-01-02T00:00Z')).toBeCloseTo(0.891, 3);
    expect(at('Europe/Berlin', '9999-07-01T00:00Z')).toBe(2);
    expect(at('Europe/Berlin', '9999-12-31T00:00Z')).toBe(1);
  });
});

describe('local time to UTC', () => {
  const zone = zoneByName('America/New_York')!;
  const utc = (text: string): string => new Date(zone.toUtc(Date.parse(`${text}Z`))).toISOString();

  test.each([
    ['2026-03-08T01:59:59', '2026-03-08T06:59:59.000Z'],
    ['2026-03-08T02:30:00', '2026-03-08T07:30:00.000Z'],
    ['2026-03-08T03:00:00', '2026-03-08T07:00:00.000Z'],
    ['2026-11-01T00:59:59', '2026-11-01T04:59:59.000Z'],
    ['2026-11-01T01:30:00', '2026-11-01T05:30:00.000Z'],
    ['2026-11-01T02:00:00', '2026-11-01T07:00:00.000Z'],
    ['1883-11-18T12:03:00', '1883-11-18T16:59:02.000Z'],
    ['1600-01-01T00:00:00', '1600-01-01T04:56:02.000Z'],
    ['9999-12-31T23:59:59', '+010000-01-01T04:59:59.000Z'],
  ])('%s is %s (RFC 5545 §3.3.5)', (wall, instant) => {
    expect(utc(wall)).toBe(instant);
  });

  test('a day that was skipped is read with the offset before it', () => {
    const apia = zoneByName('Pacific/Apia')!;
    expect(new Date(apia.toUtc(Date.parse('2011-12-30T09:00Z'))).toISOString()).toBe('2011-12-30T19:00:00.000Z');
  });

  test('undoes the offset at every instant outside of a repeated hour', () => {
    for (const name of zones.filter((_, i) => i % 7 === 0)) {
      const each = zoneByName(name)!;
      for (const at of instantsOf(each)) {
        const back = each.toUtc(at + each.offsetAt(at));
        expect(back <= at && (back === at || each.offsetAt(back) > each.offsetAt(at)), `${name} ${at}`).toBe(true);
      }
    }
  });

  test('the order of questions does not matter', () => {
    const walls = Array.from({ length: 500 }, (_, i) => ((i * 7919) % 500) * 11 * DAY);
    const fresh = walls.map((wall) => {
      zone.offsetAt(-1e13);
      return zone.toUtc(wall);
    });
    expect(walls.map((wall) => zone.toUtc(wall))).toEqual(fresh);
  });

  test('infinity stays what it is', () => {
    expect([zone.toUtc(Infinity), zone.toUtc(-Infinity)]).toEqual([Infinity, -Infinity]);
  });
});
