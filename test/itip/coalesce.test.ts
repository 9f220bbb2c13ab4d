import { describe, expect, test } from 'vitest';
import { parseCalendars } from '../../src/ical/parse.ts';
import { writeComponent } from '../../src/ical/write.ts';
import { isOneOf } from '../../src/itip/address.ts';
import { answersBefore, withAnswersAgain } from '../../src/itip/answers-kept.ts';
import { coalesce } from '../../src/itip/coalesce.ts';
import { digestsOf, messageDigest } from '../../src/itip/content-digest.ts';
import { readMessage, type ItipMessage } from '../../src/itip/message.ts';
import { isSameTold, toldAfter, toldOfCopy } from '../../src/itip/told.ts';

const PEOPLE = ['ORGANIZER:mailto:alice@example.com', 'ATTENDEE;RSVP=TRUE:mailto:bob@example.com'];

function calendarOf(method: string | undefined, ...parts: readonly (readonly string[])[]) {
  const components = parts.flatMap((part) => [
    ...['BEGIN:VEVENT', 'UID:u', 'DTSTAMP:20260101T000000Z', ...part],
    ...PEOPLE.filter((each) => !part.some((line) => line.startsWith(each.slice(0, 8)))),
    ...((method === 'CANCEL' || method === 'COUNTER') && !part.some((line) => line.startsWith('SEQUENCE'))
      ? ['SEQUENCE:1']
      : []),
    ...(method === 'REFRESH' || part.some((line) => line.startsWith('DTSTART')) ? [] : ['DTSTART:20260302T090000Z']),
    'END:VEVENT',
  ]);
  const lines = ['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:x', ...(method === undefined ? [] : [`METHOD:${method}`])];
  return parseCalendars(Buffer.from([...lines, ...components, 'END:VCALENDAR', ''].join('\r\n'))).calendars[0]!;
}

function message(method: string, ...parts: readonly (readonly string[])[]): ItipMessage {
  const read = readMessage(calendarOf(method, ...parts));
  if ('fault' in read) throw new Error(read.fault);
  return read.message;
}

const day = (at: number, ...lines: readonly string[]): readonly string[] => [
  ...[`RECURRENCE-ID:2026030${at}T090000Z`, `DTSTART:2026030${at}T090000Z`, ...lines],
];
const WHOLE = ['RRULE:FREQ=DAILY;COUNT=5', 'SUMMARY:Plan'];
const methodsOf = (messages: readonly ItipMessage[]): readonly string[] => messages.map(({ method }) => method);
const textOf = (one: ItipMessage | undefined): string => (one === undefined ? '' : writeComponent(one.calendar));

