import { expect, test } from 'vitest';
import type { Component } from '../../src/ical/component.ts';
import { parseCalendar } from '../../src/ical/parse.ts';
import { isOneOf } from '../../src/itip/address.ts';
import { attendeeChanges } from '../../src/itip/attendee-changes.ts';
import { receiveCancel } from '../../src/itip/cancel.ts';
import { acceptProposal, makeCounter, receiveCounter } from '../../src/itip/counter.ts';
import { makeDeclineCounter, receiveDeclineCounter } from '../../src/itip/decline-counter.ts';
import { plain } from '../../src/itip/component-edit.ts';
import { messageText, readMessage, type ItipMessage } from '../../src/itip/message.ts';
import { receiveReply } from '../../src/itip/reply.ts';
import { receiveRequest } from '../../src/itip/request.ts';
import { NO_MEMORY } from '../../src/itip/revision.ts';
import { calendar, component } from '../ical/calendar-text.ts';

const bob = isOneOf('mailto:bob@example.com');
const alice = isOneOf('mailto:alice@example.com');
const now = Date.UTC(2026, 0, 10);

const LINES = [
  'UID:1',
  'DTSTAMP:20260101T000000Z',
  'DTSTART:20260302T090000Z',
  'DTEND:20260302T100000Z',
  'RRULE:FREQ=DAILY;COUNT=3',
  'SUMMARY:Budget',
  'ORGANIZER:mailto:alice@example.com',
  'ATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:bob@example.com',
];

function message(method: string, ...lines: readonly string[]): ItipMessage {
  const reading = readMessage(parseCalendar(calendar(`METHOD:${method}`, ...component('VEVENT', ...lines))));
  if ('fault' in reading) throw new Error(reading.fault);
  return reading.message;
}

const object = (...lines: readonly string[]): Component => parseCalendar(calendar(...component('VEVENT', ...lines)));
const replaced = (from: string, to: string): string[] => LINES.map((line) => (line.startsWith(from) ? to : line));
const line = (mine: Component | undefined, name: string, at = 0): string | undefined =>
  mine?.components[at]?.properties.find((each) => each.name === name)?.value;

test('the same message twice changes nothing the second time', () => {
  const request = message('REQUEST', ...LINES);
  const first = receiveRequest(undefined, request, { me: bob, now, memory: NO_MEMORY });
  expect(first.outcome).toBe('created');
  expect(receiveRequest(first.calendar, request, { me: bob, now, memory: first.memory })).toMatchObject({
    outcome: 'ignored',
    why: 'it says nothing new',
  });
});

test('only others answering is inconsequential; a new place is not', () => {
  const mine = object(...LINES, 'ATTENDEE:mailto:carol@example.com');
  const answer = message(
    'REQUEST',
    ...replaced('DTSTAMP', 'DTSTAMP:20260102T000000Z'),
    'ATTENDEE;PARTSTAT=ACCEPTED:mailto:carol@example.com',
  );
  expect(receiveRequest(mine, answer, { me: bob, now, memory: NO_MEMORY })).toMatchObject({
    outcome: 'updated',
    isConsequential: false,
  });
  const place = message('REQUEST', ...LINES, 'ATTENDEE:mailto:carol@example.com', 'LOCATION:Room 1');
  expect(receiveRequest(mine, place, { me: bob, now, memory: NO_MEMORY })).toMatchObject({
    outcome: 'updated',
    isConsequential: true,
    changes: [{ instance: '', properties: ['LOCATION'] }],
  });
});

test('an invitation takes no time until it is answered, where the server is set so', () => {
  const receiving = { me: bob, now, memory: NO_MEMORY, isFreeUntilAnswered: true };
  const asked = message('REQUEST', ...LINES, 'TRANSP:OPAQUE');
  const { calendar: unanswered } = receiveRequest(undefined, asked, receiving);
  expect(line(unanswered, 'TRANSP')).toBe('TRANSPARENT');
  const answered = object(...replaced('ATTENDEE', 'ATTENDEE;PARTSTAT=ACCEPTED:mailto:bob@example.com'));
  const place = message('REQUEST', ...LINES, 'LOCATION:Room 1');
  expect(line(receiveRequest(answered, place, receiving).calendar, 'TRANSP')).toBeUndefined();
});

