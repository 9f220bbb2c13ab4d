import type { Component } from '../ical/component.ts';
import { attendeeOf, partstatOf } from './address.ts';
import { MASTER, type InstanceKey } from './instance-key.ts';
import { mergedComponent, type Merging } from './merged-component.ts';
import { hasOwnParts, isCancelled } from './personal.ts';
import { isHiddenDay, withoutHidden, type Merged, type RequestMerge } from './request-merge.ts';
import { isOlder, revisionOf } from './revision.ts';
import {
  byKey,
  derivedInstance,
  excludedKeys,
  hasInstance,
  withExdates,
  withoutExdates,
  type Series,
} from './series.ts';
import { timeDifferences } from './significance.ts';

/**
 * The whole series as the organizer has it now, with what the receiver keeps: days that he has hidden, days of which he
 * knows that they are cancelled, and overrides that are but his own (an alarm, an answer that is still under way).
 */
export function wholeMerge(merge: RequestMerge & { readonly known: Series }): Merged {
  const { known, incoming, fresh, me, memory } = merge;
  const merging: Merging = { me, incoming: incoming.context, known: known.context, memory };
  const components = new Map<InstanceKey, Component>();
  const master = fresh.get(MASTER);
  if (master === undefined) return { components: byKey(known), memory };
  const excluded = excludedKeys(incoming);
  const hidden = new Set(memory.hidden.filter((key) => staysHidden(merge, key)));
  for (const [key, part] of incoming.overrides) {
    if (hidden.has(key)) continue;
    // One that is older than the receiver's own stands as it is here.
    const own = known.overrides.get(key) ?? derivedInstance(known, key) ?? known.master;
    const isFresh = fresh.has(key);
    const here = known.overrides.get(key);
    if (isFresh) components.set(key, mergedComponent(key, part, own, merging));
    else if (here !== undefined) components.set(key, here);
  }
  for (const [key, override] of known.overrides) {
    if (components.has(key) || hidden.has(key)) continue;
    const kept = keptOverride(merge, { key, override, master, excluded }, merging);
    if (kept !== undefined) components.set(key, kept);
  }
  const shown = withoutExdates(incoming, master, new Set(components.keys()));
  const more = [...hidden].filter((key) => !excluded.has(key));
  components.set(MASTER, mergedComponent(MASTER, withExdates(shown, incoming, more), known.master, merging));
  const gone = new Set(memory.hidden.filter((key) => !hidden.has(key)));
  return { components, memory: withoutHidden(memory, gone) };
}

/** A hidden day is shown again when its attendee is asked for it, and forgotten when the series has it no more. */
function staysHidden(merge: RequestMerge & { readonly known: Series }, key: InstanceKey): boolean {
  const part = merge.incoming.overrides.get(key);
  if (part !== undefined) return isHiddenDay(part, key, merge);
  return hasInstance(merge.incoming, key) && !isMovedSeries(merge.incoming, merge.known);
}

const isMovedSeries = (incoming: Series, known: Series): boolean =>
  incoming.master !== undefined &&
  known.master !== undefined &&
  timeDifferences(known.master, incoming.master, { before: known.context, after: incoming.context }).some(
    (name) => name !== 'RRULE',
  );

interface OwnOverride {
  readonly key: InstanceKey;
  readonly override: Component;
  readonly master: Component;
  /** EXDATEs of the message. */
  readonly excluded: ReadonlySet<InstanceKey>;
}

/** What stays of an override that the message does not have; undefined: nothing. */
function keptOverride(
  { known, incoming, me }: RequestMerge & { readonly known: Series },
  { key, override, master, excluded }: OwnOverride,
  merging: Merging,
): Component | undefined {
  if (isOlder(revisionOf(master), revisionOf(override))) return override;
  // What he has seen cancelled he still sees so (RFC 5546 §3.2.5), until he removes it or it is on again.
  if (isCancelled(override)) return excluded.has(key) ? override : undefined;
  const derived = derivedInstance(incoming, key);
  if (derived === undefined) return undefined;
  const [own, ofSeries] = [attendeeOf(override, me), known.master && attendeeOf(known.master, me)];
  const isOtherAnswer = own !== undefined && ofSeries !== undefined && partstatOf(own) !== partstatOf(ofSeries);
  if (!isOtherAnswer && !hasOwnParts(override, known.master)) return undefined;
  return mergedComponent(key, derived, override, merging);
}
