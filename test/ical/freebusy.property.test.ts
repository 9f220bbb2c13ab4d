import fc from 'fast-check';
import { expect, test } from 'vitest';
import { availabilityOf, unavailablePeriods } from '../../src/ical/availability.ts';
import { busiestTime, BUSY_TYPES, busyPeriods, mergeBusy, type BusyType } from '../../src/ical/freebusy.ts';
import { parseCalendar } from '../../src/ical/parse.ts';
import { UTC } from '../../src/ical/timezone.ts';
import { holds } from '../properties/holds.ts';
import { calendar, component } from './calendar-text.ts';

const MINUTE = 60_000;
const DAY_MINUTES = 1440;
const DAYS = 3;
const START = Date.UTC(2026, 0, 5);
const RANGE = { start: START, end: START + DAYS * DAY_MINUTES * MINUTE };

/** A time, in minutes from the start of the range. */
const utc = (minute: number): string => new Date(START + minute * MINUTE).toISOString().replace(/[-:]|\.\d{3}/g, '');

const span = fc.record({
  start: fc.integer({ min: -DAY_MINUTES, max: DAYS * DAY_MINUTES }),
  minutes: fc.integer({ min: 0, max: 900 }),
});
const repeats = fc.integer({ min: 1, max: 4 });
const type = fc.constantFrom<BusyType | undefined>(...BUSY_TYPES, undefined);

/** A daily event whose instance `override.of`, if it has one, is another time of another type. */
const event = fc.record({
  ...{ kind: fc.constant('event' as const), span, repeats, type },
  override: fc.option(fc.record({ of: fc.integer({ min: 0, max: 3 }), span, type }), { nil: undefined }),
});
const availability = fc.record({
  ...{ kind: fc.constant('availability' as const), priority: fc.integer({ min: 0, max: 4 }) },
  type: fc.constantFrom(...BUSY_TYPES),
  start: fc.option(
    span.map(({ start }) => start),
    { nil: undefined },
  ),
  minutes: fc.option(fc.integer({ min: 1, max: 3000 }), { nil: undefined }),
  available: fc.array(fc.record({ span, repeats }), { maxLength: 3 }),
});
type Event = typeof event extends fc.Arbitrary<infer Value> ? Value : never;
type Availability = typeof availability extends fc.Arbitrary<infer Value> ? Value : never;
type Span = Event['span'];

const spanLines = ({ start, minutes }: Span): string[] => [
  `DTSTART:${utc(start)}`,
  ...(minutes === 0 ? [] : [`DURATION:PT${minutes}M`]),
];

function typeLines(written: BusyType | undefined): string[] {
  if (written === undefined) return ['TRANSP:TRANSPARENT'];
  if (written === 'BUSY-TENTATIVE') return ['STATUS:TENTATIVE'];
  return written === 'BUSY' ? [] : ['X-MICROSOFT-CDO-BUSYSTATUS:OOF'];
}

function eventLines({ span: own, repeats: count, type: ofAll, override }: Event, index: number): string[] {
  const uid = `UID:e${index}`;
  const master = component('VEVENT', uid, ...spanLines(own), `RRULE:FREQ=DAILY;COUNT=${count}`, ...typeLines(ofAll));
  if (override === undefined || override.of >= count) return master;
  const id = `RECURRENCE-ID:${utc(own.start + override.of * DAY_MINUTES)}`;
  return [...master, ...component('VEVENT', uid, id, ...spanLines(override.span), ...typeLines(override.type))];
}

function availabilityLines(given: Availability, index: number): string[] {
  const { start, minutes } = given;
  const end = minutes === undefined ? [] : [`DTEND:${utc((start ?? 0) + minutes)}`];
  return component(
    'VAVAILABILITY',
    ...[`UID:a${index}`, `PRIORITY:${given.priority}`, `BUSYTYPE:${given.type}`],
    ...(start === undefined ? [] : [`DTSTART:${utc(start)}`]),
    ...end,
    ...given.available.flatMap((each, i) =>
      component('AVAILABLE', `UID:a${index}-${i}`, ...spanLines(each.span), `RRULE:FREQ=DAILY;COUNT=${each.repeats}`),
    ),
  );
}

