import { expect } from 'vitest';
import type { Component } from '../../src/ical/component.ts';
import { parseCalendars } from '../../src/ical/parse.ts';
import type { Answer } from '../dav-client.ts';
import type { DavServer } from '../dav-server.ts';
import type { Scenario, Step } from '../itip/scenarios.ts';
import { SERVER_ACTIONS } from './server-actions.ts';
import { expectation } from './server-expectations.ts';
import { nameOf, type Outcome, type Sent, type State } from './server-scenario-state.ts';
import {
  createServerWorld,
  fetched,
  look,
  scoped,
  sendersOf,
  type Received,
  type ServerWorld,
  type Sight,
} from './server-world.ts';
import { WRITES } from './server-writes.ts';

const FIRST = Date.UTC(2026, 0, 1);

/** A scenario by requests to a server; `scope` is a word that no other scenario there has. */
export async function runOnServer(server: DavServer, scenario: Scenario, scope: string): Promise<void> {
  const { steps } = scoped(scenario, scope);
  server.time.now = FIRST;
  const world = await createServerWorld(server, { ...scenario, steps }, scope);
  const state: State = { world, now: FIRST, writer: undefined, outcomes: new Map(), ...NOTHING, quiet: new Set() };
  try {
    for (const step of steps) {
      if (step.word.startsWith('expect-')) await expectation(state, step);
      else await action(state, step);
    }
    settle(state);
  } finally {
    world.close();
  }
}

const NOTHING = {
  last: undefined,
  answer: undefined,
  refused: undefined,
  waiting: [] as readonly Sent[],
  told: new Set<string>(),
  touched: new Set<string>(),
} as const;

/** All that the last action has done is told. */
function settle({ refused, waiting, touched, told, quiet, writer, last }: State): void {
  expect(waiting.map(nameOf), `messages that nobody expects, ${last?.at}`).toEqual([]);
  expect(refused, `a refusal that nobody expects, ${last?.at}`).toBeUndefined();
  const silently = [...touched].filter((name) => name !== writer?.name && !told.has(name) && !quiet.has(name));
  expect(silently, `copies that changed though nobody expects it, ${last?.at}`).toEqual([]);
}

async function action(state: State, step: Step): Promise<void> {
  settle(state);
  const { world } = state;
  state.now += 60_000;
  world.server.time.now = state.now;
  const act = WRITES[step.word] ?? SERVER_ACTIONS[step.word];
  if (act === undefined) throw new Error(`${step.at}: there is no step ${step.word}`);
  const before = world.sight;
  const { answer, writer, received } = await act(world, step);
  world.sight = await look(world);
  Object.assign(state, { ...NOTHING, last: step, answer, writer, quiet: new Set<string>() });
  state.refused = answer === undefined || answer.status < 300 ? undefined : refusalOf(answer);
  state.waiting = await sentSince(world, before);
  state.told = new Set(state.waiting.map(({ to }) => to));
  state.touched = touchedSince(before, world.sight);
  state.outcomes = new Map();
  if (received !== undefined) arrived(state, before, received);
  if (state.refused === undefined) return;
  expect(state.waiting.map(nameOf), `messages of what was refused, ${step.at}`).toEqual([]);
  expect([...state.touched], `written though it was refused, ${step.at}`).toEqual([]);
}

/** The message itself is not one that the action has led to. */
function arrived(state: State, before: Sight, { method, statuses }: Received): void {
  const outcomes = new Map<string, Outcome>();
  for (const [name, status] of statuses) {
    const item = state.waiting.find((each) => each.to === name && each.method === method);
    state.waiting = state.waiting.filter((each) => each !== item);
    outcomes.set(name, { word: outcomeOf(state, before, { name, status, isSeen: item !== undefined }), item });
  }
  state.outcomes = outcomes;
}

function outcomeOf(
  { world, touched }: State,
  before: Sight,
  { name, status, isSeen }: { readonly name: string; readonly status: string; readonly isSeen: boolean },
): string {
  if (status.startsWith('5.') || status.startsWith('3.')) return 'refused';
  if (!touched.has(name)) return isSeen ? 'read' : 'ignored';
  const copies = ({ standing }: Sight): number =>
    [...standing.values()].filter(({ owner, isMessage }) => owner.name === name && !isMessage).length;
  const more = copies(world.sight) - copies(before);
  return more > 0 ? 'created' : more < 0 ? 'removed' : 'updated';
}

/** The word of the precondition, or the status where there is none. */
function refusalOf({ status, body }: Answer): string {
  const text = body.toString();
  const word = /<(?:\w+:)?error\b[^>]*>\s*<(?:\w+:)?([\w-]+)/.exec(text)?.[1];
  return word === undefined || word === 'error-description' ? String(status) : word;
}

async function sentSince(world: ServerWorld, before: Sight): Promise<readonly Sent[]> {
  const sent: Sent[] = [];
  const add = (to: string, calendar: Component): void => {
    const method = calendar.properties.find(({ name }) => name === 'METHOD')?.value ?? '';
    sent.push({ method, from: sendersOf(world, calendar, method), to, calendar });
  };
  for (const each of world.sight.standing.values()) {
    if (!each.isMessage || before.standing.has(each.id)) continue;
    add(each.owner.name, (await fetched(world, each)).calendar);
  }
  for (const [id, { recipient, octets }] of world.sight.queued) {
    if (before.queued.has(id)) continue;
    const person = [...world.people.values()].find(({ isMe }) => isMe(recipient));
    expect(person?.isOutside === true || person?.isGone === true, `${recipient} is elsewhere`).toBe(true);
    add(person!.name, parseCalendars(octets).calendars[0]!);
  }
  return sent;
}

/** Whose copies are others than they were. */
function touchedSince(before: Sight, { standing: after }: Sight): ReadonlySet<string> {
  const names = new Set<string>();
  for (const [one, other] of [
    [before.standing, after],
    [after, before.standing],
  ] as const) {
    for (const { id, owner, isMessage, etag } of one.values()) {
      if (!isMessage && other.get(id)?.etag !== etag) names.add(owner.name);
    }
  }
  return names;
}
