import { describe, expect, test } from 'vitest';

import { parseCalendar } from '../../src/ical/parse.ts';
import { zoneByTzid, zoneOfVtimezone } from '../../src/ical/timezone.ts';
import { vtimezoneText } from '../../src/ical/vtimezone-text.ts';

const textOf = (tzid: string): string => vtimezoneText(zoneByTzid(tzid)!, tzid, 2026);

test('a zone with rules has them as rules', () => {
  expect(textOf('Europe/Berlin').split('\r\n')).toEqual([
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    'PRODID:-//Kalends//Kalends//EN',
    'BEGIN:VTIMEZONE',
    'TZID:Europe/Berlin',
    'BEGIN:DAYLIGHT',
    'DTSTART:20160327T020000',
    'RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU',
    'TZOFFSETFROM:+0100',
    'TZOFFSETTO:+0200',
    'END:DAYLIGHT',
    'BEGIN:STANDARD',
    'DTSTART:20161030T030000',
    'RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU',
    'TZOFFSETFROM:+0200',
    'TZOFFSETTO:+0100',
    'END:STANDARD',
    'END:VTIMEZONE',
    'END:VCALENDAR',
    '',
  ]);
});

test('the second Sunday of March is said so', () => {
  expect(textOf('America/New_York')).toContain('RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=2SU\r\n');
  expect(textOf('America/New_York')).toContain('RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=1SU\r\n');
});

test('a zone without changes is one STANDARD', () => {
  const text = textOf('Asia/Kolkata');
  expect(text).toContain('BEGIN:STANDARD\r\nDTSTART:19700101T000000\r\nTZOFFSETFROM:+0530\r\nTZOFFSETTO:+0530\r\n');
  expect(text).not.toContain('DAYLIGHT');
});

describe('read back, it is the zone', () => {
  const from = Date.UTC(2017, 0, 1);
  const to = Date.UTC(2036, 0, 1);
  test.each([
    'Europe/Dublin',
    'America/Sao_Paulo',
    'Africa/Casablanca',
    'Asia/Jerusalem',
    'Australia/Lord_Howe',
    'America/Mexico_City',
    'Africa/Cairo',
    'Pacific/Chatham',
    'Etc/GMT+2',
  ])('%s', (tzid) => {
    const [vtimezone] = parseCalendar(textOf(tzid)).components;
    const read = zoneOfVtimezone(vtimezone!);
    const real = zoneByTzid(tzid)!;
    const wrong: string[] = [];
    for (let at = from; at < to; at += 6 * 3_600_000) {
      if (read?.offsetAt(at) !== real.offsetAt(at)) wrong.push(new Date(at).toISOString());
    }
    expect(wrong.slice(0, 3)).toEqual([]);
  });
});
