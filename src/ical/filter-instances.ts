import type { Steps } from '../base/steps.ts';
import { propertyOf, type Component } from './component.ts';
import { isUndated, ownRange } from './component-times.ts';
import type { CompFilter } from './filter-ast.ts';
import {
  isAlarmTest,
  isInstanceProp,
  makingAlarmTest,
  makingPropTest,
  overlapTest,
  type ComponentTests,
  type InstanceTest,
} from './instance-tests.ts';
import { P } from './names.ts';
import { readingRecurrenceSet, type Budget } from './recurrence.ts';
import { hull, intersection } from './time-range.ts';
import { timeOf, type TimeRange } from './time-value.ts';
import { instantOf, type ZoneContext } from './timezone.ts';

const DAY = 86_400_000;
const EVER: TimeRange = { start: -Infinity, end: Infinity };
/** How far an instance of a THISANDFUTURE override may lie from its original time and still be looked for. */
const SLACK = 366 * DAY;

export interface MatchContext extends ZoneContext {
  readonly budget?: Budget | undefined;
}

/**
 * Whether any instance of a recurrence set matches a comp-filter (RFC 4791 §7.4, §9.7.1). All that one filter asks is
 * asked of the same instance, and of an overridden one with the properties of its override.
 */
export function* matchingRecurring(
  components: readonly Component[],
  filter: CompFilter,
  tests: ComponentTests,
  context: MatchContext,
): Steps<boolean> {
  const byInstance = yield* makingInstanceTests(components, filter, tests, context);
  // Without a time there is no instance to ask: what a series lacks is told by its master, whatever an override has.
  const master = byInstance.length === 0 ? components.find((c) => !propertyOf(c, P['RECURRENCE-ID'])) : undefined;
  const own = [
    ...filter.props.filter((prop) => !isInstanceProp(prop)).map((prop) => (c: Component) => tests.prop(c, prop)),
    ...filter.comps
      .filter((comp) => !isAlarmTest(comp))
      .map((comp) => (c: Component) => tests.comp(comp.isNotDefined ? (master ?? c) : c, comp)),
  ];
  if (filter.test === 'anyof') {
    if (own.length === 0 && byInstance.length === 0) return true;
    for (const component of components) for (const passing of own) if (yield* passing(component)) return true;
    for (const test of byInstance) if (yield* findingInstance(components, components, [test], context)) return true;
    return false;
  }
  const eligible = own.length === 0 ? components : yield* findingEligible(components, own);
  if (byInstance.length === 0 || eligible.length === 0) return eligible.length > 0;
  return yield* findingInstance(components, eligible, byInstance, context);
}

/** The components that pass all the tests. */
function* findingEligible(
  components: readonly Component[],
  tests: readonly ((component: Component) => Steps<boolean>)[],
): Steps<readonly Component[]> {
  const eligible: Component[] = [];
  for (const component of components) {
    let passes = true;
    for (const passing of tests) passes &&= yield* passing(component);
    if (passes) eligible.push(component);
  }
  return eligible;
}

function* makingInstanceTests(
  components: readonly Component[],
  filter: CompFilter,
  tests: ComponentTests,
  context: ZoneContext,
): Steps<InstanceTest[]> {
  const found: InstanceTest[] = [];
  if (filter.timeRange) found.push(overlapTest(filter.timeRange, context));
  for (const prop of filter.props) if (isInstanceProp(prop)) found.push(yield* makingPropTest(components, prop, tests));
  for (const comp of filter.comps)
    if (isAlarmTest(comp)) found.push(yield* makingAlarmTest(components, comp, tests, context));
  return found;
}

