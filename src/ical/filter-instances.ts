import { propertyOf, type Component } from './component.ts';
import { isUndated, ownRange } from './component-times.ts';
import type { CompFilter } from './filter-ast.ts';
import {
  alarmTest,
  isAlarmTest,
  isInstanceProp,
  overlapTest,
  propTest,
  type ComponentTests,
  type InstanceTest,
} from './instance-tests.ts';
import { P } from './names.ts';
import { recurrenceSet, type Budget } from './recurrence.ts';
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
export function matchesRecurring(
  components: readonly Component[],
  filter: CompFilter,
  tests: ComponentTests,
  context: MatchContext,
): boolean {
  const byInstance = instanceTests(components, filter, tests, context);
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
    if (components.some((component) => own.some((passes) => passes(component)))) return true;
    return byInstance.some((test) => anyInstance(components, components, [test], context));
  }
  const eligible =
    own.length === 0 ? components : components.filter((component) => own.every((passes) => passes(component)));
  if (byInstance.length === 0 || eligible.length === 0) return eligible.length > 0;
  return anyInstance(components, eligible, byInstance, context);
}

function instanceTests(
  components: readonly Component[],
  filter: CompFilter,
  tests: ComponentTests,
  context: ZoneContext,
): InstanceTest[] {
  const found: InstanceTest[] = [];
  if (filter.timeRange) found.push(overlapTest(filter.timeRange, context));
  for (const prop of filter.props) if (isInstanceProp(prop)) found.push(propTest(prop, tests));
  for (const comp of filter.comps) if (isAlarmTest(comp)) found.push(alarmTest(components, comp, tests, context));
  return found;
}

/** Whether any instance of an eligible component passes all the tests. */
function anyInstance(
  components: readonly Component[],
  eligible: readonly Component[],
  tests: readonly InstanceTest[],
  context: MatchContext,
): boolean {
  const isPassedUndated = (component: Component): boolean => tests.every((test) => test.passesUndated(component));
  if (eligible.some((component) => isUndated(component) && isPassedUndated(component))) return true;
  const groups = byReach(eligible, tests);
  if (groups.length === 0) return false;
  const dated = components.filter((component) => !isUndated(component));
  const set = recurrenceSet(dated, context);
  return groups.some(({ reach, members }) => {
    const window = intersection(reach, boundsOf(dated, members, context));
    if (window === undefined) return false;
    for (const instance of set.instances({ from: window.start, to: window.end }, context.budget)) {
      if (members.has(instance.component) && tests.every((test) => test.passes(instance))) return true;
    }
    return false;
  });
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
function boundsOf(components: readonly Component[], members: ReadonlySet<Component>, context: ZoneContext): TimeRange {
  if (components.every((component) => members.has(component))) return EVER;
  const overrides = components.filter((component) => propertyOf(component, P['RECURRENCE-ID']));
  const moves = overrides.map((override) => moveOf(override, context));
  const ranged = moves.filter(({ isRanged }) => isRanged).sort((a, b) => a.id - b.id);
  const master = components.find((component) => !overrides.includes(component));
  const endless = ranged.at(-1)?.override ?? master;
  const whole = moves.map(({ range }) => range).reduce(hull, { start: Infinity, end: -Infinity });
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
