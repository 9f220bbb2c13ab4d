import type { Component, Property } from './component.ts';
import { propertiesOf } from './component.ts';
import { P } from './names.ts';

/** What tells when somebody is busy, and nothing of why. */
const KEPT: ReadonlySet<string> = new Set([
  ...[P.UID, P.DTSTAMP, P.DTSTART, P.DTEND, P.DUE, P.DURATION, P.RRULE, P.RDATE, P.EXDATE, P['RECURRENCE-ID']],
  ...[P.TRANSP, P.STATUS, P.CLASS, P.SEQUENCE],
]);
const KEPT_OF_ZONES: ReadonlySet<string> = new Set([
  ...[P.TZID, P.DTSTART, P.RRULE, P.RDATE, P.TZOFFSETFROM, P.TZOFFSETTO],
]);
const KEPT_PARAMS: ReadonlySet<string> = new Set(['TZID', 'VALUE', 'RANGE']);
const NONE: ReadonlyMap<string, readonly string[]> = new Map();
const text = (name: string, value: string): Property => ({ name, params: NONE, value, line: 0 });

/**
 * Whether everybody who may read an object may read all of it, RFC 5545 §3.8.1.3: a value of CLASS that is not known
 * means PRIVATE. One instance that is not public hides them all, as clients say it of the master alone.
 */
export const isPublic = (calendar: Component): boolean =>
  calendar.components.every((component) =>
    propertiesOf(component, P.CLASS).every(({ value }) => value.trim().toUpperCase() === 'PUBLIC'),
  );

/** An object with its times alone, as others see what is not public: no alarms, people, places or words. */
export function busyForm(calendar: Component): Component {
  const head = [text(P.VERSION, '2.0'), text(P.PRODID, '-//Kalends//Kalends//EN')];
  const components = calendar.components.map((component) =>
    component.name === 'VTIMEZONE' ? zoneAlone(component) : timesAlone(component),
  );
  return { ...calendar, properties: head, components };
}

const only = (properties: readonly Property[], kept: ReadonlySet<string>): readonly Property[] =>
  properties
    .filter(({ name }) => kept.has(name))
    .map((property) => ({
      ...property,
      params: new Map([...property.params].filter(([name]) => KEPT_PARAMS.has(name))),
    }));

const timesAlone = (component: Component): Component => ({
  ...component,
  properties: [...only(component.properties, KEPT), text(P.SUMMARY, 'Busy')],
  components: [],
});

const zoneAlone = (zone: Component): Component => ({
  ...zone,
  properties: only(zone.properties, KEPT_OF_ZONES),
  components: zone.components.map(zoneAlone),
});
