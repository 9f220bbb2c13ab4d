import { expect } from 'vitest';
import type { Component } from '../../src/ical/component.ts';
import { plain } from '../../src/itip/component-edit.ts';
import { readMessage } from '../../src/itip/message.ts';
import { answered, calendarOf, changed, dropped } from './scenario-edit.ts';
import { bodyOf, expectIn } from './scenario-match.ts';
import { addPerson, createWorld, personOf, receive, save, type Sent, type World } from './scenario-world.ts';
import { envelope, hasWord, introduced, MESSAGE_WORDS, type Scenario, type Step } from './scenarios.ts';

/** A scenario over the pure functions. */
export function runScenario(scenario: Scenario): void {
  const world = createWorld();
  const state: State = { world, refused: undefined, waiting: [], last: undefined };
  for (const step of scenario.steps) {
    if (step.word.startsWith('expect-')) expectation(state, step);
    else action(state, step);
  }
  settle(state);
}

interface State {
  readonly world: World;
  refused: string | undefined;
  /** Messages of the last action that nobody has expected yet. */
  waiting: Sent[];
  last: Step | undefined;
}

/** All that the last action has done is told. */
function settle({ refused, waiting, last }: State): void {
  expect(waiting.map(nameOf), `messages that nobody expects, ${last?.at}`).toEqual([]);
  expect(refused, `a refusal that nobody expects, ${last?.at}`).toBeUndefined();
}

const nameOf = ({ message, from, to, ...sent }: Sent): string =>
  [`${message.method} ${from} -> ${to}`, ...MESSAGE_WORDS.filter((word) => sent[word] === true)].join(' ');

function action(state: State, step: Step): void {
  settle(state);
  const { world } = state;
  world.now += 60_000;
  world.sent = [];
  world.outcomes.clear();
  state.last = step;
  state.refused = ACTIONS[step.word]?.(world, step) ?? unknown(step);
  state.waiting = [...world.sent];
}

/** What a step has to be one of. */
function unknown(step: Step): undefined {
  if (!(step.word in ACTIONS)) throw new Error(`${step.at}: there is no step ${step.word}`);
  return undefined;
}

const ACTIONS: Readonly<Record<string, (world: World, step: Step) => string | undefined>> = {
  people: (world, step) => introduce(world, step, false),
  outside: (world, step) => introduce(world, step, true),
  put(world, step) {
    const [who = '', uid = ''] = step.args;
    const calendar = calendarOf(bodyOf(step.body).components, uid, world.now);
    return save(world, personOf(world, who), { uid, calendar, isMerge: hasWord(step, 'merge') });
  },
  change(world, step) {
    const [who = '', uid = ''] = step.args;
    const calendar = changed(objectOf(world, who, uid, step), step);
    return save(world, personOf(world, who), { uid, calendar, isMerge: hasWord(step, 'merge') });
  },
  drop(world, step) {
    const [who = '', uid = ''] = step.args;
    return save(world, personOf(world, who), { uid, calendar: dropped(objectOf(world, who, uid, step), step) });
  },
  reply(world, step) {
    const [who = '', uid = ''] = step.args;
    const person = personOf(world, who);
    return save(world, person, { uid, calendar: answered(objectOf(world, who, uid, step), step, person.isMe) });
  },
  delete(world, step) {
    const [who = '', uid = ''] = step.args;
    return save(world, personOf(world, who), { uid, calendar: undefined, silent: hasWord(step, 'silent') });
  },
  send(world, step) {
    const { method, from, to } = envelope(step);
    const components = bodyOf(step.body).components;
    const uid = components
      .find(({ name }) => name !== 'VTIMEZONE')
      ?.properties.find(({ name }) => name === 'UID')?.value;
    const calendar = calendarOf(components, uid ?? '', world.now);
    const reading = readMessage({ ...calendar, properties: [...calendar.properties, plain('METHOD', method)] });
    for (const name of to) {
      if ('message' in reading) receive(world, { from, to: name, message: reading.message, quiet: false });
      else
        world.outcomes.set(name, {
          outcome: 'refused',
          why: reading.fault,
          memory: personOf(world, name).memory.get('')!,
        });
    }
    return undefined;
  },
};

function introduce(world: World, step: Step, isOutside: boolean): undefined {
  for (const [name, addresses] of introduced(step)) addPerson(world, name, addresses, isOutside);
  return undefined;
}

function objectOf(world: World, who: string, uid: string, step: Step): Component {
  const found = personOf(world, who).objects.get(uid);
  if (found === undefined) throw new Error(`${step.at}: ${who} has no ${uid}`);
  return found;
}

function expectation(state: State, step: Step): void {
  const { world } = state;
  const [who = '', second = ''] = step.args;
  switch (step.word) {
    case 'expect-message':
      expectMessages(state, step);
      return;
    case 'expect-object': {
      const calendar = personOf(world, who).objects.get(second);
      expect(calendar, `${step.at}: ${who} has ${second}`).toBeDefined();
      expectIn(step, calendar!);
      return;
    }
    case 'expect-no-object':
      expect(personOf(world, who).objects.has(second), `${step.at}: ${who} has ${second}`).toBe(false);
      return;
    case 'expect-refused':
      expect(state.refused, step.at).toBe(who);
      state.refused = undefined;
      return;
    case 'expect-outcome':
      expect(world.outcomes.get(who)?.outcome, `${step.at}: ${world.outcomes.get(who)?.why}`).toBe(second);
      expect(world.outcomes.get(who)?.isToRead === true, step.at).toBe(hasWord(step, 'to-read'));
      return;
    default:
      throw new Error(`${step.at}: there is no step ${step.word}`);
  }
}

function expectMessages(state: State, step: Step): void {
  const { method, from, to } = envelope(step);
  const how = MESSAGE_WORDS.filter((word) => hasWord(step, word)).map((word) => ` ${word}`);
  for (const name of to) {
    const wanted = `${method} ${from} -> ${name}${how.join('')}`;
    const found = state.waiting.find((each) => nameOf(each) === wanted);
    expect(found && nameOf(found), `${step.at}, of ${state.waiting.map(nameOf).join('; ')}`).toBe(wanted);
    state.waiting = state.waiting.filter((each) => each !== found);
    expectIn(step, found!.message.calendar);
  }
}
