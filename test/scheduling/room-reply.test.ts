import { expect, test } from 'vitest';
import { parseCalendar } from '../../src/ical/parse.ts';
import { writeComponent } from '../../src/ical/write.ts';
import { isOneOf } from '../../src/itip/address.ts';
import { receiveReply } from '../../src/itip/reply.ts';
import { NO_MEMORY } from '../../src/itip/revision.ts';
import { answerOf, type RoomAnswer } from '../../src/scheduling/room-reply.ts';
import { sentenceOf } from '../../src/scheduling/room-sentence.ts';
import { at, decide, isRoom, moved, objectText, series, zone, type Case } from './room-world.ts';

const now = at('0301T0000');
const answer = (asked: Case): RoomAnswer =>
  answerOf(parseCalendar(objectText(asked.event ?? ['0302T0900-1000'], asked.says)), decide(asked), {
    room: isRoom,
    now,
  });

/** What a text says of the room, component by component. */
function said(text: string): readonly string[] {
  const lines = text.replaceAll('\r\n ', '').split('\r\n');
  const found: string[][] = [];
  for (const line of lines) {
    if (line === 'BEGIN:VEVENT') found.push([]);
    const part =
      /^RECURRENCE-ID.*:2026(\d{4})T|PARTSTAT=([A-Z-]+)[^:]*:mailto:room|^(TRANSP:.*)|^(COMMENT:.*)|^(REQUEST-STATUS:.*)/.exec(
        line,
      );
    if (part !== null) found.at(-1)?.push(part.slice(1).find((each) => each !== undefined) ?? '');
  }
  return found.map((each) => each.sort().join(' '));
}
const copyOf = (asked: Case): readonly string[] => said(writeComponent(answer(asked).calendar));
const replyOf = (asked: Case): readonly string[] | undefined => {
  const { reply } = answer(asked);
  return reply && said(writeComponent(reply.calendar));
};

const days = { event: [series('0302T0900', 'FREQ=DAILY;COUNT=3')] };

test('what is accepted takes the time of the room, what is declined does not', () => {
  expect(copyOf({})).toEqual(['ACCEPTED TRANSP:OPAQUE']);
  expect(copyOf({ taken: ['0302T0900-1000'] })).toEqual(['DECLINED TRANSP:TRANSPARENT']);
  expect(copyOf({ now: '0305T0000' })).toEqual(['NEEDS-ACTION TRANSP:TRANSPARENT']);
});

test('a reply says why, and that the request was understood', () => {
  expect(replyOf({})).toEqual(['ACCEPTED REQUEST-STATUS:2.0;Success']);
  expect(replyOf({ taken: ['0302T0900-1000'] })).toEqual([
    'COMMENT:The room is taken at this time. DECLINED REQUEST-STATUS:2.0;Success',
  ]);
});

test('who is refused is told what else there is', () => {
  const wayOut = 'Free instead: Room 2.';
  const decision = decide({ taken: ['0302T0900-1000'] });
  const { reply } = answerOf(parseCalendar(objectText(['0302T0900-1000'])), decision, { room: isRoom, now, wayOut });
  expect(reply && said(writeComponent(reply.calendar))).toEqual([
    'COMMENT:The room is taken at this time. Free instead: Room 2. DECLINED REQUEST-STATUS:2.0;Success',
  ]);
});

test('days that are declined are overrides beside the master', () => {
  const asked = { ...days, taken: ['0303T0900-1000'] };
  expect(copyOf(asked)).toEqual(['ACCEPTED TRANSP:OPAQUE', '0303 DECLINED TRANSP:TRANSPARENT']);
  expect(replyOf(asked)).toEqual([
    'ACCEPTED REQUEST-STATUS:2.0;Success',
    '0303 COMMENT:The room is taken at this time. DECLINED REQUEST-STATUS:2.0;Success',
  ]);
});

test('what most days are answered stands in the master', () => {
  const asked = { ...days, taken: ['0303T0900-1000', '0304T0900-1000'] };
  expect(copyOf(asked)).toEqual(['DECLINED TRANSP:TRANSPARENT', '0302 ACCEPTED TRANSP:OPAQUE']);
});

