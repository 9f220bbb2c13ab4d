import { WINDOWS_TO_IANA_MAP } from 'windows-iana';
import { describe, expect, test } from 'vitest';
import { zoneByTzid, zoneNames } from '../../src/ical/timezone.ts';

const NEW_YEAR = Date.UTC(2026, 0, 1);

describe('a TZID', () => {
  test.each([
    ['Europe/Berlin', 'Europe/Berlin'],
    ['europe/berlin', 'Europe/Berlin'],
    ['"Europe/Paris"', 'Europe/Paris'],
    ['America/New York', 'America/New_York'],
    ['US/Eastern', 'US/Eastern'],
    // Windows, as Outlook and Exchange write it, also with the number that Outlook adds to a second one.
    ['W. Europe Standard Time', 'Europe/Berlin'],
    ['W. Europe Standard Time 1', 'Europe/Berlin'],
    ['Pacific Standard Time (Mexico)', 'America/Tijuana'],
    ['Central Asia Standard Time', 'Asia/Bishkek'],
    ['Kamchatka Standard Time', 'Asia/Kamchatka'],
    ['UTC-11', 'Etc/GMT+11'],
    // Lotus Notes leaves the end off.
    ['W. Europe', 'Europe/Berlin'],
    ['Eastern', 'America/New_York'],
    // Mozilla, Evolution, Citadel.
    ['/mozilla.org/20070129_1/Europe/Berlin', 'Europe/Berlin'],
    ['/citadel.org/20210210_1/Europe/Berlin', 'Europe/Berlin'],
    ['/freeassociation.sourceforge.net/Europe/Berlin', 'Europe/Berlin'],
    ['/freeassociation.sourceforge.net/Tzfile/America/Indiana/Knox', 'America/Indiana/Knox'],
    ['/softwarestudio.org/Olson_20011030_5/America/Argentina/Buenos_Aires', 'America/Argentina/Buenos_Aires'],
    ['tzone://Microsoft/Utc', 'UTC'],
    // The names that Outlook shows.
    ['(UTC+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna', 'Europe/Amsterdam'],
    ['(UTC+02:00) Helsinki, Kyiv, Riga, Sofia, Tallinn, Vilnius', 'Europe/Helsinki'],
    ['(GMT) Greenwich Mean Time : Dublin, Edinburgh, Lisbon, London', 'Europe/Dublin'],
    ['(GMT-05:00) Eastern Time (US & Canada)', 'America/New_York'],
    ['(UTC-03:00) Brasilia', 'America/Sao_Paulo'],
    ['(UTC+05:30) Chennai, Kolkata, Mumbai, New Delhi', 'Asia/Kolkata'],
    // Chihuahua has moved to another offset since: the next place counts.
    ['(UTC-07:00) Chihuahua, La Paz, Mazatlan', 'America/Mazatlan'],
    ['PST', 'America/Los_Angeles'],
  ])('%s is %s', (tzid, name) => {
    expect(zoneByTzid(tzid)?.id).toBe(name);
  });

  test.each([
    ['GMT+1', 1],
    ['UTC-05:30', -5.5],
    ['+0100', 1],
    ['GMT+01:00', 1],
    ['Etc/GMT+5', -5],
    ['(UTC+01:00) Nowhere', 1],
    ['(UTC-09:30) Nowhere', -9.5],
    ['(UTC) Nowhere', 0],
  ])('%s is %d hours east of UTC', (tzid, hours) => {
    expect(zoneByTzid(tzid)?.offsetAt(NEW_YEAR)).toBe(hours * 3_600_000);
  });

  test.each([
    '',
    'Customized Time Zone',
    'tzone://Microsoft/Custom',
    'GMT+99',
    'Berlin/Europe',
    'CST',
    '__proto__',
    'toString',
  ])('%j names no zone', (tzid) => {
    expect(zoneByTzid(tzid)).toBeUndefined();
  });

  test('every name of Windows names a zone', () => {
    const names = [...new Set(WINDOWS_TO_IANA_MAP.map(({ windowsName }) => windowsName))];
    expect(names.length).toBeGreaterThan(100);
    expect(names.filter((name) => zoneByTzid(name) === undefined)).toEqual([]);
  });

  test('any number of names that are none costs no memory to speak of', () => {
    for (let i = 0; i < 5000; i++) expect(zoneByTzid(`Nowhere/${i}`)).toBeUndefined();
    expect(zoneByTzid('W. Europe Standard Time')?.id).toBe('Europe/Berlin');
  });

  test('a long name is answered at once', () => {
    const start = process.cpuUsage();
    for (const piece of ['/', ' ', '(UTC+1:00) a,', '+', '1'])
      expect(zoneByTzid(piece.repeat(100_000))).toBeUndefined();
    expect(process.cpuUsage(start).user / 1000).toBeLessThan(500);
  });
});

test('the names are those of IANA, zones and links, in order', () => {
  const names = zoneNames();
  expect(names).toContain('Europe/Kyiv');
  expect(names).toContain('Europe/Kiev');
  expect(names).not.toContain('Factory');
  expect([...names].sort()).toEqual(names);
  expect(names.length).toBeGreaterThan(590);
});
