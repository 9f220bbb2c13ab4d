import fc from 'fast-check';
import { expect, test } from 'vitest';

import { Refusal } from '../../src/base/refusal.ts';
import { atOnce } from '../../src/base/steps.ts';
import { propertyOf } from '../../src/ical/component.ts';
import { parsingCalendar } from '../../src/ical/parse.ts';
import { recurrenceSet, type Instance } from '../../src/ical/recurrence.ts';
import { splittingSeries } from '../../src/ical/split.ts';
import { formatTimeValue, type TimeValue } from '../../src/ical/time-value.ts';
import { UTC, zonesOf } from '../../src/ical/timezone.ts';
import { holds } from '../properties/holds.ts';
import { calendar } from './calendar-text.ts';
import { rule, start } from './rule-arbitraries.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** The instances of an object up to an instant, those first that start first. */
function instancesOf(octets: Uint8Array, to: number): readonly Instance[] {
  const source = atOnce(parsingCalendar(octets));
  const subjects = source.components.filter(({ name }) => name === 'VEVENT');
  const set = recurrenceSet(subjects, { zones: zonesOf(source), floating: UTC });
  const found: Instance[] = [];
  for (const instance of set.instances({ from: -Infinity, to }, { steps: 500_000 })) {
    found.push(instance);
    if (found.length > 2000) throw new Refusal('max-instances', 'too many to be compared');
  }
  return found;
}

const described = ({ start: begin, end, component, isOverride }: Instance): string =>
  `${begin} ${end} ${isOverride} ${propertyOf(component, 'SUMMARY')?.value}`;

const line = (name: string, value: TimeValue, wall = value.wall): string => {
  const text = formatTimeValue({ ...value, wall });
  if (value.kind === 'date') return `${name};VALUE=DATE:${text}`;
  return value.kind === 'zoned' ? `${name};TZID=${value.tzid}:${text}` : `${name}:${text}`;
};

type Form = 'date' | 'utc' | 'floating' | 'Europe/Berlin' | 'America/Havana' | 'Australia/Lord_Howe';
const startIn = (form: Form, text: string): string => {
  if (form === 'date') return `DTSTART;VALUE=DATE:${text.slice(0, 8)}`;
  if (form === 'utc' || form === 'floating') return `DTSTART:${text}${form === 'utc' ? 'Z' : ''}`;
  return `DTSTART;TZID=${form}:${text}`;
};

const shape = fc.record({
  form: fc.constantFrom<Form>('date', 'utc', 'floating', 'Europe/Berlin', 'America/Havana', 'Australia/Lord_Howe'),
  bound: fc.oneof(
    fc.constant(''),
    fc.integer({ min: 2, max: 200 }).map((count) => `;COUNT=${count}`),
    fc.integer({ min: 1990, max: 2062 }).map((year) => `;UNTIL=${year}0615T120000Z`),
  ),
  length: fc.constantFrom('DURATION:PT90M', 'DURATION:P2D', 'DTEND', ''),
  extra: fc.array(fc.integer({ min: 1, max: 90 }), { maxLength: 3 }),
  exdates: fc.array(fc.nat(19), { maxLength: 3 }),
  overrides: fc.uniqueArray(fc.nat(19), { maxLength: 4 }),
  shift: fc.integer({ min: -30, max: 30 }),
  at: fc.nat(19),
  early: fc.nat(2),
});

test('the two parts of a series have together the instances that it had, and each its own', async () => {
  let compared = 0;
  let refused = 0;
  const runs = await holds(
    fc.property(rule, start, shape, (text, begin, made) => {
      const { form, bound, length, overrides, exdates, extra, shift, at, early } = made;
      const dtstart = startIn(form, begin);
      const until = form === 'date' ? bound.replace(/T.*/, '') : form === 'floating' ? bound.replace('Z', '') : bound;
      const lines = ['BEGIN:VEVENT', 'UID:1', dtstart, `RRULE:${text}${until}`, 'SUMMARY:master'];
      const plain = Buffer.from(calendar(...lines, 'END:VEVENT'));
      let first: readonly Instance[];
      try {
        const source = atOnce(parsingCalendar(plain));
        const set = recurrenceSet(source.components, { zones: zonesOf(source), floating: UTC });
        const found = [];
        for (const instance of set.instances({ from: -Infinity, to: Infinity }, { steps: 100_000 })) {
          found.push(instance);
          if (found.length === 20) break;
        }
        first = found;
      } catch (error) {
        if (error instanceof Refusal) return;
        throw error;
      }
      const ids = first.flatMap(({ recurrenceId }) => recurrenceId ?? []);
      const own = ids[0];
      if (ids.length < 2 || own === undefined) return;
      const pick = (index: number): TimeValue => ids[index % ids.length] ?? own;
      const step = form === 'date' ? DAY : HOUR;
      const ends = length === 'DTEND' ? [line('DTEND', own, own.wall + 2 * step)] : length === '' ? [] : [length];
      const isTimed = form !== 'date' || !length.includes('PT');
      const extras = extra.map((hours) => line('RDATE', own, own.wall + hours * step * 7));
      const whole = [
        ...[...lines, ...(isTimed ? ends : []), ...extras, ...exdates.map((index) => line('EXDATE', pick(index)))],
        'END:VEVENT',
        ...[...new Set(overrides.map((index) => index % ids.length))].flatMap((index) => [
          'BEGIN:VEVENT',
          'UID:1',
          line('RECURRENCE-ID', pick(index)),
          line('DTSTART', pick(index), pick(index).wall + shift * step),
          `SUMMARY:override ${index}`,
          'END:VEVENT',
        ]),
      ];
      const octets = Buffer.from(calendar(...whole));
      const point = first[1 + (at % (first.length - 1))]!;
      const wall = form === 'date' || form === 'floating' ? point.recurrenceId!.wall : point.start;
      const kind = form === 'date' || form === 'floating' ? form : 'utc';
      const rid = formatTimeValue({ kind, wall: wall - (form === 'date' ? 0 : early * 1000) });
      const options = { rid, uid: '2', relatedTo: 'set', budget: { steps: 2_000_000 } };
      let parts;
      try {
        parts = atOnce(splittingSeries(octets, atOnce(parsingCalendar(octets)), options));
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        refused += 1;
        return;
      }
      const to = (first.at(-1)?.start ?? 0) + 100 * DAY;
      let old;
      try {
        old = instancesOf(octets, to).map(described);
      } catch (error) {
        if (error instanceof Refusal) return;
        throw error;
      }
      const both = [...instancesOf(parts.earlier, to), ...instancesOf(parts.later, to)].map(described);
      expect(both.toSorted(), whole.join('\n')).toEqual(old.toSorted());
      expect(instancesOf(parts.earlier, Infinity).length).toBeGreaterThan(0);
      compared += 1;
    }),
    { seed: 2015, numRuns: 400 },
  );

  expect(compared).toBeGreaterThan(runs * 0.5);
  expect(refused).toBeLessThan(runs * 0.06);
});
