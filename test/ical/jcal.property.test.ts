import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Component, Property } from '../../src/ical/component.ts';
import { jcalText } from '../../src/ical/jcal-write.ts';
import { PROPERTIES, VALUE_TYPES } from '../../src/ical/names.ts';
import { parseCalendar } from '../../src/ical/parse.ts';
import { writeComponent } from '../../src/ical/write.ts';
import { xcalText } from '../../src/ical/xcal-write.ts';
import { holds } from '../properties/holds.ts';
import { normal } from './normal-component.ts';
import { fromJcal, fromXcal } from './other-forms.ts';

const SEED = { seed: 20260302, numRuns: 600 };

const plain = fc
  .string({ unit: 'binary', maxLength: 60 })
  .map((chars) => chars.replace(/[\0-\x08\x0a-\x1f\x7f\ufffe\uffff]/g, '.'));
const escaped = fc.array(
  fc.constantFrom('\\n', '\\,', '\\;', '\\\\', ',', ';', ':', 'a', 'ü', '"', '^', '\\N', '<', '&'),
  { maxLength: 8 },
);
const time = fc.constantFrom(
  '20260302T090000Z',
  '20260302T090000',
  '20260302',
  '20260230T000000',
  '20260302T250000',
  '90000',
);
const digits = fc.oneof(
  fc.integer().map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc.constantFrom('+5', '007', '1.50', '-0', '0.1', '12345678901234567890', '1e3', '.5'),
);
const rule = fc
  .array(
    fc.constantFrom(
      'FREQ=DAILY',
      'COUNT=05',
      'BYDAY=MO,-1SU',
      'BYMONTH=5L,4',
      'BYMONTHDAY=+1',
      'UNTIL=20260302',
      'UNTIL=x',
      'WKST=MO',
      'X-A=b,c',
      '',
      'freq=weekly',
    ),
    { minLength: 1, maxLength: 4 },
  )
  .map((parts) => parts.join(';'));
const piece = fc.oneof(
  plain,
  escaped.map((parts) => parts.join('')),
  time,
  digits,
  rule,
  fc.tuple(time, fc.oneof(time, fc.constantFrom('PT1H', 'P', '-P1D'))).map((ends) => ends.join('/')),
  fc.constantFrom(
    'TRUE',
    'false',
    '+0100',
    '-001730',
    '123000Z',
    'PT15M',
    'AAEC',
    'SGVsbG8=',
    'mailto:a@example.com',
    '1.5;-2.5',
    '2.0;ok;a',
    '',
  ),
);
const value = fc.oneof(
  { weight: 3, arbitrary: piece },
  fc.array(piece, { minLength: 2, maxLength: 3 }).map((all) => all.join(',')),
);

const paramValue = plain.map((chars) => chars.replace(/\t/g, ' '));
const xName = fc.stringMatching(/^X-[A-Z0-9-]{1,8}$/);
const param: fc.Arbitrary<[string, readonly string[]]> = fc.oneof(
  fc.tuple(xName, fc.array(paramValue, { minLength: 1, maxLength: 3 })),
  fc.tuple(
    fc.constantFrom('RSVP', 'ALTREP', 'DELEGATED-TO', 'ORDER', 'GAP', 'TZID', '1-A'),
    fc.array(paramValue, { minLength: 1, maxLength: 2 }),
  ),
  fc.tuple(fc.constant('RSVP'), fc.constantFrom(['TRUE'], ['true'])),
  fc.tuple(
    fc.constant('VALUE'),
    fc.array(fc.constantFrom(...VALUE_TYPES, 'X-TYPE', 'UNKNOWN', ''), { minLength: 1, maxLength: 1 }),
  ),
);
const property = fc.record({
  name: fc.oneof(xName, fc.constantFrom(...Object.keys(PROPERTIES), 'XML', '1A', 'X_X0031_')),
  params: fc.uniqueArray(param, { selector: ([key]) => key, maxLength: 3 }).map((entries) => new Map(entries)),
  value,
});
interface Tree {
  readonly name: string;
  readonly properties: readonly Omit<Property, 'line'>[];
  readonly components: readonly Tree[];
}
const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc.record({
    name: fc.oneof(fc.stringMatching(/^V[A-Z]{2,8}$/), fc.constantFrom('PROPERTIES', 'X-1', '1')),
    properties: fc.array(property, { maxLength: 4 }),
    components: fc.oneof({ maxDepth: 2 }, fc.constant([]), fc.array(tie('tree'), { maxLength: 2 })),
  }),
}));
const calendar = tree.map((inner): Component => {
  const components = inner.name === 'VCALENDAR' ? [] : [inner];
  const whole: Tree = { name: 'VCALENDAR', properties: inner.properties, components };
  return parseCalendar(writeComponent(whole as Component)); // writing does not read the lines
});

test('iCalendar that goes through jCal keeps every property, parameter and value', async () => {
  await holds(
    fc.property(calendar, (source) => {
      const back = parseCalendar(writeComponent(fromJcal(jcalText(source))));
      expect(normal(back)).toEqual(normal(source));
    }),
    SEED,
  );
});

test('iCalendar that goes through xCal keeps every property, parameter and value', async () => {
  await holds(
    fc.property(calendar, (source) => {
      const back = parseCalendar(writeComponent(fromXcal(xcalText(source))));
      expect(normal(back)).toEqual(normal(source));
    }),
    SEED,
  );
});

test('jCal of any JSON is iCalendar or refused, and nothing else is thrown', async () => {
  await holds(
    fc.property(
      fc.array(
        fc.tuple(
          fc.string(),
          fc.dictionary(fc.string(), fc.jsonValue()),
          fc.constantFrom('text', 'recur', 'float', 'period', 'x'),
          fc.jsonValue(),
        ),
      ),
      (properties) => {
        let written: string;
        try {
          written = writeComponent(fromJcal(JSON.stringify(['vcalendar', properties, []])));
        } catch (error) {
          expect(error).toMatchObject({ code: 'valid-calendar-data' });
          return;
        }
        expect(
          parseCalendar(written.replace(/[\0-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]/g, '')).properties,
        ).toHaveLength(properties.length);
      },
    ),
    SEED,
  );
});
