import { expect, test } from 'vitest';
import { UTC } from '../../src/ical/timezone.ts';
import { alternatives, type RoomAndTaken, type Wanted } from '../../src/scheduling/room-alternatives.ts';
import type { Room } from '../../src/scheduling/room-policy.ts';
import { at, range, taken, zone } from './room-world.ts';

const room = (id: string, more: Partial<Room> = {}): Room => ({
  ...{ id, mode: 'automatic', zone: UTC, policy: {} },
  ...more,
});
const busy = (one: Room, ...times: readonly string[]): RoomAndTaken => ({ room: one, taken: times.map(taken) });
const wanted = (more: Partial<Wanted> = {}, ...times: readonly string[]): Wanted => ({
  ...{ uid: 'asked', booker: { id: 'ann', groups: new Set() }, now: at('0301T0000') },
  instances: (times.length > 0 ? times : ['0302T0900-1000']).map((each) => ({ ...range(each), people: 3 })),
  ...more,
});
const clock = (instant: number): string => new Date(instant).toISOString().slice(5, 16);
const offered = (...asked: Parameters<typeof alternatives>): readonly string[] =>
  alternatives(...asked).map((each) => `${each.reason} ${each.roomId} ${clock(each.first.start)}`);

const asked = room('asked', { building: 'north', features: ['beamer', 'phone'] });
const blocked = busy(asked, '0302T0800-1100');

test('another room at the same time comes first, then the same room at the nearest times', () => {
  expect(offered(wanted(), blocked, [busy(room('b')), busy(room('c'))])).toEqual([
    'other-room b 03-02T09:00',
    'later asked 03-02T11:00',
    'earlier asked 03-02T07:00',
  ]);
});

test('the nearer of two times comes first', () => {
  expect(offered(wanted(), busy(asked, '0302T0855-1200'), [])).toEqual([
    'earlier asked 03-02T07:55',
    'later asked 03-02T12:00',
  ]);
});

test('rooms fill what times leave', () => {
  const full = busy(asked, '0201T0000-0401T0000');
  expect(
    offered(
      wanted(),
      full,
      ['b', 'c', 'd', 'e'].map((id) => busy(room(id))),
    ),
  ).toEqual(['other-room b 03-02T09:00', 'other-room c 03-02T09:00', 'other-room d 03-02T09:00']);
});

test('of other rooms the near one, the like one, the small one comes first', () => {
  const full = busy(asked, '0201T0000-0401T0000');
  const others = [
    room('large', { capacity: 50, building: 'north' }),
    room('far', { capacity: 3, building: 'south', features: ['beamer', 'phone'] }),
    room('like', { capacity: 9, building: 'north', features: ['beamer'] }),
    room('small', { capacity: 4, building: 'north' }),
    room('tiny', { capacity: 2, building: 'north' }),
  ];
  expect(
    offered(
      wanted(),
      full,
      others.map((each) => busy(each)),
    ),
  ).toEqual(['other-room like 03-02T09:00', 'other-room small 03-02T09:00', 'other-room large 03-02T09:00']);
});

test('a room without a feature that is wanted is not offered', () => {
  const others = [busy(room('b')), busy(room('c', { features: ['beamer', 'piano'] }))];
  const [first] = offered(wanted({ features: ['piano'] }), blocked, others);
  expect(first).toBe('other-room c 03-02T09:00');
});

test.each<[string, Partial<Room>]>([
  ['where a person decides', { mode: 'none' }],
  ['where a person decides what is free', { mode: 'decline-if-busy' }],
  ['that declines', { mode: 'decline-always' }],
  ['that is closed then', { policy: { hours: {} } }],
  ['that others may book', { policy: { bookers: { people: ['bob'], groups: [] } } }],
])('a room %s is not offered', (_, more) => {
  expect(offered(wanted(), busy(asked, '0201T0000-0401T0000'), [busy(room('b', more))])).toEqual([]);
});

test('a room that is taken is not offered, also where it would accept, or where that is only tentative', () => {
  const full = busy(asked, '0201T0000-0401T0000');
  expect(offered(wanted(), full, [busy(room('b', { mode: 'accept-always' }), '0302T0930-0940')])).toEqual([]);
  const loose = room('b', { policy: { tentativeHolds: false } });
  expect(offered(wanted(), full, [busy(loose, '0302T0930-0940 tentative')])).toEqual([]);
});

test('a room that awaits approval comes after those that accept, and says so', () => {
  const full = busy(asked, '0201T0000-0401T0000');
  const others = [busy(room('b', { policy: { approvers: ['eve'] } })), busy(room('c'))];
  expect(alternatives(wanted(), full, others).map((each) => [each.roomId, each.needsApproval])).toEqual([
    ['c', false],
    ['b', true],
  ]);
});

test('times are within the hours of the room and not in the past', () => {
  const office = room('asked', {
    zone: zone('Europe/Berlin'),
    policy: { hours: { MO: [{ from: 540, to: 1020 }], TU: [{ from: 540, to: 1020 }] } },
  });
  expect(offered(wanted({ now: at('0302T0700') }), busy(office, '0302T0800-1600'), [])).toEqual([
    'later asked 03-03T08:00',
  ]);
  expect(offered(wanted({ now: at('0302T0700') }), busy(asked, '0302T0740-1100'), [])).toEqual([
    'later asked 03-02T11:00',
  ]);
});

test('a time outside of the hours is moved into them', () => {
  const office = room('asked', { policy: { hours: { MO: [{ from: 600, to: 720 }] } } });
  expect(offered(wanted(), busy(office), [])).toEqual(['later asked 03-02T10:00']);
});

test('an alternative for a series is good for each of its refused days', () => {
  const days = wanted({}, '0302T0900-1000', '0303T0900-1000');
  const others = [busy(room('b'), '0303T0930-0940'), busy(room('c'))];
  expect(offered(days, busy(asked, '0302T0800-1100', '0303T1130-1200'), others)).toEqual([
    'other-room c 03-02T09:00',
    'earlier asked 03-02T07:00',
    'later asked 03-02T12:00',
  ]);
});

test('where nothing was refused, nothing is offered', () => {
  expect(alternatives({ ...wanted(), instances: [] }, blocked, [busy(room('b'))])).toEqual([]);
});
