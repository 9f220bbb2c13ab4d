import type { Collection } from './model.ts';

/**
 * The calendar that invitations go to (RFC 6638 §9.2): the oldest that takes such components, that is no feed, and that is
 * not somebody else's (caldav-sharing §5.5.5).
 */
export function defaultCalendar(collections: readonly Collection[], component = 'VEVENT'): Collection | undefined {
  return collections
    .filter(({ kind, components }) => kind === 'calendar' && components?.includes(component) !== false)
    .filter(({ source, mount, sharedId }) => source === undefined && mount === undefined && sharedId === undefined)
    .toSorted((one, other) => one.createdAt - other.createdAt)[0];
}
