import { Refusal } from '../base/refusal.ts';
import { atOnce, type Steps } from '../base/steps.ts';
import type { Component, Property } from './component.ts';
import { assemblingComponent } from './jcal.ts';
import { readingJcalProperty, UNKNOWN, type JcalParams, type JcalProperty } from './jcal-property.ts';
import { isKnownType, type JcalScalar, type JcalValue } from './jcal-value.ts';
import { propertyRule } from './names.ts';
import { nameOfElement, XCAL_NAMESPACE } from './xcal-names.ts';

/** An element as an XML parser found it: the bounds of a document, its DOCTYPE and its entities are the parser's. */
export interface XcalNode {
  /** Clark notation: `{namespace}local`. */
  readonly name: string;
  readonly children: readonly XcalNode[];
  /** The text directly inside, joined; not trimmed. */
  readonly text: string;
}

export interface XcalReading<Node extends XcalNode> {
  /** An element of another namespace as a document of its own: the value of an XML property (RFC 6321 §4.2). */
  readonly write: (foreign: Node) => string;
}

interface Tree extends XcalNode {
  readonly children: readonly this[];
}

/**
 * The one calendar of an xCal document (RFC 6321 §4). What writeComponent makes of it is iCalendar; whether it is a
 * calendar object is for others to judge.
 *
 * @throws Refusal valid-calendar-data for what is not xCal
 */
export const readXcal = <Node extends Tree>(root: Node, reading: XcalReading<Node>): Component =>
  atOnce(readingXcal(root, reading));

/** As readXcal; it may be interrupted between two properties, and within a long value. */
export function* readingXcal<Node extends Tree>(root: Node, reading: XcalReading<Node>): Steps<Component> {
  if (root.name !== ic('icalendar')) refuse('The root element of xCal is icalendar');
  const [calendar, second] = root.children;
  if (calendar?.name !== ic('vcalendar') || second !== undefined) refuse('xCal must hold exactly one vcalendar');
  return yield* readingComponent(calendar, reading);
}

const PREFIX = `{${XCAL_NAMESPACE}}`;
const ic = (local: string): string => `${PREFIX}${local}`;

function localName({ name }: XcalNode): string {
  if (!name.startsWith(PREFIX)) refuse(`The element ${name.slice(0, 80)} is not in the namespace of xCal`);
  return nameOfElement(name.slice(PREFIX.length));
}

/** Properties that are read between two breaks. */
const PROPERTIES = 100;

function* readingComponent<Node extends Tree>(node: Node, reading: XcalReading<Node>): Steps<Component> {
  const properties: Property[] = [];
  const components: Node[] = [];
  for (const child of node.children) {
    if (child.name === ic('properties')) {
      for (const each of child.children) {
        if (properties.length % PROPERTIES === 0) yield;
        properties.push(yield* readingJcalProperty(toProperty(each, reading)));
      }
    } else if (child.name === ic('components')) {
      for (const each of child.children) components.push(each);
    } else
      refuse(
        `${localName(node).slice(0, 40)} holds ${child.name.slice(0, 80)}: only properties and components can stand there`,
      );
  }
  return yield* assemblingComponent(localName(node), properties, components, (each) => readingComponent(each, reading));
}

function toProperty<Node extends Tree>(node: Node, { write }: XcalReading<Node>): JcalProperty {
  if (!node.name.startsWith(PREFIX)) return ['xml', {}, 'text', write(node)];
  const name = localName(node);
  const [first, ...rest] = node.children;
  const hasParams = first?.name === ic('parameters');
  const params = hasParams ? toParams(first) : {};
  const values = hasParams ? rest : node.children;
  const [value] = values;
  // Appendix B.2 of RFC 6321 has a tzid whose text stands in no element of a type.
  if (value === undefined) return [name, params, defaultType(name), node.text.trim()];
  const parts = values.map((each) => each.text);
  if (value.name === ic('latitude')) return [name, params, 'float', parts.map((part) => part.trim())];
  if (value.name === ic('code')) return [name, params, 'text', parts];
  const type = localName(value);
  if (values.some((each) => each.name !== value.name)) refuse(`${name.slice(0, 40)} holds values of several types`);
  return [name, params, type, ...values.map((each) => toValue(type, each))];
}

const defaultType = (name: string): string => propertyRule(name.toUpperCase())?.types[0].toLowerCase() ?? UNKNOWN;

function toParams(node: XcalNode): JcalParams {
  const entries = node.children.map((param): [string, readonly string[]] => {
    const values = param.children.map((each) =>
      each.name === ic('boolean') ? each.text.trim().toUpperCase() : each.text,
    );
    return [localName(param), values.length === 0 ? [param.text] : values];
  });
  return Object.fromEntries(entries);
}

function toValue(type: string, node: XcalNode): JcalValue {
  if (type === 'recur') return toRecur(node);
  if (type === 'period') return toPeriod(node);
  if (type === 'binary') return node.text.replace(/\s+/g, '');
  if (type === 'boolean') return toBoolean(node.text.trim());
  // White space around text is text.
  return type === 'text' || type === 'uid' || !isKnownType(type) ? node.text : node.text.trim();
}

const toBoolean = (text: string): JcalScalar =>
  text === 'true' || text === '1' ? true : text === 'false' || text === '0' ? false : text;

function toPeriod(node: XcalNode): JcalValue {
  const part = (...names: string[]): string | undefined =>
    node.children.find((child) => names.some((name) => child.name === ic(name)))?.text.trim();
  const start = part('start');
  const end = part('end', 'duration');
  if (start === undefined || end === undefined) refuse('A period must have a start, and an end or a duration');
  return [start, end];
}

/** A rule part that comes several times has several values (RFC 6321 §3.6.10). */
function toRecur(node: XcalNode): JcalValue {
  const parts = new Map<string, string[]>();
  for (const child of node.children) {
    const name = localName(child);
    const values = parts.get(name) ?? [];
    values.push(child.text.trim());
    parts.set(name, values);
  }
  return parts.size === 0 ? node.text.trim() : Object.fromEntries(parts);
}

function refuse(message: string): never {
  throw new Refusal('valid-calendar-data', message);
}
