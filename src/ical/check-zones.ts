import { quote, type Tell } from './check-problem.ts';
import { type Component, paramOf, propertiesOf, propertyOf } from './component.ts';
import { P } from './names.ts';
import { timeOf } from './time-value.ts';
import { readRule } from './validate.ts';

/** VTIMEZONE (RFC 5545 §3.6.5), and that each TZID has one (§3.2.19). */
export function checkZones(calendar: Component, tell: Tell): void {
  const defined = new Set<string>();
  for (const zone of calendar.components) {
    if (zone.name !== 'VTIMEZONE') continue;
    const tzid = propertyOf(zone, P.TZID)?.value.trim() ?? '';
    if (defined.has(tzid)) {
      const message = `a second VTIMEZONE with TZID ${quote(tzid)}`;
      tell({ line: zone.line, property: P.TZID, rule: 'once', message, section: 'RFC 5545 §3.6.5' });
    }
    defined.add(tzid);
    checkZone(zone, tell);
  }
  checkReferences(calendar, defined, new Set(), tell);
}

function checkZone(zone: Component, tell: Tell): void {
  const observances = zone.components.filter(({ name }) => name === 'STANDARD' || name === 'DAYLIGHT');
  if (observances.length === 0) {
    const message = 'VTIMEZONE has neither STANDARD nor DAYLIGHT';
    tell({ line: zone.line, property: zone.name, rule: 'required', message, section: 'RFC 5545 §3.6.5' });
  }
  for (const observance of observances) {
    const start = propertyOf(observance, P.DTSTART);
    if (start !== undefined && timeOf(start)?.kind !== 'floating') {
      const message = `DTSTART of ${observance.name} is not a local time`;
      tell({ line: start.line, property: P.DTSTART, rule: 'zone', message, section: 'RFC 5545 §3.6.5' });
    }
    for (const property of propertiesOf(observance, P.RRULE)) {
      const rule = readRule(property.value);
      if ('fault' in rule || rule.until === undefined || rule.until.kind === 'utc') continue;
      const message = `UNTIL in ${observance.name} is not in UTC`;
      tell({ line: property.line, property: P.RRULE, rule: 'until', message, section: 'RFC 5545 §3.3.10' });
    }
  }
}

function checkReferences(component: Component, defined: ReadonlySet<string>, told: Set<string>, tell: Tell): void {
  for (const property of component.properties) {
    const tzid = paramOf(property, 'TZID');
    if (tzid === undefined || defined.has(tzid) || told.has(tzid)) continue;
    told.add(tzid);
    const message = `there is no VTIMEZONE for TZID ${quote(tzid)}`;
    tell({ line: property.line, property: property.name, rule: 'tzid', message, section: 'RFC 5545 §3.2.19' });
  }
  for (const child of component.components) checkReferences(child, defined, told, tell);
}
