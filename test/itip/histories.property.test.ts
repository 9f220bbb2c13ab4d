import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Component, Property } from '../../src/ical/component.ts';
import { lineOf } from '../../src/ical/diff.ts';
import { formatTimeValue } from '../../src/ical/time-value.ts';
import { writeComponent } from '../../src/ical/write.ts';
import { addressKey, attendeeOf, isOneOf, partstatOf } from '../../src/itip/address.ts';
import { plain, withParam, withProperty } from '../../src/itip/component-edit.ts';
import { copyFor } from '../../src/itip/copy.ts';
import { hasInstance, instanceOf, readSeries, type Series } from '../../src/itip/series.ts';
import { isPersonal } from '../../src/itip/personal.ts';
import { timesText } from '../../src/itip/series.ts';
import { holds } from '../properties/holds.ts';
import { createWorld, personOf, receive, save, type Sent, type World } from './scenario-world.ts';

const DAY = 86_400_000;
const FIRST = Date.UTC(2026, 2, 2, 9);
const DAYS = 6;
const GUESTS = ['bob', 'carol', 'dave'] as const;

const keyOf = (day: number): string => formatTimeValue({ kind: 'utc', wall: FIRST + day * DAY });

type Act =
  | { readonly kind: 'answer'; readonly who: number; readonly partstat: string; readonly day: number | undefined }
  | { readonly kind: 'hide'; readonly who: number; readonly day: number }
  | { readonly kind: 'alarm'; readonly who: number }
  | { readonly kind: 'words'; readonly day: number | undefined; readonly text: string }
  | { readonly kind: 'move'; readonly day: number | undefined; readonly hours: number }
  | { readonly kind: 'cancel'; readonly day: number }
  | { readonly kind: 'count'; readonly count: number }
  | { readonly kind: 'invite'; readonly who: number; readonly day: number | undefined }
  | { readonly kind: 'uninvite'; readonly who: number; readonly day: number | undefined }
  | { readonly kind: 'deliver'; readonly at: number; readonly twice: boolean };

const who = fc.nat({ max: GUESTS.length - 1 });
const day = fc.nat({ max: DAYS - 1 });
const someDay = fc.option(day, { nil: undefined });
const act: fc.Arbitrary<Act> = fc.oneof(
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
  fc.record({ kind: fc.constant('deliver' as const), at: fc.nat({ max: 20 }), twice: fc.boolean() }),
);

const attendee = (name: string): Property => withParam(plain('ATTENDEE', `mailto:${name}@example.com`), 'RSVP', 'TRUE');

