import type { Tell } from './check-problem.ts';
import { type Component, paramOf, propertiesOf, type Property, propertyOf } from './component.ts';
import { P } from './names.ts';
import { timeOf } from './time-value.ts';

/** What one component must be by the extensions of iCalendar, beyond names, counts and types. */
export function checkExtensions(component: Component, parent: Component | undefined, tell: Tell): void {
  checkImages(component, tell);
  checkStructuredData(component, tell);
  checkRelations(component, tell);
  checkOrders(component, tell);
  if (component.name === 'VALARM') checkProximity(component, tell);
  if (component.name === 'VLOCATION' && parent?.name === 'VALARM' && !propertyOf(parent, P.PROXIMITY)) {
    const message = 'VLOCATION in an alarm without PROXIMITY';
    tell({ line: component.line, property: 'VLOCATION', rule: 'needs', message, section: 'RFC 9074 §8' });
  }
  if (component.name === 'VAVAILABILITY') checkAvailability(component, tell);
}

const where = ({ line, name }: Property): { line: number; property: string } => ({ line, property: name });

const valueTypeOf = (property: Property): string | undefined => paramOf(property, 'VALUE')?.toUpperCase();

function checkImages(component: Component, tell: Tell): void {
  for (const property of propertiesOf(component, P.IMAGE)) {
    const type = paramOf(property, 'FMTTYPE');
    if (type === undefined || /^image\//i.test(type)) continue;
    const message = 'an IMAGE whose FMTTYPE is no image';
    tell({ ...where(property), rule: 'param', message, section: 'RFC 7986 §5.10' });
  }
}

/** What is no URI says what it is. */
function checkStructuredData(component: Component, tell: Tell): void {
  for (const property of propertiesOf(component, P['STRUCTURED-DATA'])) {
    if (valueTypeOf(property) === 'URI') continue;
    for (const name of ['FMTTYPE', 'SCHEMA']) {
      if (property.params.has(name)) continue;
      const message = `STRUCTURED-DATA that is no URI without ${name}`;
      tell({ ...where(property), rule: 'needs', message, section: 'RFC 9073 §6.6' });
    }
  }
}

const TEMPORAL: readonly string[] = ['FINISHTOSTART', 'FINISHTOFINISH', 'STARTTOFINISH', 'STARTTOSTART'];

function checkRelations(component: Component, tell: Tell): void {
  for (const property of propertiesOf(component, P['RELATED-TO'])) {
    const type = paramOf(property, 'RELTYPE')?.toUpperCase() ?? 'PARENT';
    if (type === 'SNOOZE' && component.name !== 'VALARM') {
      const message = `RELTYPE=SNOOZE in ${component.name}: it relates alarms`;
      tell({ ...where(property), rule: 'param', message, section: 'RFC 9074 §7.1' });
    }
    if (property.params.has('GAP') && !TEMPORAL.includes(type)) {
      const message = `GAP beside RELTYPE=${type.slice(0, 40)}, which has no order in time`;
      tell({ ...where(property), rule: 'param', message, section: 'RFC 9253 §6.2' });
    }
  }
}

/** ORDER counts from 1. */
function checkOrders(component: Component, tell: Tell): void {
  for (const property of component.properties) {
    if (!/^0+$/.test(paramOf(property, 'ORDER') ?? '')) continue;
    tell({ ...where(property), rule: 'param', message: 'ORDER is not 1 or more', section: 'RFC 9073 §5.1' });
  }
}

/** Where one arrives or departs is told by a VLOCATION with a URL. */
function checkProximity(alarm: Component, tell: Tell): void {
  const property = propertyOf(alarm, P.PROXIMITY);
  if (property === undefined || !['ARRIVE', 'DEPART'].includes(property.value.trim().toUpperCase())) return;
  const locations = alarm.components.filter(({ name }) => name === 'VLOCATION');
  if (locations.length > 0) return;
  const message = `PROXIMITY:${property.value.trim().toUpperCase()} without a VLOCATION`;
  tell({ ...where(property), rule: 'needs', message, section: 'RFC 9074 §8.1' });
}

/** Times in UTC or with a TZID, and one component for each instance of an AVAILABLE. */
function checkAvailability(component: Component, tell: Tell): void {
  const seen = new Set<string>();
  const available = component.components.filter(({ name }) => name === 'AVAILABLE');
  for (const each of [component, ...available]) {
    for (const name of [P.DTSTART, P.DTEND]) checkAbsolute(propertyOf(each, name), tell);
  }
  for (const each of available) {
    const id = propertyOf(each, P['RECURRENCE-ID'])?.value ?? '';
    const uid = propertyOf(each, P.UID)?.value;
    const key = JSON.stringify([uid, id]);
    if (uid !== undefined && seen.has(key)) {
      const message = `a second AVAILABLE with this ${id === '' ? 'UID' : 'RECURRENCE-ID'}`;
      tell({ line: each.line, property: 'AVAILABLE', rule: 'duplicate', message, section: 'RFC 7953 §3.1' });
    }
    seen.add(key);
  }
}

function checkAbsolute(property: Property | undefined, tell: Tell): void {
  const time = property && timeOf(property);
  if (property === undefined || time === undefined || time.kind === 'utc' || time.kind === 'zoned') return;
  const message = `${property.name} is ${time.kind === 'date' ? 'a date' : 'a local time'}, not in UTC or a zone`;
  tell({ ...where(property), rule: 'type-mismatch', message, section: 'RFC 7953 §3.1' });
}
