import { readFileSync } from 'node:fs';
import { WINDOWS_TO_IANA_MAP } from 'windows-iana';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { canonicalName, ZONE_NAMES } from '../../src/ical/timezone-table.ts';
import { zoneByTzid, type Zone } from '../../src/ical/timezone.ts';
import { holds } from '../properties/holds.ts';

const RUNS = { seed: 37, numRuns: 3000 };
const DAY = 86_400_000;
const NOW = Date.UTC(2026, 0, 15);

const named = fc.constantFrom(...ZONE_NAMES);
const inRegion = fc.constantFrom(...ZONE_NAMES.filter((name) => name.includes('/') && !name.startsWith('Etc/')));

/** Whether two zones are the same clock: at the change of each month over fifty years. */
function isSameClock(one: Zone | undefined, other: Zone | undefined): boolean {
  for (let at = 0; at < 50 * 365 * DAY; at += 91 * DAY) if (one?.offsetAt(at) !== other?.offsetAt(at)) return false;
  return true;
}

/** Letters in any case, as a seed says. */
const inCase = (name: string, seed: number): string =>
  [...name].map((letter, i) => ((seed >> (i % 30)) & 1 ? letter.toUpperCase() : letter.toLowerCase())).join('');

describe('every name of IANA, zone or link', () => {
  test('is that name, exactly', () => {
    expect(ZONE_NAMES.filter((name) => zoneByTzid(name)?.id !== name)).toEqual([]);
  });

  test('means its zone: a link is the same clock as what it leads to', () => {
    const wrong = ZONE_NAMES.filter((name) => !isSameClock(zoneByTzid(name), zoneByTzid(canonicalName(name)!)));
    expect(wrong).toEqual([]);
  });

  test('is found in any case, in quotes, with spaces for its underscores or around it', async () => {
    const dress = fc.constantFrom(
      (name: string) => `"${name}"`,
      (name: string) => ` ${name} `,
      (name: string) => name.replaceAll('_', ' '),
      (name: string) => name,
    );
    await holds(
      fc.property(named, fc.nat(), dress, (name, seed, dressed) => {
        expect(zoneByTzid(dressed(inCase(name, seed)))?.id).toBe(name);
      }),
      RUNS,
    );
  });

  test('is found behind the prefixes of Mozilla, Evolution, Citadel, Kerio and others', async () => {
    const prefix = fc.constantFrom(
      '/mozilla.org/20050126_1/',
      '/mozilla.org/20070129_1/',
      '/freeassociation.sourceforge.net/',
      '/freeassociation.sourceforge.net/Tzfile/',
      '/citadel.org/20210210_1/',
      '/softwarestudio.org/Olson_20011030_5/',
      '/softwarestudio.org/Tzfile/',
      '/kerio.com/2010.01.01/',
      '/example.com/1/',
    );
    await holds(
      fc.property(inRegion, prefix, (name, before) => {
        expect(zoneByTzid(`${before}${name}`)?.id).toBe(name);
      }),
      RUNS,
    );
  });
});

describe('every name that Windows and Outlook show', () => {
  const LINES = readFileSync(new URL('../fixtures/zones/windows-display-names.txt', import.meta.url), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split('|') as [string, string]);
  const isSameNow = (one: Zone | undefined, other: Zone | undefined): boolean =>
    [0, 91, 182, 273].every((day) => one?.offsetAt(NOW + day * DAY) === other?.offsetAt(NOW + day * DAY));

  test.each(LINES)('%s: %s', (name, shown) => {
    expect(isSameNow(zoneByTzid(shown), zoneByTzid(name))).toBe(true);
  });

  test('is all of them, and each means the same with GMT', () => {
    expect(LINES.length).toBeGreaterThan(135);
    for (const [, shown] of LINES) {
      expect(isSameNow(zoneByTzid(shown.replace('(UTC', '(GMT')), zoneByTzid(shown)), shown).toBe(true);
    }
  });
});

describe('every name of Windows (CLDR)', () => {
  const WINDOWS = [...Map.groupBy(WINDOWS_TO_IANA_MAP, ({ windowsName }) => windowsName)];

  /**
   * Where CLDR's first place has left the offset that Windows means since; the zone is one of those that still keep it.
   */
  const MOVED = ['Central Asia Standard Time', 'Mountain Standard Time (Mexico)'];

  test('is the clock of a place that CLDR gives it', () => {
    const wrong = WINDOWS.filter(
      ([name, entries]) =>
        !MOVED.includes(name) &&
        !entries.flatMap(({ iana }) => iana).some((place) => isSameClock(zoneByTzid(name), zoneByTzid(place))),
    );
    expect(wrong.map(([name]) => name)).toEqual([]);
    expect(WINDOWS.length).toBeGreaterThan(130);
  });

  test('is found in any case, with the number that Outlook appends, or as Lotus Notes cuts it', () => {
    for (const [name] of WINDOWS) {
      const zone = zoneByTzid(name);
      expect(zone, name).toBeDefined();
      expect(isSameClock(zoneByTzid(name.toUpperCase()), zone), name).toBe(true);
      expect(isSameClock(zoneByTzid(`${name} 1`), zone), name).toBe(true);
      const short = name.replace(/ Standard Time$/, '');
      // GMT is a name of IANA's, and not London.
      if (!ZONE_NAMES.includes(short)) {
        expect(isSameClock(zoneByTzid(short), zone), short).toBe(true);
      }
    }
  });

  test('all places that CLDR names are known', () => {
    const places = WINDOWS.flatMap(([, entries]) => entries.flatMap(({ iana }) => iana));
    expect(places.filter((place) => zoneByTzid(place) === undefined)).toEqual([]);
  });
});

test('no text makes it throw, and what it finds is a clock', async () => {
  const piece = fc.oneof(
    fc.string(),
    named,
    fc.constantFrom('(UTC+01:00)', 'GMT', '/', ' Standard Time', '__proto__', '"'),
  );
  await holds(
    fc.property(fc.array(piece, { maxLength: 4 }), (pieces) => {
      const zone = zoneByTzid(pieces.join(''));
      expect(zone === undefined || Math.abs(zone.offsetAt(0)) <= 18 * 3_600_000).toBe(true);
    }),
    RUNS,
  );
});
