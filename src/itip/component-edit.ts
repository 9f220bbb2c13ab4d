import { propertyOf, type Component, type Property } from '../ical/component.ts';
import { lineOf } from '../ical/diff.ts';
import { formatTimeValue, type Instant, type TimeValue } from '../ical/time-value.ts';

/** A property with a plain value. TEXT has to be escaped before. */
export const plain = (name: string, value: string): Property => ({ name, params: new Map(), value, line: 0 });

/** DTSTART, RECURRENCE-ID and the like of a time. */
export function timeProperty(name: string, value: TimeValue): Property {
  const params = new Map<string, readonly string[]>();
  if (value.kind === 'date') params.set('VALUE', ['DATE']);
  if (value.kind === 'zoned') params.set('TZID', [value.tzid]);
  return { name, params, value: formatTimeValue(value), line: 0 };
}

/** An instant as a time in UTC: DTSTAMP. */
export const utcText = (instant: Instant): string =>
  formatTimeValue({ kind: 'utc', wall: Math.floor(instant / 1000) * 1000 });

/** A parameter with another value; undefined: without it. */
export function withParam(property: Property, name: string, value: string | undefined): Property {
  if (value === undefined && !property.params.has(name)) return property;
  const params = new Map(property.params);
  if (value === undefined) params.delete(name);
  else params.set(name, [value]);
  return { ...property, params };
}

export const withoutParams = (property: Property, names: readonly string[]): Property =>
  names.reduce((left, name) => withParam(left, name, undefined), property);

/** The component with this property in the place of the one of its name, or at the end. */
export function withProperty(component: Component, property: Property): Component {
  if (propertyOf(component, property.name) === undefined) return withMore(component, [property]);
  let isThere = false;
  const properties = component.properties.flatMap((each) => {
    if (each.name !== property.name) return [each];
    if (isThere) return [];
    isThere = true;
    return [property];
  });
  return { ...component, properties };
}

export const withMore = (component: Component, more: readonly Property[]): Component =>
  more.length === 0 ? component : { ...component, properties: [...component.properties, ...more] };

export function withoutProperties(component: Component, isOut: (property: Property) => boolean): Component {
  const properties = component.properties.filter((property) => !isOut(property));
  return properties.length === component.properties.length ? component : { ...component, properties };
}

export const withProperties = (component: Component, change: (property: Property) => Property): Component => ({
  ...component,
  properties: component.properties.map(change),
});

/** The texts of properties that were asked for: one message is compared with the copies of all who get it. */
const TEXTS = new WeakMap<Property, string>();

/** A content line, with its parameters in the order of their names. */
export function lineText(property: Property): string {
  const known = TEXTS.get(property);
  if (known !== undefined) return known;
  const text = lineOf(property);
  TEXTS.set(property, text);
  return text;
}

const NOTHING: ReadonlySet<string> = new Set();

/** Whether two components say the same, in any order of properties and parts; `leftOut` names what counts for nothing. */
export function isSameComponent(one: Component, other: Component, leftOut: ReadonlySet<string> = NOTHING): boolean {
  if (one === other) return true;
  if (one.name !== other.name || one.components.length !== other.components.length) return false;
  if (!areSameLines(counting(one, leftOut), counting(other, leftOut))) return false;
  const left = [...other.components];
  return one.components.every((child) => {
    const at = left.findIndex((each) => isSameComponent(child, each, leftOut));
    if (at >= 0) left.splice(at, 1);
    return at >= 0;
  });
}

const counting = ({ properties }: Component, leftOut: ReadonlySet<string>): readonly Property[] =>
  leftOut.size === 0 ? properties : properties.filter(({ name }) => !leftOut.has(name));

/** In any order; most are the same at the same place, and of those no text has to be made. */
function areSameLines(one: readonly Property[], other: readonly Property[]): boolean {
  if (one.length !== other.length) return false;
  const isMoved = (line: Property, at: number, others: readonly Property[]): boolean => !isSameLine(line, others[at]);
  const [mine, theirs] = [
    one.filter((line, at) => isMoved(line, at, other)),
    other.filter((line, at) => isMoved(line, at, one)),
  ];
  return isSameBag(mine.map(lineText), theirs.map(lineText));
}

/** Whether two content lines say the same, with their parameters in any order. */
export function isSameLine(one: Property, other: Property | undefined): boolean {
  if (one === other) return true;
  if (one.name !== other?.name || one.value !== other.value || one.params.size !== other.params.size) return false;
  if (one.params === other.params) return true;
  for (const [name, values] of one.params) {
    const others = other.params.get(name);
    if (values.length !== others?.length || values.some((value, at) => value !== others[at])) return false;
  }
  return true;
}

function isSameBag(one: readonly string[], other: readonly string[]): boolean {
  const counts = new Map<string, number>();
  for (const each of one) counts.set(each, (counts.get(each) ?? 0) + 1);
  return other.every((each) => {
    const left = counts.get(each) ?? 0;
    counts.set(each, left - 1);
    return left > 0;
  });
}
