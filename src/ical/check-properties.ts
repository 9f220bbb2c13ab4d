import { quote, type Tell } from './check-problem.ts';
import { type Component, paramOf, type Property } from './component.ts';
import type { ComponentRule } from './component-rules.ts';
import { P, paramRule, type ParamRule, type PropertyRule, propertyRule, VALUE_TYPES, type ValueType } from './names.ts';
import { splitValue } from './text.ts';
import { isReadable, ruleFault } from './validate.ts';
import { VALUE_FAULTS } from './value-faults.ts';

interface Place {
  readonly component: Component;
  /** Of the component, or of the one that it stands in. */
  readonly rule: ComponentRule | undefined;
  /** Whether the index depends on its times: PUT refuses what cannot be read. */
  readonly isIndexed: boolean;
}

/** The value and the parameters of one property, by the tables of names.ts. */
export function checkProperty(property: Property, place: Place, tell: Tell): void {
  checkParams(property, place, tell);
  const rule = propertyRule(property.name);
  if (rule === undefined) return;
  for (const name of rule.params ?? []) {
    if (property.params.has(name)) continue;
    const message = `${property.name} without ${name}`;
    tell({ ...where(property), rule: 'needs', message, section: paramRule(name)?.section ?? rule.section });
  }
  const type = valueType(property, rule, tell);
  if (place.isIndexed && !isReadable(property)) tellUnreadable(property, rule, tell);
  else if (type !== undefined) checkValue(property, rule, type, tell);
  checkEnumeration(property, rule, place, tell);
}

const where = ({ line, name }: Property): { line: number; property: string } => ({ line, property: name });

/** The type that the value is to be read as; undefined where VALUE names none that is known. */
function valueType(property: Property, rule: PropertyRule, tell: Tell): ValueType | undefined {
  const written = paramOf(property, 'VALUE')?.toUpperCase();
  if (written === undefined) {
    if (rule.typed === true) {
      const message = `${property.name} has no default type: VALUE is missing`;
      tell({ ...where(property), rule: 'value-type', message, section: rule.section });
    }
    return rule.types[0];
  }
  const type = rule.types.find((candidate) => candidate === written);
  if (type !== undefined || written.startsWith('X-')) return type;
  const isType = VALUE_TYPES.has(written);
  const message = isType
    ? `${property.name} cannot have VALUE=${written}`
    : `VALUE=${quote(written)} is not a value type`;
  tell({ ...where(property), rule: 'value-type', message, section: isType ? rule.section : 'RFC 5545 §3.2.20' });
  return undefined;
}

function checkValue(property: Property, rule: PropertyRule, type: ValueType, tell: Tell): void {
  const shape = VALUE_FAULTS.properties[property.name];
  const values = shape === undefined && rule.list === true ? splitValue(property.value) : [property.value];
  for (const value of values) {
    const fault = shape === undefined ? VALUE_FAULTS.types[type](value, property) : shape(value);
    if (fault !== undefined) {
      const message = `${property.name} ${quote(value)}: ${fault.message}`;
      tell({ ...where(property), rule: fault.rule, message, section: fault.section });
      continue;
    }
    const isTime = type === 'DATE-TIME' || (type === 'PERIOD' && property.name === P.FREEBUSY);
    if (rule.utc === true && isTime && !/Z(?:\/|$)/.test(value)) {
      tell({ ...where(property), rule: 'utc', message: `${property.name} must be in UTC`, section: rule.section });
    }
    checkRange(property, rule, value, tell);
  }
}

function tellUnreadable(property: Property, { section }: PropertyRule, tell: Tell): void {
  const fault = property.name === P.RRULE ? ruleFault(property.value) : undefined;
  const message = fault ?? `${property.name} ${quote(property.value)} cannot be read`;
  tell({ ...where(property), rule: fault === undefined ? 'value' : 'recur', message, section, severity: 'error' });
}

function checkRange(property: Property, { range, section }: PropertyRule, value: string, tell: Tell): void {
  if (range === undefined || (Number(value) >= range[0] && Number(value) <= range[1])) return;
  const message = `${property.name}:${quote(value)} is not ${range[0]} to ${range[1]}`;
  tell({ ...where(property), rule: 'range', message, section });
}

function checkEnumeration(property: Property, rule: PropertyRule, place: Place, tell: Tell): void {
  const isStatus = property.name === P.STATUS && place.component.name !== 'PARTICIPANT';
  const values = isStatus ? place.rule?.status : rule.values;
  const value = property.value.trim().toUpperCase();
  if (values === undefined || values.includes(value) || (rule.open === true && value.startsWith('X-'))) return;
  const message = `${property.name} ${quote(property.value)} in ${place.component.name} is not one of ${values.join(', ')}`;
  // In another scale, or as vCalendar 1.0, everything would be read wrongly.
  const isOther = property.name === P.CALSCALE || (property.name === P.VERSION && property.value.trim() === '1.0');
  const severity = isOther && place.component.name === 'VCALENDAR' ? 'error' : 'slip';
  tell({ ...where(property), rule: 'enumeration', message, section: rule.section, severity });
}

function checkParams(property: Property, place: Place, tell: Tell): void {
  for (const [name, values] of property.params) {
    const rule = paramRule(name);
    if (rule !== undefined) checkParam(property, { name, values, rule }, place, tell);
    else if (!name.startsWith('X-')) {
      const message = `${quote(name)} is not a registered parameter`;
      tell({ ...where(property), rule: 'unregistered', message, section: 'RFC 5545 §8.3.3' });
    }
  }
  const isBinary = paramOf(property, 'VALUE')?.toUpperCase() === 'BINARY';
  if (isBinary && paramOf(property, 'ENCODING')?.toUpperCase() !== 'BASE64') {
    const message = 'VALUE=BINARY without ENCODING=BASE64';
    tell({ ...where(property), rule: 'param', message, section: 'RFC 5545 §3.2.7' });
  }
}

interface Param {
  readonly name: string;
  readonly values: readonly string[];
  readonly rule: ParamRule;
}

const PARAM_FAULTS: Readonly<Record<NonNullable<ParamRule['type']>, (value: string) => boolean>> = {
  boolean: (value) => !/^(?:TRUE|FALSE)$/i.test(value),
  address: (value) => VALUE_FAULTS.isNoUri(value),
  uri: (value) => VALUE_FAULTS.isNoUri(value),
  duration: (value) => VALUE_FAULTS.types.DURATION(value, undefined) !== undefined,
  integer: (value) => !/^\d+$/.test(value),
};

function checkParam(property: Property, { name, values, rule }: Param, place: Place, tell: Tell): void {
  const found = (message: string): void => tell({ ...where(property), rule: 'param', message, section: rule.section });
  if (rule.on?.some((allowed) => allowed === property.name) === false && !property.name.startsWith('X-')) {
    found(`${name} on ${property.name}`);
  }
  if (values.length > 1 && rule.many !== true) found(`${name} has ${values.length} values; a comma wants quotes`);
  const isFault = rule.type === undefined ? undefined : PARAM_FAULTS[rule.type];
  const listed = name === 'PARTSTAT' ? place.rule?.partstat : rule.values;
  for (const value of values) {
    if (value === '' || isFault?.(value) === true) found(`${name}=${quote(value)} is not ${rule.type ?? 'a value'}`);
    else if (listed !== undefined && !listed.includes(value.toUpperCase()) && !(rule.open && /^X-/i.test(value))) {
      found(`${name}=${quote(value)} is not one of ${listed.join(', ')}`);
    }
  }
}
