import fc from 'fast-check';
import { expect, test } from 'vitest';

import { atOnce } from '../../src/base/steps.ts';
import type { Component } from '../../src/ical/component.ts';
import { parseCalendars } from '../../src/ical/parse.ts';
import { splittingSeries } from '../../src/ical/split.ts';
import { writeComponent } from '../../src/ical/write.ts';
import { attendeeOf, isOneOf, partstatOf } from '../../src/itip/address.ts';
import { attendeeChanges } from '../../src/itip/attendee-changes.ts';
import { copyFor } from '../../src/itip/copy.ts';
import { organizerChanges } from '../../src/itip/organizer-changes.ts';
import { receiveReply } from '../../src/itip/reply.ts';
import { receiveRequest } from '../../src/itip/request.ts';
import { NO_MEMORY, type Memory } from '../../src/itip/revision.ts';
import { derivedInstance, excludedKeys, readSeries, type Series } from '../../src/itip/series.ts';
import { splitCopy } from '../../src/itip/split-copy.ts';

const NOW = Date.UTC(2026, 1, 1);
const [ALICE, BOB] = [isOneOf('mailto:alice@example.com'), isOneOf('mailto:bob@example.com')];
const DAYS = 10;
const ALARM = 'BEGIN:VALARM\r\nACTION:DISPLAY\r\nDESCRIPTION:bob\r\nTRIGGER:-PT5M\r\nEND:VALARM\r\n';

const stamp = (day: number, hour = 9): string =>
  `202603${String(day + 1).padStart(2, '0')}T${String(hour).padStart(2, '0')}0000Z`;
const parsed = (text: string): Component => {
  const [calendar] = parseCalendars(Buffer.from(text)).calendars;
  if (calendar === undefined) throw new Error('There is no calendar');
  return calendar;
};
const textOf = (calendar: Component): string => writeComponent(calendar).replaceAll('\r\n ', '');

/** A day of the organizer's that is described by itself. */
interface Day {
  readonly day: number;
  readonly hour: number;
  readonly hasBob: boolean;
}

function event(lines: readonly string[], hasBob: boolean): string {
  const people = [
    'ORGANIZER:mailto:alice@example.com',
    'ATTENDEE;PARTSTAT=ACCEPTED:mailto:alice@example.com',
    'ATTENDEE:mailto:carol@example.com',
    ...(hasBob ? ['ATTENDEE:mailto:bob@example.com'] : []),
  ];
  const all = ['BEGIN:VEVENT', 'UID:m', 'DTSTAMP:20260101T000000Z', ...lines, 'DURATION:PT1H', ...people, 'END:VEVENT'];
  return all.join('\r\n');
}

function organizers(hasBob: boolean, days: readonly Day[], out: readonly number[]): Component {
  const exdates = out.map((day) => `EXDATE:${stamp(day)}`);
  const master = event([`DTSTART:${stamp(0)}`, `RRULE:FREQ=DAILY;COUNT=${DAYS}`, ...exdates], hasBob);
  const overrides = days
    .filter(({ day }) => !out.includes(day))
    .map(({ day, hour, hasBob: isIn }) => event([`RECURRENCE-ID:${stamp(day)}`, `DTSTART:${stamp(day, hour)}`], isIn));
  return parsed(
    `BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//x//EN\r\n${[master, ...overrides].join('\r\n')}\r\nEND:VCALENDAR\r\n`,
  );
}

interface World {
  readonly organizer: Component;
  readonly bob: Component;
  readonly memory: Memory;
}

