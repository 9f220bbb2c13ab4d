import { expect } from 'vitest';
import type { Component, Property } from '../../src/ical/component.ts';
import { writeComponent } from '../../src/ical/write.ts';
import { addressKey, attendeeOf } from '../../src/itip/address.ts';
import { plain, utcText, withParam } from '../../src/itip/component-edit.ts';
import { keyIn, instanceOf, readSeries, timeOfKey } from '../../src/itip/series.ts';
import { keyOfTime } from '../../src/itip/instance-key.ts';
import { messageComponents, readMessage, type ItipMessage } from '../../src/itip/message.ts';
import { parseTimeValue } from '../../src/ical/time-value.ts';
import { bodyOf, componentAt, missingIn } from './scenario-match.ts';
import { addPerson, createWorld, personOf, receive, save, type Sent, type World } from './scenario-world.ts';
import { envelope, hasWord, option, type Scenario, type Step } from './scenarios.ts';

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

const nameOf = ({ message, from, to, quiet }: Sent): string =>
  `${message.method} ${from} -> ${to}${quiet ? ' quiet' : ''}`;

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
  option: (world, step) => {
    if (hasWord(step, 'hide-guests')) world.hideGuests = true;
    return undefined;
  },
  put(world, step) {
    const [who = '', uid = ''] = step.args;
    const calendar = calendarOf(world, bodyOf(step.body).components, uid);
    return save(world, personOf(world, who), { uid, calendar, isMerge: hasWord(step, 'merge') });
  },
  change(world, step) {
    const [who = '', uid = ''] = step.args;
    const calendar = changed(objectOf(world, who, uid, step), option(step, 'at'), step);
    return save(world, personOf(world, who), { uid, calendar, isMerge: hasWord(step, 'merge') });
  },
  drop(world, step) {
    const [who = '', uid = ''] = step.args;
    const before = objectOf(world, who, uid, step);
    const gone = componentAt(before, option(step, 'at'));
    const components = before.components.filter((each) => each !== gone);
    return save(world, personOf(world, who), { uid, calendar: { ...before, components } });
  },
  reply(world, step) {
    const [who = '', uid = '', partstat = ''] = step.args;
    const person = personOf(world, who);
    const before = objectOf(world, who, uid, step);
    const edited = edit(before, option(step, 'at'), step, (component) => {
      const own = attendeeOf(component, person.isMe);
      const answered = own && withParam(withParam(own, 'PARTSTAT', partstat), 'RSVP', undefined);
      return replaceProperty(component, own, answered);
    });
    return save(world, person, { uid, calendar: edited });
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
    const calendar = calendarOf(world, components, uid ?? '');
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
  let last = '';
  const addresses = new Map<string, string[]>();
  for (const each of step.args) {
    const [name, address] = each.includes('=') ? (each.split('=') as [string, string]) : [last, each];
    last = name;
    addresses.set(name, [...(addresses.get(name) ?? []), address]);
  }
  for (const [name, all] of addresses) addPerson(world, name, all, isOutside);
  return undefined;
}

function objectOf(world: World, who: string, uid: string, step: Step): Component {
  const found = personOf(world, who).objects.get(uid);
  if (found === undefined) throw new Error(`${step.at}: ${who} has no ${uid}`);
  return found;
}

/** A VCALENDAR of components, with UID and DTSTAMP where they have none. */
function calendarOf(world: World, components: readonly Component[], uid: string): Component {
  const whole = components.map((each) => {
    if (each.name === 'VTIMEZONE') return each;
    const has = (name: string): boolean => each.properties.some((property) => property.name === name);
    const more = [
      ...(has('UID') ? [] : [plain('UID', uid)]),
      ...(has('DTSTAMP') ? [] : [plain('DTSTAMP', utcText(world.now))]),
    ];
    return { ...each, properties: [...more, ...each.properties] };
  });
  const properties = [plain('VERSION', '2.0'), plain('PRODID', '-//Example//Test//EN')];
  return { name: 'VCALENDAR', properties, components: whole, line: 0 };
}

