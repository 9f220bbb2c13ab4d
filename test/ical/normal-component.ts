import type { Component, Property } from '../../src/ical/component.ts';
import { propertyRule } from '../../src/ical/names.ts';
import { escapeText, splitValue, unescapeText } from '../../src/ical/text.ts';

type Bare = Pick<Property, 'name' | 'params' | 'value'>;
interface Tree {
  readonly name: string;
  readonly properties: readonly Bare[];
  readonly components: readonly Tree[];
}

/**
 * A component with one spelling for what iCalendar spells in several ways with one meaning: a VALUE that says the
 * default type, the ENCODING that every BINARY has, escapes of TEXT, digits of numbers, the order of parameters and of rule parts. Whatever else differs,
 * differs.
 */
export function normal({ name, properties, components }: Component | Tree): unknown {
  return { name, properties: properties.map(normalProperty), components: components.map(normal) };
}

function normalProperty({ name, params, value }: Bare): unknown {
  const type = params.get('VALUE')?.[0]?.toUpperCase() ?? inferredType(name, value);
  const kept = [...params]
    .filter(([param]) => param !== 'VALUE' && !(param === 'ENCODING' && type === 'BINARY'))
    .map(([param, values]) => `${param}=${JSON.stringify(values)}`);
  return [name, kept.sort(), type, normalValue(name, type, value)];
}

function inferredType(name: string, value: string): string {
  const types: readonly string[] = name === 'XML' ? ['TEXT'] : (propertyRule(name)?.types ?? []);
  if (types.includes('DATE') && /^\d{8}(?:,\d{8})*$/.test(value)) return 'DATE';
  if (types.includes('DATE-TIME') && /^\d{8}T\d{6}Z?$/.test(value)) return 'DATE-TIME';
  if (types.includes('PERIOD') && /^\d{8}T\d{6}Z?\//.test(value)) return 'PERIOD';
  return types[0] ?? 'UNKNOWN';
}

function normalValue(name: string, type: string, value: string): string {
  if (type === 'RECUR') return normalRule(value);
  if (type === 'FLOAT' || type === 'INTEGER')
    return value
      .split(/([;,])/)
      .map(normalNumber)
      .join('');
  if (type === 'BOOLEAN') return value.toUpperCase();
  if (type !== 'TEXT' && type !== 'UID') return value;
  const rule = propertyRule(name);
  if (name === 'REQUEST-STATUS' && type === 'TEXT')
    return splitValue(value, ';').map(unescapeText).map(escapeText).join(';');
  const isList = name !== 'XML' && (rule === undefined || rule.list === true);
  return (isList ? splitValue(value) : [value]).map(unescapeText).map(escapeText).join(',');
}

const normalNumber = (text: string): string => (/^[+-]?\d+(?:\.\d+)?$/.test(text) ? String(Number(text) + 0) : text);

const normalRule = (value: string): string =>
  value
    .toUpperCase()
    .split(';')
    .map((part) => part.replace(/(?<=[=,])[+-]?\d+(?=[,]|$)/g, normalNumber))
    .sort()
    .join(';');