/** Bob is invited, sets an alarm, answers, and takes days out; alice has his answers. */
function history(made: Component, answer: string, hidden: readonly number[]): World | undefined {
  const plan = organizerChanges(undefined, made, { me: ALICE, now: NOW });
  const message = plan.messages.find(({ to }) => BOB(to))?.message;
  if (message === undefined || plan.calendar === undefined) return undefined;
  const invited = receiveRequest(undefined, message, { me: BOB, now: NOW, memory: NO_MEMORY });
  if (invited.calendar === undefined) return undefined;
  const exdates = hidden.map((day) => `EXDATE:${stamp(day)}\r\n`).join('');
  const text = textOf(invited.calendar)
    .replaceAll(/(ATTENDEE[^\r]*):mailto:bob/g, `$1;PARTSTAT=${answer}:mailto:bob`)
    .replace(/RRULE/, `${exdates}RRULE`)
    .replaceAll('END:VEVENT', `${ALARM}END:VEVENT`);
  const own = attendeeChanges(invited.calendar, parsed(text), { me: BOB, now: NOW + 1000, memory: invited.memory });
  if (own.kind !== 'stored' || own.calendar === undefined) return undefined;
  if (own.reply === undefined) return { organizer: plan.calendar, bob: own.calendar, memory: own.memory };
  const told = receiveReply(plan.calendar, own.reply.message, { me: ALICE, now: NOW + 1000, memory: NO_MEMORY });
  return { organizer: told.calendar ?? plan.calendar, bob: own.calendar, memory: own.memory };
}

/** What somebody has on a day: when it is, his answer, whether it rings; '' where it is none of his days. */
function dayOf(series: Series | undefined, day: number): string {
  const key = stamp(day);
  const override = series?.overrides.get(key);
  const isOut = series === undefined || (override === undefined && excludedKeys(series).has(key));
  const component = isOut ? undefined : (override ?? derivedInstance(series, key));
  const own = component && attendeeOf(component, BOB);
  if (component === undefined || own === undefined) return '';
  const start = component.properties.find(({ name }) => name === 'DTSTART')?.value ?? '';
  const alarms = component.components.filter(({ name }) => name === 'VALARM').length;
  return `${start} ${partstatOf(own)} ${alarms}`;
}

const days = fc.uniqueArray(
  fc.record({ day: fc.nat(DAYS - 1), hour: fc.integer({ min: 9, max: 12 }), hasBob: fc.boolean() }),
  { selector: ({ day }) => day, maxLength: 4 },
);
const someDays = fc.uniqueArray(fc.integer({ min: 1, max: DAYS - 2 }), { maxLength: 3 });

const cases = fc.record({
  hasBob: fc.boolean(),
  described: days,
  out: someDays,
  answer: fc.constantFrom('ACCEPTED', 'TENTATIVE', 'NEEDS-ACTION'),
  hidden: someDays,
  at: fc.integer({ min: 1, max: DAYS - 1 }),
});

test('the two parts of a copy have together what the copy had, day by day, each day in one of them', () => {
  fc.assert(
    fc.property(cases, ({ hasBob, described, out, answer, hidden, at }) => {
      const world = history(organizers(hasBob, described, out), answer, hasBob ? hidden : []);
      fc.pre(world !== undefined && !out.includes(at));
      if (world === undefined) return;
      const octets = Buffer.from(writeComponent(world.organizer));
      const split = { rid: stamp(at), uid: 'n', relatedTo: 'r', budget: { steps: 100_000 } };
      const parts = atOnce(splittingSeries(octets, parsed(octets.toString()), split));
      const [earlier, later] = [parsed(parts.earlier.toString()), parsed(parts.later.toString())];
      const made = splitCopy(world.bob, { me: BOB, now: NOW + 2000, memory: world.memory, earlier, later });
      const before = readSeries(world.bob);
      const half = { earlier: made.earlier && readSeries(made.earlier), later: made.later && readSeries(made.later) };
      for (let day = 0; day < DAYS; day += 1) {
        const [here, there] = day < at ? [half.earlier, half.later] : [half.later, half.earlier];
        expect([day, dayOf(here, day)]).toEqual([day, dayOf(before, day)]);
        expect([day, dayOf(there, day)]).toEqual([day, '']);
      }
      for (const [part, calendar, uid] of [
        [half.earlier, earlier, 'n'],
        [half.later, later, 'm'],
      ] as const) {
        const series = readSeries(calendar);
        if (part === undefined || series === undefined) continue;
        expect(part.uid).toBe(uid);
        expect(copyFor(series, BOB)).toBeDefined();
      }
    }),
    { seed: 20_261_122, numRuns: 300 },
  );
});
