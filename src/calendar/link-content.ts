import { Refusal } from '../base/refusal.ts';
import { createTurns, inTurns, type Turns } from '../base/turns.ts';
import type { Component } from '../ical/component.ts';
import { recurrenceSets } from '../ical/component-times.ts';
import { findingBusyPeriods, mergeBusy, type BusyPeriod } from '../ical/freebusy.ts';
import { parsingSharingZones, type SharedZones } from '../ical/parse-sharing-zones.ts';
import { publicForm } from '../ical/public-form.ts';
import { readingRecurrenceSet, type Instance } from '../ical/recurrence.ts';
import type { TimeRange } from '../ical/time-value.ts';
import { zonesOf, type Zone } from '../ical/timezone.ts';
import type { CalendarContext } from './context.ts';
import { faultsIn, isFault } from './fault.ts';
import { busyTimeOf } from './free-busy.ts';
import { listObjects } from './get-objects.ts';
import type { OpenLink } from './links.ts';
import type { CalendarObject, Collection } from './model.ts';
import { queryObjects } from './query.ts';
import { floatingZoneOf } from './zone.ts';

/** An object as the link shows it, and the zone of its floating times. */
export interface ShownObject {
  readonly calendar: Component;
  readonly floating: Zone;
}

/** An instance as the link shows it. */
export interface ShownInstance extends Instance {
  readonly uid: string;
}

/** Steps of recurrence for each instance that an answer may hold: seconds of a core, over a whole answer. */
const MOST_WORK = 100;

const COMPONENTS = ['VEVENT', 'VTODO', 'VJOURNAL'] as const;

/** The zone in which a link speaks of days. */
export const zoneOfLink = (context: CalendarContext, { place, owner }: OpenLink): Zone =>
  floatingZoneOf(context, place, owner);

/** Every object that the link shows, whole. */
export async function* wholeObjects(context: CalendarContext, open: OpenLink): AsyncGenerator<ShownObject, void> {
  const reading = { turns: createTurns(), zones: new Map() };
  for (const collection of open.calendars) {
    const faults = await faultsIn(context, collection);
    const floating = floatingZoneOf(context, collection, open.owner);
    for await (const page of listObjects(context, collection)) {
      for (const object of page) {
        const calendar = faults.has(object.id) ? undefined : await shownOf(open, object, reading);
        if (calendar !== undefined) yield { calendar, floating };
      }
    }
  }
}

/** What the reading of the objects of one answer shares. */
interface Reading {
  readonly turns: Turns;
  readonly zones: SharedZones;
}

/** The objects that the link shows and that may touch a range. */
async function* objectsWithin(
  context: CalendarContext,
  open: OpenLink,
  { range, components }: { readonly range: TimeRange; readonly components: readonly string[] },
): AsyncGenerator<ShownObject, void> {
  const reading = { turns: createTurns(), zones: new Map() };
  for (const collection of open.calendars) {
    const floating = floatingZoneOf(context, collection, open.owner);
    for (const name of components.filter((each) => holds(collection, each))) {
      const all = { isNotDefined: false, props: [], comps: [], test: 'allof' } as const;
      const filter = { ...all, name: 'VCALENDAR', comps: [{ ...all, name, timeRange: range }] };
      for await (const object of queryObjects(context, collection, { filter, floating, octets: true })) {
        const calendar = 'octets' in object ? await shownOf(open, object, reading) : undefined;
        if (calendar !== undefined) yield { calendar, floating };
      }
    }
  }
}

const holds = ({ components }: Collection, name: string): boolean => components?.includes(name) ?? true;

/** What cannot be read (any more) is not shown, and does not hide the rest. */
async function shownOf(
  { link }: OpenLink,
  { octets }: Pick<CalendarObject, 'octets'>,
  { turns, zones }: Reading,
): Promise<Component | undefined> {
  if (turns.isDue()) await turns.take();
  try {
    return publicForm(await inTurns(parsingSharingZones(octets, zones), turns), link);
  } catch (error) {
    if (isFault(error)) return undefined;
    throw error;
  }
}

