import { paramOf, propertiesOf, propertyOf, type Component, type Property } from '../ical/component.ts';
import { lineOf } from '../ical/diff.ts';
import { P } from '../ical/names.ts';
import type { Instant } from '../ical/time-value.ts';
import {
  addressKey,
  attendeeOf,
  isOneOf,
  isSentBy,
  isSameAddress,
  organizerOf,
  partstatOf,
  type IsMe,
} from './address.ts';
import { withParam, withProperties } from './component-edit.ts';
import {
  delegatesIn,
  delegationFault,
  delegatorOf,
  isSameDelegation,
  isTooLong,
  MOST_DELEGATES,
  withDelegation,
  withoutDelegation,
} from './delegation.ts';
import { MASTER, type InstanceKey } from './instance-key.ts';
import { makeCalendar, messageComponents, type ItipMessage } from './message.ts';
import { unchanged, type Answer, type Outcome, type Receiving } from './outcome.ts';
import { isCancelled } from './personal.ts';
import { attendeeCommentOf, withAttendeeComment, withCommentAsPrivate } from './private-comments.ts';
import { answerName, isOlder, revisionOf, withAnswers, type Memory, type Revision } from './revision.ts';
import {
  byKey,
  componentsOf,
  derivedInstance,
  excludedKeys,
  instanceOf,
  isRange,
  keyIn,
  readSeries,
  timesText,
  type Series,
} from './series.ts';

/**
 * An attendee's answer arrives at the organizer (RFC 5546 §3.2.3, §3.4.3; RFC 6638 §4.2): PARTSTAT of each instance that it
 * names, and what he says in private, nothing else. An answer for one day makes the override that it needs. Refused is who is not invited and to whom
 * nobody has delegated, and an answer for a day that there is not.
 */
export function receiveReply(mine: Component | undefined, message: ItipMessage, receiving: Receiving): Outcome {
  const { me, memory, now, from } = receiving;
  const series = mine && readSeries(mine);
  if (mine === undefined || series === undefined) return unchanged('ignored', 'there is no such object', memory);
  const fault = envelopeFault(series, message, receiving);
  if (fault !== undefined) return unchanged('refused', fault, memory);
  const context = besides(series, message);
  const work: Work = {
    series,
    context,
    me,
    now,
    components: new Map(byKey(series)),
    memory,
    said: new Map(),
    answers: [],
    crossed: false,
    faults: [],
    says: 0,
    isSpeaker: isSpeaker(message, from),
    from,
  };
  const parts = messageComponents(message).map((part) => ({
    part,
    key: keyIn(series, part, context),
  }));
  // What is said of the series first, then of its days.
  parts.sort((one, other) => (one.key < other.key ? -1 : 1));
  for (const { part, key } of parts) applyPart(work, part, key);
  if (work.answers.length === 0) {
    const why = work.faults[0] ?? 'it says nothing new';
    return { ...unchanged(work.faults.length > 0 && work.says === 0 ? 'refused' : 'ignored', why, remembered(work)) };
  }
  const components = componentsOf({
    master: work.components.get(MASTER),
    overrides: new Map([...work.components].filter(([key]) => key !== MASTER)),
  });
  const calendar = makeCalendar(mine.properties, components, [mine]);
  const told = work.answers.map(
    ({ instance, partstat }) => `${partstat}${instance === MASTER ? '' : ` of ${instance}`}`,
  );
  const changes = work.answers.map(({ instance }) => ({
    instance,
    what: 'changed' as const,
    properties: [P.ATTENDEE],
  }));
  return {
    outcome: 'updated',
    calendar,
    why: `answered ${told.join(', ')}`,
    memory: remembered(work),
    changes,
    answers: work.answers,
    crossed: work.crossed,
  };
}

/** The zones of the message, and the organizer's where it has none of a name. */
const besides = (series: Series, message: ItipMessage): Series['context'] =>
  readSeries(message.calendar, { beside: series })?.context ?? series.context;

