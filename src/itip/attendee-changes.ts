import { paramOf, propertyOf, type Component, type Property } from '../ical/component.ts';
import { P } from '../ical/names.ts';
import type { Instant } from '../ical/time-value.ts';
import { attendeeOf, organizerOf, partstatOf, scheduleAgentOf, type IsMe } from './address.ts';
import { followingSeries, forbiddenChange, newComments, withAttendeesPart } from './attendee-rules.ts';
import { isSameComponent, withoutParams, withProperties, withProperty } from './component-edit.ts';
import { MASTER, type InstanceKey } from './instance-key.ts';
import { makeReply, type ReplyPart } from './make-reply.ts';
import { makeCalendar, type ItipMessage } from './message.ts';
import { isCancelled } from './personal.ts';
import { isOtherPrivateComment } from './private-comments.ts';
import { answerName, revisionOf, withAnswers, type Memory } from './revision.ts';
import {
  byKey,
  componentsOf,
  derivedInstance,
  excludedKeys,
  hasInstance,
  instanceOf,
  keysOfList,
  readSeries,
  timesText,
  withExdates,
  withoutExdates,
  type Series,
} from './series.ts';

export interface AttendeeContext {
  readonly me: IsMe;
  readonly now: Instant;
  readonly memory: Memory;
  /** Schedule-Reply: F of RFC 6638 §8.1: a deletion that nobody is told of. */
  readonly silent?: boolean;
}

export type AttendeePlan =
  | {
      readonly kind: 'stored';
      /** The object as it is to be stored; undefined: it is deleted. */
      readonly calendar: Component | undefined;
      /** Whether that is what was sent, so that its octets can stand. */
      readonly isAsSent: boolean;
      /** The answer, and whom it is for. */
      readonly reply: { readonly to: string; readonly message: ItipMessage } | undefined;
      readonly memory: Memory;
    }
  | {
      readonly kind: 'refused';
      /** RFC 6638 §3.2.4.4. */
      readonly precondition: 'allowed-attendee-scheduling-object-change';
      readonly why: string;
    };

const refused = (why: string): AttendeePlan => ({
  kind: 'refused',
  precondition: 'allowed-attendee-scheduling-object-change',
  why,
});

/**
 * What an attendee's change of his copy means (RFC 6638 §3.2.2): what the server has stays the truth, with his own part of
 * what he has sent; an answer for each instance whose PARTSTAT is another, DECLINED for those that he has taken out; or a
 * refusal, where he changes what is the organizer's. What an old copy says of others changes nothing.
 */
export function attendeeChanges(
  before: Component | undefined,
  after: Component | undefined,
  context: AttendeeContext,
): AttendeePlan {
  const known = before && readSeries(before);
  if (after === undefined) return deleted(known, context);
  const sent = readSeries(after, { beside: known });
  const mine = known && organizerLine(known);
  // A client that leaves the organizer out has not made the object its own.
  const organizer = (sent && organizerLine(sent)) ?? mine;
  if (sent === undefined || organizer === undefined || scheduleAgentOf(organizer) !== 'SERVER') {
    return { kind: 'stored', calendar: after, isAsSent: true, reply: undefined, memory: context.memory };
  }
  if (known === undefined || mine === undefined) return createdCopy(after, sent, context);
  return changedCopy({ known, sent: asSeriesOf(known, sent), after }, context);
}

const organizerLine = (series: Series): Property | undefined =>
  componentsOf(series)
    .map((each) => propertyOf(each, P.ORGANIZER))
    .find((each) => each !== undefined);

/** RFC 6638 §3.2.2.2: an invitation that reached the client by another way. */
function createdCopy(after: Component, sent: Series, context: AttendeeContext): AttendeePlan {
  const parts = new Map<InstanceKey, ReplyPart>();
  for (const [key, component] of byKey(sent)) {
    const own = attendeeOf(component, context.me);
    if (own !== undefined && partstatOf(own) !== 'NEEDS-ACTION' && !isCancelled(component))
      parts.set(key, { component });
  }
  const reply = replyOf([...parts.values()], [after], context);
  const calendar = withoutForce(after);
  const memory = answeredMemory({ parts }, context);
  const hidden = reply === undefined ? memory.hidden : memory.hidden.filter((key) => key !== MASTER);
  return { kind: 'stored', calendar, isAsSent: calendar === after, reply, memory: { ...memory, hidden } };
}

function replyOf(
  parts: readonly ReplyPart[],
  zones: readonly Component[],
  context: AttendeeContext,
): { to: string; message: ItipMessage } | undefined {
  const message = makeReply(parts, zones, context);
  const to = parts.map(({ component }) => organizerOf(component)).find((each) => each !== undefined);
  return message === undefined || to === undefined ? undefined : { to, message };
}

