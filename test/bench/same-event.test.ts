import { DateTime } from 'luxon';
import { describe, expect, test } from 'vitest';
import { makeEvents } from '../../bench/events.ts';
import { isSameEvent } from '../../bench/same-event.ts';

const from = DateTime.utc(2026, 1, 5);
const events = makeEvents(300, { from, until: from.plus({ years: 3 }) });

/** As a server that keeps the components and not the text would write it: lines reversed, folded, of its own product. */
function rewritten(ics: string): string {
  const folded = (line: string): string => line.replace(/.{20}(?=.)/gs, '$&\r\n ');
  return ics
    .replace(/PRODID:.*/, 'PRODID:-//another//EN')
    .replace(/BEGIN:VTIMEZONE.*?END:VTIMEZONE\r\n/gs, '')
    .replace(/BEGIN:VEVENT\r\n(.*?)\r\nEND:VEVENT/gs, (_, body: string) =>
      ['BEGIN:VEVENT', ...body.split('\r\n').reverse().map(folded), 'END:VEVENT'].join('\r\n'),
    );
}

test('an event is the same in another order of lines, folded, without its time zone', () => {
  for (const { ics } of events)
    expect({ ics, isSame: isSameEvent(rewritten(ics), ics) }).toEqual({ ics, isSame: true });
});

test('each event differs from each other one', () => {
  const [first, ...others] = events;
  expect(others.filter(({ ics }) => isSameEvent(ics, first!.ics))).toEqual([]);
});

const vevent = (...lines: readonly string[]): string =>
  ['BEGIN:VCALENDAR', 'BEGIN:VEVENT', ...lines, 'END:VEVENT', 'END:VCALENDAR', ''].join('\r\n');

describe('written otherwise', () => {
  test.each([
    ['DURATION:PT90M', 'DURATION:PT1H30M'],
    ['DURATION:P1D', 'DURATION:P1DT0S'],
    ['RRULE:FREQ=WEEKLY;BYDAY=MO;COUNT=3', 'RRULE:FREQ=WEEKLY;COUNT=3;BYDAY=MO'],
    ['ATTENDEE;CN=A;PARTSTAT=ACCEPTED:mailto:a@b', 'ATTENDEE;PARTSTAT=ACCEPTED;CN="A":mailto:a@b'],
    ['DTSTART:20260101T000000Z', 'DTSTART;VALUE=DATE-TIME:20260101T000000Z'],
  ])('%s is the same as %s', (one, other) => {
    expect(isSameEvent(vevent(other), vevent(one))).toBe(true);
  });

  test.each([
    ['DURATION:P1D', 'DURATION:PT24H'],
    ['SUMMARY:one', 'SUMMARY:two'],
    ['RRULE:FREQ=WEEKLY;COUNT=3', 'RRULE:FREQ=WEEKLY;COUNT=4'],
    ['DTSTART;VALUE=DATE:20260101', 'DTSTART:20260101'],
    ['ATTENDEE;PARTSTAT=ACCEPTED:mailto:a@b', 'ATTENDEE;PARTSTAT=DECLINED:mailto:a@b'],
  ])('%s is not the same as %s', (one, other) => {
    expect(isSameEvent(vevent(other), vevent(one))).toBe(false);
  });

  test('a text without events is never that of one', () => {
    expect(isSameEvent('BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n', events[0]!.ics)).toBe(false);
  });
});
