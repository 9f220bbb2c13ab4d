import { expect, test } from 'vitest';

import { Refusal } from '../../src/base/refusal.ts';
import { atOnce } from '../../src/base/steps.ts';
import { parseCalendar } from '../../src/ical/parse.ts';
import { parsingSharingZones, type SharedZones } from '../../src/ical/parse-sharing-zones.ts';
import { writeComponent } from '../../src/ical/write.ts';

const zone = (tzid: string, name = 'CET'): readonly string[] => [
  ...['BEGIN:VTIMEZONE', `TZID:${tzid}`, 'BEGIN:STANDARD', 'DTSTART:19700101T000000', 'TZOFFSETFROM:+0100'],
  ...['TZOFFSETTO:+0100', `TZNAME:${name}`, 'END:STANDARD', 'END:VTIMEZONE'],
];
const EVENT = ['BEGIN:VEVENT', 'UID:1', 'SUMMARY:BEGIN:VTIMEZONE', 'DESCRIPTION:é\\nEND:VTIMEZONE', 'END:VEVENT'];
const text = (lines: readonly string[], eol = '\r\n'): Buffer =>
  Buffer.from(['BEGIN:VCALENDAR', 'VERSION:2.0', ...lines, 'END:VCALENDAR', ''].join(eol));
const read = (octets: Uint8Array, zones: SharedZones = new Map()) => atOnce(parsingSharingZones(octets, zones));

test.each([
  ['no zone', text(EVENT)],
  ['one', text([...zone('A'), ...EVENT])],
  ['one with a name beyond ASCII', text([...zone('A', 'Zürich'), ...EVENT])],
  ['two', text([...zone('A'), ...zone('B'), ...EVENT])],
  ['one alone', text(zone('A'))],
  ['bare line feeds', text([...zone('A'), ...EVENT], '\n')],
  ['other case', text([...zone('A').map((line) => line.toLowerCase()), ...EVENT])],
  ['a folded value that looks like one', text(['X-A:b', ' BEGIN:VTIMEZONE', ...EVENT])],
])('a calendar with %s is what it is', (_, octets) => {
  expect(writeComponent(read(octets))).toBe(writeComponent(parseCalendar(octets)));
});

test('zones of one text are one component, those of another text are not', () => {
  const zones: SharedZones = new Map();
  const of = (...lines: readonly string[]) => read(text([...lines, ...EVENT]), zones).components[0];
  expect(of(...zone('A'))).toBe(of(...zone('A')));
  expect(of(...zone('A', 'other'))).not.toBe(of(...zone('A')));
});

test('no more than a hundred texts are kept, and what has another is read all the same', () => {
  const zones: SharedZones = new Map();
  for (let at = 0; at < 150; at += 1) {
    expect(writeComponent(read(text([...zone(`Z${at}`), ...EVENT]), zones))).toContain(`TZID:Z${at}\r\n`);
  }
  expect(zones.size).toBe(100);
});

test.each([
  ['no END', ['BEGIN:VTIMEZONE', 'TZID:A', ...EVENT]],
  ['a line that is none', ['BEGIN:VTIMEZONE', 'TZID', 'END:VTIMEZONE', ...EVENT]],
  ['an END of something else', ['BEGIN:VTIMEZONE', 'BEGIN:STANDARD', 'END:VTIMEZONE', ...EVENT]],
])('a zone with %s is refused', (_, lines) => {
  expect(() => read(text(lines))).toThrow(Refusal);
});