test('of as many the accepted ones', () => {
  const two = { event: [series('0302T0900', 'FREQ=DAILY;COUNT=2')], taken: ['0302T0900-1000'] };
  expect(copyOf(two)).toEqual(['ACCEPTED TRANSP:OPAQUE', '0302 DECLINED TRANSP:TRANSPARENT']);
});

test('days that are over are not answered beside those that are', () => {
  const asked = { ...days, now: '0303T1200' };
  expect(replyOf(asked)).toEqual([
    'ACCEPTED REQUEST-STATUS:2.0;Success',
    '0302 NEEDS-ACTION REQUEST-STATUS:2.0;Success',
    '0303 NEEDS-ACTION REQUEST-STATUS:2.0;Success',
  ]);
});

test('days alone, without the series, are answered alone', () => {
  const event = [['-room', ...series('0302T0900', 'FREQ=DAILY')], moved('0303T0900', '0303T0930')];
  expect(replyOf({ event })).toEqual(['0303 ACCEPTED REQUEST-STATUS:2.0;Success']);
});

test('nobody is told what a person is to answer, what is over, and what stands', () => {
  expect(replyOf({ mode: 'none' })).toBeUndefined();
  expect(replyOf({ now: '0305T0000' })).toBeUndefined();
  expect(replyOf({ before: ['0302T0900-1000'], says: 'ACCEPTED' })).toBeUndefined();
});

test.each<[string, readonly string[], string, string]>([
  ['a zone', ['DTSTART;TZID=Europe/Berlin:20260328T100000', 'DURATION:PT1H'], '0329T0800-0900', '0329'],
  ['days', ['DTSTART;VALUE=DATE:20260328'], '0329T0800-0900', '20260329'],
  ['floating times', ['DTSTART:20260328T100000', 'DURATION:PT1H'], '0329T0800-0900', '0329'],
])('a series in %s is answered day by day too', (_, start, time, day) => {
  const event = [[...start, 'RRULE:FREQ=DAILY;COUNT=4']];
  const asked = { event, taken: [time], room: { zone: zone('Europe/Berlin') } };
  const { calendar, reply } = answer(asked);
  const text = writeComponent(calendar);
  expect(text).toMatch(new RegExp(`RECURRENCE-ID[^:]*:(2026)?${day}`));
  expect(text.match(/BEGIN:VEVENT/g)).toHaveLength(2);
  expect(reply && writeComponent(reply.calendar).match(/PARTSTAT=DECLINED/g)).toHaveLength(1);
  expect(reply && writeComponent(reply.calendar).match(/PARTSTAT=ACCEPTED/g)).toHaveLength(1);
});

test('the organizer has each answer from the reply', () => {
  const mine = parseCalendar(objectText(days.event));
  const { reply } = answer({ ...days, taken: ['0303T0900-1000'] });
  if (reply === undefined) throw new TypeError('there is no reply');
  const me = isOneOf('mailto:ann@example.com');
  const { outcome, calendar } = receiveReply(mine, reply, { me, now, memory: NO_MEMORY });
  expect(outcome).toBe('updated');
  expect(said(calendar === undefined ? '' : writeComponent(calendar))).toEqual(['ACCEPTED', '0303 DECLINED']);
});

test('what needs an explanation has one, with its numbers', () => {
  expect(sentenceOf({ code: 'too-long', minutes: 120 })).toBe('A booking of this room is at most 2 hours long.');
  expect(sentenceOf({ code: 'too-late', minutes: 1440 })).toBe('This room has to be booked at least 1 day before.');
  expect(sentenceOf({ code: 'too-late', minutes: 90 })).toContain('90 minutes');
  expect(sentenceOf({ code: 'too-far-ahead', days: 30 })).toContain('30 days');
  expect(sentenceOf({ code: 'too-many-people', capacity: 4 })).toContain('4 people');
  expect(sentenceOf({ code: 'free' })).toBeUndefined();
});