test('each refusal says why', () => {
  const request = message('REQUEST', ...LINES);
  const why = (mine: Component | undefined, receiving: Partial<Parameters<typeof receiveRequest>[2]>): string =>
    receiveRequest(mine, request, { me: bob, now, memory: NO_MEMORY, ...receiving }).why;
  expect(why(undefined, { me: alice })).toBe('the receiver is the organizer');
  expect(why(undefined, { me: isOneOf('mailto:eve@example.com') })).toBe('the receiver is not invited');
  expect(why(undefined, { from: 'mailto:eve@example.com' })).toBe('mailto:eve@example.com is not the organizer');
  expect(why(object('UID:1', 'DTSTART:20260302T090000Z'), {})).toBe('what is here under this UID is no invitation');
});

test('a day that is cancelled keeps the alarms and the answer of its attendee', () => {
  const own = ['BEGIN:VALARM', 'ACTION:DISPLAY', 'TRIGGER:-PT5M', 'END:VALARM'];
  const mine = object(...replaced('ATTENDEE', 'ATTENDEE;PARTSTAT=ACCEPTED:mailto:bob@example.com'), ...own);
  const cancel = message(
    'CANCEL',
    'UID:1',
    'DTSTAMP:20260105T000000Z',
    'SEQUENCE:1',
    'RECURRENCE-ID:20260303T090000Z',
    'ORGANIZER:mailto:alice@example.com',
  );
  const { calendar: after, memory } = receiveCancel(mine, cancel, { me: bob, now, memory: NO_MEMORY });
  expect([line(after, 'STATUS', 0), line(after, 'STATUS', 1), line(after, 'DTSTART', 1)]).toEqual([
    undefined,
    'CANCELLED',
    '20260303T090000Z',
  ]);
  expect(after?.components[1]?.components).toHaveLength(1);
  expect(after?.components[1]?.properties.find(({ name }) => name === 'ATTENDEE')?.params.get('PARTSTAT')).toEqual([
    'ACCEPTED',
  ]);
  expect(memory.cancelled['20260303T090000Z']).toEqual({ sequence: 1, stamp: Date.UTC(2026, 0, 5) });
});

test('memory is plain data', () => {
  const reply = message(
    'REPLY',
    'UID:1',
    'DTSTAMP:20260105T000000Z',
    'ORGANIZER:mailto:alice@example.com',
    'ATTENDEE;PARTSTAT=ACCEPTED:mailto:bob@example.com',
  );
  const { memory } = receiveReply(object(...LINES), reply, { me: alice, now, memory: NO_MEMORY });
  expect(JSON.parse(JSON.stringify(memory))).toEqual(memory);
  expect(memory.answers).toEqual({ ' mailto:bob@example.com': { sequence: 0, stamp: Date.UTC(2026, 0, 5) } });
});

test('a proposal can be taken, and is then a change of the organizer', () => {
  const mine = object(...LINES);
  const counter = makeCounter(mine, {
    me: bob,
    now,
    instance: '20260303T090000Z',
    properties: [plain('DTSTART', '20260303T110000Z'), plain('DTEND', '20260303T120000Z')],
  });
  const { proposal, outcome } = receiveCounter(mine, counter!, {
    me: alice,
    now,
    memory: NO_MEMORY,
    from: 'mailto:bob@example.com',
  });
  expect(outcome).toBe('ignored');
  expect(proposal).toMatchObject({
    address: 'mailto:bob@example.com',
    instance: '20260303T090000Z',
    properties: ['DTSTART'],
  });
  const after = acceptProposal(mine, proposal!);
  expect([line(after, 'DTSTART', 0), line(after, 'DTSTART', 1)]).toEqual(['20260302T090000Z', '20260303T110000Z']);
  const declined = makeDeclineCounter(proposal!, now, 'No, sorry');
  expect(messageText(declined)).toContain('COMMENT:No\\, sorry');
  expect(receiveDeclineCounter(mine, declined, { me: bob, now, memory: NO_MEMORY }).why).toBe(
    'the organizer has declined the proposal',
  );
});

