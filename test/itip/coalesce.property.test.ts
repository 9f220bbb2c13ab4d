import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Component } from '../../src/ical/component.ts';
import { lineOf } from '../../src/ical/diff.ts';
import { writeComponent } from '../../src/ical/write.ts';
import { attendeeChanges } from '../../src/itip/attendee-changes.ts';
import { attendeeOf, isOneOf, partstatOf } from '../../src/itip/address.ts';
import { coalesce } from '../../src/itip/coalesce.ts';
import { copyComponents, copyFor } from '../../src/itip/copy.ts';
import { makeMessage, type ItipMessage } from '../../src/itip/message.ts';
import { organizerChanges } from '../../src/itip/organizer-changes.ts';
import { NO_MEMORY, type Memory } from '../../src/itip/revision.ts';
import { instanceOf, readSeries, timesText } from '../../src/itip/series.ts';
import { isSameTold, toldOfCopy } from '../../src/itip/told.ts';
import { planReceive } from '../../src/scheduling/plan-receive.ts';
import { holds } from '../properties/holds.ts';
import { anyAct, changedBy, dailyMeeting, DAYS, keyOfDay, type Act } from './series-acts.ts';

const ALICE = isOneOf('mailto:alice@example.com');
const BOB = isOneOf('mailto:bob@example.com');
const KEYS = Array.from({ length: DAYS }, (_, day) => keyOfDay(day));

/** Acts of the organizer, and that it is all off. */
type OrganizersAct = Act | { readonly kind: 'off' } | { readonly kind: 'back' };

const organizersAct: fc.Arbitrary<OrganizersAct> = fc.oneof(
  {
    weight: 9,
    arbitrary: anyAct(['bob', 'carol']).filter(({ kind }) => kind !== 'answer' && kind !== 'hide' && kind !== 'alarm'),
  },
  { weight: 1, arbitrary: fc.constantFrom({ kind: 'off' as const }, { kind: 'back' as const }) },
);

interface Copy {
  readonly calendar: Component | undefined;
  readonly memory: Memory;
}

const NO_COPY: Copy = { calendar: undefined, memory: NO_MEMORY };

function received({ calendar, memory }: Copy, message: ItipMessage, now: number): Copy {
  const outcome = planReceive(calendar, message, { me: BOB, now, memory, from: 'mailto:alice@example.com' });
  expect(outcome.outcome, outcome.why).not.toBe('refused');
  return {
    calendar: outcome.outcome === 'removed' ? undefined : (outcome.calendar ?? calendar),
    memory: outcome.memory,
  };
}

/** What bob sees of each day. */
function seenIn(calendar: Component | undefined): readonly string[] {
  const series = calendar && readSeries(calendar);
  return KEYS.map((key) => {
    const component = series && instanceOf(series, key);
    const isOff = component?.properties.some(({ name, value }) => name === 'STATUS' && value === 'CANCELLED');
    const own = component && attendeeOf(component, BOB);
    if (series === undefined || component === undefined || isOff === true || own === undefined) return 'nothing';
    const words = component.properties.filter(({ name }) => name === 'SUMMARY').map(lineOf);
    return [timesText(component, series.context), ...words, partstatOf(own)].join('|');
  });
}

interface History {
  /** The organizer's object; undefined: removed. */
  organized: Component | undefined;
  now: number;
  revisions: number;
}

/** The messages of one act that bob gets by mail. */
function told(history: History, act: OrganizersAct): readonly ItipMessage[] {
  const before = history.organized;
  history.now += 60_000;
  const after =
    act.kind === 'off'
      ? undefined
      : act.kind === 'back'
        ? (before ?? later(dailyMeeting('series', ['bob', 'carol']), ++history.revisions * 1000))
        : before && changedBy(before, act, ALICE);
  if (after === undefined && (before === undefined || act.kind !== 'off')) return [];
  const plan = organizerChanges(before, after, { me: ALICE, now: history.now });
  history.organized = after && (plan.calendar ?? after);
  return plan.messages.flatMap(({ to, message, quiet, noted }) => (BOB(to) && !quiet && !noted ? [message] : []));
}

/** It is back as a later revision than any before. */
const later = (calendar: Component, sequence: number): Component => ({
  ...calendar,
  components: calendar.components.map((each) => ({
    ...each,
    properties: [...each.properties, { name: 'SEQUENCE', params: new Map(), value: String(sequence), line: 0 }],
  })),
});

function wholeOf({ organized, now }: History): ItipMessage | undefined {
  const series = organized && readSeries(organized);
  const copy = series && copyFor(series, BOB);
  if (series === undefined || copy === undefined) return undefined;
  const stamp = {
    name: 'DTSTAMP',
    params: new Map(),
    value: new Date(now).toISOString().replace(/[-:]|\.\d+/g, ''),
    line: 0,
  };
  const components = copyComponents(copy).map((each) => ({
    ...each,
    properties: [...each.properties.filter(({ name }) => name !== 'DTSTAMP'), stamp],
  }));
  return makeMessage('REQUEST', components, [series.calendar]);
}