function envelopeFault(series: Series, message: ItipMessage, { me }: Receiving): string | undefined {
  const [first] = messageComponents(message);
  if (first === undefined || message.uid !== series.uid) return 'it is about another object';
  if (message.kind !== series.kind) return `it is about a ${message.kind}, and this is a ${series.kind}`;
  const organizer =
    organizerOf(series.master ?? first) ?? organizerOf([...series.overrides.values()][0] ?? first) ?? '';
  if (!me(organizer)) return 'the receiver is not the organizer';
  if (!me(organizerOf(first) ?? '') && !isSameAddress(organizerOf(first) ?? '', organizer))
    return 'it is for another organizer';
  return undefined;
}

/**
 * Whether a line is of who has sent the message; undefined: of whom is not known. Somebody who answers for himself in it
 * answers for nobody else, whoever he says has sent the other lines.
 */
function isSpeaker(message: ItipMessage, from: string | undefined): Work['isSpeaker'] {
  if (from === undefined) return undefined;
  const isSender = ({ value }: Property): boolean => isSameAddress(value, from);
  const lines = messageComponents(message).flatMap((part) => propertiesOf(part, P.ATTENDEE));
  return lines.some(isSender) ? isSender : (line) => isSentBy(line, from);
}

interface Work {
  readonly series: Series;
  /** How the message's times are read. */
  readonly context: Series['context'];
  readonly me: IsMe;
  readonly now: Instant;
  readonly components: Map<InstanceKey, Component>;
  readonly memory: Memory;
  /** Answers of this message, by their names in the memory. */
  readonly said: Map<string, Revision>;
  readonly answers: Answer[];
  crossed: boolean;
  readonly faults: string[];
  /** Parts that could be taken, whether or not they said anything new. */
  says: number;
  readonly isSpeaker: ((attendee: Property) => boolean) | undefined;
  readonly from: string | undefined;
}

function applyPart(work: Work, part: Component, key: InstanceKey): void {
  const { series } = work;
  if (isRange(propertyOf(part, P['RECURRENCE-ID']))) {
    work.faults.push('an answer for all future instances is not taken');
    return;
  }
  const target = work.components.get(key) ?? instanceOf(series, key);
  if (target === undefined || (key !== MASTER && !series.overrides.has(key) && excludedKeys(series).has(key))) {
    work.faults.push(`there is no instance ${key === MASTER ? 'without a recurrence id' : key}`);
    return;
  }
  const own = speakerOf(part, work.isSpeaker);
  if (own === undefined) {
    work.faults.push(`${work.from ?? 'nobody'} answers for another`);
    return;
  }
  const answer = answerIn(own, target);
  if (answer === undefined) {
    work.faults.push('who answers is not invited, and nobody has delegated to him');
    return;
  }
  const fault = partFault(work, { part, key, target, answer });
  if (fault === undefined) take(work, { part, key, target, answer });
  else if (fault.isStale) work.says++;
  if (fault !== undefined) work.faults.push(fault.why);
}

interface Part {
  readonly part: Component;
  readonly key: InstanceKey;
  readonly target: Component;
  readonly answer: Property;
}

/** The ATTENDEE of who answers. */
function speakerOf(part: Component, isOfSender: Work['isSpeaker']): Property | undefined {
  const candidates = propertiesOf(part, P.ATTENDEE);
  if (isOfSender !== undefined) return candidates.find(isOfSender);
  // With a delegation comes the delegate, who does not answer here.
  const delegates = new Set(candidates.flatMap((each) => delegatesIn(each, 'DELEGATED-TO').map(addressKey)));
  return candidates.find(({ value }) => !delegates.has(addressKey(value))) ?? candidates[0];
}

/** His line; undefined for a party crasher (RFC 5546 §3.2.3). */
function answerIn(own: Property, target: Component): Property | undefined {
  const isInvited = attendeeOf(target, isOneOf(own.value)) !== undefined;
  return isInvited || delegatorOf(target, own.value) !== undefined ? own : undefined;
}

