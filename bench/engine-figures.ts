import { DateTime } from 'luxon';
import { createHub } from '../src/base/hub.ts';
import { asPrincipalId } from '../src/base/ids.ts';
import { defaultLimits } from '../src/base/limits.ts';
import type { CalendarContext } from '../src/calendar/context.ts';
import { freeBusyOf } from '../src/calendar/free-busy.ts';
import { importObject } from '../src/calendar/import-object.ts';
import type { Collection } from '../src/calendar/model.ts';
import { queryObjects } from '../src/calendar/query.ts';
import type { CompFilter } from '../src/ical/filter.ts';
import { groupByUid } from '../src/ical/group.ts';
import { indexEntry } from '../src/ical/index-entry.ts';
import { parseCalendar } from '../src/ical/parse.ts';
import { recurrenceSet } from '../src/ical/recurrence.ts';
import type { TimeRange } from '../src/ical/time-value.ts';
import { UTC, zonesOf } from '../src/ical/timezone.ts';
import { validateObject } from '../src/ical/validate.ts';
import { insertCollection } from '../src/store/collection-writes.ts';
import { savePrincipal } from '../src/store/principals.ts';
import { openStore, type StoreOptions } from '../src/store/store.ts';
import { type Interval, makeEvents } from './events.ts';
import { busyWithin, union } from './expected.ts';
import { VTIMEZONES } from './zones.ts';

/** A figure of the engine without HTTP: what one run of it may cost at most. */
export interface EngineFigure {
  readonly name: string;
  readonly limit: number;
  /** Of CPU. */
  readonly unit: 'ms';
  /** Throws where the answer is wrong. */
  run(): unknown;
}

const DAY = 86_400_000;
const monday = DateTime.utc().startOf('week');
const NOW = monday.toMillis();
const SPAN = { from: monday.minus({ years: 1 }), until: monday.plus({ years: 2 }) };
const HORIZON = { from: NOW - 366 * DAY, until: NOW + 732 * DAY, maxInstances: 600, now: NOW };

const calendar = (...lines: readonly string[]): string =>
  ['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//Bench//EN', ...lines, 'END:VCALENDAR', ''].join('\r\n');
const event = (uid: string, ...lines: readonly string[]): string[] => [
  'BEGIN:VEVENT',
  `UID:${uid}`,
  'DTSTAMP:20260101T000000Z',
  ...lines,
  'END:VEVENT',
];
/** Folded text of so many octets. */
const filler = (octets: number): string => `DESCRIPTION:${`${'lorem ipsum '.repeat(6)}\r\n `.repeat(octets / 75)}end`;

function require(isRight: boolean, name: string): void {
  if (!isRight) throw new Error(`${name}: the answer is wrong`);
}

function series(name: string, limit: number, it: { start: string; rule: string; window: TimeRange; count: number }) {
  const lines = [`DTSTART;TZID=Europe/Berlin:${it.start}`, 'DURATION:PT1H', `RRULE:${it.rule}`];
  const parsed = parseCalendar(calendar(...event('series', ...lines)));
  const run = (): void => {
    const set = recurrenceSet(parsed.components, { floating: UTC, zones: zonesOf(parsed) });
    const { start, end } = it.window;
    require([...set.instances({ from: start, to: end })].length === it.count, name);
  };
  return { name, limit, unit: 'ms', run } as const satisfies EngineFigure;
}

function pureFigures(): EngineFigure[] {
  const small = calendar(...event('small', 'DTSTART;TZID=Europe/Berlin:20260302T090000', 'DURATION:PT1H', filler(700)));
  const [zoneId, zone] = Object.entries(VTIMEZONES)[0] ?? ['Europe/Berlin', ''];
  const large = calendar(
    ...zone.trimEnd().split('\r\n'),
    ...event('large', `DTSTART;TZID=${zoneId}:20260302T090000`, 'DURATION:PT1H', filler(5000)),
  );
  const many = Array.from({ length: 3000 }, (_, at) =>
    event(`many-${at}`, 'DTSTART;TZID=Europe/Berlin:20260302T090000', 'DURATION:PT1H', filler(600)),
  );
  const file = Buffer.from(calendar(...many.flat()));
  const whole = (octets: Buffer, name: string) => (): void => {
    const parsed = parseCalendar(octets);
    require(validateObject(parsed).component === 'VEVENT', name);
    require(indexEntry(parsed, { horizon: HORIZON }).occurrences.length === 1, name);
  };
  const groups = (): void => {
    let count = 0;
    for (const { kind } of groupByUid(file)) if (kind === 'object') count++;
    require(count === 3000, 'a file of 3,000 events');
  };
  return [
    series('a month of a daily rule, ten years after DTSTART', 0.2, {
      start: '20160101T090000',
      rule: 'FREQ=DAILY',
      window: { start: Date.UTC(2026, 2, 1), end: Date.UTC(2026, 3, 1) },
      count: 31,
    }),
    series('ten years of a weekly rule', 3, {
      start: '20160104T090000',
      rule: 'FREQ=WEEKLY',
      window: { start: Date.UTC(2016, 0, 1), end: Date.UTC(2026, 0, 1) },
      count: 522,
    }),
    { name: 'parse and index an event of 1 KB', limit: 0.15, unit: 'ms', run: whole(Buffer.from(small), 'an event') },
    {
      name: 'parse and index an event of 6 KB with VTIMEZONE',
      limit: 0.5,
      unit: 'ms',
      run: whole(Buffer.from(large), 'an event with VTIMEZONE'),
    },
    { name: 'parse, validate and group 3,000 events', limit: 250, unit: 'ms', run: groups },
  ];
}

