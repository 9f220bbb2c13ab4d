import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { atOnce } from '../../src/base/steps.ts';
import { propertyOf } from '../../src/ical/component.ts';
import { subjectsOf, targetingInstances } from '../../src/ical/instance-targets.ts';
import { parsingCalendar } from '../../src/ical/parse.ts';
import { recurrenceSet } from '../../src/ical/recurrence.ts';
import { UTC, zonesOf } from '../../src/ical/timezone.ts';

const parse = (octets: Uint8Array) => atOnce(parsingCalendar(octets));
const source = (lines: readonly string[], eol = '\r\n'): Buffer =>
  Buffer.from([...['BEGIN:VCALENDAR', 'VERSION:2.0'], ...lines, ...['END:VCALENDAR', '']].join(eol));
const master = (...lines: readonly string[]): readonly string[] => [
  ...['BEGIN:VEVENT', 'UID:1', 'SUMMARY;X-A="b;c":Long ', ' line', ...lines],
  ...['BEGIN:VALARM', 'TRIGGER:-PT5M', 'END:VALARM', 'END:VEVENT'],
];
const target = (octets: Uint8Array, rids: readonly string[], most = 1e6) =>
  atOnce(targetingInstances(octets, parse(octets), rids, { budget: { steps: 10_000 }, most }));

test('the master and an override that is there are found, and nothing is changed', () => {
  const octets = source([
    ...master('DTSTART;TZID=Europe/Berlin:20260302T090000', 'RRULE:FREQ=DAILY'),
    ...master('RECURRENCE-ID;TZID=Europe/Berlin:20260303T090000', 'DTSTART;TZID=Europe/Berlin:20260303T100000'),
  ]);
  const found = target(octets, ['M', '20260303T080000Z', '20260303T090000']);
  expect(found.octets).toBe(octets);
  expect(found.components.map((component) => propertyOf(component, 'RECURRENCE-ID')?.value)).toEqual([
    ...[undefined, '20260303T090000', '20260303T090000'],
  ]);
});

test.each([
  [
    'in a zone',
    'DTSTART;TZID=Europe/Berlin:20260327T090000',
    'DTEND;TZID=Europe/Berlin:20260327T100000',
    '20260330T070000Z',
    [
      'RECURRENCE-ID;TZID=Europe/Berlin:20260330T090000',
      'DTSTART;TZID=Europe/Berlin:20260330T090000',
      'DTEND;TZID=Europe/Berlin:20260330T100000',
    ],
  ],
  [
    'on the wall',
    'DTSTART;TZID=Europe/Berlin:20260327T090000',
    'DURATION:PT1H',
    '20260330T090000',
    ['RECURRENCE-ID;TZID=Europe/Berlin:20260330T090000', 'DTSTART;TZID=Europe/Berlin:20260330T090000', 'DURATION:PT1H'],
  ],
  [
    'in UTC',
    'DTSTART:20260327T090000Z',
    'DTEND:20260327T100000Z',
    '20260330T090000Z',
    ['RECURRENCE-ID:20260330T090000Z', 'DTSTART:20260330T090000Z', 'DTEND:20260330T100000Z'],
  ],
  [
    'of all day',
    'DTSTART;VALUE=DATE:20260327',
    'DTEND;VALUE=DATE:20260328',
    '20260330',
    ['RECURRENCE-ID;VALUE=DATE:20260330', 'DTSTART;VALUE=DATE:20260330', 'DTEND;VALUE=DATE:20260331'],
  ],
])('an override %s is made for an instance that has none', (_, start, end, rid, lines) => {
  const octets = source(master(start, 'RRULE:FREQ=DAILY', 'EXDATE:20260401T090000Z', end), '\n');
  const { octets: longer, components } = target(octets, [rid]);
  expect(Buffer.from(longer).toString()).toBe(
    source(
      [...master(start, 'RRULE:FREQ=DAILY', 'EXDATE:20260401T090000Z', end), ...master(...lines)],
      '\n',
    ).toString(),
  );
  expect(components.map((component) => propertyOf(component, 'RECURRENCE-ID')?.value)).toEqual([
    lines[0]!.split(':')[1],
  ]);
});