/** The object with the component of an instance edited; it is made where there is none. */
function edit(
  calendar: Component,
  at: string | undefined,
  step: Step,
  change: (component: Component) => Component,
): Component {
  const own = componentAt(calendar, at);
  if (own !== undefined) {
    return { ...calendar, components: calendar.components.map((each) => (each === own ? change(each) : each)) };
  }
  const series = readSeries(calendar)!;
  const value = parseTimeValue(at ?? '', undefined, at?.length === 8);
  const key = value === undefined ? '' : keyOfTime(value, series.form, series.context);
  const derived = timeOfKey(key) === undefined ? undefined : instanceOf(series, key);
  if (derived === undefined) throw new Error(`${step.at}: there is no instance ${at ?? ''}`);
  expect(keyIn(series, derived)).toBe(key);
  return { ...calendar, components: [...calendar.components, change(derived)] };
}

function replaceProperty(component: Component, old: Property | undefined, by: Property | undefined): Component {
  const properties = component.properties.flatMap((each) => (each === old ? (by ?? []) : [each]));
  return { ...component, properties };
}

function changed(calendar: Component, at: string | undefined, step: Step): Component {
  const removals = step.body.filter((line) => line.startsWith('-')).map((line) => line.slice(1));
  const additions = bodyOf(step.body.filter((line) => line.startsWith('+')).map((line) => line.slice(1)));
  const rest = bodyOf(step.body.filter((line) => !line.startsWith('-') && !line.startsWith('+')));
  return edit(calendar, at, step, (component) => {
    let made = component;
    for (const line of removals) {
      if (line.startsWith('BEGIN:')) {
        made = { ...made, components: made.components.filter(({ name }) => `BEGIN:${name}` !== line) };
        continue;
      }
      const wanted = bodyOf([line.includes(':') ? line : `${line}:`]).properties[0]!;
      const isOut = (each: Property): boolean =>
        each.name === wanted.name && (!line.includes(':') || addressKey(each.value) === addressKey(wanted.value));
      made = { ...made, properties: made.properties.filter((each) => !isOut(each)) };
    }
    const same = (one: Property, other: Property): boolean =>
      one.name === other.name && (one.name !== 'ATTENDEE' || addressKey(one.value) === addressKey(other.value));
    const kept = made.properties.filter((each) => !rest.properties.some((other) => same(each, other)));
    const properties = [...kept, ...rest.properties, ...additions.properties];
    return { ...made, properties, components: [...made.components, ...rest.components, ...additions.components] };
  });
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
      return;
    default:
      throw new Error(`${step.at}: there is no step ${step.word}`);
  }
}

function expectMessages(state: State, step: Step): void {
  const { method, from, to } = envelope(step);
  const quiet = hasWord(step, 'quiet');
  for (const name of to) {
    const wanted = `${method} ${from} -> ${name}${quiet ? ' quiet' : ''}`;
    const found = state.waiting.find((each) => nameOf(each) === wanted);
    expect(found && nameOf(found), `${step.at}, of ${state.waiting.map(nameOf).join('; ')}`).toBe(wanted);
    state.waiting = state.waiting.filter((each) => each !== found);
    expectIn(step, found!.message.calendar, found!.message);
  }
}

function expectIn(step: Step, calendar: Component, message?: ItipMessage): void {
  const count = option(step, 'components');
  const subjects =
    message === undefined ? calendar.components.filter(({ name }) => name !== 'VTIMEZONE') : messageComponents(message);
  if (count !== undefined) expect(subjects.length, `${step.at}\n${writeComponent(calendar)}`).toBe(Number(count));
  const at = option(step, 'at');
  const component = componentAt(calendar, at) ?? (at === undefined ? subjects[0] : undefined);
  expect(component, `${step.at}: there is a component ${at ?? ''} in\n${writeComponent(calendar)}`).toBeDefined();
  expect(missingIn(step.body, component!, calendar), `${step.at}\n${writeComponent(calendar)}`).toEqual([]);
}
