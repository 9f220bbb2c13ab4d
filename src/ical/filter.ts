import { propertiesOf, type Component, type Property } from './component.ts';
import { componentOverlaps, RECURRING_COMPONENTS, recurrenceSets } from './component-times.ts';
import type { CompFilter, FilterTest, ParamFilter, PropFilter } from './filter-ast.ts';
import { matchesRecurring, type MatchContext } from './filter-instances.ts';
import type { ComponentTests } from './instance-tests.ts';
import { propertyRule } from './names.ts';
import type { Budget } from './recurrence.ts';
import { textList, unescapeText } from './text.ts';
import { matchesText } from './text-match.ts';
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
export function matchesFilter(calendar: Component, filter: CompFilter, context: FilterContext): boolean {
  if (calendar.name !== filter.name || filter.isNotDefined) return false;
  return createTests({ ...context, zones: zonesOf(calendar) }).alone(calendar, filter);
}

function createTests(context: MatchContext): ComponentTests {
  const tests: ComponentTests = {
    prop: (component, filter) => matchesProperty(component, filter, context),
    comp: (component, filter) => matchesChildren(component, filter, tests, context),
    alone: (component, filter) =>
      combine(filter.test, [
        ...filter.props.map((prop) => () => tests.prop(component, prop)),
        ...filter.comps.map((comp) => () => tests.comp(component, comp)),
      ]),
  };
  return tests;
}

/** A filter without any test asks only for existence. */
function combine(test: FilterTest, tests: readonly (() => boolean)[]): boolean {
  if (tests.length === 0 || test === 'allof') return tests.every((passes) => passes());
  return tests.some((passes) => passes());
}

/** A comp-filter inside another: is any component of that name in the enclosing one a match? */
function matchesChildren(parent: Component, filter: CompFilter, tests: ComponentTests, context: MatchContext): boolean {
  const found = parent.components.filter((child) => filter.name === '*' || filter.name === child.name);
  if (filter.isNotDefined) return found.length === 0;
  return (
    found.some((child) => !RECURRING_COMPONENTS.includes(child.name) && matchesSingle(child, filter, tests, context)) ||
    recurrenceSets(found).some((components) => matchesRecurring(components, filter, tests, context))
  );
}

/** A component that does not recur. */
function matchesSingle(
  component: Component,
  filter: CompFilter,
  tests: ComponentTests,
  context: MatchContext,
): boolean {
  const { timeRange, props, comps } = filter;
  if (timeRange === undefined) return tests.alone(component, filter);
  const overlaps = (): boolean => componentOverlaps(component, timeRange, context);
  if (props.length + comps.length === 0) return overlaps();
  return combine(filter.test, [overlaps, () => tests.alone(component, filter)]);
}

/** A prop-filter: is any property of that name a match (RFC 4791 §9.7.2)? */
function matchesProperty(component: Component, filter: PropFilter, context: MatchContext): boolean {
  const found = propertiesOf(component, filter.name);
  if (filter.isNotDefined) return found.length === 0;
  const { timeRange, textMatch, params } = filter;
  return found.some((property) =>
    combine(filter.test, [
      ...(timeRange ? [() => isInRange(property, timeRange, context)] : []),
      ...(textMatch ? [() => matchesText(textsOf(property), textMatch)] : []),
      ...params.map((param) => () => matchesParam(property, param)),
    ]),
  );
}

function isInRange(property: Property, range: Parameters<typeof instantInRange>[0], context: MatchContext): boolean {
  const value = timeOf(property);
  return value !== undefined && instantInRange(range, instantOf(value, context));
}

/** What a text-match sees: a TEXT without its escapes, a list of them also one by one, any other value as it is. */
function textsOf({ name, value }: Property): readonly string[] {
  const rule = propertyRule(name);
  if (rule && rule.types[0] !== 'TEXT') return [value];
  const text = unescapeText(value);
  return rule?.list && value.includes(',') ? [...textList(value), text] : [text];
}

function matchesParam(property: Property, { name, condition }: ParamFilter): boolean {
  const values = property.params.get(name);
  if (condition === 'is-not-defined') return values === undefined;
  if (values === undefined) return false;
  return condition === 'exists' || matchesText(values, condition);
}
