import { expect, test } from 'vitest';

import { parseCalendar } from '../../src/ical/parse.ts';
import { withEveryZone, withoutStandardZones } from '../../src/ical/timezone-reference.ts';
import { zonesOf } from '../../src/ical/timezone.ts';

const calendar = (...lines: readonly string[]): Uint8Array =>
  Buffer.from(['BEGIN:VCALENDAR', ...lines, 'END:VCALENDAR', ''].join('\r\n'));
const textOf = (octets: Uint8Array): string => Buffer.from(octets).toString('utf8');
const event = (...lines: readonly string[]): string[] => ['BEGIN:VEVENT', 'UID:a', ...lines, 'END:VEVENT'];

test('a zone that is missing is made from the year of the first time that names it', () => {
  const octets = calendar(
    ...event('DTSTART;TZID=Europe/Berlin:20260701T100000', 'RDATE;TZID=Europe/Berlin:19400601T100000,20270101T100000'),
  );
  const text = textOf(withEveryZone(octets));
  expect(text).toContain('BEGIN:STANDARD\r\nDTSTART:19400101T010000\r\n');
  expect(text.indexOf('END:VTIMEZONE')).toBeLessThan(text.indexOf('BEGIN:VEVENT'));
});

test('times in an alarm and in overrides count, and each zone is made once', () => {
  const octets = calendar(
    ...event('DTSTART;TZID=Asia/Tokyo:20260701T100000'),
    ...event('RECURRENCE-ID;TZID=Asia/Tokyo:20260702T100000', 'DTSTART;TZID=Asia/Seoul:20260702T100000'),
  );
  const names = parseCalendar(withEveryZone(octets)).components.map(({ name }) => name);
  expect(names).toEqual(['VTIMEZONE', 'VTIMEZONE', 'VEVENT', 'VEVENT']);
});

test('what is made for a name of Windows is the zone of that name, comma and all', () => {
  const tzid = '(UTC-03:30) Newfoundland, or so';
  const octets = calendar(...event(`DTSTART;TZID="${tzid}":20260701T100000`));
  const made = parseCalendar(withEveryZone(octets));
  expect(made.components.map(({ name }) => name)).toEqual(['VTIMEZONE', 'VEVENT']);
  expect(zonesOf(made)(tzid)?.offsetAt(0)).toBe(-3.5 * 3_600_000);
});

test('nothing is made of a name that means no zone, and nothing of what cannot be read', () => {
  const unknown = calendar(...event('DTSTART;TZID=Nowhere:20260701T100000'));
  expect(withEveryZone(unknown)).toBe(unknown);
  const broken = Buffer.from('BEGIN:VCALENDAR\r\nDTSTART;TZID=Europe/Berlin:20260701T100000');
  expect(withEveryZone(broken)).toBe(broken);
  const strange = calendar(...event('DTSTART;TZID=Europe/Berlin:soon'));
  expect(textOf(withEveryZone(strange))).toContain('DTSTART:18930401T000000');
});

test('of several VTIMEZONEs only the standard ones go, wherever they stand', () => {
  const zone = (tzid: string): string[] => ['BEGIN:VTIMEZONE', `TZID:${tzid}`, 'END:VTIMEZONE'];
  const octets = calendar(...zone('Asia/Tokyo'), ...zone('Ours'), ...event(), ...zone('US/Eastern'));
  expect(textOf(withoutStandardZones(octets))).toBe(textOf(calendar(...zone('Ours'), ...event())));
  const none = calendar(...event());
  expect(withoutStandardZones(none)).toBe(none);
});
