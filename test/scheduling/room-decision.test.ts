import { describe, expect, test } from 'vitest';
import { parseCalendar } from '../../src/ical/parse.ts';
import { readBooking, takenTimesOf } from '../../src/scheduling/room-booking.ts';
import { calendar, event } from '../ical/calendar-text.ts';
import {
  allDay,
  at,
  decide,
  isRoom,
  objectText,
  series,
  shown,
  zone,
  type Case,
  type Part,
  type Row,
} from './room-world.ts';

const BERLIN = { room: { zone: zone('Europe/Berlin') } };
const NEW_YORK = { room: { zone: zone('America/New_York') } };
const people = (count: number, ...more: readonly string[]): readonly Part[] => [
  [
    ...['DTSTART:20260302T090000Z', 'DTEND:20260302T100000Z', ...more],
    ...Array.from({ length: count - 1 }, (_, each) => `ATTENDEE:mailto:guest${each}@example.com`),
  ],
];
const taken = ['0302T0930-1100'];
const workdays = (from: string, to: string): Required<Case>['policy'] => ({
  hours: Object.fromEntries(['MO', 'TU', 'WE', 'TH', 'FR'].map((day) => [day, [[from, to]]])),
});
const sundays = (from: string, to: string): Required<Case>['policy'] => ({ hours: { SU: [[from, to]] } });

const MODES: readonly Row[] = [
  ['none, free: a person answers', { mode: 'none' }, 'NEEDS-ACTION left-open'],
  ['none, taken: a person answers', { mode: 'none', taken }, 'NEEDS-ACTION left-open'],
  ['none: the policy is not asked', { mode: 'none', policy: { longestMinutes: 5 } }, 'NEEDS-ACTION left-open'],
  ['accept-always, free', { mode: 'accept-always' }, 'ACCEPTED always-accepted'],
  ['accept-always, taken', { mode: 'accept-always', taken }, 'ACCEPTED always-accepted'],
  ['accept-always, against the policy', { mode: 'accept-always', policy: { longestMinutes: 5 } }, 'DECLINED too-long'],
  ['decline-always, free', { mode: 'decline-always' }, 'DECLINED always-declined'],
  ['decline-always, taken', { mode: 'decline-always', taken }, 'DECLINED always-declined'],
  ['accept-if-free, free', { mode: 'accept-if-free' }, 'ACCEPTED free'],
  ['accept-if-free, taken: a person answers', { mode: 'accept-if-free', taken }, 'NEEDS-ACTION left-open'],
  [
    'accept-if-free, against the policy',
    { mode: 'accept-if-free', policy: { longestMinutes: 5 } },
    'DECLINED too-long',
  ],
  ['decline-if-busy, free: a person answers', { mode: 'decline-if-busy' }, 'NEEDS-ACTION left-open'],
  ['decline-if-busy, taken', { mode: 'decline-if-busy', taken }, 'DECLINED busy'],
  ['automatic, free', {}, 'ACCEPTED free'],
  ['automatic, taken', { taken }, 'DECLINED busy'],
];