function meeting(): Component {
  const properties = [
    plain('UID', 'series'),
    plain('DTSTAMP', '20260101T000000Z'),
    plain('DTSTART', formatTimeValue({ kind: 'utc', wall: FIRST })),
    plain('DTEND', formatTimeValue({ kind: 'utc', wall: FIRST + 3_600_000 })),
    plain('RRULE', `FREQ=DAILY;COUNT=${DAYS}`),
    plain('SUMMARY', 'Standup'),
    plain('ORGANIZER', 'mailto:alice@example.com'),
    ...GUESTS.map(attendee),
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
  const key = at === undefined ? '' : keyOf(at);
  const target = series && instanceOf(series, key);
  if (target === undefined || target.properties.some(({ name, value }) => name === 'STATUS' && value === 'CANCELLED'))
    return undefined;
  const rest = calendar.components.filter((each) => each !== target);
  return { ...calendar, components: [...rest, change(target)] };
}

function perform(world: World, one: Act): void {
  world.now += 60_000;
  if (one.kind === 'deliver') {
    deliver(world, one.at, one.twice);
    return;
  }
  const isGuest = one.kind === 'answer' || one.kind === 'hide' || one.kind === 'alarm';
  const person = personOf(world, isGuest ? GUESTS[one.who]! : 'alice');
  const before = person.objects.get('series');
  if (before === undefined) return;
  const after = changedBy(before, one, person.isMe);
  if (after !== undefined) expect(save(world, person, { uid: 'series', calendar: after })).toBeUndefined();
}

function changedBy(before: Component, one: Act, isMe: (address: string) => boolean): Component | undefined {
  switch (one.kind) {
    case 'answer':
      return edited(before, one.day, (each) => replacing(each, attendeeOf(each, isMe), one.partstat));
    case 'hide':
    case 'cancel': {
      const series = readSeries(before)!;
      if (series.master === undefined || !hasInstance(series, keyOf(one.day))) return undefined;
      const gone = series.overrides.get(keyOf(one.day));
      const rest = { ...before, components: before.components.filter((each) => each !== gone) };
      const exdate = plain('EXDATE', keyOf(one.day));
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
        attendeeOf(each, isOneOf(`mailto:${GUESTS[one.who]!}@example.com`)) === undefined
          ? { ...each, properties: [...each.properties, attendee(GUESTS[one.who]!)] }
          : each,
      );
    case 'uninvite':
      return edited(before, one.day, (each) => ({
        ...each,
        properties: each.properties.filter(
          ({ name, value }) => name !== 'ATTENDEE' || value !== `mailto:${GUESTS[one.who]!}@example.com`,
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

/** A message arrives, in any order, once or twice. */
function deliver(world: World, at: number, isTwice: boolean): void {
  const queue = world.queue;
  if (queue === undefined || queue.length === 0) return;
  const [sent] = queue.splice(at % queue.length, 1);
  if (sent === undefined) return;
  arrive(world, sent);
  if (isTwice) arrive(world, sent);
}

function arrive(world: World, sent: Sent): void {
  const { outcome, why } = receive(world, sent);
  // An answer of who was removed meanwhile is one that nobody waits for.
  if (outcome === 'refused') expect(why).toMatch(/not invited|no instance|is no invitation/);
}

function quiesce(world: World): void {
  for (let step = 0; step < 500 && (world.queue ?? []).length > 0; step++) {
    world.now += 60_000;
    deliver(world, 0, false);
  }
  expect(world.queue).toEqual([]);
}

/** What all share of a component: its words, its times, and what each has answered. */
function sharedText(series: Series, component: Component): string {
  const words = component.properties
    .filter((each) => ['SUMMARY', 'LOCATION'].includes(each.name) && !isPersonal(each, component))
    .map(lineOf);
  const answers = component.properties
    .filter(({ name }) => name === 'ATTENDEE')
    .map((each) => `${addressKey(each.value)} ${partstatOf(each)}`);
  return [timesText(component, series.context), ...words, ...answers.sort()].join('|');
}

function agree(world: World, isOrdered: boolean): void {
  const organizers = readSeries(personOf(world, 'alice').objects.get('series')!)!;
  for (const name of GUESTS) {
    const person = personOf(world, name);
    const own = person.objects.get('series');
    const copy = copyFor(organizers, person.isMe);
    const mine = own && readSeries(own);
    for (let at = 0; at < DAYS; at++) {
      const key = keyOf(at);
      const theirs =
        copy && partOf(organizers, copy.components.has('') || copy.components.has(key), key, copy.excluded);
      const here = mine && instanceOf(mine, key);
      const isHere =
        here !== undefined &&
        !here.properties.some(({ name: each, value }) => each === 'STATUS' && value === 'CANCELLED');
      const isDeclined = theirs !== undefined && partstatOf(attendeeOf(theirs, person.isMe)!) === 'DECLINED';
      if (theirs === undefined) {
        expect(isHere, `${name} still has ${key}\n${dump(world, name)}`).toBe(false);
      } else if (isHere || !isDeclined) {
        const text = here === undefined ? 'nothing' : sharedText(mine!, here);
        expect(text, `${name} of ${key}, ${isOrdered}\n${dump(world, name)}`).toBe(sharedText(organizers, theirs));
      }
    }
  }
}

function partOf(series: Series, isIn: boolean, key: string, excluded: ReadonlySet<string>): Component | undefined {
  if (!isIn || excluded.has(key)) return undefined;
  return instanceOf(series, key);
}

/** What the organizer knows: by guest and day. */
function answersOf(world: World): ReadonlyMap<string, string> {
  const series = readSeries(personOf(world, 'alice').objects.get('series')!)!;
  const known = new Map<string, string>();
  for (const name of GUESTS) {
    for (let at = 0; at < DAYS; at++) {
      const part = instanceOf(series, keyOf(at));
      const own = part && attendeeOf(part, personOf(world, name).isMe);
      if (own !== undefined) known.set(`${name} ${at}`, partstatOf(own));
    }
  }
  return known;
}

/** An answer is the organizer's at once; what is not about times, and what is of another day, asks nobody anew. */
function keepsAnswers(world: World, one: Act, before: ReadonlyMap<string, string>): void {
  const after = answersOf(world);
  for (const [name, known] of before) {
    const [guest, at] = name.split(' ') as [string, string];
    const isOwn = 'who' in one && GUESTS[one.who] === guest;
    const isThatDay = 'day' in one && (one.day === undefined || one.day === Number(at));
    if (one.kind === 'count' || (isThatDay && (isOwn || one.kind === 'move' || one.kind === 'cancel'))) continue;
    expect(after.get(name) ?? known, `${one.kind}: ${name}`).toBe(known);
  }
  if (one.kind !== 'answer' || one.day === undefined) return;
  const own = personOf(world, GUESTS[one.who]!).objects.get('series');
  const series = own && readSeries(own);
  const here = series && instanceOf(series, keyOf(one.day));
  const mine = here && attendeeOf(here, personOf(world, GUESTS[one.who]!).isMe);
  const isOff = here?.properties.some(({ name, value }) => name === 'STATUS' && value === 'CANCELLED');
  if (mine !== undefined && isOff !== true) expect(after.get(`${GUESTS[one.who]!} ${one.day}`)).toBe(partstatOf(mine));
}

const dump = (world: World, name: string): string =>
  ['alice', name].map((each) => writeComponent(personOf(world, each).objects.get('series') ?? meeting())).join('\n');

function start(isQueued: boolean): World {
  const world = createWorld();
  for (const name of GUESTS) personOf(world, name);
  if (isQueued) world.queue = [];
  save(world, personOf(world, 'alice'), { uid: 'series', calendar: meeting() });
  return world;
}

test('after any history of one server, in which messages arrive at once, every copy agrees with the organizer', async () => {
  await holds(
    fc.property(fc.array(act, { maxLength: 12 }), (acts) => {
      const world = start(false);
      for (const one of acts) {
        const before = answersOf(world);
        perform(world, one);
        keepsAnswers(world, one, before);
      }
      agree(world, true);
    }),
    { seed: 5546, numRuns: 400 },
  );
});

test('messages that are delayed, doubled and out of order leave every copy as the organizer has it in the end', async () => {
  await holds(
    fc.property(fc.array(act, { maxLength: 14 }), (acts) => {
      const world = start(true);
      for (const one of acts) perform(world, one);
      quiesce(world);
      agree(world, false);
    }),
    { seed: 6638, numRuns: 400 },
  );
});