test('an instance that a change of this and all future ones describes is copied from it, and stays where that moved it', () => {
  const octets = source([
    ...master('DTSTART:20260302T090000Z', 'DURATION:PT1H', 'RRULE:FREQ=DAILY'),
    ...master('RECURRENCE-ID;RANGE=THISANDFUTURE:20260304T090000Z', 'DTSTART:20260304T110000Z', 'DURATION:PT2H'),
  ]);
  const { octets: longer } = target(octets, ['20260306T090000Z']);
  expect(Buffer.from(longer).toString()).toContain(
    'RECURRENCE-ID:20260306T090000Z\r\nDTSTART:20260306T110000Z\r\nDURATION:PT2H\r\n',
  );
});

describe('refused with valid-rid-parameter is', () => {
  const daily = ['DTSTART:20260302T090000Z', 'RRULE:FREQ=DAILY;COUNT=5', 'EXDATE:20260303T090000Z'];
  test.each([
    '',
    'm',
    'X',
    '20260302T090001Z',
    '20260302',
    '20260302T090000',
    '20260303T090000Z',
    '20260402T090000Z',
    '2026',
  ])('rid=%s', (rid) => {
    expect(() => target(source(master(...daily)), [rid])).toThrow(
      expect.objectContaining({ code: 'valid-rid-parameter' }),
    );
  });
  test('a master that is not there', () => {
    const octets = source(master('RECURRENCE-ID:20260303T090000Z', 'DTSTART:20260303T100000Z'));
    expect(() => target(octets, ['M'])).toThrow(expect.objectContaining({ code: 'valid-rid-parameter' }));
  });
});

test('no more overrides are made than the object may be large', () => {
  const octets = source(master('DTSTART:20260302T090000Z', 'RRULE:FREQ=DAILY'));
  const rids = Array.from({ length: 20 }, (_, day) => `202603${String(day + 2).padStart(2, '0')}T090000Z`);
  expect(() => target(octets, rids, 1000)).toThrow(expect.objectContaining({ code: 'max-resource-size' }));
});

test('the instances are the same before and after, and the rest is octet for octet as it was', () => {
  const rule = fc.constantFrom(
    'FREQ=DAILY',
    'FREQ=WEEKLY;BYDAY=MO,WE,SU',
    'FREQ=MONTHLY;BYMONTHDAY=-1',
    'FREQ=HOURLY;INTERVAL=7',
  );
  const start = fc.constantFrom(
    'DTSTART:20260301T020000Z',
    'DTSTART;TZID=America/New_York:20260301T023000',
    'DTSTART:20260301T090000',
    'DTSTART;VALUE=DATE:20260301',
  );
  fc.assert(
    fc.property(rule, start, fc.array(fc.nat(15), { minLength: 1, maxLength: 4 }), (recur, begin, picks) => {
      const isDate = begin.includes('DATE:');
      // An hour of a date is none (RFC 5545 §3.3.10).
      fc.pre(!isDate || !recur.includes('HOURLY'));
      const octets = source(master(begin, `RRULE:${recur}`, isDate ? 'DURATION:P1D' : 'DURATION:PT45M'));
      const list = (from: Uint8Array) => {
        const calendar = parse(from);
        const set = recurrenceSet(subjectsOf(calendar), { zones: zonesOf(calendar), floating: UTC });
        const found = set.instances({ from: Date.UTC(2026, 0), to: Date.UTC(2028, 0) });
        return Array.from({ length: 16 }, () => found.next().value!).map((each) => ({
          ...{ start: each.start, end: each.end, id: each.recurrenceId?.wall, kind: each.recurrenceId?.kind },
        }));
      };
      const before = list(octets);
      const rids = picks.map((at) => {
        const text = new Date(before[at]!.id!).toISOString().replaceAll(/[-:]|\.000Z/g, '');
        return isDate ? text.slice(0, 8) : before[at]!.kind === 'utc' ? `${text}Z` : text;
      });
      const { octets: longer, components } = target(octets, rids);
      expect(components).toHaveLength(new Set(rids).size);
      expect(list(longer)).toEqual(before);
      const end = 'END:VCALENDAR\r\n'.length;
      expect(
        Buffer.from(longer)
          .subarray(0, octets.length - end)
          .equals(octets.subarray(0, -end)),
      ).toBe(true);
    }),
    { seed: 8607, numRuns: 100 },
  );
});
