import { Refusal } from '../base/refusal.ts';
import type { CompFilter } from '../ical/filter.ts';
import { faultsOfCollection } from '../store/object-faults.ts';
import type { CalendarContext } from './context.ts';
import type { Collection } from './model.ts';

const FAULTS: ReadonlySet<string> = new Set([
  'valid-calendar-data',
  'valid-calendar-object-resource',
  'supported-rscale',
  'max-instances',
]);

/** Whether a refusal is of the octets themselves; another one is of the calendar: it takes no tasks, or it is full. */
export const isFault = (error: unknown): boolean => error instanceof Refusal && FAULTS.has(error.code);

/** Why members of a calendar cannot be used (any more), by their ids: expansion and questions about time leave them out. */
export function faultsIn({ store }: CalendarContext, collection: Collection): Promise<ReadonlyMap<string, string>> {
  return faultsOfCollection(store.db, collection);
}

/** Whether a filter asks where instances or alarms are. */
export const asksForTime = ({ timeRange, props, comps }: CompFilter): boolean =>
  timeRange !== undefined || props.some((prop) => prop.timeRange !== undefined) || comps.some(asksForTime);
