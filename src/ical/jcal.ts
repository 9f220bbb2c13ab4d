import { Refusal } from '../base/refusal.ts';
import { atOnce, type Steps } from '../base/steps.ts';
import type { Component, Property } from './component.ts';
import { readingJcalProperty, type JcalParams, type JcalProperty } from './jcal-property.ts';
import type { JcalValue } from './jcal-value.ts';

/** Bounds of a document: octets, levels of arrays, and values of any kind. */
export interface JcalLimits {
  readonly octets: number;
  readonly depth: number;
  readonly values: number;
}

/**
 * The component of a jCal document. What writeComponent makes of it is iCalendar; whether it is a calendar object is
 * for others to judge.
 *
 * @throws Refusal max-resource-size beyond the octets; valid-calendar-data for what is not jCal, or beyond the bounds
 */
export const readJcal = (octets: Uint8Array, limits: JcalLimits): Component => atOnce(readingJcal(octets, limits));

/** As readJcal; it may be interrupted between two properties, and within a long value. Only JSON.parse may not. */
export function* readingJcal(octets: Uint8Array, limits: JcalLimits): Steps<Component> {
  if (octets.length > limits.octets)
    throw new Refusal('max-resource-size', `At most ${limits.octets} octets are accepted`);
  const text = textOf(octets);
  yield;
  yield* checkingBounds(text, limits);
  yield;
  const json = parseJson(text);
  yield;
  return yield* readingComponent(json);
}

function textOf(octets: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(octets);
  } catch (cause) {
    throw new Refusal('valid-calendar-data', 'The JSON is not UTF-8', { cause });
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Refusal('valid-calendar-data', 'The body is not JSON', { cause });
  }
}

const DQUOTE = 34;
const COMMA = 44;
const OPEN_BRACKET = 91;
const BACKSLASH = 92;
const CLOSE_BRACKET = 93;
const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;

/** Characters that are looked at between two breaks. */
const PIECE = 256 * 1024;

/** Before anything is built of it: a megabyte of brackets is half a million arrays. */
function* checkingBounds(text: string, limits: JcalLimits): Steps<void> {
  let depth = 0;
  let values = 0;
  let pause = PIECE;
  for (let at = 0; at < text.length; at++) {
    if (at > pause) {
      yield;
      pause = at + PIECE;
    }
    const code = text.charCodeAt(at);
    if (code === DQUOTE) at = endOfString(text, at);
    else if (code === COMMA) values++;
    else if (code === OPEN_BRACKET || code === OPEN_BRACE) {
      depth++;
      values++;
    } else if (code === CLOSE_BRACKET || code === CLOSE_BRACE) depth--;
    if (depth > limits.depth)
      throw new Refusal('valid-calendar-data', `The JSON nests deeper than ${limits.depth} levels`);
    if (values > limits.values)
      throw new Refusal('valid-calendar-data', `The JSON has more than ${limits.values} values`);
  }
}

/** Index of the quote that ends the string beginning at `start`. */
function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text.charCodeAt(at) !== DQUOTE) at += text.charCodeAt(at) === BACKSLASH ? 2 : 1;
  return at;
}

/** A component made of its parts: its name as it was written, and what its components are read from. */
export function* assemblingComponent<Source>(
  written: string,
  properties: readonly Property[],
  sources: readonly Source[],
  read: (source: Source) => Steps<Component>,
): Steps<Component> {
  const name = written.toUpperCase();
  if (!/^[A-Z0-9-]{1,255}$/.test(name)) refuse(`the name of a component: ${name.slice(0, 40)}`);
  const components: Component[] = [];
  for (const source of sources) components.push(yield* read(source));
  return { name, properties, components, line: 1 };
}

/** Properties that are read between two breaks. */
const PROPERTIES = 100;

/** A component of JSON of which nothing is known. */
function* readingComponent(json: unknown): Steps<Component> {
  if (!Array.isArray(json) || json.length !== 3) refuse('a component: not an array of name, properties and components');
  const [written, properties, components] = json as unknown[];
  if (typeof written !== 'string' || !Array.isArray(properties) || !Array.isArray(components)) {
    refuse('a component: not an array of name, properties and components');
  }
  const read: Property[] = [];
  for (const [index, property] of (properties as unknown[]).entries()) {
    if (index % PROPERTIES === 0) yield;
    read.push(yield* readingJcalProperty(toProperty(property)));
  }
  return yield* assemblingComponent(written, read, components as unknown[], readingComponent);
}

function toProperty(json: unknown): JcalProperty {
  if (!Array.isArray(json) || json.length < 4) refuse('a property: not an array of name, parameters, type and value');
  const [name, params, type, ...values] = json as unknown[];
  if (typeof name !== 'string' || typeof type !== 'string' || !isObject(params)) {
    refuse('a property: not an array of name, parameters, type and value');
  }
  if (!name.isWellFormed()) refuse('a text: half of a surrogate pair');
  return [name, toParams(params), type, ...values.map(toValue)];
}

function toParams(json: Readonly<Record<string, unknown>>): JcalParams {
  const entries = Object.entries(json).map(([name, value]): [string, string | string[]] => {
    if (typeof value === 'string') return [name, wellFormed(value)];
    if (!Array.isArray(value) || value.length === 0) refuse(`a parameter: ${name.slice(0, 40)} is no text`);
    return [
      name,
      value.map((each) =>
        typeof each === 'string' ? wellFormed(each) : refuse(`a parameter: ${name.slice(0, 40)} is no text`),
      ),
    ];
  });
  return Object.fromEntries(entries);
}

function toValue(json: unknown): JcalValue {
  if (Array.isArray(json)) return json.map(toScalar);
  if (!isObject(json)) return toScalar(json);
  const parts = Object.entries(json).map(([name, value]) => [
    name,
    Array.isArray(value) ? value.map(toScalar) : toScalar(value),
  ]);
  return Object.fromEntries(parts) as JcalValue; // as just built
}

function toScalar(json: unknown): string | number | boolean {
  if (typeof json === 'string') return wellFormed(json);
  if (typeof json === 'number' || typeof json === 'boolean') return json;
  return refuse('a value: null, or nested deeper than jCal goes');
}

function wellFormed(text: string): string {
  return text.isWellFormed() ? text : refuse('a text: half of a surrogate pair');
}

const isObject = (json: unknown): json is Readonly<Record<string, unknown>> =>
  typeof json === 'object' && json !== null && !Array.isArray(json);

function refuse(what: string): never {
  throw new Refusal('valid-calendar-data', `The JSON holds what is not ${what}`);
}