const TIMES: readonly Row[] = [
  ['a booking that ends as this begins is not in its way', { taken: ['0302T0800-0900'] }, 'ACCEPTED free'],
  ['a booking that begins as this ends is not in its way', { taken: ['0302T1000-1100'] }, 'ACCEPTED free'],
  ['one minute is enough', { taken: ['0302T0959-1100'] }, 'DECLINED busy'],
  ['within a longer one', { taken: ['0301T0000-0304T0000'] }, 'DECLINED busy'],
  ['around a shorter one', { taken: ['0302T0920-0930'] }, 'DECLINED busy'],
  [
    'a long one that began long before, and short ones since',
    { taken: ['0301T0000-0303T0000', '0302T0100-0200'] },
    'DECLINED busy',
  ],
  ['its own time is not in its way', { taken: ['0302T0900-1000 own'] }, 'ACCEPTED free'],
  ['what takes no time is not in its way', { taken: ['0302T0930-0930'] }, 'ACCEPTED free'],
  ['a tentative booking holds its time', { taken: ['0302T0930-1100 tentative'] }, 'DECLINED busy'],
  [
    'tentative, accept-if-free: holds its time',
    { mode: 'accept-if-free', taken: ['0302T0930-1100 tentative'] },
    'NEEDS-ACTION left-open',
  ],
  [
    'tentative, decline-if-busy: a person weighs it',
    { mode: 'decline-if-busy', taken: ['0302T0930-1100 tentative'] },
    'NEEDS-ACTION left-open',
  ],
  [
    'tentative, where the policy says that it does not hold',
    { policy: { tentativeHolds: false }, taken: ['0302T0930-1100 tentative'] },
    'ACCEPTED free',
  ],
  [
    'tentative, decline-if-busy, where it says that it does',
    { mode: 'decline-if-busy', policy: { tentativeHolds: true }, taken: ['0302T0930-1100 tentative'] },
    'DECLINED busy',
  ],
  [
    'unavailable is taken, whatever tentative is',
    { policy: { tentativeHolds: false }, taken: ['0302T0930-1100 unavailable'] },
    'DECLINED busy',
  ],
  [
    'TRANSP:TRANSPARENT needs the room all the same',
    { taken, event: [['DTSTART:20260302T090000Z', 'DURATION:PT1H', 'TRANSP:TRANSPARENT']] },
    'DECLINED busy',
  ],
  ['STATUS:CANCELLED asks for nothing', { event: [['DTSTART:20260302T090000Z', 'STATUS:CANCELLED']] }, 'nothing'],
  [
    'an event that the room is not invited to asks for nothing',
    { event: [['-room', 'DTSTART:20260302T090000Z']] },
    'nothing',
  ],
  [
    'an all-day booking has the day of the room',
    { ...NEW_YORK, event: [allDay('0302')], taken: ['0303T0400-0430'] },
    'DECLINED busy',
  ],
  ['and not that of UTC', { ...NEW_YORK, event: [allDay('0302')], taken: ['0302T0000-0500'] }, 'ACCEPTED free'],
  [
    'two days are two days',
    { event: [allDay('0302', 'DTEND;VALUE=DATE:20260304')], taken: ['0303T2300-2330'] },
    'DECLINED busy',
  ],
  [
    'a floating time is on the clock of the room',
    { ...NEW_YORK, event: [['DTSTART:20260302T090000', 'DURATION:PT1H']], taken: ['0302T1400-1500'] },
    'DECLINED busy',
  ],
];

