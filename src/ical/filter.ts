import { atOnce, type Steps } from '../base/steps.ts';
import { propertiesOf, type Component, type Property } from './component.ts';
import { componentOverlaps, RECURRING_COMPONENTS, recurrenceSets } from './component-times.ts';
import type { CompFilter, FilterTest, ParamFilter, PropFilter } from './filter-ast.ts';
import { matchingRecurring, type MatchContext } from './filter-instances.ts';
import type { ComponentTests } from './instance-tests.ts';
import { propertyRule } from './names.ts';
import type { Budget } from './recurrence.ts';
import { textList, unescapingText } from './text.ts';
import { matchingText, type TextMatch } from './text-match.ts';
import { instantInRange } from './time-range.ts';
import { timeOf } from './time-value.ts';
import { instantOf, zonesOf, type Zone } from './timezone.ts';

export type { CompFilter, FilterTest, ParamFilter, PropFilter } from './filter-ast.ts';
export { narrowing, type Narrowing } from './filter-narrowing.ts';

/** How a question is asked: the zone of floating times (RFC 4791 §7.3), and the work that it may cost. */
export interface FilterContext {
  readonly floating: Zone;
  readonly budget?: Budget | undefined;
}

/**
 * Whether a calendar object matches CALDAV:filter (RFC 4791 §9.7).
 *
 * @throws Refusal valid-calendar-data where the object cannot be expanded, or the budget is spent
 */
export const matchesFilter = (calendar: Component, filter: CompFilter, context: FilterContext): boolean =>
  atOnce(matchingFilter(calendar, filter, context));

/** As matchesFilter; it may be interrupted between two properties, components or instances, and within a long text. */
export function* matchingFilter(calendar: Component, filter: CompFilter, context: FilterContext): Steps<boolean> {
  if (calendar.name !== filter.name || filter.isNotDefined) return false;
  return yield* createTests({ ...context, zones: zonesOf(calendar) }).alone(calendar, filter);
}

function createTests(context: MatchContext): ComponentTests {
  const tests: ComponentTests = {
    prop: (component, filter) => matchingProperty(component, filter, context),
    comp: (component, filter) => matchingChildren(component, filter, tests, context),
    alone: (component, filter) =>
      combining(filter.test, [
        ...filter.props.map((prop) => () => tests.prop(component, prop)),
        ...filter.comps.map((comp) => () => tests.comp(component, comp)),
      ]),
  };
  return tests;
}

type Test = () => Steps<boolean>;

/** A filter without any test asks only for existence. */
function* combining(test: FilterTest, tests: readonly Test[]): Steps<boolean> {
  if (tests.length === 0) return true;
  for (const passing of tests) {
    if ((yield* passing()) === (test === 'anyof')) return test === 'anyof';
  }
  return test !== 'anyof';
}

/** A comp-filter inside another: is any component of that name in the enclosing one a match? */
function* matchingChildren(
  parent: Component,
  filter: CompFilter,
  tests: ComponentTests,
  context: MatchContext,
): Steps<boolean> {
  const found = parent.components.filter((child) => filter.name === '*' || filter.name === child.name);
  if (filter.isNotDefined) return found.length === 0;
  for (const child of found) {
    if (RECURRING_COMPONENTS.includes(child.name)) continue;
    yield;
    if (yield* matchingSingle(child, filter, tests, context)) return true;
  }
  for (const components of recurrenceSets(found)) {
    yield;
    if (yield* matchingRecurring(components, filter, tests, context)) return true;
  }
  return false;
}

/** A component that does not recur. */
function* matchingSingle(
  component: Component,
  filter: CompFilter,
  tests: ComponentTests,
  context: MatchContext,
): Steps<boolean> {
  const { timeRange, props, comps } = filter;
  if (timeRange === undefined) return yield* tests.alone(component, filter);
  const overlaps = (): Steps<boolean> => known(componentOverlaps(component, timeRange, context));
  if (props.length + comps.length === 0) return yield* overlaps();
  return yield* combining(filter.test, [overlaps, () => tests.alone(component, filter)]);
}

/** A test that takes no time. */
function* known(passes: boolean): Steps<boolean> {
  return passes;
}

/** Properties that are tested between two breaks. */
const PROPERTIES = 200;

/** A prop-filter: is any property of that name a match (RFC 4791 §9.7.2)? */
function* matchingProperty(component: Component, filter: PropFilter, context: MatchContext): Steps<boolean> {
  const found = propertiesOf(component, filter.name);
  yield;
  if (filter.isNotDefined) return found.length === 0;
  const { timeRange, textMatch, params } = filter;
  for (const [index, property] of found.entries()) {
    if (index % PROPERTIES === PROPERTIES - 1) yield;
    const passes = yield* combining(filter.test, [
      ...(timeRange ? [() => known(isInRange(property, timeRange, context))] : []),
      ...(textMatch ? [() => matchingTexts(property, textMatch)] : []),
      ...params.map((param) => () => matchingParam(property, param)),
    ]);
    if (passes) return true;
  }
  return false;
}

function isInRange(property: Property, range: Parameters<typeof instantInRange>[0], context: MatchContext): boolean {
  const value = timeOf(property);
  return value !== undefined && instantInRange(range, instantOf(value, context));
}

/** A TEXT is asked without its escapes, a list of them also one by one, any other value as it is. */
function* matchingTexts({ name, value }: Property, match: TextMatch): Steps<boolean> {
  const rule = propertyRule(name);
  if (rule && rule.types[0] !== 'TEXT') return yield* matchingText([value], match);
  const text = yield* unescapingText(value);
  // What a part of the list contains, the whole contains too.
  const isList = rule?.list === true && match.matchType !== 'contains' && value.includes(',');
  return yield* matchingText(isList ? [...textList(value), text] : [text], match);
}

function* matchingParam(property: Property, { name, condition }: ParamFilter): Steps<boolean> {
  const values = property.params.get(name);
  if (condition === 'is-not-defined') return values === undefined;
  if (values === undefined) return false;
  return condition === 'exists' || (yield* matchingText(values, condition));
}
