import { Refusal } from '../base/refusal.ts';
import { collectionByUri } from '../store/collections.ts';
import type { Db } from '../store/store.ts';
import type { Collection } from './model.ts';

/**
 * The calendar of a home that invitations go to (RFC 6638 §9.2): the one that was chosen, else the oldest. It takes such
 * components, is no feed, and is not somebody else's (caldav-sharing §5.5.5).
 */
export function defaultCalendar(collections: readonly Collection[], component = 'VEVENT'): Collection | undefined {
  const chosen = collections.find(({ kind }) => kind === 'inbox')?.defaultCalendar;
  const fit = collections.filter((each) => canBeDefault(each, component));
  return fit.find(({ id }) => id === chosen) ?? fit.toSorted((one, other) => one.createdAt - other.createdAt)[0];
}

/** Whether a calendar of a home may be the one that invitations go to. */
export const canBeDefault = (
  { kind, components, source, mount, sharedId }: Collection,
  component = 'VEVENT',
): boolean =>
  kind === 'calendar' &&
  components?.includes(component) !== false &&
  source === undefined &&
  mount === undefined &&
  sharedId === undefined;

/**
 * Throws default-calendar-needed where somebody has chosen the calendar for invitations: it is not removed (RFC 6638 §4.3).
 * One that is the default only because it is the oldest is: the next takes its place.
 */
export async function requireNotDefault(tx: Db, { id, homeId }: Collection): Promise<void> {
  const inbox = await collectionByUri(tx, homeId, 'inbox');
  if (inbox?.defaultCalendar !== id) return;
  throw new Refusal('default-calendar-needed', 'This calendar was chosen for invitations: choose another one first');
}
