import { expect } from 'vitest';
import type { Component, Property } from '../../src/ical/component.ts';
import { parseTimeValue } from '../../src/ical/time-value.ts';
import { addressKey, attendeeOf, type IsMe } from '../../src/itip/address.ts';
import { plain, utcText, withParam } from '../../src/itip/component-edit.ts';
import { keyOfTime } from '../../src/itip/instance-key.ts';
import { keyIn, instanceOf, readSeries, timeOfKey } from '../../src/itip/series.ts';
import { bodyOf, componentAt } from './scenario-match.ts';
import { option, type Step } from './scenarios.ts';

/** A VCALENDAR of components, with UID and DTSTAMP where they have none. */
export function calendarOf(components: readonly Component[], uid: string, now: number): Component {
  const whole = components.map((each) => {
    if (each.name === 'VTIMEZONE') return each;
    const has = (name: string): boolean => each.properties.some((property) => property.name === name);
    const more = [
      ...(has('UID') ? [] : [plain('UID', uid)]),
      ...(has('DTSTAMP') ? [] : [plain('DTSTAMP', utcText(now))]),
    ];
    return { ...each, properties: [...more, ...each.properties] };
  });
  const properties = [plain('VERSION', '2.0'), plain('PRODID', '-//Example//Test//EN')];
  return { name: 'VCALENDAR', properties, components: whole, line: 0 };
}

/** The object as `drop` saves it. */
export function dropped(calendar: Component, step: Step): Component {
  const gone = componentAt(calendar, option(step, 'at'));
  return { ...calendar, components: calendar.components.filter((each) => each !== gone) };
}

/** The object as `reply` saves it. */
export function answered(calendar: Component, step: Step, isMe: IsMe): Component {
  const [, , partstat = ''] = step.args;
  return edit(calendar, option(step, 'at'), step, (component) => {
    const own = attendeeOf(component, isMe);
    const answer = own && withParam(withParam(own, 'PARTSTAT', partstat), 'RSVP', undefined);
    return replaceProperty(component, own, answer);
  });
}

/** The object with the component of an instance edited; it is made where there is none. */
function edit(
  calendar: Component,
  at: string | undefined,
  step: Step,
  change: (component: Component) => Component,
): Component {
  const own = componentAt(calendar, at);
  if (own !== undefined) {
    return { ...calendar, components: calendar.components.map((each) => (each === own ? change(each) : each)) };
  }
  const series = readSeries(calendar)!;
  const value = parseTimeValue(at ?? '', undefined, at?.length === 8);
  const key = value === undefined ? '' : keyOfTime(value, series.form, series.context);
  const derived = timeOfKey(key) === undefined ? undefined : instanceOf(series, key);
  if (derived === undefined) throw new Error(`${step.at}: there is no instance ${at ?? ''}`);
  expect(keyIn(series, derived)).toBe(key);
  return { ...calendar, components: [...calendar.components, change(derived)] };
}

function replaceProperty(component: Component, old: Property | undefined, by: Property | undefined): Component {
  const properties = component.properties.flatMap((each) => (each === old ? (by ?? []) : [each]));
  return { ...component, properties };
}

/** The object as `change` saves it. */
export function changed(calendar: Component, step: Step): Component {
  const removals = step.body.filter((line) => line.startsWith('-')).map((line) => line.slice(1));
  const additions = bodyOf(step.body.filter((line) => line.startsWith('+')).map((line) => line.slice(1)));
  const rest = bodyOf(step.body.filter((line) => !line.startsWith('-') && !line.startsWith('+')));
  return edit(calendar, option(step, 'at'), step, (component) => {
    let made = component;
    for (const line of removals) {
      if (line.startsWith('BEGIN:')) {
        made = { ...made, components: made.components.filter(({ name }) => `BEGIN:${name}` !== line) };
        continue;
      }
      const wanted = bodyOf([line.includes(':') ? line : `${line}:`]).properties[0]!;
      const isOut = (each: Property): boolean =>
        each.name === wanted.name && (!line.includes(':') || addressKey(each.value) === addressKey(wanted.value));
      made = { ...made, properties: made.properties.filter((each) => !isOut(each)) };
    }
    const same = (one: Property, other: Property): boolean =>
      one.name === other.name && (one.name !== 'ATTENDEE' || addressKey(one.value) === addressKey(other.value));
    const kept = made.properties.filter((each) => !rest.properties.some((other) => same(each, other)));
    const properties = [...kept, ...rest.properties, ...additions.properties];
    return { ...made, properties, components: [...made.components, ...rest.components, ...additions.components] };
  });
}
