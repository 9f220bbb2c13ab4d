import { describe, expect, test } from 'vitest';
import { type ComponentRule, componentRule, COMPONENTS } from '../../src/ical/component-rules.ts';
import { KNOWN_NAMES, P, PARAMS, paramRule, PROPERTIES, propertyRule, VALUE_TYPES } from '../../src/ical/names.ts';

const components: readonly (readonly [string, ComponentRule])[] = Object.entries(COMPONENTS);

describe('the tables of names', () => {
  test('each entry cites its section', () => {
    const entries = [...Object.entries(PROPERTIES), ...Object.entries(PARAMS), ...components];
    expect(entries.filter(([, { section }]) => !/^RFC \d{4} §\d+(?:\.\d+)*$/.test(section))).toEqual([]);
  });

  test('each property has a place in some component, and only known types', () => {
    const placed = new Set(components.flatMap(([, { required, once, many }]) => [...required, ...once, ...many]));
    // RFC 2445's EXRULE is in the lists too: it was deprecated, not forgotten.
    expect(Object.keys(PROPERTIES).filter((name) => !placed.has(name as keyof typeof PROPERTIES))).toEqual([]);
    expect(Object.values(PROPERTIES).flatMap(({ types }) => types.filter((type) => !VALUE_TYPES.has(type)))).toEqual(
      [],
    );
  });

  test('no component lists a property twice, or stands in one that is not known', () => {
    for (const [name, { required, once, many, parents }] of components) {
      const listed = [...required, ...once, ...many];
      expect([name, listed.length]).toEqual([name, new Set(listed).size]);
      expect(parents.filter((parent) => componentRule(parent) === undefined)).toEqual([]);
    }
  });

  test('a name is found in both cases and stands for itself', () => {
    expect(KNOWN_NAMES.get('dtstart')).toBe('DTSTART');
    expect(KNOWN_NAMES.get('DTSTART')).toBe('DTSTART');
    expect(KNOWN_NAMES.get('x-wr-alarmuid')).toBe('X-WR-ALARMUID');
    expect(P['RECURRENCE-ID']).toBe('RECURRENCE-ID');
  });

  test('what JavaScript objects have of their own is in no table', () => {
    for (const name of ['constructor', '__proto__', 'toString']) {
      expect([propertyRule(name), paramRule(name), componentRule(name)]).toEqual([undefined, undefined, undefined]);
    }
  });
});
