import { LIMITS } from '../base/limits.ts';
import { atOnce, type Steps } from '../base/steps.ts';
import { propertyOf, type Component } from './component.ts';
import { mergeByStart } from './merge-by-start.ts';
import { P } from './names.ts';
import { readingIds, type Id, type Ids } from './recurrence-ids.ts';
import {
  dependsOnFloating,
  describe,
  instanceAt,
  timingOf,
  type Instance,
  type Segment,
  type Timing,
} from './recurrence-instance.ts';
import { overrideOf, segmentsOf, type Override } from './recurrence-overrides.ts';
import { reachOf, type Form } from './recurrence-timing.ts';
import { endSearch, spend, type Budget } from './rrule-budget.ts';
import type { Instant, TimeValue, WallTime } from './time-value.ts';
import { zoneOfTime, type ZoneContext } from './timezone.ts';

export type { Instance } from './recurrence-instance.ts';
export { isSpent, type Budget } from './rrule-budget.ts';

const DAY = 86_400_000;

/** A half-open range of instants; ±Infinity leaves a side open. */
export interface Window {
  readonly from: Instant;
  readonly to: Instant;
}

export interface Extent {
  readonly first: Instant;
  readonly last: Instant;
}

export interface RecurrenceSet {
  /** Whether the master has a rule or further dates. */
  readonly recurring: boolean;
  /** Whether any start is floating or a date, so that instants depend on the floating zone. */
  readonly floating: boolean;
  /**
   * Instances that touch the window, in order of start: those that start in it or end after its start. Lazy: in a
   * window without end the consumer stops. Throws Refusal when the budget is used up; without a budget the work
   * between two instances is bounded.
   */
  instances(window: Window, budget?: Budget): Generator<Instance>;
  /** First start and last end (Infinity: endless); undefined for a set without any instance. */
  extent(budget?: Budget): Extent | undefined;
  /** As extent; it may be interrupted. */
  findingExtent(budget: Budget): Steps<Extent | undefined>;
  /** Whether the master itself generates this recurrence id: EXDATE counts, overrides do not. */
  generates(recurrenceId: TimeValue, budget?: Budget): boolean;
}

/** A master with its rules, and the runs of its ids that overrides leave to it. */
interface Series {
  readonly form: Form;
  readonly ids: Ids;
  readonly segments: readonly Segment[];
  /** Ids that an override describes. */
  readonly overridden: ReadonlySet<Instant>;
  readonly overriddenDays: ReadonlySet<WallTime>;
  /** An instance starts at most so long before it ends. */
  readonly periodReach: number;
  readonly context: ZoneContext;
}

const newBudget = (): Budget => ({ steps: LIMITS.recurrenceSteps.default });

const dayOf = (wall: WallTime): WallTime => Math.floor(wall / DAY) * DAY;

function* readingSeries(timing: Timing, overrides: readonly Override[], context: ZoneContext): Steps<Series> {
  const ids = yield* readingIds(timing.component, timing.anchor, timing.form, context);
  const whole = overrides.flatMap(({ wholeDay }) => wholeDay ?? []);
  const first: Segment = { timing, from: -Infinity, to: Infinity, shift: undefined };
  const reaches = ids.periods.map((id) => {
    const { start, end } = describe(first, id, timing.form, context);
    return end - start;
  });
  return {
    form: timing.form,
    ids,
    segments: segmentsOf(timing, overrides),
    overridden: new Set(overrides.filter(({ wholeDay }) => wholeDay === undefined).map(({ id }) => id.instant)),
    overriddenDays: new Set(whole),
    periodReach: reaches.reduce((most, reach) => Math.max(most, reach), 0),
    context,
  };
}

const isOverridden = ({ overridden, overriddenDays }: Series, id: Id): boolean =>
  overridden.has(id.instant) || (overriddenDays.size > 0 && overriddenDays.has(dayOf(id.wall)));

/** Zones that differ, and gaps, move a shifted start no farther than this from where the shift alone puts it. */
const SLACK = 2 * DAY;

const touches = ({ start, end }: Instance, { from, to }: Window): boolean =>
  start < to && (end > from || start >= from);

/** The instances of one segment that touch the window. */
function* segmentInstances(series: Series, segment: Segment, window: Window, budget: Budget): Generator<Instance> {
  const { timing, shift } = segment;
  const reach = Math.max(reachOf(timing.length), series.periodReach);
  const slack = shift === undefined ? 0 : SLACK;
  endSearch(budget);
  const next = series.ids.from(Math.max(segment.from, window.from - reach - (shift ?? 0) - slack), budget);
  for (let id = next(); id !== undefined && id.instant < segment.to; id = next()) {
    if (id.instant + (shift ?? 0) - slack >= window.to) return;
    endSearch(budget);
    spend(budget);
    if (isOverridden(series, id)) continue;
    const instance = describe(segment, id, series.form, series.context);
    // What RECURRENCE-ID names only where there are several to choose from.
    if (touches(instance, window)) yield series.ids.recurring ? instance : { ...instance, recurrenceId: undefined };
  }
}

