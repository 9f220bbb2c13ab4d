import { expect, test } from 'vitest';
import { readRoomPolicy, writeRoomPolicy } from '../../src/scheduling/room-policy-value.ts';

const WHOLE = {
  hours: {
    MO: [
      ['08:00', '12:00'],
      ['13:00', '24:00'],
    ],
    SU: [],
  },
  longestMinutes: 240,
  horizonDays: 90,
  noticeMinutes: 30,
  openBookings: 5,
  bookers: { people: ['alice'], groups: ['staff'] },
  approvers: ['bob'],
  series: true,
  mostInstances: 52,
  tentativeHolds: false,
};

test('a policy is read, and written as it was', () => {
  const reading = readRoomPolicy(JSON.parse(JSON.stringify(WHOLE)));
  if (!('policy' in reading)) throw new TypeError(JSON.stringify(reading.problems));
  expect(reading.policy.hours?.MO).toEqual([
    { from: 480, to: 720 },
    { from: 780, to: 1440 },
  ]);
  expect(writeRoomPolicy(reading.policy)).toEqual(WHOLE);
});

test('a policy that says nothing forbids nothing', () => {
  expect(readRoomPolicy({})).toEqual({ policy: {} });
  expect(writeRoomPolicy({ horizonDays: undefined })).toEqual({});
});

test('who is not named may not book', () => {
  expect(readRoomPolicy({ bookers: { people: ['alice'] } })).toEqual({
    policy: { bookers: { people: ['alice'], groups: [] } },
  });
});

test.each<[string, unknown, string]>([
  ['no object', [], ''],
  ['nothing', null, ''],
  ['a field that is not known', { colour: 'red' }, 'colour'],
  ['a field of all objects', JSON.parse('{"__proto__": 1}'), '__proto__'],
  ['a weekday that is not known', { hours: { monday: [] } }, 'hours.monday'],
  ['hours that are no list', { hours: { MO: 'all' } }, 'hours.MO'],
  ['a stretch that ends before it begins', { hours: { MO: [['18:00', '08:00']] } }, 'hours.MO[0]'],
  ['a stretch of no length', { hours: { MO: [['08:00', '08:00']] } }, 'hours.MO[0]'],
  ['a time after midnight', { hours: { MO: [['08:00', '24:01']] } }, 'hours.MO[0]'],
  ['a time in other words', { hours: { MO: [['8', '18']] } }, 'hours.MO[0]'],
  ['three times', { hours: { MO: [['08:00', '09:00', '10:00']] } }, 'hours.MO[0]'],
  ['a number as a text', { longestMinutes: '60' }, 'longestMinutes'],
  ['a number that is not whole', { longestMinutes: 1.5 }, 'longestMinutes'],
  ['no minute at all', { longestMinutes: 0 }, 'longestMinutes'],
  ['more than a decade', { horizonDays: 4000 }, 'horizonDays'],
  ['people that are no texts', { bookers: { people: [1] } }, 'bookers.people'],
  ['an id that is empty', { approvers: [''] }, 'approvers'],
  ['a word for a truth', { series: 'yes' }, 'series'],
])('%s is a problem, and it is said where', (_, value, path) => {
  const reading = readRoomPolicy(value);
  expect('problems' in reading && reading.problems.map((each) => each.path)).toEqual([path]);
});

test('a problem is told below the path that is given', () => {
  const reading = readRoomPolicy({ series: 1 }, 'rooms[3].policy');
  expect('problems' in reading && reading.problems[0]?.path).toBe('rooms[3].policy.series');
});