const LIMITS: readonly Row[] = [
  ['as long as is allowed', { policy: { longestMinutes: 60 } }, 'ACCEPTED free'],
  ['a minute longer', { policy: { longestMinutes: 59 } }, 'DECLINED too-long'],
  [
    'an all-day booking is a day long',
    { event: [allDay('0302')], policy: { longestMinutes: 1439 } },
    'DECLINED too-long',
  ],
  [
    'a day of 25 hours is longer than 24',
    { ...BERLIN, event: [allDay('1025')], policy: { longestMinutes: 1440 } },
    'DECLINED too-long',
  ],
  ['within the horizon', { policy: { horizonDays: 2 } }, 'ACCEPTED free'],
  ['at the horizon', { policy: { horizonDays: 1 }, now: '0301T0900' }, 'DECLINED too-far-ahead'],
  ['a minute nearer', { policy: { horizonDays: 1 }, now: '0301T0901' }, 'ACCEPTED free'],
  ['years ahead, without a horizon', { event: [['DTSTART:20310302T090000Z', 'DURATION:PT1H']] }, 'ACCEPTED free'],
  ['in time', { policy: { noticeMinutes: 60 }, now: '0302T0800' }, 'ACCEPTED free'],
  ['a minute late', { policy: { noticeMinutes: 60 }, now: '0302T0801' }, 'DECLINED too-late'],
  ['under way, without a notice', { now: '0302T0930' }, 'ACCEPTED free'],
  ['one less than the most open bookings', { policy: { openBookings: 3 }, open: 2 }, 'ACCEPTED free'],
  ['the most open bookings', { policy: { openBookings: 3 }, open: 3 }, 'DECLINED too-many-bookings'],
  ['as many people as it holds', { room: { capacity: 4 }, event: people(4) }, 'ACCEPTED free'],
  ['one more', { room: { capacity: 4 }, event: people(5) }, 'DECLINED too-many-people'],
  [
    'who has declined does not come',
    { room: { capacity: 4 }, event: people(4, 'ATTENDEE;PARTSTAT=DECLINED:mailto:no@example.com') },
    'ACCEPTED free',
  ],
  [
    'who only is told does not come',
    { room: { capacity: 4 }, event: people(4, 'ATTENDEE;ROLE=NON-PARTICIPANT:mailto:fyi@example.com') },
    'ACCEPTED free',
  ],
  [
    'a beamer takes no chair',
    { room: { capacity: 4 }, event: people(4, 'ATTENDEE;CUTYPE=RESOURCE:mailto:beamer@example.com') },
    'ACCEPTED free',
  ],
  [
    'a group counts by its members',
    { room: { capacity: 4 }, event: people(4, 'ATTENDEE;CUTYPE=GROUP:mailto:all@example.com') },
    'ACCEPTED free',
  ],
  ['a person of the list may book', { policy: { bookers: { people: ['ann'] } } }, 'ACCEPTED free'],
  [
    'a member of a group of the list may',
    { policy: { bookers: { groups: ['staff'] } }, by: ['ann', 'staff'] },
    'ACCEPTED free',
  ],
  [
    'nobody else may',
    { policy: { bookers: { people: ['bob'], groups: ['staff'] } }, by: ['ann', 'guests'] },
    'DECLINED not-allowed',
  ],
  ['somebody elsewhere may where all may', { by: [''] }, 'ACCEPTED free'],
  ['and not where some may', { policy: { bookers: { people: ['ann'] } }, by: [''] }, 'DECLINED not-allowed'],
  [
    'a policy without time is told before the time',
    { policy: { bookers: { people: ['bob'] } }, taken },
    'DECLINED not-allowed',
  ],
];

