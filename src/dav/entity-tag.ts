import type { CalendarContext } from '../calendar/context.ts';
import type { Collection } from '../calendar/model.ts';
import { syncTokenOf } from '../calendar/sync-token.ts';

/**
 * The entity tag of a collection, without quotes: it changes with each change of a member and of a property, since
 * GET of a calendar shows both (RFC 9110 §8.8.3).
 */
export function collectionTag(context: CalendarContext, collection: Collection): string {
  return `${syncTokenOf(context, collection)}:${collection.propertiesVersion}`;
}
