import type { Component } from './component.ts';
import { isUndated } from './component-times.ts';
import { busyTypeOf, type BusyType } from './freebusy.ts';
import { P } from './names.ts';

/** What an instance makes of its time, where the index alone can tell. */
export type IndexedBusy = BusyType | 'FREE';

const DATED: readonly string[] = [P.DTSTART, P.DTEND, P['RECURRENCE-ID'], P.RDATE, P.EXDATE];
const DATES_ONLY = /^\s*\d{8}\s*(,\s*\d{8}\s*)*$/;

const hasOnlyDates = ({ properties }: Component): boolean =>
  properties.every(({ name, value }) => !DATED.includes(name) || DATES_ONLY.test(value));

/**
 * How each VEVENT of an object counts in free-busy (RFC 4791 §7.10); undefined where the octets must be asked. Those are
 * floating times, whose length depends on the zone that they are read in, while days go from midnight to midnight of
 * any; and overrides without times of their own, which are no instances in the index.
 */
export function indexedBusyOf(
  members: readonly Component[],
  { floating }: { readonly floating: boolean },
): (member: Component) => IndexedBusy | undefined {
  const isTold = members.every((member) => !isUndated(member) && (!floating || hasOnlyDates(member)));
  if (!isTold) return () => undefined;
  const known = new Map<Component, IndexedBusy>(members.map((member) => [member, busyTypeOf(member) ?? 'FREE']));
  return (member) => known.get(member);
}
