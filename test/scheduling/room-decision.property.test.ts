import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { TimeRange } from '../../src/ical/time-value.ts';
import { alternatives } from '../../src/scheduling/room-alternatives.ts';
import { MOST_INSTANCES, type BookedInstance, type Booking } from '../../src/scheduling/room-booking.ts';
import { indexTaken, takenIn, type TakenTime } from '../../src/scheduling/room-busy.ts';
import { decideBooking, type BookingRequest } from '../../src/scheduling/room-decision.ts';
import { DAY_MS, type Room, type RoomPolicy } from '../../src/scheduling/room-policy.ts';
import { holds } from '../properties/holds.ts';
import { cpu, idleMilliseconds } from '../yardstick.ts';
import { at, HOUR, zone } from './room-world.ts';

/** A little before the clock of Berlin goes forward. */
const NOW = at('0326T1200');
const QUARTER = HOUR / 4;
const BERLIN = zone('Europe/Berlin');

const ranges: fc.Arbitrary<TimeRange> = fc
  .record({ from: fc.integer({ min: -8, max: 600 }), length: fc.integer({ min: 0, max: 24 }) })
  .map(({ from, length }) => ({ start: NOW + from * QUARTER, end: NOW + (from + length) * QUARTER }));

const takenTimes: fc.Arbitrary<readonly TakenTime[]> = fc.array(
  fc
    .record({ range: ranges, uid: fc.constantFrom('1', '2', 'asked'), type: fc.constantFrom('BUSY', 'BUSY-TENTATIVE') })
    .map(({ range, uid, type }): TakenTime => ({ ...range, uid, type: type === 'BUSY' ? 'BUSY' : 'BUSY-TENTATIVE' })),
  { maxLength: 12 },
);

const policies: fc.Arbitrary<RoomPolicy> = fc.record(
  {
    hours: fc.constantFrom<RoomPolicy['hours']>(
      { TH: [{ from: 0, to: 1440 }], FR: [{ from: 480, to: 1080 }], SU: [{ from: 60, to: 300 }] },
      { SA: [{ from: 0, to: 1440 }], SU: [{ from: 0, to: 1440 }], MO: [{ from: 0, to: 720 }] },
    ),
    longestMinutes: fc.constantFrom(60, 180),
    horizonDays: fc.constantFrom(1, 5),
    noticeMinutes: fc.constantFrom(0, 120),
  },
  { requiredKeys: [] },
);

const instancesOf = (list: readonly TimeRange[]): readonly BookedInstance[] =>
  list.map((range, each) => ({ ...range, key: String(each), people: 2, partstat: 'NEEDS-ACTION' }));

const bookingOf = (uid: string, instances: readonly BookedInstance[]): Booking => ({
  ...{ uid, organizer: 'mailto:ann@example.com', isSeries: instances.length > 1, hasMore: false },
  ...{ instances, count: instances.length },
});

const bookings = fc.array(ranges, { minLength: 1, maxLength: 6 }).map((list) => instancesOf(list));
const roomOf = (policy: RoomPolicy, more: Partial<Room> = {}): Room => ({
  ...{ id: 'room', mode: 'automatic', zone: BERLIN, policy },
  ...more,
});
const requestOf = (booking: Booking, taken: readonly TakenTime[]): BookingRequest => ({
  ...{ booking, taken, now: NOW, openBookings: 0, booker: { id: 'ann', groups: new Set<string>() } },
});

const overlap = (one: TimeRange, other: TimeRange): boolean =>
  one.start < other.end && other.start < one.end && one.start < one.end && other.start < other.end;

test('what is in the way is what a comparison with everything finds', async () => {
  const property = fc.property(takenTimes, ranges, fc.boolean(), (taken, range, tentativeHolds) => {
    const counting = taken.filter(
      ({ uid, type, start, end }) => uid !== 'asked' && (tentativeHolds || type === 'BUSY') && start < end,
    );
    const found = takenIn(indexTaken(taken, { ownUid: 'asked', tentativeHolds }), range);
    if (found === undefined) return !counting.some((each) => overlap(each, range));
    return overlap(found, range) && counting.some((each) => each.start === found.start && each.end === found.end);
  });
  expect(await holds(property, { seed: 51, numRuns: 2000 })).toBeGreaterThan(0);
});

test('no two bookings that a room accepts overlap, however many are asked for one after the other', async () => {
  let accepted = 0;
  const modes = fc.constantFrom<Room['mode']>('automatic', 'accept-if-free');
  const property = fc.property(fc.array(bookings, { maxLength: 8 }), modes, policies, (all, mode, policy) => {
    const held: TakenTime[] = [];
    for (const [each, instances] of all.entries()) {
      const uid = String(each);
      const { instances: decided } = decideBooking(
        requestOf(bookingOf(uid, instances), held),
        roomOf(policy, { mode }),
      );
      for (const { partstat, start, end } of decided) {
        if (partstat === 'ACCEPTED') held.push({ uid, start, end, type: 'BUSY' });
      }
    }
    accepted += held.length;
    return held.every((one) => held.every((other) => one.uid === other.uid || !overlap(one, other)));
  });
  expect(await holds(property, { seed: 52, numRuns: 500 })).toBeGreaterThan(0);
  expect(accepted).toBeGreaterThan(100);
});

