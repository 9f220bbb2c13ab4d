import fc from 'fast-check';
import { expect, test } from 'vitest';
import { attendeeOf, partstatOf } from '../../src/itip/address.ts';
import { instanceOf, readSeries } from '../../src/itip/series.ts';
import { holds } from '../properties/holds.ts';
import { answerIn, expectAgreement } from './agreement.ts';
import { createWorld, personOf, receive, save, type Sent, type World } from './scenario-world.ts';
import { actorOf, anyAct, changedBy, dailyMeeting, DAYS, keyOfDay, type Act } from './series-acts.ts';

const GUESTS = ['bob', 'carol', 'dave'] as const;
const KEYS = Array.from({ length: DAYS }, (_, day) => keyOfDay(day));

interface Delivery {
  readonly kind: 'deliver';
  readonly at: number;
  readonly twice: boolean;
}

const step: fc.Arbitrary<Act | Delivery> = fc.oneof(
  { weight: 9, arbitrary: anyAct(GUESTS) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('deliver' as const),
      at: fc.nat({ max: 20 }),
      twice: fc.boolean(),
    }),
  },
);

function perform(world: World, one: Act | Delivery): void {
  world.now += 60_000;
  if (one.kind === 'deliver') {
    deliver(world, one.at, one.twice);
    return;
  }
  const person = personOf(world, actorOf(one));
  const before = person.objects.get('series');
  if (before === undefined) return;
  const after = changedBy(before, one, person.isMe);
  if (after !== undefined) expect(save(world, person, { uid: 'series', calendar: after })).toBeUndefined();
}

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

function agree(world: World): void {
  const organizers = personOf(world, 'alice').objects.get('series')!;
  for (const name of GUESTS) {
    const { isMe, objects } = personOf(world, name);
    expectAgreement(organizers, { name, isMe, own: objects.get('series') }, KEYS);
  }
}

/** What the organizer knows: by guest and day. */
function answersOf(world: World): ReadonlyMap<string, string> {
  const organizers = personOf(world, 'alice').objects.get('series')!;
  const known = new Map<string, string>();
  for (const name of GUESTS) {
    for (const [at, key] of KEYS.entries()) {
      const answer = answerIn(organizers, personOf(world, name).isMe, key);
      if (answer !== undefined) known.set(`${name} ${at}`, answer);
    }
  }
  return known;
}

/** An answer is the organizer's at once; what is not about times, and what is of another day, asks nobody anew. */
function keepsAnswers(world: World, one: Act | Delivery, before: ReadonlyMap<string, string>): void {
  const after = answersOf(world);
  for (const [name, known] of before) {
    const [guest, at] = name.split(' ') as [string, string];
    const isOwn = 'who' in one && one.who === guest;
    const isThatDay = 'day' in one && (one.day === undefined || one.day === Number(at));
    if (one.kind === 'count' || (isThatDay && (isOwn || one.kind === 'move' || one.kind === 'cancel'))) continue;
    expect(after.get(name) ?? known, `${one.kind}: ${name}`).toBe(known);
  }
  if (one.kind !== 'answer' || one.day === undefined) return;
  const own = personOf(world, one.who).objects.get('series');
  const series = own && readSeries(own);
  const here = series && instanceOf(series, keyOfDay(one.day));
  const mine = here && attendeeOf(here, personOf(world, one.who).isMe);
  const isOff = here?.properties.some(({ name, value }) => name === 'STATUS' && value === 'CANCELLED');
  if (mine !== undefined && isOff !== true) expect(after.get(`${one.who} ${one.day}`)).toBe(partstatOf(mine));
}

function start(isQueued: boolean): World {
  const world = createWorld();
  for (const name of GUESTS) personOf(world, name);
  if (isQueued) world.queue = [];
  save(world, personOf(world, 'alice'), { uid: 'series', calendar: dailyMeeting('series', GUESTS) });
  return world;
}

test('after any history of one server, in which messages arrive at once, every copy agrees with the organizer', async () => {
  await holds(
    fc.property(fc.array(step, { maxLength: 12 }), (acts) => {
      const world = start(false);
      for (const one of acts) {
        const before = answersOf(world);
        perform(world, one);
        keepsAnswers(world, one, before);
      }
      agree(world);
    }),
    { seed: 5546, numRuns: 400 },
  );
});

test('messages that are delayed, doubled and out of order leave every copy as the organizer has it in the end', async () => {
  await holds(
    fc.property(fc.array(step, { maxLength: 14 }), (acts) => {
      const world = start(true);
      for (const one of acts) perform(world, one);
      quiesce(world);
      agree(world);
    }),
    { seed: 6638, numRuns: 400 },
  );
});
