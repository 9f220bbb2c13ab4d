import { Refusal } from '../base/refusal.ts';
import type { Steps } from '../base/steps.ts';
import { createTurns, inTurns, type Turns } from '../base/turns.ts';
import { findingAvailability, unavailablePeriods, type Availability } from '../ical/availability.ts';
import type { Component } from '../ical/component.ts';
import { findingBusyPeriods, mergeBusy, writeFreeBusy, type BusyPeriod } from '../ical/freebusy.ts';
import { parseCalendar } from '../ical/parse.ts';
import type { Budget } from '../ical/recurrence.ts';
import type { TimeRange } from '../ical/time-value.ts';
import type { Zone } from '../ical/timezone.ts';
import { candidatesInRange, objectsByNames } from '../store/objects.ts';
import type { CalendarContext } from './context.ts';
import { isFault } from './fault.ts';
import type { CalendarObject, Collection } from './model.ts';
import { stepsForInstances } from './object-steps.ts';

export interface FreeBusyQuestion {
  readonly collections: readonly Collection[];
  readonly range: TimeRange;
  /** The zone of floating and all-day times of a collection (RFC 4791 §7.3). */
  readonly floatingOf: (collection: Collection) => Zone;
}

const BUSY_COMPONENTS = ['VEVENT', 'VFREEBUSY', 'VAVAILABILITY'] as const;
/** Objects whose octets are read at a time. */
const PAGE = 100;

/**
 * free-busy-query, RFC 4791 §7.10: one VFREEBUSY over the calendars, merged, as iCalendar text. What VAVAILABILITY
 * components leave unavailable, those of an inbox too, is under the events (RFC 7953 §4). Throws
 * number-of-matches-within-limits where the range holds too many instances, and what busyPeriods does.
 */
export async function freeBusyOf(context: CalendarContext, question: FreeBusyQuestion): Promise<string> {
  const busy = createBusyTime();
  const availabilities: Availability[] = [];
  const work: Work = { turns: createTurns(), left: context.limits.expandInstances * MOST_WORK };
  for (const collection of question.collections) {
    const asked = { range: question.range, floating: question.floatingOf(collection) };
    if (collection.availability !== undefined) {
      availabilities.push(...(await availabilityIn(context, parseCalendar(collection.availability), asked, work)));
    }
    // Messages in an inbox are not yet anybody's time.
    if (collection.kind === 'inbox') continue;
    for await (const { component, octets } of objectsIn(context, collection, question)) {
      if (work.turns.isDue()) await work.turns.take();
      const calendar = readable(octets);
      if (calendar === undefined) continue;
      if (component === 'VAVAILABILITY') availabilities.push(...(await availabilityIn(context, calendar, asked, work)));
      else busy.add(await periodsOf(context, calendar, asked, work));
    }
  }
  busy.add(unavailablePeriods(availabilities));
  return writeFreeBusy(busy.merged(), question.range, context.clock());
}

/** One object that cannot be read (any more) must not hide the time of the others. */
function readable(octets: Uint8Array): Component | undefined {
  try {
    return parseCalendar(octets);
  } catch (error) {
    if (isFault(error)) return undefined;
    throw error;
  }
}

/** Steps of recurrence for each instance that an answer may hold: seconds of a core, over a whole question. */
const MOST_WORK = 100;

interface Work {
  readonly turns: Turns;
  /** Steps of recurrence. */
  left: number;
}

async function* objectsIn(
  { store }: CalendarContext,
  collection: Collection,
  { range }: FreeBusyQuestion,
): AsyncGenerator<CalendarObject, void> {
  const candidates = await candidatesInRange(store.db, collection.id, { ...range, components: BUSY_COMPONENTS });
  for (let from = 0; from < candidates.length; from += PAGE) {
    const names = candidates.slice(from, from + PAGE).map(({ name }) => name);
    yield* await objectsByNames(store.db, collection.id, names);
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
  work: Work,
): Promise<readonly BusyPeriod[]> =>
  budgeted(context, work, (budget) => findingBusyPeriods(calendar, range, { floating, budget }));

const availabilityIn = (
  context: CalendarContext,
  calendar: Component,
  { range, floating }: Asked,
  work: Work,
): Promise<readonly Availability[]> =>
  budgeted(context, work, (budget) => findingAvailability(calendar, range, { floating, budget }));

/** The work on one object, within its own bounds and those of the whole question. */
async function budgeted<Found>(
  { limits }: CalendarContext,
  work: Work,
  find: (budget: Budget) => Steps<Found>,
): Promise<Found> {
  const steps = stepsForInstances(limits);
  const budget = { steps };
  const found = await inTurns(find(budget), work.turns);
  work.left -= steps - budget.steps;
  if (work.left >= 0) return found;
  throw new Refusal(
    'number-of-matches-within-limits',
    'The time range holds too many instances: ask for a shorter one',
  );
}

/** Periods below which they are not worth merging. */
const FEW = 10_000;

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
