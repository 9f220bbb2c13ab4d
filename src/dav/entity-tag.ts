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

/** A form of calendar data beside iCalendar. */
export type FormatName = 'jcal' | 'xcal';

/** The tag of the same state in another form: a strong tag names one representation (RFC 9110 §8.8.3.3). */
export const formatTag = (tag: string, format: FormatName | undefined): string =>
  format === undefined ? tag : `${tag}:${format}`;

/** The tag of the state, whichever form of it a tag names: who changes a resource may have read it in any. */
export const stateTag = (tag: string): string => tag.replace(/:(?:jcal|xcal)$/, '');