/** The minutes of the range, each of a type or free. */
type Painted = (BusyType | undefined)[];

function paint(
  canvas: Painted,
  { start, minutes }: Span,
  color: (before: BusyType | undefined) => BusyType | undefined,
) {
  for (let at = Math.max(0, start); at < Math.min(canvas.length, start + minutes); at++) canvas[at] = color(canvas[at]);
}

const stronger =
  (one: BusyType) =>
  (other: BusyType | undefined): BusyType =>
    BUSY_TYPES.find((candidate) => candidate === one || candidate === other) ?? one;

const onDay = ({ start, minutes }: Span, day: number): Span => ({ start: start + day * DAY_MINUTES, minutes });

function paintEvent(canvas: Painted, { span: own, repeats: count, type: ofAll, override }: Event): void {
  for (let day = 0; day < count; day++) {
    const isOverridden = override?.of === day;
    const color = isOverridden ? override.type : ofAll;
    if (color !== undefined) paint(canvas, isOverridden ? override.span : onDay(own, day), stronger(color));
  }
}

/** One priority: all its time busy, then its available time free (RFC 7953 §4). */
function paintLayer(canvas: Painted, layer: readonly Availability[]): void {
  const whole = ({ start, minutes }: Availability): Span => {
    const from = start ?? -1_000_000;
    return { start: from, minutes: minutes === undefined ? 2_000_000 : (start ?? 0) + minutes - from };
  };
  for (const each of layer) paint(canvas, whole(each), () => undefined);
  for (const each of layer) paint(canvas, whole(each), stronger(each.type));
  for (const each of layer) {
    const { start, minutes } = whole(each);
    for (const { span: own, repeats: count } of each.available) {
      for (let day = 0; day < count; day++) {
        const free = onDay(own, day);
        const from = Math.max(start, free.start);
        paint(
          canvas,
          { start: from, minutes: Math.min(start + minutes, free.start + free.minutes) - from },
          () => undefined,
        );
      }
    }
  }
}

function painted(things: readonly (Event | Availability)[]): Painted {
  const canvas: Painted = Array.from({ length: DAYS * DAY_MINUTES }, () => undefined);
  const availabilities = things.filter((thing) => thing.kind === 'availability');
  for (const priority of [0, 9, 8, 7, 6, 5, 4, 3, 2, 1]) {
    paintLayer(
      canvas,
      availabilities.filter((each) => each.priority === priority),
    );
  }
  for (const thing of things) if (thing.kind === 'event') paintEvent(canvas, thing);
  return canvas;
}

test('free-busy time is what painting each minute makes of it', async () => {
  await holds(
    fc.property(fc.array(fc.oneof(event, availability), { maxLength: 6 }), (things) => {
      const lines = things.flatMap((thing, i) =>
        thing.kind === 'event' ? eventLines(thing, i) : availabilityLines(thing, i),
      );
      const object = parseCalendar(calendar(...component('VFREEBUSY', 'UID:f'), ...lines));
      const unavailable = unavailablePeriods(availabilityOf(object, RANGE, { floating: UTC }));
      const busy = [...unavailable, ...busyPeriods(object, RANGE, { floating: UTC })];
      const canvas: Painted = Array.from({ length: DAYS * DAY_MINUTES }, () => undefined);
      for (const [color, set] of busiestTime(busy)) {
        for (const { start, end } of set) {
          paint(canvas, { start: (start - START) / MINUTE, minutes: (end - start) / MINUTE }, (before) => {
            expect(before).toBeUndefined();
            return color;
          });
        }
      }
      expect(canvas).toEqual(painted(things));
      const merged = mergeBusy(busy, RANGE);
      expect(busiestTime(merged)).toEqual(busiestTime(busy));
      // Periods of one type neither overlap nor touch.
      const ends = new Map<BusyType, number>();
      for (const { start, end, type: color } of merged) {
        expect(start).toBeGreaterThan(ends.get(color) ?? 0);
        ends.set(color, end);
      }
    }),
    { seed: 4791, numRuns: 400 },
  );
});
