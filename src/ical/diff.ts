import { propertyOf, type Component, type Property } from './component.ts';
import { P } from './names.ts';
import { unfolded } from './write.ts';

/** What one property was and is: content lines, each with its parameters, unfolded, in the order of the parameters' names. */
export interface PropertyDifference {
  readonly name: string;
  /** Whose it is, where there is one for each calendar user: the address of ATTENDEE. */
  readonly subject: string | undefined;
  /** Lines that are there no more, and those that are new; of one that occurs several times, only those that differ. */
  readonly old: readonly string[];
  readonly new: readonly string[];
}

/** A component that differs. */
export interface ComponentDifference {
  /** Upper case: VCALENDAR for the properties of the object itself, VEVENT, VALARM, … */
  readonly component: string;
  /** The component around it, with what tells it apart: `VEVENT UID:1 RECURRENCE-ID:20260302T090000Z`. */
  readonly within: string | undefined;
  /** The same of this one; '' where nothing does. */
  readonly key: string;
  readonly kind: 'added' | 'removed' | 'changed';
  /** Never empty for `changed`. */
  readonly properties: readonly PropertyDifference[];
}

/**
 * What differs between two objects, by component (UID and RECURRENCE-ID) and property. The order of properties,
 * parameters and components means nothing (RFC 5545 §3.2, §3.6). undefined: there is none, so that all of the other is
 * added or removed. Equal objects have no difference; to apply all that is told to the old one gives the new one.
 */
export function diffCalendars(
  before: Component | undefined,
  after: Component | undefined,
): readonly ComponentDifference[] {
  const found: ComponentDifference[] = [];
  compare({ before, after, within: undefined }, found);
  return found;
}

interface Pair {
  readonly before: Component | undefined;
  readonly after: Component | undefined;
  readonly within: string | undefined;
}

function compare({ before, after, within }: Pair, found: ComponentDifference[]): void {
  const component = after ?? before;
  if (component === undefined) return;
  const kind = before === undefined ? 'added' : after === undefined ? 'removed' : 'changed';
  const properties = differences(before?.properties ?? [], after?.properties ?? []);
  const key = keyOf(component);
  if (kind !== 'changed' || properties.length > 0) {
    found.push({ component: component.name, within, key, kind, properties });
  }
  const label = `${component.name} ${key}`.trimEnd();
  for (const pair of pairsOf(before?.components ?? [], after?.components ?? [])) {
    compare({ ...pair, within: label }, found);
  }
}

/** Properties that tell a component apart from others of its name. */
const KEYS = [P.UID, P['RECURRENCE-ID'], P.TZID] as const;

function keyOf(component: Component): string {
  return KEYS.flatMap((name) => {
    const property = propertyOf(component, name);
    return property === undefined ? [] : [lineOf(property)];
  }).join(' ');
}

/**
 * Which component became which: those that are the same pair first and are left out, then those of the same key, then in
 * the order in which they stand those without any key (alarms without a UID, sub-components of a zone).
 */
function pairsOf(before: readonly Component[], after: readonly Component[]): readonly Omit<Pair, 'within'>[] {
  const [old, fresh] = withoutCommon(before, after, textOf);
  const waiting = groupBy(fresh, nameAndKey);
  const pairs: Omit<Pair, 'within'>[] = old.map((component) => ({
    before: component,
    after: waiting.get(nameAndKey(component))?.shift(),
  }));
  for (const rest of waiting.values())
    for (const component of rest) pairs.push({ before: undefined, after: component });
  return pairs;
}

const nameAndKey = (component: Component): string => `${component.name} ${keyOf(component)}`;

/** The same for the same content in any order. */
function textOf(component: Component): string {
  const lines = component.properties.map(lineOf).sort();
  const children = component.components.map(textOf).sort();
  return [`BEGIN:${component.name}`, ...lines, ...children, `END:${component.name}`].join('\n');
}

function differences(before: readonly Property[], after: readonly Property[]): readonly PropertyDifference[] {
  const [old, fresh] = withoutCommon(before, after, lineOf);
  const found = new Map<string, { name: string; subject: string | undefined; old: string[]; new: string[] }>();
  const at = (property: Property) => {
    const subject = property.name === P.ATTENDEE ? property.value.toLowerCase() : undefined;
    const key = `${property.name} ${subject ?? ''}`;
    const entry = found.get(key) ?? { name: property.name, subject, old: [], new: [] };
    found.set(key, entry);
    return entry;
  };
  for (const property of old) at(property).old.push(lineOf(property));
  for (const property of fresh) at(property).new.push(lineOf(property));
  return [...found.values()];
}

/** A content line, with its parameters in the order of their names. */
export function lineOf({ name, params, value }: Property): string {
  const sorted = [...params].sort(([one], [other]) => (one < other ? -1 : 1));
  return unfolded({ name, params: new Map(sorted), value });
}

/** Both lists without what both have, as often as both have it. */
function withoutCommon<T>(
  before: readonly T[],
  after: readonly T[],
  text: (element: T) => string,
): readonly [before: readonly T[], after: readonly T[]] {
  const waiting = groupBy(after, text);
  const gone = before.filter((element) => waiting.get(text(element))?.shift() === undefined);
  const left = new Set([...waiting.values()].flat());
  return [gone, after.filter((element) => left.has(element))];
}

function groupBy<T>(elements: readonly T[], key: (element: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const element of elements) {
    const group = groups.get(key(element));
    if (group === undefined) groups.set(key(element), [element]);
    else group.push(element);
  }
  return groups;
}
