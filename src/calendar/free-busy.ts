import { Refusal } from '../base/refusal.ts';
import type { Steps } from '../base/steps.ts';
import { createTurns, inTurns, type Turns } from '../base/turns.ts';
import { findingAvailability, unavailablePeriods, type Availability } from '../ical/availability.ts';
import type { Component } from '../ical/component.ts';
import { findingBusyPeriods, mergeBusy, writeFreeBusy, type BusyPeriod } from '../ical/freebusy.ts';
import { parseCalendar, parsingCalendar } from '../ical/parse.ts';
import type { Budget } from '../ical/recurrence.ts';
import { intersection } from '../ical/time-range.ts';
import type { TimeRange } from '../ical/time-value.ts';
import type { Zone } from '../ical/timezone.ts';
import { busyInRange, objectsByKeys, touchedInRange, type BusyRow } from '../store/objects.ts';
import type { CalendarContext } from './context.ts';
import { isFault } from './fault.ts';
import type { CalendarObject, Collection } from './model.ts';
import { shownObjects } from './shown-object.ts';

/** Whether the free-busy of a person counts a collection; of an inbox only the availability does (RFC 7953). */
export const countsAsBusy = ({ kind, transparent, availability }: Collection): boolean =>
  (kind === 'calendar' && !transparent) || (kind === 'inbox' && availability !== undefined);

export interface FreeBusyQuestion {
  readonly collections: readonly Collection[];
  readonly range: TimeRange;
  /** The zone of floating and all-day times of a collection (RFC 4791 §7.3). */
  readonly floatingOf: (collection: Collection) => Zone;
  /** Keys of the objects of a collection whose time is not to count. */
  readonly maskedIn?: ((collection: Collection) => Promise<ReadonlySet<number>>) | undefined;
  /** Of several questions together; by default, each has its own. */
  readonly work?: BusyWork | undefined;
}

const BUSY_COMPONENTS = ['VEVENT', 'VFREEBUSY', 'VAVAILABILITY'] as const;
/** Objects whose octets are read at a time. */
const PAGE = 100;

/**
 * free-busy-query, RFC 4791 §7.10: one VFREEBUSY over the calendars, merged, as iCalendar text. What VAVAILABILITY
 * components leave unavailable, those of an inbox too, is under the events (RFC 7953 §4). Throws
 * number-of-matches-within-limits where the range holds too many instances.
 */
export async function freeBusyOf(context: CalendarContext, question: FreeBusyQuestion): Promise<string> {
  return writeFreeBusy(await busyTimeOf(context, question), question.range, context.clock());
}

/** The periods of freeBusyOf. */
export async function busyTimeOf(context: CalendarContext, question: FreeBusyQuestion): Promise<readonly BusyPeriod[]> {
  const busy = createBusyTime();
  const availabilities: Availability[] = [];
  const work = question.work ?? createBusyWork(context);
  for (const collection of question.collections) {
    const asked = { range: question.range, floating: question.floatingOf(collection) };
    if (collection.availability !== undefined) {
      availabilities.push(...(await availabilityIn(context, parseCalendar(collection.availability), asked, work)));
    }
    // Messages in an inbox are not yet anybody's time.
    if (collection.kind === 'inbox' || !holdsTime(collection)) continue;
    const masked = (await question.maskedIn?.(collection)) ?? NONE;
    // Whether time is taken is the sharee's own of what others share (caldav-sharing §5.5.4): no index knows it.
    const undecided =
      collection.mount === undefined
        ? await addIndexed(context, collection, { asked, work, busy, masked })
        : await touchedKeys(context, collection, { asked, work });
    const keys = masked.size === 0 ? undecided : undecided.filter((key) => !masked.has(key));
    for await (const object of busyObjects(context, collection, keys)) {
      if (work.turns.isDue()) await work.turns.take();
      const found = await timeOf(context, object, asked, work);
      availabilities.push(...found.availabilities);
      busy.add(found.periods);
    }
  }
  busy.add(unavailablePeriods(availabilities));
  return busy.merged();
}

/** A list of tasks takes nobody's time. */
const holdsTime = ({ components }: Collection): boolean =>
  components === undefined || BUSY_COMPONENTS.some((each) => components.includes(each));

interface ObjectTime {
  readonly periods: readonly BusyPeriod[];
  readonly availabilities: readonly Availability[];
}

/** What the octets tell. An object that cannot be used (any more) must not hide the time of the others. */
async function timeOf(
  context: CalendarContext,
  { component, octets }: CalendarObject,
  asked: Asked,
  work: BusyWork,
): Promise<ObjectTime> {
  try {
    const calendar = await inTurns(parsingCalendar(octets), work.turns);
    return component === 'VAVAILABILITY'
      ? { periods: [], availabilities: await availabilityIn(context, calendar, asked, work) }
      : { periods: await periodsOf(context, calendar, asked, work), availabilities: [] };
  } catch (error) {
    if (isFault(error)) return { periods: [], availabilities: [] };
    throw error;
  }
}

