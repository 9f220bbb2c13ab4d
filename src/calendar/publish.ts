import type { CalendarContext } from './context.ts';
import type { Collection } from './model.ts';

/** Tells listeners of a committed change. */
export function publish(context: CalendarContext, collection: Pick<Collection, 'homeId' | 'id'>, seq: number): void {
  context.hub.publish({ homeId: collection.homeId, collectionId: collection.id, seq });
}
