import { describe, expect, test } from 'vitest';
import { DAY_MS } from '../../src/scheduling/room-policy.ts';
import { cpu, idleMilliseconds } from '../yardstick.ts';
import { allDay, at, decide, moved, series, shown, type Row } from './room-world.ts';

const taken = ['0302T0930-1100'];
const five = series('0302T0900', 'FREQ=DAILY;COUNT=5');
const SERIES: readonly Row[] = [
  [
    'each day is answered on its own',
    { event: [series('0302T0900', 'FREQ=DAILY;COUNT=3')], taken: ['0303T0930-1000'] },
    '0302 ACCEPTED free, 0303 DECLINED busy, 0304 ACCEPTED free',
  ],
  [
    'a day that is moved is judged where it is now',
    { event: [series('0302T0900', 'FREQ=DAILY;COUNT=2'), moved('0303T0900', '0303T1500')], taken: ['0303T0900-1000'] },
    '0302 ACCEPTED free, 0303 ACCEPTED free',
  ],
  [
    'two days of one booking are not in the way of each other',
    { event: [series('0302T0900', 'FREQ=DAILY;COUNT=2'), moved('0303T0900', '0302T0900')] },
    '0302 ACCEPTED free, 0302 ACCEPTED free',
  ],
  [
    'a day that is taken out is not asked for',
    { event: [series('0302T0900', 'FREQ=DAILY;COUNT=3', 'EXDATE:20260303T090000Z')] },
    '0302 ACCEPTED free, 0304 ACCEPTED free',
  ],
  [
    'a day that is cancelled is not asked for',
    { event: [series('0302T0900', 'FREQ=DAILY;COUNT=2'), moved('0303T0900', '0303T0900', 'STATUS:CANCELLED')] },
    'ACCEPTED free',
  ],
  [
    'a day that has too many people',
    {
      event: [
        series('0302T0900', 'FREQ=DAILY;COUNT=2'),
        moved('0303T0900', '0303T0900', 'ATTENDEE:mailto:bob@example.com'),
      ],
      room: { capacity: 1 },
    },
    '0302 ACCEPTED free, 0303 DECLINED too-many-people',
  ],
  [
    'no series, where none are allowed',
    { event: [series('0302T0900', 'FREQ=DAILY;COUNT=2')], policy: { series: false } },
    '0302 DECLINED no-series, 0303 DECLINED no-series',
  ],
  ['a single event, where none are allowed', { policy: { series: false } }, 'ACCEPTED free'],
  [
    'as many days as are allowed',
    { event: [series('0302T0900', 'FREQ=DAILY;COUNT=2')], policy: { mostInstances: 2 } },
    '0302 ACCEPTED free, 0303 ACCEPTED free',
  ],
  [
    'one more',
    { event: [series('0302T0900', 'FREQ=DAILY;COUNT=2')], policy: { mostInstances: 1 } },
    '0302 DECLINED too-many-instances, 0303 DECLINED too-many-instances',
  ],
  [
    'an endless series has more than any number',
    { event: [series('0302T0900', 'FREQ=YEARLY')], policy: { mostInstances: 5000, horizonDays: 30 } },
    'DECLINED too-many-instances',
  ],
  [
    'an endless series is judged up to the horizon',
    { event: [series('0302T0900', 'FREQ=WEEKLY')], policy: { horizonDays: 14 } },
    '0302 ACCEPTED free, 0309 ACCEPTED free',
  ],
  [
    'one that begins behind the horizon is refused',
    { event: [series('0402T0900', 'FREQ=WEEKLY')], policy: { horizonDays: 14 } },
    'DECLINED too-far-ahead',
  ],
  [
    'as time goes on, what comes nearer is judged and what was answered stands',
    {
      event: [series('0302T0900', 'FREQ=WEEKLY')],
      before: [series('0302T0900', 'FREQ=WEEKLY')],
      decidedUntil: '0315T0000',
      now: '0308T0000',
      policy: { horizonDays: 14 },
      taken: ['0316T0900-1000'],
    },
    '0302 ACCEPTED unchanged, 0309 ACCEPTED unchanged, 0316 DECLINED busy',
  ],
  [
    'days that are over are not judged',
    { event: [five], now: '0304T1200', taken: ['0302T0900-1000'] },
    '0302 NEEDS-ACTION past, 0303 NEEDS-ACTION past, 0304 NEEDS-ACTION past, 0305 ACCEPTED free, 0306 ACCEPTED free',
  ],
];