test('a decision does not depend on the order of the instances, nor on that of what is taken', async () => {
  const property = fc.property(bookings, takenTimes, policies, (instances, taken, policy) => {
    const one = decideBooking(requestOf(bookingOf('asked', instances), taken), roomOf(policy));
    const turned = bookingOf('asked', instances.toReversed());
    const other = decideBooking(requestOf(turned, taken.toReversed()), roomOf(policy));
    return answers(one.instances) === answers(other.instances) && one.isAnswered === other.isAnswered;
  });
  expect(await holds(property, { seed: 53, numRuns: 1000 })).toBeGreaterThan(0);
});

const answers = (list: ReturnType<typeof decideBooking>['instances']): string =>
  list.map(({ key, partstat, reason }) => `${key} ${partstat} ${reason.code}`).join();

test('deciding again what was decided changes nothing', async () => {
  const property = fc.property(bookings, takenTimes, policies, (instances, taken, policy) => {
    const first = decideBooking(requestOf(bookingOf('asked', instances), taken), roomOf(policy));
    const words = new Map(first.instances.map(({ key, partstat }) => [key, partstat]));
    const copy = instances.map((each) => ({ ...each, partstat: words.get(each.key) ?? '' }));
    const before = bookingOf('asked', copy);
    const again = decideBooking({ ...requestOf(before, taken), before }, roomOf(policy));
    return !again.isAnswered && again.instances.every(({ key, partstat }) => words.get(key) === partstat);
  });
  expect(await holds(property, { seed: 54, numRuns: 500 })).toBeGreaterThan(0);
});

test('an alternative is really free and within the policy, and there are at most three', async () => {
  let offered = 0;
  const property = fc.property(bookings, takenTimes, takenTimes, policies, (instances, taken, elsewhere, policy) => {
    const refused = instances.filter(({ start }) => start >= NOW);
    const asked = { room: roomOf(policy), taken };
    const other = { room: roomOf(policy, { id: 'other' }), taken: elsewhere };
    const wanted = { ...requestOf(bookingOf('asked', refused), taken), uid: 'asked', instances: refused };
    const found = alternatives(wanted, asked, [other]);
    offered += found.length;
    return (
      found.length <= 3 &&
      found.every(({ roomId, shift }) => {
        const at = roomId === 'other' ? other : asked;
        const moved = refused.map((each) => ({ ...each, start: each.start + shift, end: each.end + shift }));
        const { instances: decided } = decideBooking(requestOf(bookingOf('asked', moved), at.taken), at.room);
        const isFree = moved.every((each) => at.taken.every((one) => one.uid === 'asked' || !overlap(one, each)));
        return isFree && decided.every(({ partstat }) => partstat === 'ACCEPTED');
      })
    );
  });
  expect(await holds(property, { seed: 55, numRuns: 1000 })).toBeGreaterThan(0);
  expect(offered).toBeGreaterThan(100);
});

const hourly = (count: number, uid: string): readonly TakenTime[] =>
  Array.from({ length: count }, (_, each) => ({
    ...{ uid: `${uid}${each}`, start: NOW + each * HOUR, end: NOW + each * HOUR + HOUR / 2 },
    type: 'BUSY',
  }));

const least = (rounds: number, act: () => void): number =>
  Math.min(
    ...Array.from({ length: rounds }, () => {
      const before = cpu();
      act();
      return cpu() - before;
    }),
  );

test('500 instances beside 5,000 bookings are decided in a few milliseconds, within hours too', () => {
  const taken = hourly(5000, 'b');
  const days = Array.from({ length: 500 }, (_, each) => ({
    start: NOW + each * 8 * HOUR,
    end: NOW + (each * 8 + 1) * HOUR,
  }));
  const request = requestOf(bookingOf('asked', instancesOf(days)), taken);
  const room = roomOf({ hours: { MO: [{ from: 0, to: 1440 }], TU: [{ from: 480, to: 1080 }] } });
  const allowed = idleMilliseconds(10);
  expect(least(8, () => void decideBooking(request, room))).toBeLessThan(allowed);
});

test('alternatives to a long series in a full room take some milliseconds', () => {
  const taken = hourly(5000, 'b');
  const days = Array.from({ length: 200 }, (_, each) => ({
    start: NOW + each * DAY_MS,
    end: NOW + each * DAY_MS + HOUR,
  }));
  const instances = instancesOf(days);
  const wanted = { ...requestOf(bookingOf('asked', instances), taken), uid: 'asked', instances };
  const others = ['x', 'y', 'z'].map((id) => ({ room: roomOf({}, { id }), taken }));
  const asked = { room: roomOf({}), taken };
  const allowed = idleMilliseconds(60);
  expect(least(5, () => void alternatives(wanted, asked, others))).toBeLessThan(allowed);
  expect(MOST_INSTANCES).toBe(taken.length);
});