/** A gap, the longest of which was a day at the date line, may put a shifted start behind the next ones. */
const LONGEST_GAP = DAY + 1;

/** Puts in order what a shift has brought out of it: each instance waits until no earlier one can come. */
function* inOrder(instances: Iterable<Instance>): Generator<Instance> {
  const held: Instance[] = [];
  let first = 0;
  for (const instance of instances) {
    for (
      let ready = held[first];
      ready !== undefined && ready.start <= instance.start - LONGEST_GAP;
      ready = held[first]
    ) {
      yield ready;
      first++;
    }
    if (first > 1000) held.splice(0, first);
    if (first > 1000) first = 0;
    const place = held.findLastIndex(({ start }) => start <= instance.start);
    held.splice(Math.max(place + 1, first), 0, instance);
  }
  yield* held.slice(first);
}

/** The first id of a segment at or after an instant that no override describes. */
function nextId(series: Series, segment: Segment, from: Instant, budget: Budget): Id | undefined {
  endSearch(budget);
  const next = series.ids.from(Math.max(from, segment.from), budget);
  for (let id = next(); id !== undefined && id.instant < segment.to; id = next()) {
    endSearch(budget);
    if (!isOverridden(series, id)) return id;
  }
  return undefined;
}

/** The end of a segment's last instance: found by halving, since looking forward from any instant is cheap. */
function* findingLastEnd(series: Series, segment: Segment, budget: Budget): Steps<Instant> {
  let last = nextId(series, segment, -Infinity, budget);
  if (last === undefined) return -Infinity;
  if (segment.to === Infinity && series.ids.isEndless()) return Infinity;
  let none = Math.min(segment.to, series.ids.bound() + 1000);
  while (none - last.instant > 1000) {
    const middle = Math.ceil((none + last.instant) / 2);
    yield;
    const later = nextId(series, segment, middle, budget);
    if (later === undefined) none = middle;
    else last = later;
  }
  return describe(segment, last, series.form, series.context).end;
}

function* findingSeriesEnd(series: Series, budget: Budget): Steps<Instant> {
  const ends: Instant[] = [];
  for (const segment of series.segments) ends.push(yield* findingLastEnd(series, segment, budget));
  const first = series.segments[0];
  const periods = series.ids.periods.map((id) =>
    first === undefined ? -Infinity : describe(first, id, series.form, series.context).end,
  );
  return [...ends, ...periods].reduce((latest, end) => Math.max(latest, end), -Infinity);
}

function generates(series: Series, value: TimeValue, budget: Budget): boolean {
  const { form, ids, context } = series;
  endSearch(budget);
  if (form.kind === 'date' || value.kind === 'date') {
    const day = dayOf(value.wall);
    const id = ids.from(form.zone.toUtc(day), budget)();
    return id !== undefined && dayOf(id.wall) === day;
  }
  const zone = value.kind === 'floating' ? form.zone : zoneOfTime(value, context);
  const instant = zone.toUtc(value.wall);
  return ids.from(instant, budget)()?.instant === instant;
}

/**
 * Tells overrides from masters: by RECURRENCE-ID, unless a component with one has a rule of its own and stands without
 * a master. Some programs write a RECURRENCE-ID into the master (seen: Connect Daily).
 */
function overrideTest(components: readonly Component[]): (component: Component) => boolean {
  const has = (component: Component, name: string): boolean => propertyOf(component, name) !== undefined;
  const hasMaster = components.some((component) => !has(component, P['RECURRENCE-ID']));
  return (component) => has(component, P['RECURRENCE-ID']) && (hasMaster || !has(component, P.RRULE));
}

/**
 * The recurrence set (RFC 5545 §3.8.5) of components with one UID: a master with its overrides, or overrides alone.
 * An override whose id the master does not generate, or takes out by EXDATE, is an instance all the same; of two for
 * one id the later counts. A zone that nobody knows is read as floating time. Throws Refusal('valid-calendar-data')
 * for a time or a rule that cannot be read, and for a rule that can never match.
 */
export const recurrenceSet = (components: readonly Component[], context: ZoneContext): RecurrenceSet =>
  atOnce(readingRecurrenceSet(components, context));