const CHANGES: readonly Row[] = [
  [
    'the same time stays accepted, whatever has come since',
    { before: ['0302T0900-1000'], taken },
    'ACCEPTED unchanged',
  ],
  [
    'the same time stays accepted under a new policy',
    { before: ['0302T0900-1000'], policy: { longestMinutes: 5 } },
    'ACCEPTED unchanged',
  ],
  [
    'the same time goes on awaiting approval',
    { before: ['0302T0900-1000'], answered: 'TENTATIVE', policy: { approvers: ['bob'] } },
    'TENTATIVE unchanged',
  ],
  [
    'the same instant in another form is the same time',
    { before: [['DTSTART;TZID=Europe/Berlin:20260302T100000', 'DURATION:PT1H']], taken },
    'ACCEPTED unchanged',
  ],
  ['another time is judged anew', { before: ['0302T0800-0900'], taken }, 'DECLINED busy'],
  ['a longer time is judged anew', { before: ['0302T0900-0930'], taken }, 'DECLINED busy'],
  [
    'its old time is not in the way of the new one',
    { before: ['0302T0830-0930'], taken: ['0302T0830-0930 own'] },
    'ACCEPTED free',
  ],
  [
    'a declined one is judged when it is asked anew',
    { before: ['0302T0900-1000'], answered: 'DECLINED' },
    'ACCEPTED free',
  ],
  [
    'what a person was to answer is judged',
    { before: ['0302T0900-1000'], answered: 'NEEDS-ACTION', taken },
    'DECLINED busy',
  ],
  [
    'only the day that is moved is judged anew',
    {
      event: [series('0302T0900', 'FREQ=DAILY;COUNT=2'), moved('0303T0900', '0303T1500')],
      before: [series('0302T0900', 'FREQ=DAILY;COUNT=2')],
      taken: ['0302T0900-1000', '0303T1500-1600'],
    },
    '0302 ACCEPTED unchanged, 0303 DECLINED busy',
  ],
  ['an answer to what is over stands', { before: ['0302T0900-1000'], now: '0305T0000' }, 'ACCEPTED unchanged'],
];

const utc = (day: number): string => `03${String(day).padStart(2, '0')}`;
/** The stories of implicitauto*.xml of Apple's CalDAVTester, whose day N is 10 + N March here. */
const SUITES: readonly Row[] = [
  ['auto1 #1: without conflict', { event: [`${utc(18)}T2000-2100`] }, 'ACCEPTED free'],
  [
    'auto1 #2: another guest answers, no change in time',
    { event: [`${utc(18)}T2000-2100`], before: [`${utc(18)}T2000-2100`] },
    'ACCEPTED unchanged',
  ],
  ['auto1 #3: with conflict', { event: [`${utc(18)}T2000-2100`], taken: [`${utc(18)}T2000-2100`] }, 'DECLINED busy'],
  [
    'auto1 #4: a series over a single event',
    { event: [series(`${utc(16)}T2000`, 'FREQ=DAILY;COUNT=5')], taken: [`${utc(18)}T2000-2100`] },
    '0316 ACCEPTED free, 0317 ACCEPTED free, 0318 DECLINED busy, 0319 ACCEPTED free, 0320 ACCEPTED free',
  ],
  [
    'auto1 #6: a single event over the last quarter of an hour of a day of a series',
    { event: [`${utc(20)}T1045-1145`], taken: [`${utc(20)}T1000-1100`] },
    'DECLINED busy',
  ],
  [
    'auto1 #7: a series of hours that touches a day of another on both sides',
    { event: [series(`${utc(20)}T0800`, 'FREQ=HOURLY;COUNT=4')], taken: [`${utc(20)}T1000-1100`] },
    '0320 ACCEPTED free, 0320 ACCEPTED free, 0320 DECLINED busy, 0320 ACCEPTED free',
  ],
  [
    'auto1 #8: cancelled',
    { event: [[`DTSTART:2026${utc(18)}T200000Z`, 'DURATION:PT1H', 'STATUS:CANCELLED']] },
    'nothing',
  ],
  [
    'auto3 #7: invited to two days of a series alone',
    { event: [['-room', ...five], moved('0303T0900', '0303T0900'), moved('0305T0900', '0305T0900')] },
    '0303 ACCEPTED free, 0305 ACCEPTED free',
  ],
  [
    'auto5 #2: a series over a day that is blocked',
    { event: [series(`${utc(17)}T1000`, 'FREQ=DAILY;COUNT=3')], taken: [`${utc(18)}T0000-2300`] },
    '0317 ACCEPTED free, 0318 DECLINED busy, 0319 ACCEPTED free',
  ],
  [
    'auto5 #3: invited to the blocked day alone',
    {
      event: [
        ['-room', ...series(`${utc(17)}T1200`, 'FREQ=DAILY;COUNT=5')],
        moved(`${utc(19)}T1200`, `${utc(19)}T1230`),
      ],
      taken: [`${utc(19)}T0000-2300`],
    },
    'DECLINED busy',
  ],
  [
    'auto5 #4: invited to that and to the next day',
    {
      event: [
        ['-room', ...series(`${utc(17)}T1500`, 'FREQ=DAILY;COUNT=5')],
        moved(`${utc(19)}T1500`, `${utc(19)}T1530`),
        moved(`${utc(20)}T1500`, `${utc(20)}T1530`),
      ],
      taken: [`${utc(19)}T0000-2300`],
    },
    '0319 DECLINED busy, 0320 ACCEPTED free',
  ],
  ['auto7 #1: all day', { event: [allDay(utc(18))] }, 'ACCEPTED free'],
  [
    'auto7 #2: early on the day that is taken',
    { event: [`${utc(18)}T0100-0200`], taken: [`${utc(18)}T0000-${utc(19)}T0000`] },
    'DECLINED busy',
  ],
  [
    'auto7 #4: on the day after',
    { event: [`${utc(19)}T1200-1300`], taken: [`${utc(18)}T0000-${utc(19)}T0000`] },
    'ACCEPTED free',
  ],
  [
    'auto7 #5: all day, over an event of that day',
    { event: [allDay(utc(19))], taken: [`${utc(19)}T1200-1300`] },
    'DECLINED busy',
  ],
  [
    'auto7 #6: a series of days, the first of which is taken',
    { event: [allDay(utc(19), 'RRULE:FREQ=DAILY;COUNT=2')], taken: [`${utc(19)}T1200-1300`] },
    '0319 DECLINED busy, 0320 ACCEPTED free',
  ],
  [
    'auto11 #1: two days of an endless series',
    {
      event: [
        ['-room', ...series(`${utc(18)}T2000`, 'FREQ=DAILY')],
        moved(`${utc(19)}T2000`, `${utc(19)}T2000`),
        moved(`${utc(20)}T2000`, `${utc(20)}T2000`),
      ],
      policy: { horizonDays: 60 },
    },
    '0319 ACCEPTED free, 0320 ACCEPTED free',
  ],
  [
    'auto12 #2: a series is given an earlier day, which is taken',
    {
      event: [
        series(`${utc(11)}T1300`, `FREQ=DAILY;UNTIL=2026${utc(13)}T130000Z`),
        moved(`${utc(11)}T1300`, `${utc(11)}T1200`),
      ],
      before: [series(`${utc(12)}T1300`, `FREQ=DAILY;UNTIL=2026${utc(13)}T130000Z`)],
      taken: [`${utc(11)}T1200-1300`],
    },
    '0311 DECLINED busy, 0312 ACCEPTED unchanged, 0313 ACCEPTED unchanged',
  ],
  ['autopast #1: an event that is over', { now: '0310T0000' }, 'NEEDS-ACTION past'],
  [
    'autopast #2: a series that is over',
    { event: [series('0302T0900', 'FREQ=DAILY;COUNT=2')], now: '0310T0000' },
    '0302 NEEDS-ACTION past, 0303 NEEDS-ACTION past',
  ],
  [
    'autopast #3: a series that is over in part',
    { event: [series('0302T0900', 'FREQ=WEEKLY;COUNT=4'), moved('0309T0900', '0309T0800')], now: '0314T0000' },
    '0302 NEEDS-ACTION past, 0309 NEEDS-ACTION past, 0316 ACCEPTED free, 0323 ACCEPTED free',
  ],
];

