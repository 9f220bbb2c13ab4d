import { Refusal } from '../base/refusal.ts';
import { atOnce, type Steps } from '../base/steps.ts';
import { propertyOf, type Component } from './component.ts';
import { componentEnvelope, isUndated, recurrenceSets } from './component-times.ts';
import { busiestTime, BUSY_TYPES, type BusyPeriod, type BusyType, type FreeBusyContext } from './freebusy.ts';
import { P } from './names.ts';
import { unionOf, within, without, type RangeSet } from './range-set.ts';
import { isSpent, readingRecurrenceSet, type Budget } from './recurrence.ts';
import { intersection } from './time-range.ts';
import type { TimeRange } from './time-value.ts';
import { zonesOf, type ZoneContext } from './timezone.ts';

/** What one VAVAILABILITY says of a range of time (RFC 7953 §3.1). */
export interface Availability {
  /** PRIORITY: 1 counts most, 9 least; 10 where it is 0 or absent, which is less than any. */
  readonly rank: number;
  /** The time for which it speaks. */
  readonly range: TimeRange;
  /** BUSYTYPE: what that time is where nothing is available. */
  readonly type: BusyType;
  /** The instances of its AVAILABLE components, none outside of the range. */
  readonly available: RangeSet;
}

/**
 * Each VAVAILABILITY of a calendar object that intersects the range, clipped to it. An AVAILABLE that cannot be read
 * makes no time free; it takes nothing away from the others.
 *
 * @throws Refusal valid-calendar-data where the budget is spent
 */
export const availabilityOf = (calendar: Component, range: TimeRange, context: FreeBusyContext): Availability[] =>
  atOnce(findingAvailability(calendar, range, context));

/** As availabilityOf; it may be interrupted after each instance. */
export function* findingAvailability(
  calendar: Component,
  range: TimeRange,
  { floating, budget }: FreeBusyContext,
): Steps<Availability[]> {
  const context = { floating, zones: zonesOf(calendar) };
  const found: Availability[] = [];
  for (const component of calendar.components) {
    const own = component.name === 'VAVAILABILITY' ? componentEnvelope(component, context) : undefined;
    const part = own && intersection(own, range);
    if (part === undefined) continue;
    const available = yield* availableTime(component, part, context, budget);
    found.push({ rank: rankOf(component), range: part, type: busyTypeOf(component), available });
  }
  return found;
}

/** RFC 5545 §3.8.1.9: 0 is an undefined priority. */
function rankOf(component: Component): number {
  const priority = Number(propertyOf(component, P.PRIORITY)?.value.trim() ?? 0);
  return priority >= 1 && priority <= 9 ? priority : 10;
}

/** RFC 7953 §3.2; a value that nobody knows is BUSY, as for FBTYPE (RFC 5545 §3.2.9). */
function busyTypeOf(component: Component): BusyType {
  const written = propertyOf(component, P.BUSYTYPE)?.value.trim().toUpperCase();
  if (written === undefined || written === '') return 'BUSY-UNAVAILABLE';
  return BUSY_TYPES.find((type) => type === written) ?? 'BUSY';
}

function* availableTime(
  component: Component,
  range: TimeRange,
  context: ZoneContext,
  budget: Budget | undefined,
): Steps<RangeSet> {
  const ranges: TimeRange[] = [];
  const available = component.components.filter((child) => child.name === 'AVAILABLE' && !isUndated(child));
  for (const members of recurrenceSets(available)) {
    try {
      const set = yield* readingRecurrenceSet(members, context);
      for (const { start, end } of set.instances({ from: range.start, to: range.end }, budget)) {
        yield;
        ranges.push({ start, end });
      }
    } catch (error) {
      if (!(error instanceof Refusal) || (budget !== undefined && isSpent(budget))) throw error;
    }
  }
  return within(unionOf(ranges), range);
}

/**
 * The time that is not available, by RFC 7953 §4: from the lowest priority to the highest, each VAVAILABILITY sets the
 * time for which it speaks, whatever a lower one says of it, and its AVAILABLE components make parts of it free. Of the
 * same priority, what is available in one is free, and the rest is of the type that counts most. The steps of §5 give
 * the same but for an AVAILABLE of a component that is overridden in part: there it would free what the higher one sets
 * to busy, and here, as in §4, the higher one counts.
 */
export function unavailablePeriods(availabilities: readonly Availability[]): BusyPeriod[] {
  const ranks = [...new Set(availabilities.map(({ rank }) => rank))].sort((one, other) => other - one);
  let busy = new Map<BusyType, RangeSet>();
  for (const rank of ranks)
    busy = overlaid(
      busy,
      availabilities.filter((each) => each.rank === rank),
    );
  return [...busy].flatMap(([type, set]) => set.map((range) => ({ ...range, type })));
}

function overlaid(below: ReadonlyMap<BusyType, RangeSet>, layer: readonly Availability[]): Map<BusyType, RangeSet> {
  const covered = unionOf(layer.map(({ range }) => range));
  const free = unionOf(layer.flatMap(({ available }) => available));
  const own = busiestTime(layer.map(({ range, type }) => ({ ...range, type })));
  return new Map(
    BUSY_TYPES.map((type) => {
      const kept = without(below.get(type) ?? [], covered);
      return [type, unionOf([...kept, ...without(own.get(type) ?? [], free)])];
    }),
  );
}
