import { expect, test } from 'vitest';

import { parseComponent } from '../../src/ical/parse.ts';
import { UTC, zoneByTzid } from '../../src/ical/timezone.ts';
import type { Language } from '../../src/mail/outgoing.ts';
import { languageOf, wordsOf } from '../../src/mail/text/languages.ts';
import { whenText } from '../../src/mail/text/times.ts';

const context = { zones: zoneByTzid, floating: UTC };

function when(lines: readonly string[], zone = 'Europe/Berlin', language: Language = 'en', kind = 'VEVENT') {
  const component = parseComponent([`BEGIN:${kind}`, ...lines, `END:${kind}`, ''].join('\r\n'));
  return whenText(component, context, { words: wordsOf(language), zone: zoneByTzid(zone)! });
}

const BERLIN = 'DTSTART;TZID=Europe/Berlin:20260302T100000';

test.each([
  [[BERLIN], 'Europe/Berlin', 'Monday, 2 March 2026, 10:00 (Europe/Berlin, UTC+1)'],
  [[BERLIN, 'DURATION:PT90M'], 'Europe/Berlin', 'Monday, 2 March 2026, 10:00 – 11:30 (Europe/Berlin, UTC+1)'],
  [
    ['DTSTART:20260302T230000Z', 'DTEND:20260303T010000Z'],
    'Asia/Kolkata',
    'Tuesday, 3 March 2026, 04:30 – 06:30 (Asia/Kolkata, UTC+5:30)',
  ],
  [
    [BERLIN, 'DTEND;TZID=Europe/Berlin:20260303T090000'],
    'Europe/Paris',
    'Monday, 2 March 2026, 10:00 – Tuesday, 3 March 2026, 09:00 (Europe/Paris, UTC+1)',
  ],
  [
    [BERLIN, 'DURATION:PT1H'],
    'Asia/Tokyo',
    'Monday, 2 March 2026, 18:00 – 19:00 (Asia/Tokyo, UTC+9); 10:00 – 11:00 in Europe/Berlin, UTC+1',
  ],
  [
    ['DTSTART;TZID=Europe/Berlin:20260302T200000', 'DURATION:PT1H'],
    'Asia/Tokyo',
    'Tuesday, 3 March 2026, 04:00 – 05:00 (Asia/Tokyo, UTC+9); Monday, 2 March 2026, 20:00 – 21:00 in Europe/Berlin, UTC+1',
  ],
  [['DTSTART;VALUE=DATE:20260302'], 'Asia/Tokyo', 'Monday, 2 March 2026 (all day)'],
  [['DTSTART;VALUE=DATE:20260302', 'DURATION:P2D'], 'UTC', 'Monday, 2 March 2026 – Tuesday, 3 March 2026'],
  [
    ['DTSTART:20260302T080000', 'DTEND:20260302T090000'],
    'Asia/Tokyo',
    'Monday, 2 March 2026, 08:00 – 09:00 (local time)',
  ],
  // The clocks go forward at 02:00 on 29 March: our own zones decide, and the words are only formatted.
  [
    ['DTSTART:20260329T003000Z', 'DURATION:PT1H'],
    'Europe/Berlin',
    'Sunday, 29 March 2026, 01:30 – 03:30 (Europe/Berlin, UTC+1)',
  ],
  [['DTSTART:20261025T003000Z', 'DURATION:PT1H'], 'UTC', 'Sunday, 25 October 2026, 00:30 – 01:30 (UTC)'],
])('%j is told in %s', (lines, zone, words) => {
  expect(when(lines, zone)).toBe(words);
});

test('dates are those of the language', () => {
  const lines = ['DTSTART;VALUE=DATE:20260302'];
  expect(when(lines, 'UTC', 'de')).toBe('Montag, 2. März 2026 (ganztägig)');
  expect(when(lines, 'UTC', 'fr')).toBe('lundi 2 mars 2026 (toute la journée)');
  expect(when(lines, 'UTC', 'es')).toBe('lunes, 2 de marzo de 2026 (todo el día)');
});

test('a task without a start is when it is due', () => {
  expect(when(['DUE:20260302T090000Z'], 'UTC', 'en', 'VTODO')).toBe('Monday, 2 March 2026, 09:00 (UTC)');
});

test('what has no time, or none that can be read, is not told', () => {
  expect(when(['SUMMARY:x'])).toBeUndefined();
  expect(when(['DTSTART:tomorrow'])).toBeUndefined();
});

test('the name of a zone that only the sender knows is not shown', () => {
  const text = when(['DTSTART;TZID=<script>:20260302T100000'], 'Europe/Berlin');
  expect(text).toBe('Monday, 2 March 2026, 11:00 (Europe/Berlin, UTC+1); 10:00 in UTC');
});

test('a language is found by its tag, whatever follows', () => {
  expect(['de-AT', 'FR', 'es_419', 'en'].map(languageOf)).toEqual(['de', 'fr', 'es', 'en']);
  expect(['it', '', undefined, null, 'constructor', 'deu'].map(languageOf)).toEqual(Array(6).fill(undefined));
});
