import { CALENDAR_COMPONENTS } from './component.ts';
import type { CompFilter, PropFilter } from './filter-ast.ts';
import { P } from './names.ts';
import { SEARCHED } from './search-text.ts';
import { foldLoosely } from './text-match.ts';
import type { TimeRange } from './time-value.ts';

/** What an index may use to leave out objects that cannot match. */
export interface Narrowing {
  /** The object's component must be one of these; undefined: any. Empty: no object can match. */
  readonly components: readonly string[] | undefined;
  /** Some instance of the object must overlap this; undefined: no such condition. */
  readonly range: TimeRange | undefined;
  /** The search text of the object (see search-text.ts) must hold one of these; undefined: no such condition. */
  readonly texts: readonly SoughtText[] | undefined;
  /** The UID must hold this, in whatever case; undefined: no such condition. */
  readonly uid: string | undefined;
  /** The filter is one VEVENT comp-filter with at most a time-range: an exact index entry proves a match. */
  readonly decidedByIndex: boolean;
}

/** A text of a property, in the form of the search text. */
export interface SoughtText {
  /** Upper case. */
  readonly name: string;
  readonly text: string;
}

const INDEXED: readonly string[] = CALENDAR_COMPONENTS;
const NOTHING = { range: undefined, texts: undefined, uid: undefined, decidedByIndex: false } as const;

/** Reads from a filter what holds of every match. A calendar object has components of one type (RFC 4791 §4.1). */
export function narrowing(filter: CompFilter): Narrowing {
  if (filter.isNotDefined) return { components: [], ...NOTHING };
  const { props, comps, test } = filter;
  const required = comps.filter((comp) => INDEXED.includes(comp.name) && !comp.isNotDefined);
  if (test === 'anyof' && props.length + comps.length > 1) {
    const isAnyOfThem = props.length === 0 && required.length === comps.length;
    return { components: isAnyOfThem ? namesOf(required) : undefined, ...NOTHING };
  }
  const names = namesOf(required);
  if (names.length === 0) return { components: undefined, ...NOTHING };
  if (names.length > 1) return { components: [], ...NOTHING };
  // Two comp-filters may be met by two instances: one range is a condition, what both have in common is none.
  const range = required.map(rangeOf).find((own) => own !== undefined);
  const [only] = comps;
  const decidedByIndex =
    props.length === 0 && comps.length === 1 && only?.name === 'VEVENT' && only.props.length + only.comps.length === 0;
  const uid = required.flatMap(uidsOf)[0];
  return { components: names, range, texts: longestOf(required.flatMap(textsOf)), uid, decidedByIndex };
}

const namesOf = (comps: readonly CompFilter[]): string[] => [...new Set(comps.map(({ name }) => name))];

/** Where one of several tests is enough, the time-range need not be met. */
function rangeOf({ timeRange, test, props, comps }: CompFilter): TimeRange | undefined {
  return test === 'allof' || props.length + comps.length === 0 ? timeRange : undefined;
}

type AnyOf = readonly SoughtText[];

/** Of conditions that all hold, the one that the fewest objects will meet: a long text is rarer than a short one. */
const longestOf = (conditions: readonly AnyOf[]): AnyOf | undefined => {
  const lengthOf = (anyOf: AnyOf): number => Math.min(...anyOf.map(({ text }) => text.length));
  return conditions.toSorted((a, b) => lengthOf(b) - lengthOf(a))[0];
};

/** What the texts of every match of a comp-filter hold: some text of each condition. */
function textsOf({ timeRange, test, props, comps }: CompFilter): readonly AnyOf[] {
  const found = props.map(textOf);
  if (test === 'allof') return found.flatMap((one) => (one === undefined ? [] : [[one]]));
  const every = found.filter((one) => one !== undefined);
  const isAll = timeRange === undefined && comps.length === 0 && every.length === props.length && every.length > 0;
  return isAll ? [every] : [];
}

/** The text that a property must hold to match; undefined: there is none, or it is not kept. */
function textOf({ name, isNotDefined, textMatch, test, timeRange, params }: PropFilter): SoughtText | undefined {
  if (textMatch === undefined || textMatch.negate || isNotDefined || !SEARCHED.includes(name)) return undefined;
  if (test === 'anyof' && (timeRange !== undefined || params.length > 0)) return undefined;
  const text = foldLoosely(textMatch.text.slice(0, LONGEST_SOUGHT).replace(HALF_AT_END, ''));
  return text === '' ? undefined : { name, text };
}

/** Nothing that is folded otherwise by some collation, or that is lost at the ends of a UID. */
const PLAIN_UID = /^[!-~]+$/;

function uidsOf({ test, props, comps, timeRange }: CompFilter): readonly string[] {
  if (test === 'anyof' && (props.length + comps.length > 1 || timeRange !== undefined)) return [];
  return props.flatMap(({ name, isNotDefined, textMatch, test: own, params }) => {
    if (name !== P.UID || isNotDefined || textMatch === undefined || textMatch.negate) return [];
    const isEnough = own === 'anyof' && params.length > 0;
    const { text, collation } = textMatch;
    return isEnough || collation === 'i;unicode-casemap' || !PLAIN_UID.test(text) ? [] : [text];
  });
}

/** Characters of a text that are looked for before the octets decide: what begins alike is found, too. */
const LONGEST_SOUGHT = 100;
/** The first half of a character that was cut through: no database finds it. */
const HALF_AT_END = /[\ud800-\udbff]$/;
