import { describe, expect, test } from 'vitest';
import type { Component } from '../../src/ical/component.ts';
import { parseCalendar } from '../../src/ical/parse.ts';
import { isOneOf } from '../../src/itip/address.ts';
import { readMessage, type ItipMessage } from '../../src/itip/message.ts';
import { NO_MEMORY } from '../../src/itip/revision.ts';
import { scheduleChanges, type ScheduleChanges } from '../../src/itip/schedule-changes.ts';
import { planReceive } from '../../src/scheduling/plan-receive.ts';
import { calendar, component } from '../ical/calendar-text.ts';

const now = Date.UTC(2026, 0, 10);
const LINES = [
  ...['UID:1', 'DTSTAMP:20260101T000000Z', 'DTSTART:20260302T090000Z', 'DTEND:20260302T100000Z'],
  ...['RRULE:FREQ=DAILY;COUNT=3', 'SUMMARY:Budget', 'ORGANIZER:mailto:alice@example.com'],
  ...['ATTENDEE;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:bob@example.com', 'ATTENDEE:mailto:carol@example.com'],
];
const changed = (from: string, ...to: readonly string[]): string[] =>
  LINES.flatMap((line) => (line.startsWith(from) ? to : [line]));
const dayOf = (id: string, ...lines: readonly string[]): string[] =>
  component('VEVENT', ...lines.filter((line) => !line.startsWith('RRULE')), `RECURRENCE-ID:${id}`);

const object = (...parts: readonly (readonly string[])[]): Component => parseCalendar(calendar(...parts.flat()));

function message(method: string, ...parts: readonly (readonly string[])[]): ItipMessage {
  const reading = readMessage(parseCalendar(calendar(`METHOD:${method}`, ...parts.flat())));
  if ('fault' in reading) throw new Error(reading.fault);
  return reading.message;
}

function told(mine: Component | undefined, incoming: ItipMessage, me = 'bob'): ScheduleChanges | undefined {
  const outcome = planReceive(mine, incoming, { me: isOneOf(`mailto:${me}@example.com`), now, memory: NO_MEMORY });
  return scheduleChanges(mine, incoming, outcome);
}

const MINE = object(component('VEVENT', ...LINES));
const update = (...lines: readonly string[]): ScheduleChanges | undefined =>
  told(MINE, message('REQUEST', component('VEVENT', ...lines)));

describe('a change of the organizer', () => {
  test('of times names them as they are written, and stamps are no change', () => {
    expect(update(...changed('DTEND', 'DURATION:PT2H'), 'SEQUENCE:1')).toEqual({
      action: 'update',
      instances: [
        {
          instance: '',
          properties: [
            { name: 'DTEND', parameters: [] },
            { name: 'DURATION', parameters: [] },
          ],
        },
      ],
    });
  });

  test('of a parameter alone names it below its property', () => {
    expect(update(...changed('DTSTART', 'DTSTART;TZID=Europe/Berlin:20260302T090000'))?.instances).toEqual([
      { instance: '', properties: [{ name: 'DTSTART', parameters: ['TZID'] }] },
    ]);
    expect(update(...changed('SUMMARY', 'SUMMARY;LANGUAGE=de:Budget'))?.instances).toEqual([
      { instance: '', properties: [{ name: 'SUMMARY', parameters: ['LANGUAGE'] }] },
    ]);
  });

  test('of who is invited names ATTENDEE once', () => {
    const without = LINES.filter((line) => !line.includes('carol'));
    expect(
      update(...without, 'ATTENDEE:mailto:dave@example.com', 'ATTENDEE:mailto:erin@example.com')?.instances,
    ).toEqual([{ instance: '', properties: [{ name: 'ATTENDEE', parameters: [] }] }]);
  });

  test('of one day names the day, and only what differs from the series there', () => {
    const day = dayOf('20260303T090000Z', ...changed('DTSTART', 'DTSTART:20260303T090000Z', 'LOCATION:There'));
    const moved = day.map((line) => (line.startsWith('DTEND') ? 'DTEND:20260303T100000Z' : line));
    expect(told(MINE, message('REQUEST', moved))?.instances).toEqual([
      { instance: '20260303T090000Z', properties: [{ name: 'LOCATION', parameters: [] }] },
    ]);
  });

  test('that leaves nothing of a day names the day, and that of the master', () => {
    const fewer = told(
      object(
        component('VEVENT', ...LINES),
        dayOf(
          '20260304T090000Z',
          ...changed('DTSTART', 'DTSTART:20260304T120000Z', 'DURATION:PT1H').filter(
            (line) => !line.startsWith('DTEND'),
          ),
        ),
      ),
      message('REQUEST', component('VEVENT', ...changed('RRULE', 'RRULE:FREQ=DAILY;COUNT=2'))),
    );
    expect(fewer?.instances).toEqual([
      { instance: '', properties: [{ name: 'RRULE', parameters: [] }] },
      { instance: '20260304T090000Z', properties: [] },
    ]);
  });

  test('that only numbers it still names what it is about, as the definition asks for', () => {
    expect(update(...LINES, 'SEQUENCE:1')?.instances).toEqual([{ instance: '', properties: [] }]);
  });
});

test('a reply to the whole tells who has answered, in the normal form of the scheme, and no bookkeeping', () => {
  const answer = changed('ATTENDEE', 'ATTENDEE;PARTSTAT=DECLINED:MAILTO:bob@example.com').filter(
    (line, at, all) => all.indexOf(line) === at,
  );
  expect(told(MINE, message('REPLY', component('VEVENT', ...answer)), 'alice')).toEqual({
    action: 'reply',
    attendee: 'mailto:bob@example.com',
    instances: [{ instance: '', properties: [{ name: 'ATTENDEE', parameters: ['PARTSTAT'] }] }],
  });
});

test('what has changed nothing has changed nothing', () => {
  expect(update(...LINES)).toBeUndefined();
  expect(told(undefined, message('CANCEL', component('VEVENT', ...LINES, 'SEQUENCE:1')))).toBeUndefined();
});