function partFault(work: Work, { part, key, target, answer }: Part): { why: string; isStale: boolean } | undefined {
  const revision = revisionOf(part);
  const last = lastAnswer(work, key, answer);
  if (isOlder(revision, last)) return { why: 'a later answer is known', isStale: true };
  if (isCancelled(target)) return { why: 'it is cancelled', isStale: true };
  const now = revisionOf(target).sequence;
  if (revision.sequence < now) {
    // RFC 5546 §2.1.4: the answer is to an earlier revision, and counts if that was for the same time.
    const isTimed = propertyOf(part, P.DTSTART) !== undefined;
    if (isTimed && startText(part, work.context) !== startText(target, work.series.context)) {
      return { why: 'it answers for an earlier time', isStale: true };
    }
    work.crossed = true;
  }
  const delegates = delegatesIn(answer, 'DELEGATED-TO');
  if (delegates.length > MOST_DELEGATES) return { why: 'it delegates to too many', isStale: false };
  if (BROUGHT.some((name) => isTooLong(answer.params.get(name) ?? [])))
    return { why: 'it says more than an answer does', isStale: false };
  for (const to of delegates) {
    const why = partstatOf(answer) === 'DELEGATED' ? delegationFault(target, answer.value, to) : undefined;
    if (why !== undefined) return { why, isStale: false };
  }
  return undefined;
}

const startText = (component: Component, context: Series['context']): string =>
  timesText(component, context).split('/')[0] ?? '';

/** The last answer of an attendee for an instance that is known. */
const lastAnswer = ({ said, memory }: Work, key: InstanceKey, answer: Property): Revision | undefined => {
  const name = answerName(key, addressKey(answer.value));
  return said.get(name) ?? memory.answers[name];
};

const remembered = ({ said, memory }: Work): Memory => (said.size === 0 ? memory : withAnswers(memory, said));

function take(work: Work, { part, key, target, answer }: Part): void {
  work.says++;
  const name = answerName(key, addressKey(answer.value));
  work.said.set(name, revisionOf(part));
  for (const [at, component] of answered(work, { part, key, target, answer })) {
    work.components.set(at, component);
    work.answers.push({ address: answer.value, instance: at, partstat: partstatOf(answer) });
  }
}

/** The components that the answer changes: of the whole series also the days that have waited for it. */
function answered(work: Work, { part, key, target, answer }: Part): readonly (readonly [InstanceKey, Component])[] {
  const him = isOneOf(answer.value);
  const before = attendeeOf(target, him);
  const found: (readonly [InstanceKey, Component])[] = [];
  const add = (at: InstanceKey, component: Component): void => {
    const made = withAnswersIn(component, part, answer);
    if (isNews(component, made, him)) found.push([at, made]);
  };
  // What programs elsewhere write as COMMENT of an answer is meant for the organizer, and not for all.
  const said = work.from === undefined ? part : withCommentAsPrivate(part);
  const own = withAttendeeComment(withAnswersIn(target, part, answer), said, answer.value, work.now);
  const isOtherComment = attendeeCommentOf(own, answer.value) !== attendeeCommentOf(target, answer.value);
  if (isOtherComment || isNews(target, own, him)) found.push([key, own]);
  if (key !== MASTER) return found;
  for (const [at, override] of work.components) {
    const own = at === MASTER ? undefined : attendeeOf(override, him);
    if (own === undefined || isCancelled(override) || !isMeantToo(work, { part, key: at, target: override, answer }))
      continue;
    const isWaiting = partstatOf(own) === 'NEEDS-ACTION';
    if (isWaiting || (before !== undefined && partstatOf(own) === partstatOf(before))) add(at, override);
  }
  return found;
}