describe.each(Object.entries({ SERIES, CHANGES, SUITES }))('a room decides: %s', (_, rows) => {
  test.each(rows)('%s', (_name, asked, answer) => {
    expect(shown(decide(asked))).toBe(answer);
  });
});

test('an endless series is decided up to the horizon, a short one for good', () => {
  const until = (rule: string): number | undefined =>
    decide({ event: [series('0302T0900', rule)], policy: { horizonDays: 14 } }).decidedUntil;
  expect(until('FREQ=WEEKLY')).toBe(at('0301T0000') + 14 * DAY_MS);
  expect(until('FREQ=WEEKLY;COUNT=2')).toBeUndefined();
  const far = decide({ event: [series('0402T0900', 'FREQ=WEEKLY')], policy: { horizonDays: 14 } });
  expect(far.decidedUntil).toBe(at('0402T0900') + 1);
});

test('of a series without end and without measure only so many instances are decided at a time', () => {
  const { instances, decidedUntil } = decide({ event: [series('0302T0900', 'FREQ=MINUTELY')] });
  expect(instances).toHaveLength(5000);
  expect(decidedUntil).toBe((instances.at(-1)?.start ?? 0) + 1);
});

test('a series with many guests is looked at once, however many days it has', () => {
  const guests = Array.from({ length: 2000 }, (_, each) => `ATTENDEE:mailto:guest${each}@example.com`);
  const event = [series('0302T0900', 'FREQ=HOURLY;INTERVAL=2', ...guests)];
  const before = cpu();
  const { instances } = decide({ event, room: { capacity: 2001 } });
  expect(cpu() - before).toBeLessThan(idleMilliseconds(600));
  expect(instances).toHaveLength(5000);
  expect(instances[0]?.partstat).toBe('ACCEPTED');
});
