import type { CalendarContext } from '../calendar/context.ts';
import { directoryToken } from '../calendar/directory.ts';
import { syncTokenOf } from '../calendar/sync-token.ts';
import { CARD_FORM } from '../vcard/directory-card.ts';
import type { CollectionResourceKind, ResourceOf } from './resource.ts';

/** The sync token of a collection as it is now. */
export function collectionToken(
  resource: ResourceOf<CollectionResourceKind | 'addressbook'>,
  calendar: CalendarContext,
): string {
  if (resource.kind !== 'addressbook') return syncTokenOf(calendar, resource.collection);
  return directoryToken(calendar, { form: CARD_FORM, seq: resource.state.seq });
}