/** RFC 6638 §3.2.2.4, §8.1: declined, unless nobody is to know, or it is off anyhow. */
function deleted(known: Series | undefined, context: AttendeeContext): AttendeePlan {
  const memory = { ...context.memory, hidden: [MASTER] };
  const gone = { kind: 'stored', calendar: undefined, isAsSent: true, memory } as const;
  const organizer = known && organizerLine(known);
  const isMute = context.silent === true || organizer === undefined || scheduleAgentOf(organizer) !== 'SERVER';
  if (known === undefined || isMute) return { ...gone, reply: undefined };
  const open = componentsOf(known).filter((component) => {
    const own = attendeeOf(component, context.me);
    return own !== undefined && !isCancelled(component) && partstatOf(own) !== 'DECLINED';
  });
  // Days are declined with the series, each by itself where there is no series.
  const parts = open.map((component) => ({ component, partstat: 'DECLINED' }));
  return { ...gone, reply: replyOf(parts, [known.calendar], context) };
}

/** Some clients write a single day that they were invited to as though it were the whole (seen from Apple Calendar). */
function asSeriesOf(known: Series, sent: Series): Series {
  const { master } = sent;
  if (known.master !== undefined || master === undefined) return sent;
  const times = timesText(master, sent.context);
  const day = [...known.overrides].find(
    ([key, component]) => !sent.overrides.has(key) && timesText(component, known.context) === times,
  );
  const id = day && propertyOf(day[1], P['RECURRENCE-ID']);
  if (day === undefined || id === undefined) return sent;
  return {
    ...sent,
    master: undefined,
    overrides: new Map([...sent.overrides, [day[0], withProperty(master, id)] as const]),
  };
}

interface Copies {
  readonly known: Series;
  readonly sent: Series;
  readonly after: Component;
}

interface Drafted {
  readonly components: Map<InstanceKey, Component>;
  readonly parts: Map<InstanceKey, ReplyPart>;
  /** Days that are taken out of the copy with this change, and those that are back. */
  readonly taken: Set<InstanceKey>;
  readonly back: Set<InstanceKey>;
}

function changedCopy(copies: Copies, context: AttendeeContext): AttendeePlan {
  const { known, sent, after } = copies;
  if (known.master === undefined ? sent.master !== undefined : sent.master === undefined) {
    return refused("whether it is a series or single days is the organizer's");
  }
  if (known.uid !== sent.uid || known.kind !== sent.kind) return refused('it is about another object');
  const drafted: Drafted = { components: new Map(), parts: new Map(), taken: new Set(), back: new Set() };
  excluding(copies, drafted, context);
  const fault = drafting(copies, drafted, context);
  if (fault !== undefined) return refused(fault);
  answering(copies, drafted, context);
  const hidden = new Set([...context.memory.hidden, ...drafted.taken].filter((key) => !drafted.back.has(key)));
  if (drafted.parts.size > 0) hidden.delete(MASTER);
  const overrides = new Map([...drafted.components].filter(([key]) => key !== MASTER));
  const components = componentsOf({ master: drafted.components.get(MASTER), overrides });
  const calendar = withoutForce(makeCalendar(after.properties, components, [known.calendar, after]));
  const reply = replyOf([...drafted.parts.values()], [known.calendar, after], context);
  const memory = { ...answeredMemory(drafted, context), hidden: [...hidden].sort() };
  return { kind: 'stored', calendar, isAsSent: isSameComponent(calendar, after), reply, memory };
}

/** What he has answered, and at which revision. */
function answeredMemory({ parts }: Pick<Drafted, 'parts'>, { memory, now }: AttendeeContext): Memory {
  const said = [...parts].map(
    ([key, { component }]) => [answerName(key, ''), { sequence: revisionOf(component).sequence, stamp: now }] as const,
  );
  return said.length === 0 ? memory : withAnswers(memory, said);
}

/** RFC 6638 §3.2.2.1 (8): EXDATEs that are new, and those of his own that he takes back. */
function excluding({ known, sent }: Copies, drafted: Drafted, { me, memory }: AttendeeContext): void {
  const was = excludedKeys(known);
  const is =
    sent.master === undefined
      ? new Set<InstanceKey>()
      : excludedKeys({ ...known, master: sent.master, context: sent.context });
  for (const key of is) if (!was.has(key) && hasInstance(known, key)) drafted.taken.add(key);
  for (const key of was) if (!is.has(key) && memory.hidden.includes(key)) drafted.back.add(key);
  if (known.master === undefined) {
    for (const key of known.overrides.keys()) if (!sent.overrides.has(key)) drafted.taken.add(key);
  }
  for (const key of drafted.taken) {
    const component = instanceOf(known, key);
    const own = component && attendeeOf(component, me);
    if (component === undefined || own === undefined || isCancelled(component) || partstatOf(own) === 'DECLINED')
      continue;
    drafted.parts.set(key, { component, partstat: 'DECLINED' });
  }
}

