import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DAY, HOUR } from '../../src/base/clock.ts';
import { extendIndex } from '../../src/calendar/extend-index.ts';
import { importObject } from '../../src/calendar/import-object.ts';
import type { Collection } from '../../src/calendar/model.ts';
import { queryObjects } from '../../src/calendar/query.ts';
import { propertyOf } from '../../src/ical/component.ts';
import type { CompFilter } from '../../src/ical/filter.ts';
import { parseCalendar } from '../../src/ical/parse.ts';
import { recurrenceSet } from '../../src/ical/recurrence.ts';
import { eventOverlaps } from '../../src/ical/time-range.ts';
import { formatTimeValue, type TimeRange } from '../../src/ical/time-value.ts';
import { UTC, zoneByTzid, zonesOf, type Zone } from '../../src/ical/timezone.ts';
import { insertCollection } from '../../src/store/collections.ts';
import { startDavServer, START, type DavServer } from '../dav-server.ts';

/** More by command, for a long run. */
const RUNS = Number(process.env['RUNS'] ?? 15);
const PAST = 366;
const FUTURE = 732;
const YEAR = 366 * DAY;
/** Every range that is asked for ends before it, or is open: the first instance after it stands for all the others. */
const FAR = START + 14 * YEAR;
const ZONES: readonly Zone[] = [
  UTC,
  zoneByTzid('Pacific/Kiritimati')!,
  zoneByTzid('America/New_York')!,
  zoneByTzid('Etc/GMT+12')!,
];

const local = (wall: number): string => formatTimeValue({ kind: 'floating', wall });
const date = (wall: number): string => formatTimeValue({ kind: 'date', wall });
interface Form {
  readonly write: (name: string, wall: number) => string;
  readonly until: (wall: number) => string;
}
const DATES: Form = { write: (name, wall) => `${name};VALUE=DATE:${date(wall)}`, until: date };
const FORMS: readonly Form[] = [
  { write: (name, wall) => `${name}:${local(wall)}Z`, until: (wall) => `${local(wall)}Z` },
  { write: (name, wall) => `${name};TZID=Europe/Berlin:${local(wall)}`, until: (wall) => `${local(wall)}Z` },
  { write: (name, wall) => `${name}:${local(wall)}`, until: local },
  DATES,
];

/** Steps of the rules, roughly: where their instances are is not decided here. */
const STEP = { HOURLY: 7 * HOUR, DAILY: DAY, WEEKLY: 7 * DAY, MONTHLY: 30 * DAY, YEARLY: 365 * DAY };
const freqs = Object.keys(STEP) as (keyof typeof STEP)[];
const far = fc.integer({ min: -6 * 8784, max: 6 * 8784 });
const index = fc.integer({ min: 0, max: 900 });
const overrides = fc.array(
  fc.record({
    of: index,
    by: fc.oneof(far, fc.integer({ min: -40, max: 40 })),
    length: fc.constantFrom(0, 1, 24 * 365),
    how: fc.constantFrom('moved', 'moved', 'cancelled', 'this and future'),
  }),
  { maxLength: 3 },
);

/** The lines of one VCALENDAR with a series, its exceptions and its overrides. */
const events = fc
  .record({
    form: fc.constantFrom(...FORMS),
    start: fc.oneof(far, fc.integer({ min: -20, max: 20 })),
    length: fc.constantFrom(undefined, 0, 1, 30, 24 * 9, 24 * 365, 24 * 400),
    freq: fc.option(fc.constantFrom(...freqs), { nil: undefined }),
    end: fc.constantFrom('', '', 'COUNT=3', 'COUNT=800', 'UNTIL'),
    excluded: fc.array(index, { maxLength: 3 }),
    added: fc.array(far, { maxLength: 2 }),
    overrides,
  })
  .map(({ form, start, length, freq, end, excluded, added, overrides: changes }): readonly string[] => {
    const wall = START + start * HOUR;
    const at = (index: number): number => wall + index * STEP[freq ?? 'YEARLY'];
    const times = (from: number, hours: number | undefined): string[] => [
      form.write('DTSTART', from),
      ...(hours === undefined ? [] : [form === DATES ? `DURATION:P${Math.ceil(hours / 24)}D` : `DURATION:PT${hours}H`]),
    ];
    const ends = end === 'UNTIL' ? [`UNTIL=${form.until(wall + 900 * DAY)}`] : end === '' ? [] : [end];
    const isHourly = freq === 'HOURLY' && form !== DATES;
    const rule = [
      `FREQ=${isHourly || freq !== 'HOURLY' ? freq : 'DAILY'}`,
      ...(isHourly ? ['INTERVAL=7'] : []),
      ...ends,
    ];
    const master = [
      ...times(wall, length),
      ...(freq === undefined ? [] : [`RRULE:${rule.join(';')}`]),
      ...(freq === undefined ? [] : excluded.map((k) => form.write('EXDATE', at(k)))),
      ...added.map((hours) => form.write('RDATE', wall + hours * HOUR)),
    ];
    const distinct = [...new Map(changes.map((change) => [change.of, change])).values()];
    const component = (lines: readonly string[]): string[] => ['BEGIN:VEVENT', 'UID:{uid}', ...lines, 'END:VEVENT'];
    return [
      ...component(master),
      ...(freq === undefined ? [] : distinct).flatMap(({ of, by, length: hours, how }) =>
        component([
          form.write(how === 'this and future' ? 'RECURRENCE-ID;RANGE=THISANDFUTURE' : 'RECURRENCE-ID', at(of)),
          ...times(at(of) + by * HOUR, hours),
          ...(how === 'cancelled' ? ['STATUS:CANCELLED'] : []),
        ]),
      ),
    ];
  });

