import fc from 'fast-check';
import type { Component, Property } from '../../src/ical/component.ts';
import { formatTimeValue } from '../../src/ical/time-value.ts';
import { attendeeOf, isOneOf } from '../../src/itip/address.ts';
import { plain, withParam, withProperty } from '../../src/itip/component-edit.ts';
import { hasInstance, instanceOf, readSeries } from '../../src/itip/series.ts';

/** What people do to one daily series, for random histories: alice organizes it, the guests are named. */

const DAY = 86_400_000;
const FIRST = Date.UTC(2026, 2, 2, 9);
export const DAYS = 6;

/** RECURRENCE-ID of one of its days. */
export const keyOfDay = (day: number): string => formatTimeValue({ kind: 'utc', wall: FIRST + day * DAY });

export type Act =
  | { readonly kind: 'answer'; readonly who: string; readonly partstat: string; readonly day: number | undefined }
  | { readonly kind: 'hide'; readonly who: string; readonly day: number }
  | { readonly kind: 'alarm'; readonly who: string }
  | { readonly kind: 'words'; readonly day: number | undefined; readonly text: string }
  | { readonly kind: 'move'; readonly day: number | undefined; readonly hours: number }
  | { readonly kind: 'cancel'; readonly day: number }
  | { readonly kind: 'count'; readonly count: number }
  | { readonly kind: 'invite'; readonly who: string; readonly day: number | undefined }
  | { readonly kind: 'uninvite'; readonly who: string; readonly day: number | undefined };

/** Any act of these people; `undefined` as a day is the whole series. */
export function anyAct(guests: readonly string[]): fc.Arbitrary<Act> {
  const who = fc.constantFrom(...guests);
  const day = fc.nat({ max: DAYS - 1 });
  const someDay = fc.option(day, { nil: undefined });
  return fc.oneof(
    fc.record({
      kind: fc.constant('answer' as const),
      who,
      partstat: fc.constantFrom('ACCEPTED', 'DECLINED', 'TENTATIVE'),
      day: someDay,
    }),
    fc.record({ kind: fc.constant('hide' as const), who, day }),
    fc.record({ kind: fc.constant('alarm' as const), who }),
    fc.record({ kind: fc.constant('words' as const), day: someDay, text: fc.constantFrom('one', 'two', 'three') }),
    fc.record({ kind: fc.constant('move' as const), day, hours: fc.integer({ min: 1, max: 3 }) }),
    fc.record({ kind: fc.constant('cancel' as const), day }),
    fc.record({ kind: fc.constant('count' as const), count: fc.integer({ min: 3, max: DAYS }) }),
    fc.record({ kind: fc.constant('invite' as const), who, day: someDay }),
    fc.record({ kind: fc.constant('uninvite' as const), who, day: someDay }),
  );
}

/** Who does it: a guest to his own copy, or the organizer. */
export const actorOf = (act: Act): string =>
  act.kind === 'answer' || act.kind === 'hide' || act.kind === 'alarm' ? act.who : 'alice';

const attendee = (name: string): Property => withParam(plain('ATTENDEE', `mailto:${name}@example.com`), 'RSVP', 'TRUE');

/** A daily series of an hour, to which the guests are invited. */
export function dailyMeeting(uid: string, guests: readonly string[]): Component {
  const properties = [
    plain('UID', uid),
    plain('DTSTAMP', '20260101T000000Z'),
    plain('DTSTART', formatTimeValue({ kind: 'utc', wall: FIRST })),
    plain('DTEND', formatTimeValue({ kind: 'utc', wall: FIRST + 3_600_000 })),
    plain('RRULE', `FREQ=DAILY;COUNT=${DAYS}`),
    plain('SUMMARY', 'Standup'),
    plain('ORGANIZER', 'mailto:alice@example.com'),
    ...guests.map(attendee),
  ];
  const component = { name: 'VEVENT', properties, components: [], line: 0 };
  const head = [plain('VERSION', '2.0'), plain('PRODID', '-//Example//Test//EN')];
  return { name: 'VCALENDAR', properties: head, components: [component], line: 0 };
}

/** An object with one of its components edited; undefined where there is no such instance. */
function edited(
  calendar: Component,
  at: number | undefined,
  change: (one: Component) => Component,
): Component | undefined {
  const series = readSeries(calendar);
  const key = at === undefined ? '' : keyOfDay(at);
  const target = series && instanceOf(series, key);
  if (target === undefined || target.properties.some(({ name, value }) => name === 'STATUS' && value === 'CANCELLED'))
    return undefined;
  const rest = calendar.components.filter((each) => each !== target);
  return { ...calendar, components: [...rest, change(target)] };
}

/** Somebody's object after what he does to it; undefined where he cannot. */
export function changedBy(before: Component, one: Act, isMe: (address: string) => boolean): Component | undefined {
  switch (one.kind) {
    case 'answer':
      return edited(before, one.day, (each) => replacing(each, attendeeOf(each, isMe), one.partstat));
    case 'hide':
    case 'cancel': {
      const series = readSeries(before)!;
      if (series.master === undefined || !hasInstance(series, keyOfDay(one.day))) return undefined;
      const gone = series.overrides.get(keyOfDay(one.day));
      const rest = { ...before, components: before.components.filter((each) => each !== gone) };
      const exdate = plain('EXDATE', keyOfDay(one.day));
      return edited(rest, undefined, (each) => ({ ...each, properties: [...each.properties, exdate] }));
    }
    case 'alarm': {
      const alarm = {
        name: 'VALARM',
        properties: [plain('ACTION', 'DISPLAY'), plain('TRIGGER', '-PT5M')],
        components: [],
        line: 0,
      };
      return edited(before, undefined, (each) => ({ ...each, components: [alarm] }));
    }
    case 'words':
      return edited(before, one.day, (each) => withProperty(each, plain('SUMMARY', one.text)));
    case 'move': {
      const start = FIRST + (one.day ?? 0) * DAY + one.hours * 3_600_000;
      const time = (name: string, wall: number): Property => plain(name, formatTimeValue({ kind: 'utc', wall }));
      return edited(before, one.day, (each) =>
        withProperty(withProperty(each, time('DTSTART', start)), time('DTEND', start + 3_600_000)),
      );
    }
    case 'count':
      return edited(before, undefined, (each) => withProperty(each, plain('RRULE', `FREQ=DAILY;COUNT=${one.count}`)));
    case 'invite':
      return edited(before, one.day, (each) =>
        attendeeOf(each, isOneOf(`mailto:${one.who}@example.com`)) === undefined
          ? { ...each, properties: [...each.properties, attendee(one.who)] }
          : each,
      );
    case 'uninvite':
      return edited(before, one.day, (each) => ({
        ...each,
        properties: each.properties.filter(
          ({ name, value }) => name !== 'ATTENDEE' || value !== `mailto:${one.who}@example.com`,
        ),
      }));
    default:
      return undefined;
  }
}

const replacing = (each: Component, own: Property | undefined, partstat: string): Component => ({
  ...each,
  properties: each.properties.map((property) =>
    property === own ? withParam(property, 'PARTSTAT', partstat) : property,
  ),
});
