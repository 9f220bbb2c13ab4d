import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Refusal } from '../../src/base/refusal.ts';
import { checkCalendar } from '../../src/ical/check.ts';
import type { Component, Property } from '../../src/ical/component.ts';
import { groupByUid } from '../../src/ical/group.ts';
import { parseCalendar, parseCalendars, parseComponent } from '../../src/ical/parse.ts';
import { decodeParam, encodeParam, escapeText, unescapeText } from '../../src/ical/text.ts';
import { validateObject } from '../../src/ical/validate.ts';
import { writeComponent } from '../../src/ical/write.ts';
import { holds } from '../properties/holds.ts';

const SEED = { seed: 20260302, numRuns: 300 };

const name = fc.stringMatching(/^X-[A-Z0-9-]{1,12}$/);
const plain = fc
  .string({ unit: 'binary', maxLength: 120 })
  .map((chars) => chars.replace(/[\0-\x08\x0a-\x1f\x7f\ufffe\uffff]/g, '.'));
const paramValue = plain.map((chars) => chars.replace(/\t/g, ' '));
const property: fc.Arbitrary<Omit<Property, 'line'>> = fc.record({
  name,
  params: fc
    .uniqueArray(fc.tuple(name, fc.array(paramValue, { minLength: 1, maxLength: 3 })), {
      selector: ([key]) => key,
      maxLength: 3,
    })
    .map((entries) => new Map(entries)),
  value: plain,
});
interface Tree extends Omit<Component, 'line' | 'properties' | 'components'> {
  readonly properties: readonly Omit<Property, 'line'>[];
  readonly components: readonly Tree[];
}
const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc.record({
    name: fc.stringMatching(/^V[A-Z]{2,8}$/),
    properties: fc.array(property, { maxLength: 5 }),
    components: fc.oneof({ maxDepth: 3 }, fc.constant([]), fc.array(tie('tree'), { maxLength: 2 })),
  }),
}));

/** A component without line numbers, which writing may change. */
function bare({ name: of, properties, components }: Tree | Component): unknown {
  return {
    of,
    properties: properties.map(({ name: key, params, value }) => [key, [...params], value]),
    components: components.map(bare),
  };
}
const lined = (component: Tree): Component => component as Component; // writing does not read the lines

describe('reading and writing are inverse', () => {
  test('a component that is written reads back the same', async () => {
    await holds(
      fc.property(tree, (component) => {
        expect(bare(parseComponent(writeComponent(lined(component))))).toEqual(bare(component));
        expect(bare(parseComponent(Buffer.from(writeComponent(lined(component)))))).toEqual(bare(component));
      }),
      SEED,
    );
  });

  test('folding at any octets, also inside characters, changes nothing', async () => {
    await holds(
      fc.property(tree, fc.integer({ min: 1, max: 40 }), fc.boolean(), (component, width, lf) => {
        const straight = writeComponent(lined(component)).replaceAll('\r\n ', '').split('\r\n').slice(0, -1);
        const lineBreak = Buffer.from(lf ? '\n' : '\r\n');
        const pieces = straight.flatMap((line) => {
          const octets = Buffer.from(line);
          const folds: Buffer[] = [];
          for (let at = 0; at < octets.length; at += width) {
            if (at > 0) folds.push(lineBreak, Buffer.from(' '));
            folds.push(octets.subarray(at, at + width));
          }
          return [...folds, lineBreak];
        });
        expect(bare(parseComponent(Buffer.concat(pieces)))).toEqual(bare(component));
      }),
      SEED,
    );
  });

  test('texts and parameter values', async () => {
    await holds(
      fc.property(fc.string({ unit: 'binary' }), (chars) => {
        const text = chars.replace(/\r\n?/g, '\n');
        expect(unescapeText(escapeText(text))).toBe(text);
        expect(decodeParam(encodeParam(text))).toBe(text);
      }),
      SEED,
    );
  });
});