const HOURS: readonly Row[] = [
  ['the whole of the hours', { policy: workdays('09:00', '10:00') }, 'ACCEPTED free'],
  ['begins before', { policy: workdays('09:01', '18:00') }, 'DECLINED outside-hours'],
  ['ends after', { policy: workdays('08:00', '09:59') }, 'DECLINED outside-hours'],
  ['a day that is not named is closed', { policy: sundays('00:00', '24:00') }, 'DECLINED outside-hours'],
  [
    'over a noon that is closed',
    {
      policy: {
        hours: {
          MO: [
            ['08:00', '09:30'],
            ['09:45', '18:00'],
          ],
        },
      },
    },
    'DECLINED outside-hours',
  ],
  [
    'over two stretches that touch',
    {
      policy: {
        hours: {
          MO: [
            ['09:30', '18:00'],
            ['08:00', '09:30'],
          ],
        },
      },
    },
    'ACCEPTED free',
  ],
  [
    'over a midnight that is open',
    { event: ['0302T2300-0303T0100'], policy: workdays('00:00', '24:00') },
    'ACCEPTED free',
  ],
  [
    'over a midnight to a day that is closed',
    { event: ['0306T2300-0307T0100'], policy: workdays('00:00', '24:00') },
    'DECLINED outside-hours',
  ],
  ['all day, where the day is open', { event: [allDay('0302')], policy: workdays('00:00', '24:00') }, 'ACCEPTED free'],
  [
    'all day, in office hours',
    { event: [allDay('0302')], policy: workdays('08:00', '18:00') },
    'DECLINED outside-hours',
  ],
  ['hours are those of the room: winter', { ...BERLIN, policy: workdays('10:00', '11:00') }, 'ACCEPTED free'],
  [
    'hours are those of the room: summer',
    { ...BERLIN, event: ['0330T0900-1000'], policy: workdays('11:00', '12:00') },
    'ACCEPTED free',
  ],
  [
    'the same instant is too early in summer',
    { ...BERLIN, event: ['0330T0900-1000'], policy: workdays('10:00', '11:00') },
    'DECLINED outside-hours',
  ],
  // 29 March 2026, Berlin: 02:00 becomes 03:00 at 01:00 UTC.
  [
    'over the hour that is left out',
    { ...BERLIN, event: ['0329T0000-0200'], policy: sundays('01:00', '04:00') },
    'ACCEPTED free',
  ],
  [
    'a minute longer than the shortened hours',
    { ...BERLIN, event: ['0329T0000-0201'], policy: sundays('01:00', '04:00') },
    'DECLINED outside-hours',
  ],
  [
    'the whole day that is an hour shorter',
    { ...BERLIN, event: [allDay('0329')], policy: sundays('00:00', '24:00') },
    'ACCEPTED free',
  ],
  [
    'hours within the hour that is left out are none',
    { ...BERLIN, event: ['0329T0100-0110'], policy: sundays('02:00', '03:00') },
    'DECLINED outside-hours',
  ],
  // 25 October 2026, Berlin: 03:00 becomes 02:00 at 01:00 UTC.
  [
    'the hour that is there twice: the first',
    { ...BERLIN, event: ['1025T0000-0100'], policy: sundays('02:00', '03:00') },
    'ACCEPTED free',
  ],
  [
    'the hour that is there twice: the second',
    { ...BERLIN, event: ['1025T0100-0200'], policy: sundays('02:00', '03:00') },
    'ACCEPTED free',
  ],
  [
    'the hours end with the second half past two',
    { ...BERLIN, event: ['1025T0000-0130'], policy: sundays('00:00', '02:30') },
    'ACCEPTED free',
  ],
  [
    'and not after it',
    { ...BERLIN, event: ['1025T0000-0131'], policy: sundays('00:00', '02:30') },
    'DECLINED outside-hours',
  ],
  [
    'the whole day that is an hour longer',
    { ...BERLIN, event: [allDay('1025')], policy: sundays('00:00', '24:00') },
    'ACCEPTED free',
  ],
];

const TRUST: readonly Row[] = [
  [
    'a member of the auto-accept group is accepted where all are declined',
    { mode: 'decline-always', room: { autoAcceptGroup: 'group01' }, by: ['ann', 'group01'] },
    'ACCEPTED free',
  ],
  [
    'and who is none is not',
    { mode: 'decline-always', room: { autoAcceptGroup: 'group01' }, by: ['ann', 'group02'] },
    'DECLINED always-declined',
  ],
  [
    'a time that is taken stays taken',
    { mode: 'decline-always', room: { autoAcceptGroup: 'group01' }, by: ['ann', 'group01'], taken },
    'DECLINED busy',
  ],
  [
    'a member where nobody is answered',
    { mode: 'none', room: { autoAcceptGroup: 'group01' }, by: ['ann', 'group01'] },
    'ACCEPTED free',
  ],
  [
    'a member where everything is accepted',
    { mode: 'accept-always', room: { autoAcceptGroup: 'group01' }, by: ['ann', 'group01'], taken },
    'ACCEPTED always-accepted',
  ],
  [
    'a member is not asked for the policy',
    {
      room: { autoAcceptGroup: 'group01', capacity: 0 },
      policy: { longestMinutes: 1, openBookings: 0, bookers: { people: [] }, hours: {} },
      by: ['ann', 'group01'],
    },
    'ACCEPTED free',
  ],
  [
    'a member needs no approval',
    { room: { autoAcceptGroup: 'group01' }, policy: { approvers: ['bob'] }, by: ['ann', 'group01'] },
    'ACCEPTED free',
  ],
  ['what is free awaits approval', { policy: { approvers: ['bob'] } }, 'TENTATIVE awaits-approval'],
  ['what is taken needs none', { policy: { approvers: ['bob'] }, taken }, 'DECLINED busy'],
  ['what the policy forbids needs none', { policy: { approvers: ['bob'], longestMinutes: 5 } }, 'DECLINED too-long'],
  ['who approves need not be asked', { policy: { approvers: ['ann', 'bob'] } }, 'ACCEPTED free'],
  [
    'accept-always awaits approval too',
    { mode: 'accept-always', policy: { approvers: ['bob'] }, taken },
    'TENTATIVE awaits-approval',
  ],
];

