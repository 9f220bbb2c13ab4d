import { Refusal } from '../base/refusal.ts';
import { createTurns, inTurns, type Turns } from '../base/turns.ts';
import { findingBusyPeriods, mergeBusy, writeFreeBusy, type BusyPeriod } from '../ical/freebusy.ts';
import { parseCalendar } from '../ical/parse.ts';
import type { TimeRange } from '../ical/time-value.ts';
import type { Zone } from '../ical/timezone.ts';
import { candidatesInRange, objectsByNames } from '../store/objects.ts';
import type { CalendarContext } from './context.ts';
import type { CalendarObject, Collection } from './model.ts';
import { stepsForInstances } from './object-steps.ts';

export interface FreeBusyQuestion {
  readonly collections: readonly Collection[];
  readonly range: TimeRange;
  /** The zone of floating and all-day times. */
  readonly floating: Zone;
}

const BUSY_COMPONENTS = ['VEVENT', 'VFREEBUSY'] as const;
/** Objects whose octets are read at a time. */
const PAGE = 100;

/**
 * free-busy-query, RFC 4791 §7.10: one VFREEBUSY over the calendars, merged, as iCalendar text. Throws
 * number-of-matches-within-limits where the range holds too many instances, and what busyPeriods does.
 */
export async function freeBusyOf(context: CalendarContext, question: FreeBusyQuestion): Promise<string> {
  const busy = createBusyTime();
  const work: Work = { turns: createTurns(), left: context.limits.expandInstances * MOST_WORK };
  for (const collection of question.collections) {
    for await (const object of objectsIn(context, collection, question)) {
      if (work.turns.isDue()) await work.turns.take();
      busy.add(await periodsOf(context, object, question, work));
    }
  }
  return writeFreeBusy(busy.merged(), question.range, context.clock());
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

async function periodsOf(
  { limits }: CalendarContext,
  { octets }: CalendarObject,
  { range, floating }: FreeBusyQuestion,
  work: Work,
): Promise<readonly BusyPeriod[]> {
  const steps = stepsForInstances(limits);
  const budget = { steps };
  const found = findingBusyPeriods(parseCalendar(octets), range, { floating, budget });
  const periods = await inTurns(found, work.turns);
  work.left -= steps - budget.steps;
  if (work.left >= 0) return periods;
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