/** Runs what may refuse; anything but a Refusal is a bug. */
function refused(run: () => unknown): boolean {
  try {
    run();
    return false;
  } catch (error) {
    if (error instanceof Refusal) return true;
    throw error;
  }
}

const LINES = [
  ...['BEGIN:VCALENDAR', 'END:VCALENDAR', 'BEGIN:VEVENT', 'END:VEVENT', 'BEGIN:VTODO', 'END:VTODO', 'BEGIN:VTIMEZONE'],
  ...[
    'END:VTIMEZONE',
    'BEGIN:VALARM',
    'END:VALARM',
    'VERSION:2.0',
    'VERSION:1.0',
    'PRODID:x',
    'METHOD:REQUEST',
    'UID:1',
  ],
  ...['UID:2', 'UID:', 'TZID:A', 'DTSTAMP:20260101T000000Z', 'DTSTART:20260302T090000Z', 'DTSTART;VALUE=DATE:20260302'],
  ...[
    'DTSTART;TZID=A:20260302T090000',
    'DTSTART:tomorrow',
    'DTEND:20260302T080000Z',
    'DTEND:',
    'DURATION:P1DT',
    'DURATION:x',
  ],
  ...[
    'RRULE:FREQ=DAILY',
    'RRULE:FREQ=DAILY;BYMONTH=13',
    'RRULE:',
    'RDATE:20260303T090000Z,x',
    'EXDATE:',
    'RECURRENCE-ID:x',
  ],
  ...[
    'RECURRENCE-ID:20260302T090000Z',
    'ATTENDEE;CN="a;b":mailto:x',
    ';:',
    'X',
    ':',
    ' folded',
    '\t',
    '',
    'X;A="b',
    'CREATED:no',
  ],
];
const rubbish = fc.array(fc.constantFrom(...LINES), { maxLength: 40 }).map((lines) => lines.join('\r\n'));
const objects = fc
  .array(fc.constantFrom(...LINES.filter((line) => !/^(?:BEGIN|END|X$|:|;| folded|\t)/.test(line))), { maxLength: 12 })
  .map((lines) =>
    ['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:x', 'BEGIN:VEVENT', ...lines, 'END:VEVENT', 'END:VCALENDAR', ''].join(
      '\r\n',
    ),
  );

describe('anything a client can send', () => {
  test.each<[string, fc.Arbitrary<Uint8Array>]>([
    ['random octets', fc.uint8Array({ maxLength: 300 })],
    ['random lines', rubbish.map((lines) => Buffer.from(lines))],
    ['lines in an event', objects.map((lines) => Buffer.from(lines))],
    [
      'octets changed at random',
      fc.tuple(objects, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 })).map(([lines, changes]) => {
        const octets = Buffer.from(lines);
        for (const [at, octet] of changes) octets[at % octets.length] = octet;
        return octets;
      }),
    ],
  ])('%s are read or refused, checked and split without any other error', async (_, source) => {
    await holds(
      fc.property(source, (octets) => {
        const isRefused = refused(() => validateObject(parseCalendar(octets)));
        parseCalendars(octets);
        const problems = checkCalendar(octets);
        for (const item of groupByUid(octets)) {
          if (item.kind === 'object') expect(validateObject(parseCalendar(item.octets)).uid).toBe(item.uid);
        }
        if (isRefused) expect(problems.length).toBeGreaterThan(0);
      }),
      { ...SEED, numRuns: 1000 },
    );
  });

  test('one VEVENT has a problem of severity error exactly when PUT refuses it', async () => {
    await holds(
      fc.property(objects, (source) => {
        const isRefused = refused(() => validateObject(parseCalendar(source)));
        const errors = checkCalendar(source).filter(({ severity }) => severity === 'error');
        expect({ source, isRefused }).toEqual({ source, isRefused: errors.length > 0 });
      }),
      { ...SEED, numRuns: 2000 },
    );
  });
});
