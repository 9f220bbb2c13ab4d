import { CALENDAR_COMPONENTS } from './component.ts';
import type { CompFilter } from './filter-ast.ts';
import type { TimeRange } from './time-value.ts';

/** What an index may use to leave out objects that cannot match. */
export interface Narrowing {
  /** The object's component must be one of these; undefined: any. Empty: no object can match. */
  readonly components: readonly string[] | undefined;
  /** Some instance of the object must overlap this; undefined: no such condition. */
  readonly range: TimeRange | undefined;
  /** The filter is one VEVENT comp-filter with at most a time-range: an exact index entry proves a match. */
  readonly decidedByIndex: boolean;
}

const INDEXED: readonly string[] = CALENDAR_COMPONENTS;

/** Reads from a filter what holds of every match. A calendar object has components of one type (RFC 4791 §4.1). */
export function narrowing(filter: CompFilter): Narrowing {
  if (filter.isNotDefined) return { components: [], range: undefined, decidedByIndex: false };
  const { props, comps, test } = filter;
  const required = comps.filter((comp) => INDEXED.includes(comp.name) && !comp.isNotDefined);
  if (test === 'anyof' && props.length + comps.length > 1) {
    const isAnyOfThem = props.length === 0 && required.length === comps.length;
    return { components: isAnyOfThem ? namesOf(required) : undefined, range: undefined, decidedByIndex: false };
  }
  const names = namesOf(required);
  if (names.length === 0) return { components: undefined, range: undefined, decidedByIndex: false };
  if (names.length > 1) return { components: [], range: undefined, decidedByIndex: false };
  // Two comp-filters may be met by two instances: one range is a condition, what both have in common is none.
  const range = required.map(rangeOf).find((own) => own !== undefined);
  const [only] = comps;
  const decidedByIndex =
    props.length === 0 && comps.length === 1 && only?.name === 'VEVENT' && only.props.length + only.comps.length === 0;
  return { components: names, range, decidedByIndex };
}

const namesOf = (comps: readonly CompFilter[]): string[] => [...new Set(comps.map(({ name }) => name))];

/** Where one of several tests is enough, the time-range need not be met. */
function rangeOf({ timeRange, test, props, comps }: CompFilter): TimeRange | undefined {
  return test === 'allof' || props.length + comps.length === 0 ? timeRange : undefined;
}