const filterFor = (timeRange: TimeRange): CompFilter => {
  const rest = { isNotDefined: false, props: [], test: 'allof' } as const;
  return { ...rest, name: 'VCALENDAR', comps: [{ ...rest, name: 'VEVENT', timeRange, comps: [] }] };
};

const silent = (): void => undefined;
const LOG = { debug: silent, info: silent, warn: silent, error: silent, fatal: silent };

async function openContext(database: StoreOptions): Promise<CalendarContext> {
  const clock = (): number => NOW;
  const store = await openStore(database, { clock, log: LOG });
  const user = { id: asPrincipalId('bench'), kind: 'user', name: 'Bench', emails: ['bench@example.com'] } as const;
  await store.write((tx) => savePrincipal(tx, user, NOW));
  const settings = {
    timezone: 'UTC',
    freeBusyForAll: true,
    files: false,
    directory: 'all' as const,
    indexPastDays: 366,
    indexFutureDays: 732,
  };
  return { store, clock, hub: createHub(), limits: defaultLimits(), settings };
}

interface Loaded {
  readonly context: CalendarContext;
  readonly collection: Collection;
}

async function countWeek({ context, collection }: Loaded, week: Interval): Promise<number> {
  let count = 0;
  const query = { filter: filterFor(week), floating: UTC, octets: false };
  for await (const _ of queryObjects(context, collection, query)) count++;
  return count;
}

/** The periods of FREEBUSY lines. */
const busyIn = (text: string): Interval[] =>
  [...text.replaceAll('\r\n ', '').matchAll(/^FREEBUSY.*:(\w+)\/(\w+)\r$/gm)].map(([, start = '', end = '']) => ({
    start: DateTime.fromISO(start).toMillis(),
    end: DateTime.fromISO(end).toMillis(),
  }));

/** The questions to a calendar of one size, from the call to the last answer. */
async function queryFigures(context: CalendarContext, size: number, limits: readonly [number, number]) {
  const homeId = asPrincipalId('bench');
  const collection = await context.store.write((tx) =>
    insertCollection(tx, { homeId, kind: 'calendar', uri: `c${size}` }, NOW),
  );
  const events = makeEvents(size, SPAN);
  for (const { name, ics } of events) {
    await importObject(context, { collection, name, octets: Buffer.from(ics) });
  }
  const week = { start: NOW, end: NOW + 7 * DAY };
  const wanted = events.filter((each) => each.instances(week).length > 0).length;
  const month = { start: NOW, end: NOW + 31 * DAY };
  let isTold = false;
  const [ofWeek, ofMonth] = limits;
  const name = weekName(size);
  const found: EngineFigure[] = [
    {
      name,
      limit: ofWeek,
      unit: 'ms',
      run: async () => require((await countWeek({ context, collection }, week)) === wanted, name),
    },
    {
      name: monthName(size),
      limit: ofMonth,
      unit: 'ms',
      run: async () => {
        const text = await freeBusyOf(context, { collections: [collection], range: month, floatingOf: () => UTC });
        // Reading the answer is not what is measured: once is enough.
        isTold ||= union(busyIn(text), month) === busyWithin(events, month);
        require(isTold, `free-busy of ${size} events`);
      },
    },
  ];
  return found;
}

const weekName = (size: number): string => `a week of ${size} events`;
const monthName = (size: number): string => `free-busy of a month of ${size} events`;

/** What the questions to a calendar of so many events may cost: of a week, and of a month. */
const QUERIES: readonly (readonly [size: number, limits: readonly [number, number]])[] = [
  [1000, [2, 2]],
  [10_000, [10, 12]],
];

/** The figures whose name holds `only`, with what they ask of, and how to put it away. */
export async function engineFigures(
  only: string,
  database: StoreOptions = { sqlite: ':memory:' },
): Promise<{
  readonly figures: readonly EngineFigure[];
  close(): Promise<void>;
}> {
  const context = await openContext(database);
  const figures = pureFigures();
  for (const [size, limits] of QUERIES) {
    // A calendar takes a while to fill.
    if ([weekName(size), monthName(size)].some((name) => name.includes(only)))
      figures.push(...(await queryFigures(context, size, limits)));
  }
  return { figures: figures.filter(({ name }) => name.includes(only)), close: () => context.store.close() };
}
