import { describe, expect, test } from 'vitest';

import { Refusal } from '../../src/base/refusal.ts';
import { PROPERTIES } from '../../src/dav/properties/index.ts';
import { timezoneIdIn, timezoneTextIn, vtimezoneText } from '../../src/dav/timezone-value.ts';
import { caldav } from '../../src/dav/xml/names.ts';
import { collectionResource, context } from './sample.ts';

const BERLIN = vtimezoneText('Europe/Berlin')!;
const refusalOf = (work: () => unknown): string | undefined => {
  try {
    work();
  } catch (error) {
    if (error instanceof Refusal) return error.code;
    throw error;
  }
  return undefined;
};

test('a VTIMEZONE is kept as it was sent, and its TZID with it (RFC 7809 §3.1.5)', () => {
  expect(timezoneTextIn(BERLIN)).toEqual({ timezone: BERLIN, timezoneId: 'Europe/Berlin' });
});

test('an identifier takes the place of a VTIMEZONE that was set', () => {
  expect(timezoneIdIn(' Etc/GMT+2\n')).toEqual({ timezone: null, timezoneId: 'Etc/GMT+2' });
});

test('where only the identifier was set, the VTIMEZONE is made from it', () => {
  const calendar = collectionResource('calendar', { timezoneId: 'America/New_York' });
  const value = (name: string) => String(PROPERTIES.get(caldav(name))!.value(calendar, context()));
  expect(value('calendar-timezone')).toContain('TZID:America/New_York&#13;\n');
  expect(value('calendar-timezone')).toContain('RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=2SU&#13;\n');
  expect(value('calendar-timezone-id')).toBe('<C:calendar-timezone-id>America/New_York</C:calendar-timezone-id>');
});

describe('is refused', () => {
  test.each([
    ['no iCalendar', 'Europe/Berlin'],
    ['two zones', BERLIN.replace('END:VCALENDAR', `${BERLIN.slice(BERLIN.indexOf('BEGIN:VTIMEZONE'))}`)],
    ['an event', BERLIN.replace(/BEGIN:VTIMEZONE[\s\S]*END:VTIMEZONE/, 'BEGIN:VEVENT\r\nUID:a\r\nEND:VEVENT')],
    ['nothing', ''],
  ])('%s', (_, text) => {
    expect(refusalOf(() => timezoneTextIn(text))).toBe('valid-calendar-data');
  });

  test('an identifier that is not known', () => {
    expect(refusalOf(() => timezoneIdIn('Europe/Atlantis'))).toBe('valid-timezone');
    expect(refusalOf(() => timezoneIdIn(''))).toBe('valid-timezone');
  });
});