/** The components as they will be; a fault where one is changed in what is not the attendee's. */
function drafting({ known, sent }: Copies, drafted: Drafted, { me }: AttendeeContext): string | undefined {
  const view = { me, before: known.context, after: sent.context };
  const { master } = known;
  if (master !== undefined && sent.master !== undefined) {
    const fault = forbiddenChange(master, sent.master, view) ?? rdateFault(known, sent);
    if (fault !== undefined) return fault;
    const shown = withoutExdates(known, master, drafted.back);
    const made = withAttendeesPart(withExdates(shown, known, drafted.taken), sent.master, me);
    drafted.components.set(MASTER, made);
  }
  for (const [key, component] of known.overrides) {
    // An override that is left out without EXDATE stays: the client has only lost it.
    const own = sent.overrides.get(key);
    if (drafted.taken.has(key)) continue;
    const fault = own && forbiddenChange(component, own, view);
    if (fault !== undefined) return `${fault} (${key})`;
    const kept =
      master === undefined || sent.master === undefined
        ? component
        : followingSeries(component, master, sent.master, me);
    drafted.components.set(key, own === undefined ? kept : withAttendeesPart(component, own, me));
  }
  const base =
    drafted.back.size === 0 || master === undefined
      ? known
      : withMaster(known, withoutExdates(known, master, drafted.back));
  for (const [key, component] of sent.overrides) {
    if (known.overrides.has(key) || drafted.taken.has(key)) continue;
    const derived = derivedInstance(base, key);
    if (derived === undefined) return `there is no instance ${key}`;
    const fault = forbiddenChange(derived, component, view);
    if (fault !== undefined) return `${fault} (${key})`;
    drafted.components.set(key, withAttendeesPart(derived, component, me));
  }
  return undefined;
}

const withMaster = (series: Series, master: Component): Series => {
  const others = series.calendar.components.filter((each) => each !== series.master);
  return readSeries({ ...series.calendar, components: [...others, master] }) ?? series;
};

function rdateFault(known: Series, sent: Series): string | undefined {
  const [was, is] = [
    keysOfList(known, known.master, P.RDATE),
    keysOfList({ ...known, context: sent.context }, sent.master, P.RDATE),
  ];
  return [...is].every((key) => was.has(key)) ? undefined : "RDATE is the organizer's";
}

/** The answers that are others than before; with that of the series go those of all its days, which then say so themselves. */
function answering({ known, sent }: Copies, drafted: Drafted, { me, memory }: AttendeeContext): void {
  const organizer = organizerLine(sent);
  const isForced = organizer !== undefined && paramOf(organizer, 'SCHEDULE-FORCE-SEND')?.toUpperCase() === 'REPLY';
  const isOther = (key: InstanceKey, component: Component): boolean => {
    const prior = instanceOf(known, key) ?? known.master;
    const [was, is] = [prior && attendeeOf(prior, me), attendeeOf(component, me)];
    if (is === undefined || isCancelled(component)) return false;
    return was === undefined || answerText(was) !== answerText(is) || drafted.back.has(key);
  };
  const master = drafted.components.get(MASTER);
  const isBack = memory.hidden.includes(MASTER) && [...drafted.components.values()].some((each) => isPromise(each, me));
  const isWhole = isForced || isBack || (master !== undefined && isOther(MASTER, master));
  for (const [key, component] of drafted.components) {
    const said = byKey(sent).get(key);
    const prior = instanceOf(known, key);
    const comments = said === undefined || prior === undefined ? [] : newComments(prior, said);
    const isToldWith = isWhole && !isCancelled(component);
    const base = prior ?? known.master;
    const isPrivate = base !== undefined && !isCancelled(component) && isOtherPrivateComment(base, component);
    if (isToldWith || isOther(key, component) || isPrivate || comments.length > 0)
      drafted.parts.set(key, { component, comments });
  }
  for (const key of drafted.back) {
    const component = drafted.components.has(key) ? undefined : master && derivedAt(known, master, key);
    if (component !== undefined) drafted.parts.set(key, { component });
  }
}

const derivedAt = (known: Series, master: Component, key: InstanceKey): Component | undefined =>
  derivedInstance(withMaster(known, master), key);

/**
 * Whether it says more than what the organizer heard when the copy was thrown away: it has come back from the trash without
 * a word, and what its attendee says in it is told with the next change.
 */
function isPromise(component: Component, me: IsMe): boolean {
  const own = attendeeOf(component, me);
  return own !== undefined && !isCancelled(component) && !['NEEDS-ACTION', 'DECLINED'].includes(partstatOf(own));
}

const answerText = (attendee: Property): string =>
  `${partstatOf(attendee)} ${(attendee.params.get('DELEGATED-TO') ?? []).join(' ').toLowerCase()}`;

/** RFC 6638 §7.2: SCHEDULE-FORCE-SEND is never kept. */
function withoutForce(calendar: Component): Component {
  const isThere = calendar.components.some((each) =>
    each.properties.some(({ params }) => params.has('SCHEDULE-FORCE-SEND')),
  );
  if (!isThere) return calendar;
  const components = calendar.components.map((each) =>
    withProperties(each, (property) => withoutParams(property, ['SCHEDULE-FORCE-SEND'])),
  );
  return { ...calendar, components };
}
