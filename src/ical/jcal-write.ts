import { atOnce, type Steps } from '../base/steps.ts';
import type { Component, Property } from './component.ts';
import { jcalProperty, makingJcalProperty, type JcalProperty } from './jcal-property.ts';
import { piecesOf } from './text-octets.ts';
import { createParts, type WrittenParts } from './written-parts.ts';

/** A component as a JSON document (RFC 7265). */
export const jcalText = (component: Component): string => atOnce(writingJcal(component));

/**
 * As jcalText; it may be interrupted between two properties, and within a long value. Nothing is lost; properties come
 * before components, each in their order.
 *
 * @throws Refusal valid-calendar-data where it becomes longer than `most` characters
 */
export function* writingJcal(component: Component, most = Infinity): Steps<string> {
  const parts = createParts(most);
  yield* appending(component, parts);
  return parts.joined();
}

function* appending({ name, properties, components }: Component, parts: WrittenParts): Steps<void> {
  parts.push(`["${name.toLowerCase()}",[`);
  yield* appendingProperties(properties, parts);
  parts.push('],[');
  for (const [index, component] of components.entries()) {
    if (index > 0) parts.push(',');
    yield* appending(component, parts);
  }
  parts.push(']]');
}

/** The properties as an array of JSON. */
export function* writingJcalProperties(properties: readonly Property[]): Steps<string> {
  const parts = createParts(Infinity);
  yield* appendingProperties(properties, parts);
  return `[${parts.joined()}]`;
}

/** Characters of a value that is written without a break. */
const LONG = 64 * 1024;

function* appendingProperties(properties: readonly Property[], parts: WrittenParts): Steps<void> {
  for (const [index, property] of properties.entries()) {
    if (parts.isDue()) yield;
    if (index > 0) parts.push(',');
    if (property.value.length <= LONG) parts.push(JSON.stringify(jcalProperty(property)));
    else yield* appendingLong(yield* makingJcalProperty(property), parts);
  }
}

function* appendingLong([name, params, type, ...values]: JcalProperty, parts: WrittenParts): Steps<void> {
  parts.push(`[${JSON.stringify(name)},${JSON.stringify(params)},${JSON.stringify(type)}`);
  for (const value of values) {
    if (parts.isDue()) yield;
    if (typeof value !== 'string' || value.length <= LONG) {
      parts.push(`,${JSON.stringify(value)}`);
      continue;
    }
    parts.push(',"');
    for (const piece of piecesOf(value, LONG)) {
      yield;
      parts.push(JSON.stringify(piece).slice(1, -1));
    }
    parts.push('"');
  }
  parts.push(']');
}
