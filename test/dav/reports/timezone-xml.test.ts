import { describe, expect, test } from 'vitest';
import { parseTimezone } from '../../../src/dav/reports/timezone-xml.ts';
import { parseXml } from '../../../src/dav/xml/parse.ts';
import type { Zone } from '../../../src/ical/timezone.ts';

const parse = (element: string, text: string): Zone => {
  const xml = `<C:${element} xmlns:C="urn:ietf:params:xml:ns:caldav"><![CDATA[${text}]]></C:${element}>`;
  return parseTimezone(parseXml(new TextEncoder().encode(xml), { octets: 100_000, depth: 64, elements: 1000 }));
};

const VTIMEZONE = [
  ...[
    'BEGIN:VTIMEZONE',
    'TZID:Mars',
    'BEGIN:STANDARD',
    'DTSTART:19700101T000000',
    'TZOFFSETFROM:+0037',
    'TZOFFSETTO:+0037',
  ],
  ...['END:STANDARD', 'END:VTIMEZONE'],
];
const calendar = (...lines: string[]): string =>
  `\n${['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:x', ...lines, 'END:VCALENDAR'].join('\n')}\n`;

test('CALDAV:timezone is the zone that its VTIMEZONE describes (RFC 4791 §9.8)', () => {
  const zone = parse('timezone', calendar(...VTIMEZONE));
  expect(zone.toUtc(Date.UTC(2026, 0, 5, 1, 37))).toBe(Date.UTC(2026, 0, 5, 1));
});

test('CALDAV:timezone-id is a zone by its name (RFC 7809 §6.2)', () => {
  const zone = parse('timezone-id', ' America/Los_Angeles\n');
  expect(zone.toUtc(Date.UTC(2026, 0, 5))).toBe(Date.UTC(2026, 0, 5, 8));
});

describe('what is refused', () => {
  test.each([
    ['an unknown timezone-id', 'timezone-id', 'bogus', 'valid-timezone'],
    ['an empty timezone-id', 'timezone-id', '', 'valid-timezone'],
    ['no iCalendar object', 'timezone', 'America/Los_Angeles', 'valid-calendar-data'],
    ['nothing', 'timezone', '', 'valid-calendar-data'],
    ['no VTIMEZONE', 'timezone', calendar(), 'valid-calendar-data'],
    ['two VTIMEZONEs', 'timezone', calendar(...VTIMEZONE, ...VTIMEZONE), 'valid-calendar-data'],
    ['an event beside it', 'timezone', calendar(...VTIMEZONE, 'BEGIN:VEVENT', 'END:VEVENT'), 'valid-calendar-data'],
    [
      'a VTIMEZONE that says nothing',
      'timezone',
      calendar('BEGIN:VTIMEZONE', 'TZID:Mars', 'END:VTIMEZONE'),
      'valid-calendar-data',
    ],
    ['no PRODID', 'timezone', calendar(...VTIMEZONE).replace('PRODID:x\n', ''), 'valid-calendar-data'],
    ['no VERSION', 'timezone', calendar(...VTIMEZONE).replace('VERSION:2.0\n', ''), 'valid-calendar-data'],
  ])('%s', (_, element, text, code) => {
    expect(() => parse(element, text)).toThrow(expect.objectContaining({ name: 'Refusal', code }));
  });
});