/** Before the indexed past, around each end of what is indexed, inside, and far past it; also open ones. */
const ranges = fc
  .record({
    near: fc.constantFrom(-3 * YEAR, -PAST * DAY, 0, 0, (FUTURE / 2) * DAY, FUTURE * DAY, 4 * YEAR, 6 * YEAR),
    by: fc.integer({ min: -50, max: 50 }),
    length: fc.constantFrom(HOUR, DAY, 7 * DAY, 31 * DAY, 2 * YEAR),
    open: fc.constantFrom('', '', '', 'start', 'end', 'both'),
  })
  .map(({ near, by, length, open }) => (now: number): TimeRange => {
    const start = now + near + by * HOUR;
    return {
      start: open === 'start' || open === 'both' ? -Infinity : start,
      end: open === 'end' || open === 'both' ? Infinity : start + length,
    };
  });

const filterFor = (timeRange: TimeRange): CompFilter => {
  const rest = { isNotDefined: false, props: [], test: 'allof' } as const;
  return { ...rest, name: 'VCALENDAR', comps: [{ ...rest, name: 'VEVENT', timeRange, comps: [] }] };
};

let server: DavServer;
beforeAll(async () => {
  server = await startDavServer({ users: ['alice'], settings: { indexPastDays: PAST, indexFutureDays: FUTURE } });
});
afterAll(() => server.close());

let collections = 0;
const newCollection = (): Promise<Collection> =>
  server.context.store.write((tx) =>
    insertCollection(tx, { homeId: 'alice' as never, kind: 'calendar', uri: `c${collections++}` }, START),
  );

/** Every instance from the first one on, walked without any index or window. */
function walk(octets: Uint8Array, floating: Zone): readonly TimeRange[] {
  const calendar = parseCalendar(octets);
  const set = recurrenceSet(calendar.components, { floating, zones: zonesOf(calendar) });
  const found: TimeRange[] = [];
  for (const { start, end } of set.instances({ from: -Infinity, to: Infinity }, { steps: Infinity })) {
    found.push({ start, end });
    if (start > FAR) break;
  }
  return found;
}

async function ask(collection: Collection, range: TimeRange, floating: Zone): Promise<string[]> {
  const names: string[] = [];
  const query = { filter: filterFor(range), floating, octets: false };
  for await (const { name } of queryObjects(server.context, collection, query)) names.push(name);
  return names.sort();
}

async function extend(): Promise<number> {
  let count = 0;
  for await (const { indexed, refused } of extendIndex(server.context)) {
    expect(refused).toEqual([]);
    count += indexed;
  }
  return count;
}

test('a question answered by the index has the answer of a walk over all instances, also after the index moved on', async () => {
  let matched = 0;
  let asked = 0;
  let moved = 0;
  const property = fc.asyncProperty(
    fc.array(events, { minLength: 4, maxLength: 8 }),
    fc.array(ranges, { minLength: 6, maxLength: 8 }),
    fc.constantFrom(...ZONES),
    fc.constantFrom(0, 200, 400, 1500).map((days) => days * DAY),
    async (made, questions, floating, later) => {
      server.time.now = START;
      const collection = await newCollection();
      const octets = made.map((lines, at) =>
        Buffer.from(
          ['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:x', ...lines, 'END:VCALENDAR', '']
            .join('\r\n')
            .replaceAll('{uid}', `e${at}`),
        ),
      );
      for (const [at, each] of octets.entries()) {
        await importObject(server.context, { collection, name: `e${at}`, octets: each });
      }
      const walked = octets.map((each) => walk(each, floating));
      const compare = async (): Promise<void> => {
        for (const question of questions) {
          const range = question(server.time.now);
          const wanted = walked.flatMap((instances, at) =>
            instances.some(({ start, end }) => eventOverlaps(range, start, end)) ? [`e${at}`] : [],
          );
          expect(await ask(collection, range, floating)).toEqual(wanted);
          matched += wanted.length;
          asked += walked.length;
        }
      };
      await compare();
      server.time.now += later;
      await compare();
      moved += await extend();
      await compare();
    },
  );
  await fc.assert(property, {
    seed: 5545,
    numRuns: RUNS,
    // On a machine that is busy with other things, fewer are tried.
    interruptAfterTimeLimit: 1000 * RUNS,
  });
  // The property says something only where both happen, and often.
  expect(matched).toBeGreaterThan(asked / 10);
  expect(matched).toBeLessThan((asked * 9) / 10);
  expect(moved).toBeGreaterThan(5);
});

test('the walk knows an override: it is an instance of its own component', () => {
  const lines = ['DTSTART:20260302T090000Z', 'RRULE:FREQ=DAILY;COUNT=2', 'END:VEVENT', 'BEGIN:VEVENT', 'UID:1'];
  const override = ['RECURRENCE-ID:20260303T090000Z', 'DTSTART:20270303T090000Z', 'END:VEVENT', 'END:VCALENDAR', ''];
  const octets = Buffer.from(['BEGIN:VCALENDAR', 'BEGIN:VEVENT', 'UID:1', ...lines, ...override].join('\r\n'));
  expect(propertyOf(parseCalendar(octets).components[1]!, 'RECURRENCE-ID')).toBeDefined();
  expect(walk(octets, UTC).map(({ start }) => new Date(start).toISOString().slice(0, 10))).toEqual([
    '2026-03-02',
    '2027-03-03',
  ]);
});