const scenario = fc.record({
  isKnown: fc.boolean(),
  hasWhole: fc.boolean(),
  acts: fc.array(organizersAct, { minLength: 1, maxLength: 7 }),
});

interface Scenario {
  readonly isKnown: boolean;
  readonly hasWhole: boolean;
  readonly acts: readonly OrganizersAct[];
}

function play({ isKnown, hasWhole, acts }: Scenario) {
  const history: History = { organized: undefined, now: Date.UTC(2026, 0, 1), revisions: 0 };
  const invitation = told(history, { kind: 'back' });
  const start = isKnown ? invitation.reduce((copy, each) => received(copy, each, history.now), NO_COPY) : NO_COPY;
  const before = isKnown ? toldOfCopy(history.organized, BOB) : {};
  const all: ItipMessage[] = isKnown ? [] : [...invitation];
  let held: readonly ItipMessage[] = isKnown ? [] : coalesce({ messages: invitation, isKnown });
  for (const act of acts) {
    const more = told(history, act);
    all.push(...more);
    for (const message of more) {
      held = coalesce({ messages: [...held, message], isKnown, whole: hasWhole ? wholeOf(history) : undefined });
    }
  }
  const oneByOne = all.reduce((copy, each) => received(copy, each, history.now), start);
  const together = held.reduce((copy, each) => received(copy, each, history.now), start);
  const isSame = isSameTold(before, toldOfCopy(history.organized, BOB), history.organized);
  const text = all.map(({ calendar }) => writeComponent(calendar)).join('\n---\n');
  return { start, oneByOne, together, isSame, all, held, text };
}

test('what was held and told in the fewest messages leaves the same copy as all of it told one by one', async () => {
  await holds(
    fc.property(scenario, (given) => {
      const { oneByOne, together, all, held, text } = play(given);
      expect(held.length).toBeLessThanOrEqual(Math.max(all.length, 0));
      const merged = held.map(({ calendar }) => writeComponent(calendar)).join('\n---\n');
      expect(seenIn(together.calendar), `${text}\n=====>\n${merged}`).toEqual(seenIn(oneByOne.calendar));
    }),
    { seed: 5546, numRuns: 600 },
  );
});

/** As seenIn, whatever bob has answered. */
const unanswered = (days: readonly string[]): readonly string[] => days.map((day) => day.replace(/\|[A-Z-]+$/, ''));

test('where the same is known as before, all of it told one by one changes nothing but what was answered', async () => {
  let same = 0;
  await holds(
    fc.property(scenario, (given) => {
      const { start, oneByOne, isSame, text } = play(given);
      if (!isSame) return;
      same++;
      expect(unanswered(seenIn(oneByOne.calendar)), text).toEqual(unanswered(seenIn(start.calendar)));
    }),
    { seed: 6047, numRuns: 600 },
  );
  expect(same).toBeGreaterThan(20);
});

const answer = fc.record({
  day: fc.option(fc.nat({ max: DAYS - 1 }), { nil: undefined }),
  partstat: fc.constantFrom('ACCEPTED', 'DECLINED', 'TENTATIVE'),
});

/** The organizer's object after these answers of bob's. */
function withReplies(organized: Component, replies: readonly ItipMessage[]): Component {
  let state: Copy = { calendar: organized, memory: NO_MEMORY };
  for (const message of replies) {
    const outcome = planReceive(state.calendar, message, {
      me: ALICE,
      now: 0,
      memory: state.memory,
      from: 'mailto:bob@example.com',
    });
    state = { calendar: outcome.calendar ?? state.calendar, memory: outcome.memory };
  }
  return state.calendar ?? organized;
}

test('answers that were held and told in one message are with the organizer as who has given them has them', async () => {
  await holds(
    fc.property(fc.array(answer, { minLength: 2, maxLength: 6 }), (given) => {
      const organized = dailyMeeting('series', ['bob', 'carol']);
      let own: Copy = { calendar: organized, memory: NO_MEMORY };
      const replies = given.flatMap(({ day, partstat }, at) => {
        const after = own.calendar && changedBy(own.calendar, { kind: 'answer', who: 'bob', partstat, day }, BOB);
        if (after === undefined) return [];
        const now = Date.UTC(2026, 0, 1, 0, at + 1);
        const plan = attendeeChanges(own.calendar, after, { me: BOB, now, memory: own.memory });
        if (plan.kind !== 'stored') return [];
        own = { calendar: plan.calendar ?? after, memory: plan.memory };
        return plan.reply?.message ?? [];
      });
      const held = replies.reduce<readonly ItipMessage[]>(
        (messages, message) => coalesce({ messages: [...messages, message], isKnown: true }),
        [],
      );
      expect(held.length).toBe(replies.length === 0 ? 0 : 1);
      expect(seenIn(withReplies(organized, held))).toEqual(seenIn(own.calendar));
    }),
    { seed: 5546, numRuns: 300 },
  );
});
