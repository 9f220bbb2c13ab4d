import type { Component } from '../ical/component.ts';
import { attendeeOf, partstatOf } from './address.ts';
import type { InstanceKey } from './instance-key.ts';
import type { Receiving } from './outcome.ts';
import { revisionOf, type Memory } from './revision.ts';
import type { Series } from './series.ts';

/** What a REQUEST brings beside what is known. */
export interface RequestMerge {
  readonly known: Series | undefined;
  readonly incoming: Series;
  /** Its components that are not out of date. */
  readonly fresh: ReadonlyMap<InstanceKey, Component>;
  readonly me: Receiving['me'];
  readonly memory: Memory;
}

export interface Merged {
  readonly components: ReadonlyMap<InstanceKey, Component>;
  readonly memory: Memory;
}

/** A day that he has declined and taken out of his copy, and that nobody asks him for again. */
export function isHiddenDay(part: Component, key: InstanceKey, { known, me, memory }: RequestMerge): boolean {
  const own = attendeeOf(part, me);
  if (!memory.hidden.includes(key) || own === undefined) return false;
  // Another answer is one from before, of which the organizer has heard later.
  if (partstatOf(own) !== 'NEEDS-ACTION') return true;
  // At the revision that he has declined, the organizer has not heard of it yet.
  return known?.master !== undefined && revisionOf(part).sequence <= revisionOf(known.master).sequence;
}

export const withoutHidden = (memory: Memory, shown: ReadonlySet<InstanceKey>): Memory =>
  memory.hidden.some((key) => shown.has(key))
    ? { ...memory, hidden: memory.hidden.filter((key) => !shown.has(key)) }
    : memory;