const TABLES = { MODES, TIMES, LIMITS, HOURS, TRUST };

describe.each(Object.entries(TABLES))('a room decides: %s', (_, rows) => {
  test.each(rows)('%s', (_name, asked, answer) => {
    expect(shown(decide(asked))).toBe(answer);
  });
});

test('the people who approve are told', () => {
  expect(decide({ policy: { approvers: ['bob', 'eve'] } }).approvers).toEqual(['bob', 'eve']);
  expect(decide({ policy: { approvers: ['bob', 'eve'] }, taken }).approvers).toEqual([]);
});

test('nobody is told where there is nothing to tell', () => {
  const isAnswered = (asked: Case): boolean => decide(asked).isAnswered;
  expect(isAnswered({})).toBe(true);
  expect(isAnswered({ mode: 'none' })).toBe(false);
  expect(isAnswered({ now: '0310T0000' })).toBe(false);
  expect(isAnswered({ before: ['0302T0900-1000'], says: 'ACCEPTED' })).toBe(false);
  // Who asks anew waits for an answer, also for the one that he had.
  expect(isAnswered({ before: ['0302T0900-1000'] })).toBe(true);
});

test('a reason tells the limit and the time that is taken', () => {
  const reasonOf = (asked: Case): unknown => decide(asked).instances[0]?.reason;
  expect(reasonOf({ policy: { longestMinutes: 59 } })).toEqual({ code: 'too-long', minutes: 59 });
  expect(reasonOf({ taken })).toEqual({ code: 'busy', taken: { start: at('0302T0930'), end: at('0302T1100') } });
});

test('an object takes the time of what the room has accepted, whatever people call it', () => {
  const options = { room: isRoom, zone: zone('Europe/Berlin'), from: at('0301T0000'), until: at('0310T0000') };
  const takenBy = (text: string): unknown => takenTimesOf(parseCalendar(text), options);
  const lines = [['DTSTART:20260302T090000Z', 'DURATION:PT1H', 'TRANSP:TRANSPARENT', 'STATUS:TENTATIVE']];
  const time = { start: at('0302T0900'), end: at('0302T1000'), key: '' };
  expect(takenBy(objectText(lines, 'ACCEPTED'))).toEqual([{ ...time, uid: 'asked', type: 'BUSY' }]);
  expect(takenBy(objectText(lines, 'TENTATIVE'))).toEqual([{ ...time, uid: 'asked', type: 'BUSY-TENTATIVE' }]);
  expect(takenBy(objectText(lines, 'DECLINED'))).toEqual([]);
  expect(takenBy(objectText(lines, 'NEEDS-ACTION'))).toEqual([]);
  expect(takenBy(objectText([['DTSTART:20260302T090000Z', 'STATUS:CANCELLED']], 'ACCEPTED'))).toEqual([]);
  expect(takenBy(calendar(...event('own', 'DURATION:PT1H')))).toEqual([{ ...time, uid: 'own', type: 'BUSY' }]);
  expect(takenBy(calendar(...event('own', 'DURATION:PT1H', 'TRANSP:TRANSPARENT')))).toEqual([]);
  const endless = takenBy(objectText([series('0302T0900', 'FREQ=DAILY')], 'ACCEPTED'));
  expect(endless).toHaveLength(8);
});

test('what is no event asks for nothing', () => {
  const text = calendar('BEGIN:VTODO', 'UID:1', 'DTSTAMP:20260101T000000Z', 'END:VTODO');
  const options = { room: isRoom, zone: zone('Europe/Berlin'), now: 0, until: Infinity };
  expect(readBooking(parseCalendar(text), options)).toBeUndefined();
});
