import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Component, Property } from '../../src/ical/component.ts';
import { diffCalendars } from '../../src/ical/diff.ts';
import { unfolded } from '../../src/ical/write.ts';
import { holds } from '../properties/holds.ts';

const OPTIONS = { seed: 20260302, numRuns: 500 };

const property: fc.Arbitrary<Property> = fc.record({
  name: fc.constantFrom('SUMMARY', 'ATTENDEE', 'CATEGORIES', 'X-A'),
  params: fc.constantFrom<Property['params']>(new Map(), new Map([['X-P', ['1', 'a:b']]])),
  value: fc.constantFrom('a', 'b', 'A', ''),
  line: fc.constant(1),
});
const plain = (name: string, value: string): Property => ({ name, params: new Map(), value, line: 1 });
const alarm: fc.Arbitrary<Component> = fc.record({
  name: fc.constant('VALARM'),
  properties: fc.array(property, { maxLength: 3 }),
  components: fc.constant([]),
  line: fc.constant(1),
});
const event: fc.Arbitrary<Component> = fc
  .record({
    uid: fc.constantFrom('1', '2'),
    override: fc.constantFrom(undefined, '20260302', '20260303'),
    properties: fc.array(property, { maxLength: 5 }),
    components: fc.array(alarm, { maxLength: 3 }),
  })
  .map(({ uid, override, properties, components }) => ({
    name: 'VEVENT',
    properties: [
      plain('UID', uid),
      ...(override === undefined ? [] : [plain('RECURRENCE-ID', override)]),
      ...properties,
    ],
    components,
    line: 1,
  }));
const calendar: fc.Arbitrary<Component> = fc.record({
  name: fc.constant('VCALENDAR'),
  properties: fc.array(property, { maxLength: 3 }),
  components: fc.array(event, { maxLength: 4 }),
  line: fc.constant(1),
});

const reversed = (component: Component): Component => ({
  ...component,
  properties: component.properties.toReversed(),
  components: component.components.map(reversed).toReversed(),
});

test('objects that say the same in another order have no difference', async () => {
  const same = fc.property(calendar, (one) => {
    expect(diffCalendars(one, reversed(one))).toEqual([]);
    return true;
  });
  expect(await holds(same, OPTIONS)).toBeGreaterThan(0);
});

const labelOf = ({ name, properties }: Component): string =>
  [name, ...['UID', 'RECURRENCE-ID'].flatMap((key) => lines(properties.filter((each) => each.name === key)))].join(' ');
const lines = (properties: readonly Property[]): string[] => properties.map(unfolded);

/** Every line of an object with the component that it stands in, and every component, as often as it has them. */
function contents(component: Component | undefined, within = ''): string[] {
  if (component === undefined) return [];
  const place = `${within}>${labelOf(component)}`;
  return [
    place,
    ...lines(component.properties).map((line) => `${place}|${line}`),
    ...component.components.flatMap((child) => contents(child, `>${labelOf(component)}`)),
  ];
}

function applied(before: Component | undefined, after: Component | undefined): string[] {
  const found = contents(before);
  for (const { component, within, key, kind, properties } of diffCalendars(before, after)) {
    const place = `${within === undefined ? '' : `>${within}`}>${`${component} ${key}`.trimEnd()}`;
    if (kind === 'added') found.push(place);
    if (kind === 'removed') remove(found, place);
    for (const each of properties) {
      for (const line of each.old) remove(found, `${place}|${line}`);
      for (const line of each.new) found.push(`${place}|${line}`);
    }
  }
  return found.sort();
}

function remove(list: string[], element: string): void {
  const at = list.indexOf(element);
  if (at === -1) throw new Error(`told as removed, and was not there: ${element}`);
  list.splice(at, 1);
}

test('to apply all that differs to the old object gives the new one', async () => {
  const maybe = fc.option(calendar, { nil: undefined, freq: 10 });
  const complete = fc.property(maybe, maybe, (before, after) => {
    expect(applied(before, after)).toEqual(contents(after).sort());
    return true;
  });
  expect(await holds(complete, OPTIONS)).toBeGreaterThan(0);
});
