import type { Change } from '../base/hub.ts';
import type { CalendarContext } from './context.ts';
import type { Collection } from './model.ts';

/** Tells listeners of a committed change. */
export function publish(context: CalendarContext, collection: Pick<Collection, 'homeId' | 'id'>, seq: number): void {
  context.hub.publish({ homeId: collection.homeId, collectionId: collection.id, seq });
}

/** Tells listeners of what was committed. */
export function publishAll({ hub }: CalendarContext, changes: readonly Change[]): void {
  for (const change of changes) hub.publish(change);
}
