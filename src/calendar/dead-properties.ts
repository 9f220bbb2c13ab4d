import { deadProperties, deadPropertiesOf as deadPropertiesOfIds } from '../store/dead-properties.ts';
import type { CalendarContext } from './context.ts';

/** Dead properties of a resource (RFC 4918 §4): Clark name to the element as XML. */
export type DeadProperties = ReadonlyMap<string, string>;

export function deadPropertiesOf(context: CalendarContext, resourceId: string): Promise<DeadProperties> {
  return deadProperties(context.store.db, resourceId);
}

export function deadPropertiesOfMany(
  context: CalendarContext,
  resourceIds: readonly string[],
): Promise<ReadonlyMap<string, DeadProperties>> {
  return deadPropertiesOfIds(context.store.db, resourceIds);
}