/** As recurrenceSet; it may be interrupted between two overrides, and between two lists of dates. */
export function* readingRecurrenceSet(components: readonly Component[], context: ZoneContext): Steps<RecurrenceSet> {
  const only = onlyInstanceOf(components, context);
  if (only !== undefined) return singleSet(only, context);
  const isOverride = overrideTest(components);
  const masters = components
    .filter((component) => !isOverride(component))
    .flatMap((master) => timingOf(master, context) ?? []);
  const all: Override[] = [];
  for (const component of components.filter(isOverride)) {
    yield;
    all.push(overrideOf(component, masters[0], context));
  }
  const overrides = [...new Map(all.map((override) => [override.id.instant, override])).values()];
  yield;
  overrides.sort((a, b) => a.instance.start - b.instance.start);
  yield;
  const series: Series[] = [];
  for (const [i, master] of masters.entries())
    series.push(yield* readingSeries(master, i === 0 ? overrides : [], context));
  yield;
  const forms = [...masters, ...overrides.map(({ timing }) => timing)].map(({ form }) => form);
  const parts: Parts = { series, overrides };
  return {
    recurring: series.some(({ ids }) => ids.recurring),
    floating: forms.some((form) => dependsOnFloating(form, context)),
    instances: (window, budget) => instancesOf(parts, window, budget),
    extent: (budget = newBudget()) => atOnce(findingExtentOf(parts, budget)),
    findingExtent: (budget) => findingExtentOf(parts, budget),
    generates: (value, budget = newBudget()) => series.some((each) => generates(each, value, budget)),
  };
}

/** What a recurrence set consists of. */
interface Parts {
  readonly series: readonly Series[];
  readonly overrides: readonly Override[];
}

// Out here, as V8 gives each generator function that is made anew a prototype and a map of its own.
function* instancesOf({ series, overrides }: Parts, window: Window, given?: Budget): Generator<Instance> {
  const budget = given ?? newBudget();
  const streams: Iterator<Instance>[] = series.flatMap((each) =>
    each.segments.map((segment) => {
      const stream = segmentInstances(each, segment, window, budget);
      return segment.shift === undefined ? stream : inOrder(stream);
    }),
  );
  const fitting = overrides.filter(({ instance }) => touches(instance, window)).map(({ instance }) => instance);
  if (fitting.length > 0) streams.push(fitting.values());
  for (const instance of mergeByStart(streams)) {
    yield instance;
    if (given === undefined) budget.steps = LIMITS.recurrenceSteps.default;
  }
}

function* findingExtentOf(parts: Parts, budget: Budget): Steps<Extent | undefined> {
  const earliest = instancesOf(parts, { from: -Infinity, to: Infinity }, budget).next();
  if (earliest.done === true) return undefined;
  let last = parts.overrides.reduce((latest, { instance }) => Math.max(latest, instance.end), -Infinity);
  for (const each of parts.series) last = Math.max(last, yield* findingSeriesEnd(each, budget));
  return { first: earliest.value.start, last };
}

/** The properties that make more of a component than one instance, or another one, or none. */
const RECURRING: ReadonlySet<string> = new Set([P.RRULE, P.EXRULE, P.RDATE, P.EXDATE, P['RECURRENCE-ID']]);

interface OnlyInstance {
  readonly form: Form;
  readonly instance: Instance;
  readonly wall: WallTime;
}

/** The instance of a component that says nothing of recurring, as most do; undefined of others. */
function onlyInstanceOf(components: readonly Component[], context: ZoneContext): OnlyInstance | undefined {
  const [component] = components;
  if (component === undefined || components.length > 1) return undefined;
  if (component.properties.some(({ name }) => RECURRING.has(name))) return undefined;
  const timing = timingOf(component, context);
  if (timing === undefined) return undefined;
  const { form, anchor } = timing;
  const start = { wall: anchor.wall, instant: form.zone.toUtc(anchor.wall) };
  return { form, instance: instanceAt(timing, start, undefined), wall: anchor.wall };
}

function singleSet({ form, instance, wall }: OnlyInstance, context: ZoneContext): RecurrenceSet {
  const extent: Extent = { first: instance.start, last: instance.end };
  return {
    recurring: false,
    floating: dependsOnFloating(form, context),
    instances: (window, budget) => onlyOne(instance, window, budget),
    extent: () => extent,
    findingExtent: () => found(extent),
    generates(value) {
      if (form.kind === 'date' || value.kind === 'date') return dayOf(value.wall) === dayOf(wall);
      const zone = value.kind === 'floating' ? form.zone : zoneOfTime(value, context);
      return zone.toUtc(value.wall) === instance.start;
    },
  };
}

function* onlyOne(instance: Instance, window: Window, budget: Budget | undefined): Generator<Instance> {
  if (budget !== undefined) {
    endSearch(budget);
    spend(budget);
  }
  if (touches(instance, window)) yield instance;
}

function* found<T>(value: T): Steps<T> {
  return value;
}
