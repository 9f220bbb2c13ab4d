import { expect, test } from 'vitest';
import { indexEntry } from '../../src/ical/index-entry.ts';
import { parseCalendar } from '../../src/ical/parse.ts';
import { calendar, component } from './calendar-text.ts';

const HORIZON = { from: Date.UTC(2025, 0, 1), until: Date.UTC(2027, 0, 1), maxInstances: 100 };
const busyOf = (...events: readonly (readonly string[])[]) =>
  indexEntry(parseCalendar(calendar(...events.flatMap((lines) => component('VEVENT', 'UID:1', ...lines)))), {
    horizon: HORIZON,
  }).occurrences.map(({ busy }) => busy);

const UTC = ['DTSTART:20260105T100000Z', 'DURATION:PT1H'];

test.each([
  [[], 'BUSY'],
  [['TRANSP:OPAQUE'], 'BUSY'],
  [['TRANSP:TRANSPARENT'], 'FREE'],
  [['STATUS:CANCELLED'], 'FREE'],
  [['STATUS:TENTATIVE'], 'BUSY-TENTATIVE'],
  [['X-MICROSOFT-CDO-BUSYSTATUS:OOF'], 'BUSY-UNAVAILABLE'],
])('an event of a fixed time with %j is %s', (lines, expected) => {
  expect(busyOf([...UTC, ...lines])).toEqual([expected]);
});

test('an override counts by its own properties', () => {
  expect(
    busyOf(
      [...UTC, 'RRULE:FREQ=DAILY;COUNT=3'],
      ['RECURRENCE-ID:20260106T100000Z', 'DTSTART:20260106T120000Z', 'TRANSP:TRANSPARENT'],
    ),
  ).toEqual(['BUSY', 'FREE', 'BUSY']);
});

test('days are known, also in zones to come; floating times, whose length a zone decides, are not', () => {
  expect(busyOf(['DTSTART;VALUE=DATE:20260105'])).toEqual(['BUSY']);
  expect(busyOf(['DTSTART;VALUE=DATE:20260105', 'DTEND;VALUE=DATE:20260107', 'TRANSP:TRANSPARENT'])).toEqual(['FREE']);
  expect(busyOf(['DTSTART;VALUE=DATE:20260105', 'EXDATE;VALUE=DATE:20260106,20260107'])).toEqual(['BUSY']);
  expect(busyOf(['DTSTART:20260105T100000', 'DURATION:PT1H'])).toEqual([undefined]);
  expect(busyOf(['DTSTART;VALUE=DATE:20260105', 'DTEND:20260105T120000'])).toEqual([undefined]);
  expect(busyOf(['DTSTART;TZID=Nowhere/Known:20260105T100000', 'DURATION:PT1H'])).toEqual([undefined]);
});

test('an override without times of its own is no row, so that none of the others is trusted', () => {
  expect(busyOf([...UTC, 'RRULE:FREQ=DAILY;COUNT=2'], ['RECURRENCE-ID:20260106T100000Z', 'STATUS:CANCELLED'])).toEqual([
    undefined,
    undefined,
  ]);
});