/** Whether an answer to the series is also one to a day that is described by itself: unless a later one is known, or the day has moved since. */
function isMeantToo(work: Work, { part, key, target, answer }: Part): boolean {
  const { series } = work;
  const revision = revisionOf(part);
  if (isOlder(revision, lastAnswer(work, key, answer))) return false;
  if (revision.sequence >= revisionOf(target).sequence) return true;
  const derived = derivedInstance(series, key);
  return derived !== undefined && startText(derived, series.context) === startText(target, series.context);
}

/** Whether an answer changes more than the status of delivery. */
function isNews(before: Component, after: Component, him: IsMe): boolean {
  const [was, is] = [attendeeOf(before, him), attendeeOf(after, him)];
  if (was === undefined || is === undefined) return is !== was;
  return (
    partstatOf(was) !== partstatOf(is) ||
    !isSameDelegation(was, is) ||
    lineOf(withParam(was, 'SCHEDULE-STATUS', undefined)) !== lineOf(withParam(is, 'SCHEDULE-STATUS', undefined))
  );
}

/** Parameters of ATTENDEE that an answer brings. */
const BROUGHT = ['PARTSTAT', 'DELEGATED-TO', 'SENT-BY', 'ROLE'] as const;

/** How many somebody brings along, as programs write it who know of guests. */
const GUESTS = 'X-NUM-GUESTS';

function withAnswersIn(component: Component, part: Component, answer: Property): Component {
  const him = isOneOf(answer.value);
  const known = attendeeOf(component, him);
  const isDelegating = partstatOf(answer) === 'DELEGATED';
  const delegator = delegatorOf(component, answer.value);
  let made = component;
  if (known === undefined) {
    if (delegator === undefined) return component;
    made = withDelegation(made, delegator, [answer]);
  }
  // A delegation that is taken back, or goes to another now.
  if (known !== undefined && delegatesIn(known, 'DELEGATED-TO').length > 0 && !isSameDelegation(known, answer)) {
    made = withoutDelegation(made, known);
  }
  made = withProperties(made, (property) =>
    property.name === P.ATTENDEE && him(property.value) ? withAnswersOf(property, part, answer) : property,
  );
  return isDelegating ? withDelegation(made, answer, propertiesOf(part, P.ATTENDEE)) : made;
}

/** An answer says a few at most: a longer list would fill the organizer's object. */
const MOST_STATUSES = 5;

/** The codes that REQUEST-STATUS of an answer says (RFC 5545 §3.8.8.3). */
export const requestStatuses = (part: Component): readonly string[] =>
  propertiesOf(part, P['REQUEST-STATUS'])
    .slice(0, MOST_STATUSES)
    .flatMap(({ value }) => /^\s{0,9}(\d{1,3}(?:\.\d{1,3}){1,2})(?![\d.])/.exec(value)?.[1] ?? []);

/** RFC 6638 §4.2: SCHEDULE-STATUS is what REQUEST-STATUS says, or 2.0. */
function withAnswersOf(attendee: Property, part: Component, answer: Property): Property {
  const status = requestStatuses(part).join(',');
  let made = attendee;
  for (const name of BROUGHT) {
    const brought = answer.params.get(name);
    // Only a delegator changes the part that he plays (RFC 5546 §3.2.2.3).
    if (name === 'ROLE' && (partstatOf(answer) !== 'DELEGATED' || brought === undefined)) continue;
    const params = new Map(made.params);
    if (brought === undefined) params.delete(name);
    else params.set(name, brought);
    made = { ...made, params };
  }
  const guests = paramOf(answer, GUESTS);
  if (guests !== undefined && /^\d{1,3}$/.test(guests))
    made = withParam(made, GUESTS, guests === '0' ? undefined : guests);
  const isDone = partstatOf(answer) !== 'NEEDS-ACTION' && paramOf(attendee, 'RSVP') !== undefined;
  const settled = isDone ? withParam(made, 'RSVP', undefined) : made;
  return withParam(settled, 'SCHEDULE-STATUS', status === '' ? '2.0' : status);
}