describe('messages that are held become', () => {
  const known = { isKnown: true };

  test('nothing, where the invitation is cancelled before it was sent', () => {
    const messages = [message('REQUEST', WHOLE), message('CANCEL', ['SEQUENCE:1'])];
    expect(coalesce({ messages, isKnown: false })).toEqual([]);
    expect(methodsOf(coalesce({ messages, ...known }))).toEqual(['CANCEL']);
  });

  test('one invitation, of all that stands: with days of its own, and without those that are off', () => {
    const messages = [
      message('REQUEST', WHOLE),
      message('REQUEST', day(3, 'SUMMARY:Other')),
      message('CANCEL', day(4, 'SEQUENCE:1')),
    ];
    const [one, ...more] = coalesce({ messages, isKnown: false });
    expect(more).toEqual([]);
    expect(textOf(one)).toContain('EXDATE:20260304T090000Z');
    expect(textOf(one)).toContain('SUMMARY:Other');
  });

  test('a day that is off and on again, on', () => {
    const messages = [message('CANCEL', day(3)), message('REQUEST', day(3, 'SUMMARY:Again'))];
    expect(methodsOf(coalesce({ messages, ...known }))).toEqual(['REQUEST']);
  });

  test('one cancellation and one change, or the whole where it is at hand', () => {
    const messages = [message('CANCEL', day(3)), message('CANCEL', day(4)), message('REQUEST', day(5, 'SUMMARY:x'))];
    const apart = coalesce({ messages, ...known });
    expect(methodsOf(apart)).toEqual(['CANCEL', 'REQUEST']);
    expect(textOf(apart[0]).match(/RECURRENCE-ID/g)).toHaveLength(2);
    const whole = message('REQUEST', WHOLE);
    expect(coalesce({ messages, ...known, whole })).toEqual([whole]);
  });

  test('two messages, where the series is off and only days of it are asked for', () => {
    const messages = [message('CANCEL', ['SEQUENCE:1']), message('REQUEST', day(3))];
    expect(methodsOf(coalesce({ messages, ...known }))).toEqual(['CANCEL', 'REQUEST']);
    expect(methodsOf(coalesce({ messages, isKnown: false }))).toEqual(['REQUEST']);
  });

  test('the last answer for each day, the last proposal, one question, and all of the rest', () => {
    const answer = (partstat: string): string => `ATTENDEE;PARTSTAT=${partstat}:mailto:bob@example.com`;
    const messages = [
      message('REPLY', [answer('ACCEPTED')]),
      message('COUNTER', ['DTSTART:20260302T100000Z']),
      message('REPLY', day(3, answer('DECLINED'))),
      message('REFRESH', []),
      message('REPLY', [answer('TENTATIVE')]),
      message('COUNTER', ['DTSTART:20260302T110000Z']),
      message('REFRESH', []),
      message('DECLINECOUNTER', ['SEQUENCE:1']),
    ];
    const put = coalesce({ messages, ...known });
    expect(methodsOf(put)).toEqual(['DECLINECOUNTER', 'REPLY', 'COUNTER', 'REFRESH']);
    expect(textOf(put[1])).not.toContain('ACCEPTED');
    expect(textOf(put[1])).toContain('DECLINED');
    expect(textOf(put[1])).toContain('TENTATIVE');
    expect(textOf(put[2])).toContain('DTSTART:20260302T110000Z');
  });
});

describe('what is said, as a digest', () => {
  const of = (method: string, ...lines: readonly string[]): string => messageDigest(digestsOf(message(method, lines)));

  test('has no stamps, no numbers and nobody else in it', () => {
    const plain = of('REQUEST', 'SUMMARY:Plan');
    const more = ['SEQUENCE:7', 'LAST-MODIFIED:20260101T000000Z', 'CREATED:20260101T000000Z', ...PEOPLE];
    expect(of('REQUEST', 'SUMMARY:Plan', ...more, 'ATTENDEE;PARTSTAT=ACCEPTED:mailto:carol@example.com')).toBe(plain);
    for (const other of ['SUMMARY:Plans', 'SUMMARY;LANGUAGE=en:Plan']) expect(of('REQUEST', other)).not.toBe(plain);
    expect(of('REQUEST', 'SUMMARY:Plan', 'LOCATION:here')).not.toBe(plain);
    expect(of('REQUEST', 'SUMMARY:Plan', 'DTSTART:20260302T100000Z')).not.toBe(plain);
  });

  test('is of times as they are, and not as they are written', () => {
    expect(of('REQUEST', 'DTEND:20260302T100000Z')).toBe(of('REQUEST', 'DURATION:PT1H'));
  });

  test('of an answer is who, what, and in what words, and not what was asked', () => {
    const answer = (partstat: string, ...more: readonly string[]): string =>
      of(
        'REPLY',
        `ATTENDEE;PARTSTAT=${partstat}:mailto:bob@example.com`,
        'ORGANIZER:mailto:alice@example.com',
        ...more,
      );
    expect(answer('ACCEPTED', 'SUMMARY:x', 'REQUEST-STATUS:2.0;Success')).toBe(answer('ACCEPTED'));
    expect(answer('DECLINED')).not.toBe(answer('ACCEPTED'));
    expect(answer('ACCEPTED', 'COMMENT:late')).not.toBe(answer('ACCEPTED'));
    expect(answer('ACCEPTED', 'SEQUENCE:2')).not.toBe(answer('ACCEPTED'));
  });

  test('of a proposal is what is proposed', () => {
    expect(of('COUNTER', 'DTSTART:20260302T100000Z')).not.toBe(of('COUNTER', 'DTSTART:20260302T110000Z'));
  });
});