/**
 * Every instance that the link shows within a range, in the order of start. Throws number-of-matches-within-limits where
 * there are too many, or they hold too much.
 */
export async function instancesWithin(
  context: CalendarContext,
  open: OpenLink,
  range: TimeRange,
): Promise<readonly ShownInstance[]> {
  const found: ShownInstance[] = [];
  if (range.end <= range.start) return found;
  const work = createWork(context);
  for await (const shown of objectsWithin(context, open, { range, components: COMPONENTS })) {
    for await (const instance of instancesOf(context, shown, { range, work })) found.push(instance);
  }
  return found.sort((one, other) => one.start - other.start || compare(one.uid, other.uid));
}

const compare = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);

async function* instancesOf(
  { limits }: CalendarContext,
  { calendar, floating }: ShownObject,
  { range, work }: { readonly range: TimeRange; readonly work: Work },
): AsyncGenerator<ShownInstance, void> {
  const zoned = { floating, zones: zonesOf(calendar) };
  const budget = { steps: limits.recurrenceSteps };
  const sets = recurrenceSets(calendar.components.filter(({ name }) => name !== 'VTIMEZONE'));
  try {
    for (const members of sets) {
      const set = await inTurns(readingRecurrenceSet(members, zoned), work.turns);
      for (const instance of set.instances({ from: range.start, to: range.end }, budget)) {
        if (work.turns.isDue()) await work.turns.take();
        work.addInstance(instance);
        yield { ...instance, uid: uidOf(instance.component) };
      }
    }
  } catch (error) {
    // What is found by then is shown, as it is of a series that takes more work than a question may.
    if (!isFault(error)) throw error;
  } finally {
    work.addSteps(limits.recurrenceSteps - budget.steps);
  }
}

const uidOf = ({ properties }: Component): string => properties.find(({ name }) => name === 'UID')?.value ?? '';

interface Work {
  readonly turns: Turns;
  addInstance(instance: Instance): void;
  addSteps(steps: number): void;
}

function createWork({ limits }: CalendarContext): Work {
  let instances = limits.expandInstances;
  let steps = limits.expandInstances * MOST_WORK;
  let octets = limits.linkOctets;
  const tooMuch = (): Refusal =>
    new Refusal('number-of-matches-within-limits', 'There is too much in this range: ask for a shorter one');
  return {
    turns: createTurns(),
    addInstance({ component: { properties } }) {
      instances -= 1;
      for (const { value } of properties) octets -= value.length;
      if (instances < 0 || octets < 0) throw tooMuch();
    },
    addSteps(more) {
      steps -= more;
      if (steps < 0) throw tooMuch();
    },
  };
}

/**
 * The time that a link tells to be busy within a range. A private event is time like any other; where the link has
 * categories it has none, and does not count. Throws number-of-matches-within-limits.
 */
export async function busyWithin(
  context: CalendarContext,
  open: OpenLink,
  range: TimeRange,
): Promise<readonly BusyPeriod[]> {
  if (range.end <= range.start) return [];
  if (open.link.categories === undefined) {
    const floatingOf = (collection: Collection): Zone => floatingZoneOf(context, collection, open.owner);
    return busyTimeOf(context, { collections: open.busy, range, floatingOf });
  }
  const work = createWork(context);
  const periods: BusyPeriod[] = [];
  const busy = new Set(open.busy.map(({ id }) => id));
  const counted = { ...open, calendars: open.calendars.filter(({ id }) => busy.has(id)) };
  for await (const { calendar, floating } of objectsWithin(context, counted, { range, components: ['VEVENT'] })) {
    const steps = context.limits.recurrenceSteps;
    const budget = { steps };
    try {
      const found = await inTurns(findingBusyPeriods(calendar, range, { floating, budget }), work.turns);
      for (const period of found) periods.push(period);
    } catch (error) {
      if (!isFault(error)) throw error;
    } finally {
      work.addSteps(steps - budget.steps);
    }
  }
  return mergeBusy(periods);
}
