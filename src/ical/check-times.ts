import { checkRecur } from './check-recur.ts';
import type { Tell } from './check-problem.ts';
import { type Component, propertiesOf, type Property, propertyOf } from './component.ts';
import { parseDuration } from './duration.ts';
import { P, type PropertyName } from './names.ts';
import { formatTimeValue, periodsOf, timeOf, type TimeValue } from './time-value.ts';

/** Ends of a component, and where the rules for them stand. */
const ENDS: readonly (readonly [PropertyName, string])[] = [
  [P.DTEND, 'RFC 5545 §3.8.2.2'],
  [P.DUE, 'RFC 5545 §3.8.2.3'],
];

/** How the times of one component agree with its DTSTART: type, order, recurrence. */
export function checkTimes(component: Component, tell: Tell): void {
  const startProperty = propertyOf(component, P.DTSTART);
  const start = startProperty && timeOf(startProperty);
  if (start !== undefined) {
    for (const [name, section] of ENDS) checkEnd(start, propertyOf(component, name), section, tell);
    checkDuration(start, propertyOf(component, P.DURATION), tell);
    for (const name of [P.RDATE, P.EXDATE]) checkDates(start, propertiesOf(component, name), tell);
  }
  for (const property of propertiesOf(component, P.RRULE)) {
    if (component.name !== 'VTIMEZONE') checkRecur(property, start, tell);
  }
  for (const child of component.components) {
    if (child.name !== 'STANDARD' && child.name !== 'DAYLIGHT') checkTimes(child, tell);
  }
}

const where = ({ line, name }: Property): { line: number; property: string } => ({ line, property: name });
const isDate = ({ kind }: TimeValue): boolean => kind === 'date';
const isLocal = ({ kind }: TimeValue): boolean => kind === 'floating';

function checkEnd(start: TimeValue, property: Property | undefined, section: string, tell: Tell): void {
  const end = property && timeOf(property);
  if (property === undefined || end === undefined) return;
  if (isDate(start) !== isDate(end) || isLocal(start) !== isLocal(end)) {
    const message = `${property.name} is ${describe(end)}, DTSTART ${describe(start)}`;
    tell({ ...where(property), rule: 'type-mismatch', message, section });
  } else if (sameClock(start, end) && end.wall <= start.wall) {
    const message = `${property.name} is not later than DTSTART`;
    tell({ ...where(property), rule: 'order', message, section });
  }
}

const describe = ({ kind }: TimeValue): string =>
  ({ date: 'a date', utc: 'in UTC', floating: 'a local time', zoned: 'a time in a zone' })[kind];

function sameClock(one: TimeValue, other: TimeValue): boolean {
  return one.kind === other.kind && (one.kind !== 'zoned' || (other.kind === 'zoned' && one.tzid === other.tzid));
}

function checkDuration(start: TimeValue, property: Property | undefined, tell: Tell): void {
  const duration = property && parseDuration(property.value);
  if (property === undefined || duration === undefined) return;
  const section = 'RFC 5545 §3.8.2.5';
  if (duration.days < 0 || duration.exact < 0) {
    tell({ ...where(property), rule: 'order', message: 'a negative DURATION', section });
  } else if (isDate(start) && duration.exact !== 0) {
    tell({ ...where(property), rule: 'type-mismatch', message: 'DURATION with hours, and DTSTART is a date', section });
  }
}

function checkDates(start: TimeValue, properties: readonly Property[], tell: Tell): void {
  for (const property of properties) {
    const other = periodsOf(property).find((period) => period !== undefined && isDate(period.start) !== isDate(start));
    if (other === undefined) continue;
    const message = `${property.name} holds ${describe(other.start)}, DTSTART is ${describe(start)}`;
    const section = property.name === P.RDATE ? 'RFC 5545 §3.8.5.2' : 'RFC 5545 §3.8.5.1';
    tell({ ...where(property), rule: 'type-mismatch', message, section });
  }
}

/** Components of one UID: one master, and overrides whose RECURRENCE-ID is of the type of its DTSTART. */
export function checkInstances(calendar: Component, tell: Tell): void {
  const masters = new Map<string, TimeValue | undefined>();
  const seen = new Set<string>();
  for (const component of calendar.components) {
    const uid = propertyOf(component, P.UID)?.value.trim();
    if (uid === undefined || component.name === 'VTIMEZONE') continue;
    const id = propertyOf(component, P['RECURRENCE-ID']);
    const time = id && timeOf(id);
    const zone = time?.kind === 'zoned' ? time.tzid : '';
    const key = JSON.stringify([uid, time === undefined ? '' : formatTimeValue(time), zone]);
    if (seen.has(key)) {
      const message =
        id === undefined ? 'a second component with this UID' : 'a second component with this RECURRENCE-ID';
      const property = id === undefined ? P.UID : P['RECURRENCE-ID'];
      tell({ line: component.line, property, rule: 'duplicate', message, section: 'RFC 4791 §4.1', severity: 'error' });
    }
    seen.add(key);
    const start = propertyOf(component, P.DTSTART);
    if (id === undefined) masters.set(uid, start && timeOf(start));
  }
  for (const component of calendar.components) checkOverride(component, masters, tell);
}

function checkOverride(component: Component, masters: ReadonlyMap<string, TimeValue | undefined>, tell: Tell): void {
  const id = propertyOf(component, P['RECURRENCE-ID']);
  const time = id && timeOf(id);
  const start = masters.get(propertyOf(component, P.UID)?.value.trim() ?? '');
  if (id === undefined || time === undefined || start === undefined) return;
  if (isDate(time) === isDate(start) && isLocal(time) === isLocal(start)) return;
  const message = `RECURRENCE-ID is ${describe(time)}, DTSTART of the recurring component ${describe(start)}`;
  tell({ ...where(id), rule: 'type-mismatch', message, section: 'RFC 5545 §3.8.4.4' });
}