describe('what somebody knows', () => {
  test('grows by days, is replaced by the whole, and ends with it', () => {
    const whole = toldAfter({}, message('REQUEST', WHOLE));
    expect(Object.keys(whole)).toEqual(['']);
    const changed = toldAfter(whole, message('REQUEST', day(3, 'SUMMARY:Other')));
    expect(Object.keys(changed)).toEqual(['', '20260303T090000Z']);
    expect(isSameTold(whole, changed, calendarOf(undefined, WHOLE))).toBe(false);
    const off = toldAfter(changed, message('CANCEL', day(4)));
    expect(off['20260304T090000Z']).toBe('off');
    expect(toldAfter(off, message('REQUEST', WHOLE))).toEqual(whole);
    expect(toldAfter(off, message('CANCEL', ['SEQUENCE:1']))).toEqual({});
    expect(toldAfter(off, message('REFRESH', []))).toBe(off);
  });

  test('of a day that is as its series says is nothing by itself', () => {
    const whole = toldAfter({}, message('REQUEST', WHOLE));
    const said = { ...whole, ...toldAfter({}, message('REQUEST', day(3, 'SUMMARY:Plan'))) };
    const calendar = calendarOf(undefined, [...WHOLE, ...PEOPLE]);
    expect(isSameTold(whole, said, calendar)).toBe(true);
    expect(isSameTold(whole, said)).toBe(false);
    // Who is invited to that day alone knows nothing else.
    expect(isSameTold({}, { '20260303T090000Z': said['20260303T090000Z']! }, calendar)).toBe(false);
  });

  test('of who is not invited, or of what is off, is nothing', () => {
    const calendar = calendarOf(undefined, WHOLE);
    expect(toldOfCopy(calendar, isOneOf('mailto:carol@example.com'))).toEqual({});
    expect(toldOfCopy(calendarOf(undefined, ['STATUS:CANCELLED']), isOneOf('mailto:bob@example.com'))).toEqual({});
    expect(Object.keys(toldOfCopy(calendar, isOneOf('mailto:bob@example.com')))).toEqual(['']);
    expect(toldOfCopy(undefined, isOneOf('mailto:bob@example.com'))).toEqual({});
  });
});

describe('answers that a change has taken back', () => {
  const withAnswer = (line: string, ...more: readonly string[]) =>
    calendarOf(undefined, [...WHOLE, 'ORGANIZER:mailto:alice@example.com', line, ...more]);
  const accepted = withAnswer('ATTENDEE;PARTSTAT=ACCEPTED;SCHEDULE-STATUS="2.0":mailto:bob@example.com');
  const asked = withAnswer('ATTENDEE;PARTSTAT=NEEDS-ACTION;RSVP=TRUE;SCHEDULE-STATUS="1.0":mailto:bob@example.com');
  const kept = new Map([['mailto:bob@example.com', answersBefore(accepted, asked)('mailto:bob@example.com')]]);

  test('stand again as they stood', () => {
    const again = writeComponent(withAnswersAgain(asked, kept));
    expect(again).toContain('PARTSTAT=ACCEPTED');
    expect(again).toMatch(/SCHEDULE-STATUS="?2\.0/);
    expect(again).not.toContain('RSVP');
  });

  test('do not take the place of what was answered meanwhile', () => {
    const declined = withAnswer('ATTENDEE;PARTSTAT=DECLINED:mailto:bob@example.com');
    expect(writeComponent(withAnswersAgain(declined, kept))).toContain('PARTSTAT=DECLINED');
  });

  test('are none where nobody had answered', () => {
    expect(answersBefore(asked, accepted)('mailto:bob@example.com')).toEqual({});
    expect(answersBefore(undefined, accepted)('mailto:bob@example.com')).toEqual({});
    expect(withAnswersAgain(asked, new Map())).toBe(asked);
  });
});