/** Steps of recurrence for each instance that an answer may hold: seconds of a core, over a whole question. */
const MOST_WORK = 100;

/** What the answer to a question may cost. */
export interface BusyWork {
  readonly turns: Turns;
  /** Steps of recurrence. */
  left: number;
}

export const createBusyWork = ({ limits }: Pick<CalendarContext, 'limits'>): BusyWork => ({
  turns: createTurns(),
  left: limits.expandInstances * MOST_WORK,
});

const NONE: ReadonlySet<number> = new Set();

interface Indexing {
  readonly asked: Asked;
  readonly work: BusyWork;
  readonly busy: BusyTime;
  readonly masked: ReadonlySet<number>;
}

/** Adds what the index knows; the keys of the objects whose octets must be asked. */
async function addIndexed(
  { store }: CalendarContext,
  { id }: Collection,
  { asked: { range, floating }, work, busy, masked }: Indexing,
): Promise<readonly number[]> {
  if (work.turns.isDue()) await work.turns.take();
  const undecided = new Set<number>();
  for await (const page of busyInRange(store.db, id, range)) {
    for (const key of page.undecided) undecided.add(key);
    const rows = masked.size === 0 ? page.rows : page.rows.filter(({ key }) => !masked.has(key));
    busy.add(rows.flatMap((row) => periodOf(row, floating, range)));
    charge(work, page.rows.length);
    if (work.turns.isDue()) await work.turns.take();
  }
  return [...undecided];
}

async function touchedKeys(
  { store }: CalendarContext,
  { id }: Collection,
  { asked: { range }, work }: { readonly asked: Asked; readonly work: BusyWork },
): Promise<readonly number[]> {
  const touched = new Set<number>();
  for await (const page of touchedInRange(store.db, id, range)) {
    for (const key of page) touched.add(key);
    charge(work, page.length);
    if (work.turns.isDue()) await work.turns.take();
  }
  return [...touched];
}

/** Days lie on the wall: from midnight to midnight of the floating zone. */
function periodOf({ type, start, end, days }: BusyRow, floating: Zone, range: TimeRange): BusyPeriod | [] {
  const period = days ? { start: floating.toUtc(start), end: floating.toUtc(end) } : { start, end };
  // What has no length takes no time.
  const part = period.end > period.start ? intersection(period, range) : undefined;
  return part ? { ...part, type } : [];
}

async function* busyObjects(
  context: CalendarContext,
  collection: Collection,
  keys: readonly number[],
): AsyncGenerator<CalendarObject, void> {
  // The veil leaves the times as they are.
  const seen = collection.mount === undefined ? undefined : { ...collection, isVeiled: false };
  for (let from = 0; from < keys.length; from += PAGE) {
    const found = await objectsByKeys(context.store.db, keys.slice(from, from + PAGE), BUSY_COMPONENTS);
    // A key may be somebody else's by now: see candidates.ts.
    const objects = found.filter(({ collectionId }) => collectionId === collection.id);
    yield* seen === undefined ? objects : await shownObjects(context, seen, objects);
  }
}

/** The question as one collection is asked. */
interface Asked {
  readonly range: TimeRange;
  readonly floating: Zone;
}

const periodsOf = (
  context: CalendarContext,
  calendar: Component,
  { range, floating }: Asked,
  work: BusyWork,
): Promise<readonly BusyPeriod[]> =>
  budgeted(context, work, (budget) => findingBusyPeriods(calendar, range, { floating, budget }));

const availabilityIn = (
  context: CalendarContext,
  calendar: Component,
  { range, floating }: Asked,
  work: BusyWork,
): Promise<readonly Availability[]> =>
  budgeted(context, work, (budget) => findingAvailability(calendar, range, { floating, budget }));

/** The work on one object, within its own bounds and those of the whole question. */
async function budgeted<Found>(
  { limits }: CalendarContext,
  work: BusyWork,
  find: (budget: Budget) => Steps<Found>,
): Promise<Found> {
  const steps = limits.recurrenceSteps;
  const budget = { steps };
  try {
    return await inTurns(find(budget), work.turns);
  } finally {
    charge(work, steps - budget.steps);
  }
}

function charge(work: BusyWork, steps: number): void {
  work.left -= steps;
  if (work.left >= 0) return;
  throw new Refusal(
    'number-of-matches-within-limits',
    'The time range holds too many instances: ask for a shorter one',
  );
}

/** Periods below which they are not worth merging. */
const FEW = 10_000;

type BusyTime = ReturnType<typeof createBusyTime>;

/** Busy time that is merged now and then: a century of a full calendar takes the room of what is left of it. */
function createBusyTime() {
  let periods: BusyPeriod[] = [];
  let mergeAt = FEW;
  return {
    add(more: readonly BusyPeriod[]): void {
      // One by one: as arguments of a single push, they would overflow the stack.
      for (const period of more) periods.push(period);
      if (periods.length < mergeAt) return;
      periods = mergeBusy(periods);
      mergeAt = Math.max(FEW, periods.length * 2);
    },
    merged: (): readonly BusyPeriod[] => mergeBusy(periods),
  };
}
