import { describe, expect, test } from 'vitest';

import { parseComponent } from '../../src/ical/parse.ts';
import { UTC, zoneByTzid } from '../../src/ical/timezone.ts';
import type { Language } from '../../src/mail/outgoing.ts';
import { wordsOf } from '../../src/mail/text/languages.ts';
import { repeatsText } from '../../src/mail/text/rule-text.ts';

const context = { zones: zoneByTzid, floating: UTC };

/** Of a Monday, 2 March 2026, 10:00 in Berlin. */
function said(lines: string, language: Language = 'en', zone = 'Europe/Berlin', start = '20260302T100000') {
  const text = `BEGIN:VEVENT\r\nDTSTART;TZID=Europe/Berlin:${start}\r\n${lines}\r\nEND:VEVENT\r\n`;
  return repeatsText(parseComponent(text), context, { words: wordsOf(language), zone: zoneByTzid(zone)! });
}

const rule = (parts: string, language: Language = 'en') => said(`RRULE:${parts}`, language);

const OTHER: Readonly<Record<Language, string>> = {
  en: 'by a rule that your calendar shows',
  de: 'nach einer Regel, die Ihr Kalender zeigt',
  fr: 'selon une règle que montre votre agenda',
  es: 'según una regla que muestra su calendario',
};

test.each([
  ['FREQ=DAILY', 'every day'],
  ['FREQ=DAILY;INTERVAL=3;COUNT=5', 'every 3 days, 5 times'],
  ['FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR', 'every weekday'],
  ['FREQ=WEEKLY', 'every week'],
  ['FREQ=WEEKLY;BYDAY=MO,WE', 'every week on Monday, Wednesday'],
  ['FREQ=WEEKLY;INTERVAL=2;BYDAY=TU;COUNT=1', 'every 2 weeks on Tuesday, once'],
  ['FREQ=MONTHLY;BYMONTHDAY=1,15', 'every month on the 1st and 15th'],
  ['FREQ=MONTHLY;BYDAY=2TU', 'every month on the 2nd Tuesday'],
  ['FREQ=MONTHLY;BYDAY=-1FR', 'every month on the last Friday'],
  ['FREQ=YEARLY', 'every year'],
  ['FREQ=YEARLY;INTERVAL=4', 'every 4 years'],
  ['FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU', 'every March on the last Sunday'],
  ['FREQ=WEEKLY;UNTIL=20260629T220000Z', 'every week, until Tuesday, 30 June 2026'],
  ['FREQ=DAILY;UNTIL=20260630', 'every day, until Tuesday, 30 June 2026'],
])('%s is said in English', (parts, words) => {
  expect(rule(parts)).toBe(words);
});

describe.each(['de', 'fr', 'es'] as const)('in %s', (language) => {
  test.each([
    ['FREQ=DAILY', { de: 'jeden Tag', fr: 'tous les jours', es: 'todos los días' }],
    [
      'FREQ=DAILY;INTERVAL=2;COUNT=3',
      { de: 'alle 2 Tage, 3-mal', fr: 'tous les 2 jours, 3 fois', es: 'cada 2 días, 3 veces' },
    ],
    [
      'FREQ=WEEKLY;BYDAY=WE,MO',
      {
        de: 'jede Woche am Montag und Mittwoch',
        fr: 'toutes les semaines, le lundi et mercredi',
        es: 'todas las semanas, el lunes y miércoles',
      },
    ],
    [
      'FREQ=MONTHLY;BYMONTHDAY=15',
      { de: 'jeden Monat am 15.', fr: 'tous les mois, le 15', es: 'todos los meses, el día 15' },
    ],
    [
      'FREQ=MONTHLY;INTERVAL=2;BYDAY=-1FR',
      {
        de: 'alle 2 Monate am letzten Freitag',
        fr: 'tous les 2 mois, le dernier vendredi',
        es: 'cada 2 meses, el último viernes',
      },
    ],
    ['FREQ=YEARLY;BYMONTH=3;BYMONTHDAY=2', { de: 'jedes Jahr', fr: 'tous les ans', es: 'todos los años' }],
    [
      'FREQ=WEEKLY;UNTIL=20260629T080000Z',
      {
        de: 'jede Woche, bis Montag, 29. Juni 2026',
        fr: 'toutes les semaines, jusqu’au lundi 29 juin 2026',
        es: 'todas las semanas, hasta el lunes, 29 de junio de 2026',
      },
    ],
  ])('%s has plain words', (parts, words) => {
    expect(rule(parts, language)).toBe(words[language]);
  });
});

describe('what would be said wrongly is not said', () => {
  test.each([
    'FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1',
    'RSCALE=HEBREW;FREQ=YEARLY;BYMONTH=5L;BYMONTHDAY=8;SKIP=FORWARD',
    'RSCALE=GREGORIAN;FREQ=YEARLY;SKIP=BACKWARD',
    'FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO',
    'FREQ=YEARLY;BYYEARDAY=100',
    'FREQ=YEARLY;BYMONTHDAY=5',
    'FREQ=YEARLY;BYDAY=MO',
    'FREQ=YEARLY;INTERVAL=2;BYMONTH=3;BYDAY=1MO',
    'FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13',
    'FREQ=MONTHLY;BYMONTHDAY=-1',
    'FREQ=MONTHLY;BYDAY=1MO,WE',
    'FREQ=DAILY;BYHOUR=9,17',
    'FREQ=HOURLY;INTERVAL=6',
    'FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30',
    'FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30',
    'FREQ=NEVER',
    'FREQ=WEEKLY;INTERVAL=0',
    'FREQ=WEEKLY;BYDAY=XX',
  ])('%s', (parts) => {
    for (const language of ['en', 'de', 'fr', 'es'] as const) expect(rule(parts, language)).toBe(OTHER[language]);
  });

  test('of two rules, of an exception rule, of dates alone', () => {
    expect(said('RRULE:FREQ=DAILY\r\nRRULE:FREQ=WEEKLY')).toBe(OTHER.en);
    expect(said('RRULE:FREQ=DAILY\r\nEXRULE:FREQ=WEEKLY')).toBe(OTHER.en);
    expect(said('RDATE:20260303T090000Z')).toBe('on several dates that your calendar shows');
    expect(said('SUMMARY:x')).toBeUndefined();
  });
});

test('weekdays that are others for the reader are said to be those of the zone of the series', () => {
  const parts = 'RRULE:FREQ=WEEKLY;BYDAY=MO';
  expect(said(parts, 'en', 'America/New_York', '20260302T030000')).toBe('every week on Monday (Europe/Berlin)');
  expect(said(parts, 'en', 'America/New_York', '20260302T100000')).toBe('every week on Monday');
});
