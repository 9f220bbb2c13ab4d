import { expect, test } from 'vitest';
import { parseCalendar } from '../../src/ical/parse.ts';
import { makeBusyPublication, makeBusyReply, readBusyRequest } from '../../src/itip/free-busy.ts';
import { messageText, readMessage } from '../../src/itip/message.ts';
import { calendar, component } from '../ical/calendar-text.ts';

const REQUEST = [
  'UID:4FD3AD926350',
  'DTSTAMP:20090602T190420Z',
  'DTSTART:20090602T000000Z',
  'DTEND:20090604T000000Z',
  'ORGANIZER;CN="Cyrus Daboo":mailto:cyrus@example.com',
  'ATTENDEE;CN="Wilfredo Sanchez Vega":mailto:wilfredo@example.com',
  'ATTENDEE;CN="Mike Douglass":mailto:mike@example.org',
];

function asked(...lines: readonly string[]) {
  const reading = readMessage(parseCalendar(calendar('METHOD:REQUEST', ...component('VFREEBUSY', ...lines))));
  if ('fault' in reading) return reading;
  return readBusyRequest(reading.message);
}

test('RFC 6638 §B.5: busy time is asked for, and the answer is for one attendee', () => {
  const reading = asked(...REQUEST, 'X-CALENDARSERVER-MASK-UID:meeting');
  if ('fault' in reading) throw new Error(reading.fault);
  const { request } = reading;
  expect(request.range).toEqual({ start: Date.UTC(2009, 5, 2), end: Date.UTC(2009, 5, 4) });
  expect(request.maskedUid).toBe('meeting');
  expect(request.attendees).toHaveLength(2);
  const periods = [
    { type: 'BUSY', start: Date.UTC(2009, 5, 2, 11), end: Date.UTC(2009, 5, 2, 12) },
    { type: 'BUSY-TENTATIVE', start: Date.UTC(2009, 5, 3, 17), end: Date.UTC(2009, 5, 3, 18) },
  ];
  const reply = makeBusyReply(request, {
    attendee: request.attendees[0]!,
    periods,
    now: Date.UTC(2009, 5, 2, 20, 7, 33),
  });
  const text = messageText(reply);
  expect(text).toContain('METHOD:REPLY\r\nBEGIN:VFREEBUSY\r\nUID:4FD3AD926350\r\nDTSTAMP:20090602T200733Z\r\n');
  expect(text).toContain('FREEBUSY;FBTYPE=BUSY:20090602T110000Z/20090602T120000Z\r\n');
  expect(text).toContain('FREEBUSY;FBTYPE=BUSY-TENTATIVE:20090603T170000Z/20090603T180000Z\r\n');
  expect(text).not.toContain('mike@example.org');
  expect(readMessage(parseCalendar(text))).toHaveProperty('message');
});

test.each([
  [
    'times that are not in UTC',
    REQUEST.map((line) => line.replace('T000000Z', 'T000000')),
    'DTSTART and DTEND have to be in UTC',
  ],
  [
    'an end before the start',
    REQUEST.map((line) => line.replace('DTEND:20090604', 'DTEND:20090601')),
    'DTEND is not after DTSTART',
  ],
  ['no attendee', REQUEST.slice(0, 5), 'REQUEST needs ATTENDEE'],
])('a request with %s is refused', (_, lines, fault) => {
  expect(asked(...lines)).toEqual({ fault });
});

test('busy time can be published (RFC 5546 §3.3.1)', () => {
  const organizer = parseCalendar(calendar(...component('VFREEBUSY', ...REQUEST))).components[0]!.properties[4]!;
  const range = { start: Date.UTC(2026, 0, 1), end: Date.UTC(2026, 0, 2) };
  const message = makeBusyPublication({ uid: 'busy', organizer, range }, { periods: [], now: range.start });
  expect(readMessage(parseCalendar(messageText(message)))).toMatchObject({
    message: { method: 'PUBLISH', kind: 'VFREEBUSY' },
  });
});