/** Whether any instance of an eligible component passes all the tests. */
function* findingInstance(
  components: readonly Component[],
  eligible: readonly Component[],
  tests: readonly InstanceTest[],
  context: MatchContext,
): Steps<boolean> {
  const isPassedUndated = (component: Component): boolean => tests.every((test) => test.passesUndated(component));
  if (eligible.some((component) => isUndated(component) && isPassedUndated(component))) return true;
  yield;
  const groups = byReach(eligible, tests);
  if (groups.length === 0) return false;
  yield;
  const dated = components.filter((component) => !isUndated(component));
  const set = yield* readingRecurrenceSet(dated, context);
  for (const { reach, members } of groups) {
    const window = intersection(reach, yield* findingBounds(dated, members, context));
    if (window === undefined) continue;
    for (const instance of set.instances({ from: window.start, to: window.end }, context.budget)) {
      yield;
      if (members.has(instance.component) && tests.every((test) => test.passes(instance))) return true;
    }
  }
  return false;
}

interface Group {
  readonly reach: TimeRange;
  readonly members: Set<Component>;
}

/** Searches of one recurrence set; of more, those that are bounded are made one. */
const MAX_GROUPS = 8;

/** The dated components that can pass, those together that are looked for in the same range. */
function byReach(components: readonly Component[], tests: readonly InstanceTest[]): readonly Group[] {
  const groups = new Map<string, Group>();
  for (const component of components) {
    let reach: TimeRange | undefined = isUndated(component) ? undefined : EVER;
    for (const test of tests) {
      const own = reach && test.reach(component);
      reach = reach && own && intersection(reach, own);
    }
    if (reach === undefined) continue;
    const key = `${reach.start} ${reach.end}`;
    const group = groups.get(key) ?? { reach, members: new Set() };
    groups.set(key, group);
    group.members.add(component);
  }
  return groups.size > MAX_GROUPS ? mergeBounded([...groups.values()]) : [...groups.values()];
}

/** Thousands of overrides, each with another alarm, are no reason to walk thousands of times. */
function mergeBounded(groups: readonly Group[]): readonly Group[] {
  const isBounded = ({ reach }: Group): boolean => Number.isFinite(reach.start) && Number.isFinite(reach.end);
  const bounded = groups.filter(isBounded);
  const reach = bounded.map((group) => group.reach).reduce(hull, { start: Infinity, end: -Infinity });
  const members = new Set(bounded.flatMap((group) => [...group.members]));
  return [...groups.filter((group) => !isBounded(group)), ...(members.size > 0 ? [{ reach, members }] : [])];
}

/**
 * Where instances of the members can lie. Without it, a search for an override's text in an open range would walk over
 * the endless instances of a master that has not that text.
 */
function* findingBounds(
  components: readonly Component[],
  members: ReadonlySet<Component>,
  context: ZoneContext,
): Steps<TimeRange> {
  if (components.every((component) => members.has(component))) return EVER;
  let whole: TimeRange = { start: Infinity, end: -Infinity };
  let master: Component | undefined;
  let last: ReturnType<typeof moveOf> | undefined;
  for (const component of components) {
    if (propertyOf(component, P['RECURRENCE-ID']) === undefined) {
      master ??= component;
      continue;
    }
    yield;
    const move = moveOf(component, context);
    whole = hull(whole, move.range);
    if (move.isRanged && (last === undefined || move.id >= last.id)) last = move;
  }
  const endless = last?.override ?? master;
  return {
    start: master && members.has(master) ? -Infinity : whole.start - SLACK,
    end: endless && members.has(endless) ? Infinity : whole.end + SLACK,
  };
}

/** An override, its original time, and the range from that to its present time. */
function moveOf(override: Component, context: ZoneContext) {
  const property = propertyOf(override, P['RECURRENCE-ID']);
  const value = property && timeOf(property);
  const own = ownRange(override, context);
  const isRanged = property?.params.get('RANGE')?.[0]?.toUpperCase() === 'THISANDFUTURE';
  if (value === undefined) return { override, isRanged, id: -Infinity, range: EVER };
  const id = instantOf(value, context);
  const original = { start: id, end: id };
  return { override, isRanged, id, range: own ? hull(own, original) : original };
}
