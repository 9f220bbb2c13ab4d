import { expect } from 'vitest';
import { parseCalendars } from '../../src/ical/parse.ts';
import { writeComponent } from '../../src/ical/write.ts';
import { responsesIn } from '../dav/busy-requests.ts';
import { componentAt, expectIn, missingIn } from '../itip/scenario-match.ts';
import { envelope, hasWord, option, type Step } from '../itip/scenarios.ts';
import { nameOf, type Sent, type State } from './server-scenario-state.ts';
import { copyOf, fetched, personOf } from './server-world.ts';

/** Checks one expectation of the last action. */
export async function expectation(state: State, step: Step): Promise<void> {
  const { world } = state;
  const [who = '', uid = ''] = step.args;
  switch (step.word) {
    case 'expect-message':
      await expectMessages(state, step);
      return;
    case 'expect-object': {
      const copy = copyOf(world, personOf(world, who), uid);
      expect(copy, `${step.at}: ${who} has ${uid}`).toBeDefined();
      expectIn(step, (await fetched(world, copy!, personOf(world, option(step, 'by') ?? who))).calendar);
      return;
    }
    case 'expect-no-object':
      expect(copyOf(world, personOf(world, who), uid), `${step.at}: ${who} has ${uid}`).toBeUndefined();
      return;
    case 'expect-refused':
      expect(state.refused, step.at).toBe(who);
      state.refused = undefined;
      return;
    case 'expect-busy':
      expectBusy(state, step);
      return;
    case 'expect-outcome': {
      const { word, item } = state.outcomes.get(who) ?? {};
      expect(word, step.at).toBe(hasWord(step, 'to-read') ? 'read' : uid);
      expect(item !== undefined, `it is in the inbox, ${step.at}`).toBe(word !== 'ignored' && word !== 'refused');
      return;
    }
    default:
      throw new Error(`${step.at}: there is no step ${step.word}`);
  }
}

/** One part of the answer of an outbox (RFC 6638 §10.1). */
function expectBusy({ world, answer }: State, { args: [who = '', status = ''], body, at }: Step): void {
  expect(answer?.status, at).toBe(200);
  const { isMe } = personOf(world, who);
  const found = responsesIn(answer!).find(({ recipient }) => isMe(recipient));
  expect(found?.status, at).toMatch(new RegExp(`^${status};`));
  const calendar = found?.data === undefined ? undefined : parseCalendars(Buffer.from(found.data)).calendars[0];
  const [busy] = calendar?.components.filter(({ name }) => name === 'VFREEBUSY') ?? [];
  if (body.length > 0) expect(missingIn(body, busy!, calendar!), `${at}\n${found?.data}`).toEqual([]);
}

async function expectMessages(state: State, step: Step): Promise<void> {
  const { method, from, to } = envelope(step);
  for (const name of to) {
    if (hasWord(step, 'quiet')) {
      await expectQuiet(state, step, name);
      continue;
    }
    const isThere = (each: Sent): boolean => each.method === method && each.to === name && each.from.includes(from);
    if (hasWord(step, 'unseen')) {
      expect(state.waiting.filter(isThere), `it is seen, ${step.at}`).toEqual([]);
      continue;
    }
    const found = state.waiting.find(isThere);
    const wanted = `${method} ${from} -> ${name}`;
    expect(
      found === undefined ? undefined : wanted,
      `${step.at}, of ${[...state.waiting.map(nameOf), state.refused].join('; ')}`,
    ).toBe(wanted);
    state.waiting = state.waiting.filter((each) => each !== found);
    expectIn(step, found!.calendar);
  }
}

/** Of the object that an action is about. */
const uidOf = ({ word, args, body }: Step): string =>
  word === 'send' ? (body.find((line) => line.startsWith('UID:'))?.slice(4) ?? '') : (args[1] ?? '');

/** What a quiet message says stands in the copy that it has brought up to date. */
async function expectQuiet(state: State, step: Step, name: string): Promise<void> {
  const { world, touched, quiet } = state;
  expect([...touched], `the copy of ${name} changes, ${step.at}`).toContain(name);
  quiet.add(name);
  if (step.body.length === 0) return;
  const copy = copyOf(world, personOf(world, name), uidOf(state.last!));
  const { calendar } = await fetched(world, copy!);
  const id = step.body.find((line) => line.startsWith('RECURRENCE-ID'));
  const component = componentAt(calendar, option(step, 'at') ?? id?.slice(id.indexOf(':') + 1));
  expect(component, `${step.at}\n${writeComponent(calendar)}`).toBeDefined();
  expect(missingIn(step.body, component!, calendar), `${step.at}\n${writeComponent(calendar)}`).toEqual([]);
}