test('what an attendee sends can stand as it is, or says that it cannot', () => {
  const mine = object(...LINES);
  const accepted = object(...replaced('ATTENDEE', 'ATTENDEE;PARTSTAT=ACCEPTED:mailto:bob@example.com'));
  const plan = attendeeChanges(mine, accepted, { me: bob, now, memory: NO_MEMORY });
  expect(plan).toMatchObject({ kind: 'stored', isAsSent: true, reply: { to: 'mailto:alice@example.com' } });
  const mangled = object(...replaced('SUMMARY', 'X-PROGRAM:1'));
  expect(attendeeChanges(mine, mangled, { me: bob, now, memory: NO_MEMORY })).toMatchObject({
    kind: 'stored',
    isAsSent: false,
    reply: undefined,
  });
});

test.each([
  ['another time', replaced('DTSTART', 'DTSTART:20260302T093000Z'), "DTSTART is the organizer's"],
  ['another rule', replaced('RRULE', 'RRULE:FREQ=DAILY'), "RRULE is the organizer's"],
  ['another organizer', replaced('ORGANIZER', 'ORGANIZER:mailto:eve@example.com'), "ORGANIZER is the organizer's"],
  ['a guest', [...LINES, 'ATTENDEE:mailto:eve@example.com'], 'mailto:eve@example.com is not invited'],
])('an attendee does not set %s', (_, lines, why) => {
  expect(attendeeChanges(object(...LINES), object(...lines), { me: bob, now, memory: NO_MEMORY })).toEqual({
    kind: 'refused',
    precondition: 'allowed-attendee-scheduling-object-change',
    why,
  });
});

test.each([
  ['the same time in another zone', [...replaced('DTSTART', 'DTSTART;TZID=Etc/UTC:20260302T090000')]],
  ['DURATION for DTEND', replaced('DTEND', 'DURATION:PT1H')],
  ['a rule in another order', replaced('RRULE', 'RRULE:COUNT=3;FREQ=DAILY;INTERVAL=1')],
  ['what goes without saying', [...LINES, 'CLASS:PUBLIC', 'PRIORITY:0']],
])('%s is no change of an attendee, and is put back', (_, lines) => {
  const plan = attendeeChanges(object(...LINES), object(...lines), { me: bob, now, memory: NO_MEMORY });
  expect(plan).toMatchObject({ kind: 'stored', reply: undefined, isAsSent: false });
});

test('a cancellation of what is cancelled is heard again where its revision is later, and changes but that', () => {
  const known = { me: bob, now, memory: NO_MEMORY };
  const mine = object(...LINES, 'STATUS:CANCELLED', 'SEQUENCE:1');
  const cancel = (sequence: number): ItipMessage => message('CANCEL', ...LINES, `SEQUENCE:${sequence}`);
  expect(receiveCancel(mine, cancel(1), known).outcome).toBe('ignored');
  const again = receiveCancel(mine, cancel(3), known);
  expect(again).toMatchObject({ outcome: 'updated', isConsequential: false, changes: [] });
  expect([line(again.calendar, 'SEQUENCE'), line(again.calendar, 'STATUS')]).toEqual(['3', 'CANCELLED']);
});

test('a revision that is told is numbered here, one that only brings answers need not be', () => {
  const mine = object(...LINES);
  const later = message('REQUEST', ...LINES, 'SEQUENCE:1');
  const known = { me: bob, now, memory: NO_MEMORY };
  const told = receiveRequest(mine, later, known);
  expect(told).toMatchObject({ outcome: 'updated', isConsequential: false, onlyStamps: false });
  expect(line(told.calendar, 'SEQUENCE')).toBe('1');
  expect(receiveRequest(mine, later, { ...known, quiet: true })).toMatchObject({ onlyStamps: true });
});

test('what is on again does not say how an answer to what was cancelled was delivered', () => {
  const answered = 'ORGANIZER;SCHEDULE-STATUS=1.2:mailto:alice@example.com';
  const statusOf = (...more: readonly string[]): string | undefined =>
    receiveRequest(
      object(...replaced('ORGANIZER', answered), ...more),
      message('REQUEST', ...LINES, 'SEQUENCE:2', 'LOCATION:Room 1'),
      { me: bob, now, memory: NO_MEMORY },
    )
      .calendar?.components[0]?.properties.find(({ name }) => name === 'ORGANIZER')
      ?.params.get('SCHEDULE-STATUS')?.[0];
  expect(statusOf()).toBe('1.2');
  expect(statusOf('STATUS:CANCELLED')).toBeUndefined();
});
