import type { Steps } from '../base/steps.ts';
import { alarmFires, alarmTrigger, type AlarmTrigger } from './alarm-triggers.ts';
import { propertyOf, type Component } from './component.ts';
import { instanceOverlaps, undatedOverlaps } from './component-times.ts';
import type { CompFilter, PropFilter } from './filter-ast.ts';
import { P } from './names.ts';
import type { Instance } from './recurrence.ts';
import { hull, instantInRange } from './time-range.ts';
import type { Instant, TimeRange } from './time-value.ts';
import type { ZoneContext } from './timezone.ts';

const DAY = 86_400_000;
const EVER: TimeRange = { start: -Infinity, end: Infinity };

/** What filter.ts knows of components by themselves, so that neither file imports the other. */
export interface ComponentTests {
  prop(component: Component, filter: PropFilter): Steps<boolean>;
  comp(component: Component, filter: CompFilter): Steps<boolean>;
  /** The props and comps of the filter asked of this very component, whatever its name and time. */
  alone(component: Component, filter: CompFilter): Steps<boolean>;
}

/** A test that one instance may pass and another of the same component may not. */
export interface InstanceTest {
  /** No instance of this component that does not touch the range can pass; undefined: none can. */
  reach(component: Component): TimeRange | undefined;
  passes(instance: Instance): boolean;
  /** For a component without a place in time. */
  passesUndated(component: Component): boolean;
}

/** Some rows of RFC 4791 §9.9 match an instance that only borders on the range. */
const touching = ({ start, end }: TimeRange): TimeRange => ({ start: start - 1, end: end + 1 });

export function overlapTest(range: TimeRange, context: ZoneContext): InstanceTest {
  return {
    reach: () => touching(range),
    passes: (instance) => instanceOverlaps(instance, range),
    passesUndated: (component) => undatedOverlaps(component, range, context),
  };
}

/** Properties whose values differ between the instances of one component (RFC 4791 §9.9). */
const EFFECTIVE: readonly string[] = [P.DTSTART, P.DTEND, P.DUE];

export const isInstanceProp = (prop: PropFilter): boolean =>
  prop.timeRange !== undefined && EFFECTIVE.includes(prop.name);

/** A prop-filter with a time-range on DTSTART, DTEND or DUE. */
export function* makingPropTest(
  components: readonly Component[],
  filter: PropFilter,
  tests: ComponentTests,
): Steps<InstanceTest> {
  const { timeRange = EVER, ...rest } = filter;
  const hasParams = filter.params.length > 0;
  const passing = new Set<Component>();
  if (hasParams) for (const component of components) if (yield* tests.prop(component, rest)) passing.add(component);
  const passesParams = (component: Component): boolean => passing.has(component);
  const isInRange = (instance: Instance): boolean => {
    const instant = effectiveInstant(instance, filter.name);
    return instant !== undefined && instantInRange(timeRange, instant);
  };
  if (filter.test === 'anyof') {
    return {
      reach: (component) => (passesParams(component) ? EVER : reachOfProp(component, filter.name, timeRange)),
      passes: (instance) => isInRange(instance) || passesParams(instance.component),
      passesUndated: passesParams,
    };
  }
  return {
    reach: (component) => reachOfProp(component, filter.name, timeRange),
    passes: (instance) => isInRange(instance) && (!hasParams || passesParams(instance.component)),
    passesUndated: () => false,
  };
}

function reachOfProp(component: Component, name: string, range: TimeRange): TimeRange | undefined {
  return hasEffective(component, name) ? touching(range) : undefined;
}

/** DTSTART + DURATION stands for a DTEND or DUE that is not there (RFC 4791 §9.9). */
function hasEffective(component: Component, name: string): boolean {
  if (propertyOf(component, name)) return true;
  const end = component.name === 'VTODO' ? P.DUE : P.DTEND;
  return name === end && propertyOf(component, P.DURATION) !== undefined;
}

function effectiveInstant({ component, start, end, startValue }: Instance, name: string): Instant | undefined {
  if (!hasEffective(component, name)) return undefined;
  if (name !== P.DTSTART) return end;
  return startValue && start;
}

/** A nested comp-filter with a time-range is a VALARM's: its relative triggers move with the instance. */
export const isAlarmTest = (comp: CompFilter): boolean => comp.timeRange !== undefined;

/** Whether an alarm of the instance that has what the filter asks for fires in its time-range. */
export function* makingAlarmTest(
  components: readonly Component[],
  filter: CompFilter,
  tests: ComponentTests,
  context: ZoneContext,
): Steps<InstanceTest> {
  const { timeRange = EVER, ...rest } = filter;
  const hasMore = filter.props.length + filter.comps.length > 0;
  // Components whose instances all pass, by an absolute trigger; and the relative triggers of the others.
  const always = new Set<Component>();
  const relative = new Map<Component, readonly AlarmTrigger[]>();
  for (const component of components) {
    const alarms = component.components.filter(
      ({ name }) => name === 'VALARM' && (filter.name === '*' || filter.name === name),
    );
    const passing: Component[] = [];
    for (const alarm of alarms) {
      yield;
      if (!hasMore || (yield* tests.alone(alarm, rest))) passing.push(alarm);
    }
    const having = filter.test === 'anyof' ? alarms : passing;
    const triggers = having.flatMap((alarm) => alarmTrigger(alarm, context) ?? []);
    const isAlways =
      (filter.test === 'anyof' && hasMore && passing.length > 0) ||
      triggers.some((trigger) => trigger.at !== undefined && alarmFires(trigger, undefined, timeRange, context));
    if (isAlways) always.add(component);
    relative.set(
      component,
      triggers.filter((trigger) => trigger.at === undefined),
    );
  }
  const relativeOf = (component: Component): readonly AlarmTrigger[] => relative.get(component) ?? [];
  return {
    reach(component) {
      if (always.has(component)) return EVER;
      const triggers = relativeOf(component);
      return triggers.length === 0
        ? undefined
        : triggers.map((trigger) => reachOfTrigger(trigger, timeRange)).reduce(hull);
    },
    passes: (instance) =>
      always.has(instance.component) ||
      relativeOf(instance.component).some((trigger) => alarmFires(trigger, instance, timeRange, context)),
    passesUndated: (component) => always.has(component),
  };
}

/** Where an instance must have its start or end, for the alarm to fire in the range. */
function reachOfTrigger({ offset, repeat, every }: AlarmTrigger, { start, end }: TimeRange): TimeRange {
  const first = offset.days * DAY + offset.exact;
  // Nominal days last 23 to 25 hours each, in zones that change by an hour; a day more covers a change of the date line.
  const slack = Math.abs(offset.days) * 3_600_000 + DAY;
  return { start: start - first - repeat * every - slack, end: end - first + slack };
}
