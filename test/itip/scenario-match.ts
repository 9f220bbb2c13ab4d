import { expect } from 'vitest';
import { paramOf, type Component, type Property } from '../../src/ical/component.ts';
import { parseComponent } from '../../src/ical/parse.ts';
import { timeOf } from '../../src/ical/time-value.ts';
import { instantOf, UTC, zonesOf, type ZoneContext } from '../../src/ical/timezone.ts';
import { writeComponent } from '../../src/ical/write.ts';
import { option, type Step } from './scenarios.ts';

/** Components of a body: what stands outside of BEGIN and END is in one without a name. */
export const bodyOf = (lines: readonly string[]): Component =>
  parseComponent(`BEGIN:X-BODY\r\n${lines.join('\r\n')}\r\nEND:X-BODY\r\n`);

const TIMES = new Set(['DTSTART', 'DTEND', 'DUE', 'RECURRENCE-ID', 'EXDATE', 'RDATE']);

/** The component of an instance, or the master, or the only one. */
export function componentAt(calendar: Component, at: string | undefined): Component | undefined {
  const subjects = calendar.components.filter(({ name }) => name !== 'VTIMEZONE');
  if (at === undefined) {
    const masters = subjects.filter((each) => !each.properties.some(({ name }) => name === 'RECURRENCE-ID'));
    return masters[0] ?? (subjects.length === 1 ? subjects[0] : undefined);
  }
  const context: ZoneContext = { zones: zonesOf(calendar), floating: UTC };
  return subjects.find((each) => {
    const id = each.properties.find(({ name }) => name === 'RECURRENCE-ID');
    return id !== undefined && sameTime(id, at, context);
  });
}

function sameTime(property: Property, text: string, context: ZoneContext): boolean {
  if (property.value === text) return true;
  const other = timeOf({ ...property, params: new Map(), value: text });
  const own = timeOf(property);
  if (own === undefined || other === undefined || (own.kind === 'date') !== (other.kind === 'date')) return false;
  return instantOf(own, context) === instantOf(other, context);
}

/** What of the expected lines is not there, in words; empty: all is. */
export function missingIn(lines: readonly string[], component: Component, calendar: Component): readonly string[] {
  const context: ZoneContext = { zones: zonesOf(calendar), floating: UTC };
  const absent = lines.filter((line) => line.startsWith('!')).map((line) => line.slice(1));
  const body = bodyOf(lines.filter((line) => !line.startsWith('!')));
  const faults = body.properties
    .filter((wanted) => !component.properties.some((each) => holds(each, wanted, context)))
    .map((wanted) => `missing ${textOf(wanted)}`);
  for (const part of body.components) {
    const isThere = component.components.some(
      (each) =>
        each.name === part.name &&
        part.properties.every((one) => each.properties.some((it) => holds(it, one, context))),
    );
    if (!isThere) faults.push(`missing ${part.name}`);
  }
  for (const line of absent) {
    if (line.startsWith('BEGIN:')) {
      if (component.components.some(({ name }) => `BEGIN:${name}` === line)) faults.push(`unwanted ${line}`);
      continue;
    }
    const isBare = !line.includes(':');
    const wanted = bodyOf([isBare ? `${line}:` : line]).properties[0]!;
    const isThere = component.properties.some((each) =>
      isBare
        ? each.name === wanted.name &&
          [...wanted.params].every(([name, values]) => each.params.get(name)?.join() === values.join())
        : holds(each, wanted, context),
    );
    if (isThere) faults.push(`unwanted ${line}`);
  }
  return faults;
}

const textOf = ({ name, params, value }: Property): string =>
  `${name}${[...params].map(([param, values]) => `;${param}=${values.join(',')}`).join('')}:${value}`;

function holds(property: Property, wanted: Property, context: ZoneContext): boolean {
  if (property.name !== wanted.name) return false;
  const isTime = TIMES.has(property.name);
  for (const [name, values] of wanted.params) {
    if (isTime && name === 'TZID') continue;
    if ((property.params.get(name) ?? []).join(',').toLowerCase() !== values.join(',').toLowerCase()) return false;
  }
  if (property.name === 'ATTENDEE' || property.name === 'ORGANIZER') {
    return property.value.toLowerCase() === wanted.value.toLowerCase();
  }
  if (!isTime || property.value === wanted.value) return property.value === wanted.value;
  const [own, other] = [timeOf(property), timeOf(wanted)];
  if (own === undefined || other === undefined) return false;
  if (paramOf(property, 'VALUE') !== paramOf(wanted, 'VALUE') && (own.kind === 'date') !== (other.kind === 'date'))
    return false;
  return instantOf(own, context) === instantOf(other, context);
}

/** That an object or a message holds what a step expects of it. */
export function expectIn(step: Step, calendar: Component): void {
  const subjects = calendar.components.filter(({ name }) => name !== 'VTIMEZONE');
  const text = (): string => `${step.at}\n${writeComponent(calendar)}`;
  const count = option(step, 'components');
  if (count !== undefined) expect(subjects.length, text()).toBe(Number(count));
  const at = option(step, 'at');
  const component = componentAt(calendar, at) ?? (at === undefined ? subjects[0] : undefined);
  expect(component, `there is no component ${at ?? ''}, ${text()}`).toBeDefined();
  expect(missingIn(step.body, component!, calendar), text()).toEqual([]);
}
