import { atOnce, type Steps } from '../base/steps.ts';
import type { Component, Property } from './component.ts';
import { jcalProperty, makingJcalProperty, UNKNOWN, type JcalParams, type JcalProperty } from './jcal-property.ts';
import { formatNumber, type JcalRecur, type JcalScalar, type JcalValue } from './jcal-value.ts';
import { P, paramRule } from './names.ts';
import { mappingOctets, type OctetMap } from './text-octets.ts';
import { createParts, type WrittenParts } from './written-parts.ts';
import { elementName, XCAL_NAMESPACE } from './xcal-names.ts';

/** What stands around the components of a calendar, for one that is written piece by piece. */
export const XCAL_ENDS = {
  start: `<?xml version="1.0" encoding="utf-8"?>\n<icalendar xmlns="${XCAL_NAMESPACE}">`,
  end: '</icalendar>',
} as const;

/** A calendar as an XML document (RFC 6321 §3.2). Nothing in it is lost; properties come before components, each in their order. */
export const xcalText = (calendar: Component): string => atOnce(writingXcal(calendar));

/**
 * As xcalText; it may be interrupted between two properties, and within a long value.
 *
 * @throws Refusal valid-calendar-data where it becomes longer than `most` characters
 */
export function* writingXcal(calendar: Component, most = Infinity): Steps<string> {
  const parts = createParts(most);
  parts.push(XCAL_ENDS.start);
  yield* appending(calendar, parts);
  parts.push(XCAL_ENDS.end);
  return parts.joined();
}

/** One component as an element (RFC 6321 §3.3), in the namespace that the root declares. */
export function* writingXcalComponent(component: Component): Steps<string> {
  const parts = createParts(Infinity);
  yield* appending(component, parts);
  return parts.joined();
}

function* appending({ name, properties, components }: Component, parts: WrittenParts): Steps<void> {
  const tag = elementName(name.toLowerCase());
  parts.push(`<${tag}>`);
  yield* appendingProperties(properties, parts);
  if (components.length > 0) parts.push('<components>');
  for (const component of components) yield* appending(component, parts);
  if (components.length > 0) parts.push('</components>');
  parts.push(`</${tag}>`);
}

/** The element IC:properties; nothing where there are none. */
export function* writingXcalProperties(properties: readonly Property[]): Steps<string> {
  const parts = createParts(Infinity);
  yield* appendingProperties(properties, parts);
  return parts.joined();
}

/** Characters of a value that is written without a break. */
const LONG = 64 * 1024;

function* appendingProperties(properties: readonly Property[], parts: WrittenParts): Steps<void> {
  if (properties.length === 0) return;
  parts.push('<properties>');
  for (const property of properties) {
    if (parts.isDue()) yield;
    if (property.value.length <= LONG) parts.push(propertyElement(jcalProperty(property)));
    else yield* appendingLong(yield* makingJcalProperty(property), parts);
  }
  parts.push('</properties>');
}

function* appendingLong([name, params, type, ...values]: JcalProperty, parts: WrittenParts): Steps<void> {
  const tag = elementName(name);
  parts.push(`<${tag}>${parametersElement(params, type === 'parameters')}`);
  for (const value of values) {
    if (parts.isDue()) yield;
    if (typeof value !== 'string' || value.length <= LONG) parts.push(valueElement(name, type, value));
    else parts.push(element(elementName(type), yield* mappingOctets(value, escapeOctets, LONGEST_ENTITY)));
  }
  parts.push(`</${tag}>`);
}

/** As escapeXml, for what is long. */
const escapeOctets: OctetMap = (octets, out) => {
  let length = 0;
  for (const octet of octets) {
    const entity = ENTITIES.get(octet);
    if (entity === undefined) out[length++] = octet;
    else for (const each of entity) out[length++] = each;
  }
  return length;
};

const ENTITIES: ReadonlyMap<number, Uint8Array> = new Map(
  [...Object.entries({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '\r': '&#13;' })].map(([char, entity]) => [
    char.charCodeAt(0),
    Buffer.from(entity),
  ]),
);
const LONGEST_ENTITY = 5;

const element = (name: string, content: string): string => `<${name}>${content}</${name}>`;
const textElement = (name: string, text: string): string => element(name, escapeXml(text));

/** Text of iCalendar holds no character that XML has no way to write: parseCalendar refuses them. */
function escapeXml(text: string): string {
  if (!/[&<>\r]/.test(text)) return text;
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('\r', '&#13;');
}

function propertyElement([name, params, type, ...values]: JcalProperty): string {
  const content = values.map((value) => valueElement(name, type, value)).join('');
  // A value of a type named `parameters` must not be taken for them.
  return element(elementName(name), parametersElement(params, type === 'parameters') + content);
}

function parametersElement(params: JcalParams, always: boolean): string {
  const content = Object.entries(params).map(([name, value]) => {
    const values = typeof value === 'string' ? [value] : value;
    return element(elementName(name), values.map((each) => paramElement(name, each)).join(''));
  });
  return content.length === 0 && !always ? '' : element('parameters', content.join(''));
}

const PARAM_TYPES = { address: 'cal-address', uri: 'uri', duration: 'duration' } as const;

/** RFC 6321 §3.5 and Appendix A; RFC 6321 §5 for parameters that nobody knows. */
function paramElement(name: string, value: string): string {
  const rule = paramRule(name.toUpperCase());
  if (rule === undefined) return textElement(UNKNOWN, value);
  if (rule.type === 'boolean' && (value === 'TRUE' || value === 'FALSE'))
    return textElement('boolean', value.toLowerCase());
  if (rule.type === 'integer' && /^-?\d+$/.test(value)) return textElement('integer', value);
  const type =
    rule.type === undefined || rule.type === 'boolean' || rule.type === 'integer' ? 'text' : PARAM_TYPES[rule.type];
  return textElement(type, value);
}

const GEO = ['latitude', 'longitude'] as const;
const REQUEST_STATUS = ['code', 'description', 'data'] as const;

function valueElement(name: string, type: string, value: JcalValue): string {
  if (typeof value !== 'object') return textElement(elementName(type), scalarText(value));
  if (!isArray(value)) return element('recur', recurElements(value));
  if (type === 'period') {
    const [start = '', end = ''] = value.map(scalarText);
    return element('period', textElement('start', start) + textElement(/^[+-]?P/i.test(end) ? 'duration' : 'end', end));
  }
  // RFC 6321 §3.4.1.2, §3.4.1.3.
  const names = name.toUpperCase() === P.GEO ? GEO : REQUEST_STATUS;
  return value.map((part, index) => textElement(names[index] ?? UNKNOWN, scalarText(part))).join('');
}

const isArray = (value: readonly JcalScalar[] | JcalRecur): value is readonly JcalScalar[] => Array.isArray(value);

function recurElements(rule: JcalRecur): string {
  return Object.entries(rule)
    .flatMap(([name, part]) =>
      (typeof part === 'object' ? part : [part]).map((each) => textElement(elementName(name), scalarText(each))),
    )
    .join('');
}

const scalarText = (value: JcalScalar): string => (typeof value === 'number' ? formatNumber(value) : String(value));
