import { setImmediate as nextTurn } from 'node:timers/promises';

import { busyPeriods, mergeBusy, writeFreeBusy, type BusyPeriod } from '../ical/freebusy.ts';
import { parseCalendar } from '../ical/parse.ts';
import type { TimeRange } from '../ical/time-value.ts';
import type { Zone } from '../ical/timezone.ts';
import { candidatesInRange, objectsByNames } from '../store/objects.ts';
import type { CalendarContext } from './context.ts';
import type { Collection } from './model.ts';

export interface FreeBusyQuestion {
  readonly collections: readonly Collection[];
  readonly range: TimeRange;
  /** The zone of floating and all-day times. */
  readonly floating: Zone;
}

const BUSY_COMPONENTS = ['VEVENT', 'VFREEBUSY'] as const;
const TURN = 100;

/** free-busy-query, RFC 4791 §7.10: one VFREEBUSY over the calendars, merged, as iCalendar text. */
export async function freeBusyOf(context: CalendarContext, question: FreeBusyQuestion): Promise<string> {
  const periods: BusyPeriod[] = [];
  for (const collection of question.collections) periods.push(...(await busyIn(context, collection, question)));
  return writeFreeBusy(mergeBusy(periods), question.range, context.clock());
}

async function busyIn(
  context: CalendarContext,
  collection: Collection,
  { range, floating }: FreeBusyQuestion,
): Promise<readonly BusyPeriod[]> {
  const { db } = context.store;
  const candidates = await candidatesInRange(db, collection.id, { ...range, components: BUSY_COMPONENTS });
  const periods: BusyPeriod[] = [];
  for (let from = 0; from < candidates.length; from += TURN) {
    if (from > 0) await nextTurn();
    const names = candidates.slice(from, from + TURN).map(({ name }) => name);
    for (const object of await objectsByNames(db, collection.id, names)) {
      const budget = { steps: context.limits.recurrenceSteps };
      periods.push(...busyPeriods(parseCalendar(object.octets), range, { floating, budget }));
    }
  }
  return periods;
}
