import { paramOf, propertiesOf, type Component } from '../ical/component.ts';
import { P } from '../ical/names.ts';
import type { Instant } from '../ical/time-value.ts';
import { addressKey, attendeesOf, isOneOf, scheduleAgentOf, type IsMe } from './address.ts';
import { prepareChange, type OrganizersChange } from './asked-anew.ts';
import { plain, utcText, withParam, withProperties, withProperty } from './component-edit.ts';
import { copyFor, hidesGuests, stillHidingGuests, type AttendeeCopy, type CopyOptions } from './copy.ts';
import type { CopyPair } from './copy-differences.ts';
import { MASTER, type InstanceKey } from './instance-key.ts';
import { makeCalendar, makeMessage, type ItipMessage } from './message.ts';
import { ownChanges, stepsFor, type Step } from './organizer-messages.ts';
import { hasAttendeeComments, withKnownComments } from './private-comments.ts';
import { revisionOf } from './revision.ts';
import { byKey, componentsOf, excludedKeys, instanceOf, keysOfList, readSeries, type Series } from './series.ts';
import { compareComponents, RAISING, type Change } from './significance.ts';

/** A message of an organizer's to one attendee. */
export interface OutgoingMessage {
  /** The address as ATTENDEE has it. */
  readonly to: string;
  /** One and the same value for all who get the same. */
  readonly message: ItipMessage;
  /** It only brings a copy up to date: no mail, no notice, nothing to an attendee elsewhere. */
  readonly quiet: boolean;
  /**
   * It says what another message of this change says, as programs that keep to one method expect it: attendees of this
   * server have it as an item of their inboxes, and nobody gets a mail of it.
   */
  readonly noted: boolean;
  readonly why: Step['why'];
  /** What is different, for the text of a mail: instances and properties. */
  readonly changes: readonly Change[];
}

export interface OrganizerPlan {
  /** The object as it is to be stored; undefined where it is deleted. */
  readonly calendar: Component | undefined;
  readonly messages: readonly OutgoingMessage[];
  /** Attendees for whom the organizer claimed an answer that nobody gave; it is put back (RFC 6638 §3.2.1). */
  readonly corrected: readonly string[];
  /** Whether it is more than answers: the schedule tag changes (RFC 6638 §3.2.10). */
  readonly raised: boolean;
}

export interface OrganizerContext extends CopyOptions {
  /** Whether an address is the organizer's. */
  readonly me: IsMe;
  readonly now: Instant;
  readonly attendeeState?: OrganizersChange['attendeeState'];
}

/**
 * What an organizer's change of an object means: what is stored, and exactly the messages that it needs (RFC 6638 §3.2.1).
 * Either object may be undefined: it is new, or deleted.
 */
export function organizerChanges(
  before: Component | undefined,
  after: Component | undefined,
  context: OrganizerContext,
): OrganizerPlan {
  const old = before && readSeries(before);
  const fresh = after && readSeries(stillHidingGuests(old, after));
  if (fresh === undefined) return planned({ before: old, after: undefined, context, force: [] });
  const { attendeeState = 'client' } = context;
  const force = forced(fresh, context.me);
  const prepared = prepareChange({ before: old, after: fresh, me: context.me, attendeeState });
  const said = old !== undefined && hasAttendeeComments(old.calendar) ? old : undefined;
  const known = (key: InstanceKey): Component | undefined => said && instanceOf(said, key);
  const components = new Map(
    [...prepared.components].map(([key, each]) => [key, withKnownComments(withoutForce(each), known(key))] as const),
  );
  const series = withComponents(fresh, components);
  return {
    ...planned({ before: old, after: series, context, force, keep: fresh.calendar }),
    corrected: prepared.corrected,
  };
}

/**
 * What the others are to be told after an attendee's answer is in the organizer's object (RFC 6638 §4.2): quietly the
 * answer, a delegate his invitation. `without`: who has answered needs nothing, but where his answer crossed a change.
 */
export function refreshAfterReply(
  before: Component,
  after: Component,
  context: OrganizerContext & { readonly without: readonly string[] },
): OrganizerPlan {
  const plan = planned({ before: readSeries(before), after: readSeries(after), context, force: [], keep: after });
  const isReplier = isOneOf(...context.without);
  const messages = plan.messages.filter(({ to, quiet }) => !quiet || !isReplier(to));
  return { ...plan, messages };
}

/** The whole of an organizer's object as each attendee is to have it: quietly, as though nobody had been told anything. */
export function refreshOfAll(calendar: Component, context: OrganizerContext): readonly OutgoingMessage[] {
  const { messages } = planned({ before: undefined, after: readSeries(calendar), context, force: [] });
  return messages.map((each) => ({ ...each, quiet: true, noted: false, why: 'answers' }));
}

/** As organizerChanges, of a change that asks nobody anew though its times are others: of a series that is split. */
export const unaskedChanges = (
  before: Component | undefined,
  after: Component,
  context: OrganizerContext,
): OrganizerPlan =>
  planned({ before: before && readSeries(before), after: readSeries(after), context, force: [], keep: after });

const withComponents = (series: Series, components: ReadonlyMap<InstanceKey, Component>): Series => {
  const all = { master: components.get(MASTER), overrides: new Map([...components].filter(([key]) => key !== MASTER)) };
  const calendar = makeCalendar(series.calendar.properties, componentsOf(all), [series.calendar]);
  return { ...series, ...all, calendar };
};

interface Planning {
  readonly before: Series | undefined;
  readonly after: Series | undefined;
  readonly context: OrganizerContext;
  /** Addresses that get a REQUEST in any case. */
  readonly force: readonly string[];
  readonly keep?: Component;
}

function planned({ before, after, context, force, keep }: Planning): OrganizerPlan {
  const drafts = draftsOf({ before, after, context, force });
  const isRaised =
    drafts.some(({ step }) => step.method === 'CANCEL' || (step.weight === 'asked' && step.why !== 'invited')) ||
    isRaising(before, after, context);
  const sequence = sequenceOf(before, after, before !== undefined && isRaised);
  const stamped =
    after &&
    withComponents(after, new Map([...byKey(after)].map(([key, each]) => [key, numbered(each, sequence)] as const)));
  const zones = [after, before].flatMap((series) => (series === undefined ? [] : [series.calendar]));
  const made = new Map<Step, ItipMessage>();
  const messages = drafts.map(({ to, step }): OutgoingMessage => {
    const message = made.get(step) ?? messageOf(step, { sequence, now: context.now, zones });
    made.set(step, message);
    const { why, changes, weight } = step;
    return { to, message, quiet: weight === 'quiet', noted: weight === 'noted', why, changes };
  });
  const calendar =
    stamped && keep !== undefined ? { ...stamped.calendar, properties: keep.properties } : stamped?.calendar;
  return { calendar, messages, corrected: [], raised: isRaised };
}

function messageOf(
  { method, components }: Step,
  { sequence, now, zones }: { sequence: number; now: Instant; zones: readonly Component[] },
): ItipMessage {
  const dated = components.map((component) =>
    withProperty(numbered(component, sequence, method === 'CANCEL'), plain(P.DTSTAMP, utcText(now))),
  );
  return makeMessage(method, dated, zones);
}

/** SEQUENCE, which CANCEL must have (RFC 5546 §3.2.5), and others where it is not 0. */
function numbered(component: Component, sequence: number, isNeeded = false): Component {
  if (revisionOf(component).sequence === sequence && !isNeeded) return component;
  return withProperty(component, plain(P.SEQUENCE, String(sequence)));
}

/**
 * RFC 5546 §2.1.4: raised where times, rules, STATUS change or something is cancelled, and the client has not done so. All
 * components of an object have the same, so that any of its revisions can be compared with any other.
 */
function sequenceOf(before: Series | undefined, after: Series | undefined, isRaised: boolean): number {
  const highest = (series: Series | undefined): number =>
    series === undefined
      ? 0
      : componentsOf(series).reduce((most, each) => Math.max(most, revisionOf(each).sequence), 0);
  const [old, fresh] = [highest(before), highest(after)];
  // A deletion is later than the next revision that a program of the organizer's may have numbered and sent itself.
  if (after === undefined) return old + 2;
  return isRaised && fresh <= old ? old + 1 : Math.max(old, fresh);
}

function isRaising(before: Series | undefined, after: Series | undefined, { me }: OrganizerContext): boolean {
  if (before === undefined || after === undefined) return false;
  const contexts = { before: before.context, after: after.context, me };
  for (const key of new Set([...byKey(before).keys(), ...byKey(after).keys()])) {
    const [was, is] = [instanceOf(before, key), instanceOf(after, key)];
    if (was === undefined || is === undefined) return true;
    if (compareComponents(was, is, contexts).properties.some((name) => RAISING.has(name))) return true;
  }
  const isSame = (one: ReadonlySet<string>, other: ReadonlySet<string>): boolean =>
    one.size === other.size && [...one].every((each) => other.has(each));
  if (!isSame(excludedKeys(before), excludedKeys(after))) return true;
  return !isSame(keysOfList(before, before.master, P.RDATE), keysOfList(after, after.master, P.RDATE));
}

interface Draft {
  readonly to: string;
  readonly step: Step;
}

/** Who is in which components, so that all who are in the same are looked at once. */
function draftsOf({ before, after, context, force }: Planning): readonly Draft[] {
  const { me } = context;
  const hideGuests = context.hideGuests === true || hidesGuests(after ?? before);
  const isEachAlone = hideGuests || hidesGuests(before);
  const people = participants(before, after, me);
  const cache = new Map<string, readonly Step[]>();
  const copies = new Map<string, AttendeeCopy | undefined>();
  const isForced = force.length === 0 ? (): boolean => false : isOneOf(...force);
  const drafts: Draft[] = [];
  for (const { address, was, is } of people.values()) {
    const him = isOneOf(address);
    const group = isEachAlone ? address : '';
    const pair: CopyPair = {
      before: sideOf(before, copies, { signature: `b${group} ${was.join(' ')}`, isIn: was.length > 0, him, context }),
      after: sideOf(after, copies, { signature: `a${group} ${is.join(' ')}`, isIn: is.length > 0, him, context }),
      me: him,
      options: { hideGuests },
      isDeleted: after === undefined,
    };
    // What only he is removed from names him alone.
    const isOwn =
      after !== undefined &&
      was.some((key) => !is.includes(key) && instanceOf(after, key === '*' ? MASTER : key) !== undefined);
    const name = `${isOwn ? address : group}/${was.join(' ')}/${is.join(' ')}/${ownChanges(pair)}`;
    const steps = cache.get(name) ?? stepsFor(pair);
    cache.set(name, steps);
    drafts.push(...(isForced(address) ? withForced(steps, pair) : steps).map((step) => ({ to: address, step })));
  }
  return drafts;
}

function sideOf(
  series: Series | undefined,
  copies: Map<string, AttendeeCopy | undefined>,
  { signature, isIn, him, context }: { signature: string; isIn: boolean; him: IsMe; context: OrganizerContext },
): CopyPair['before'] {
  if (series === undefined || !isIn) return undefined;
  const copy = copies.has(signature) ? copies.get(signature) : copyFor(series, him, context);
  copies.set(signature, copy);
  return copy && { series, copy };
}

interface Participant {
  readonly address: string;
  /** Keys of the components that name him, before and after. */
  readonly was: InstanceKey[];
  readonly is: InstanceKey[];
}

function participants(
  before: Series | undefined,
  after: Series | undefined,
  me: IsMe,
): ReadonlyMap<string, Participant> {
  const people = new Map<string, Participant>();
  const gather = (series: Series | undefined, side: 'was' | 'is'): void => {
    if (series === undefined) return;
    for (const [key, component] of byKey(series)) {
      for (const [address, attendee] of attendeesOf(component)) {
        if (me(attendee.value)) continue;
        const person = people.get(address) ?? { address: attendee.value, was: [], is: [] };
        people.set(address, person);
        if (scheduleAgentOf(attendee) === 'SERVER') person[side].push(key === MASTER ? '*' : key);
      }
    }
  };
  gather(after, 'is');
  gather(before, 'was');
  return people;
}

/** SCHEDULE-FORCE-SEND=REQUEST, RFC 6638 §3.2.7: the whole copy, unless he is sent that anyhow. */
function withForced(steps: readonly Step[], { after }: CopyPair): readonly Step[] {
  if (after === undefined) return steps;
  const components = [...after.copy.components.values()];
  const isThere = steps.some(
    ({ method, weight, components: sent }) =>
      method === 'REQUEST' && weight !== 'quiet' && weight !== 'noted' && sent.length >= components.length,
  );
  if (isThere) return steps;
  const step: Step = { method: 'REQUEST', components, weight: 'told', why: 'forced', changes: [] };
  return [...steps.filter(({ method }) => method === 'CANCEL'), step];
}

function forced(series: Series, me: IsMe): readonly string[] {
  const attendees = componentsOf(series).flatMap((component) => propertiesOf(component, P.ATTENDEE));
  const isAsked = attendees.filter(
    (each) => !me(each.value) && paramOf(each, 'SCHEDULE-FORCE-SEND')?.toUpperCase() === 'REQUEST',
  );
  return [...new Set(isAsked.map(({ value }) => value))];
}

/** RFC 6638 §7.2: never kept; a value that is not known is answered with the status 2.3. */
const withoutForce = (component: Component): Component =>
  withProperties(component, (property) => {
    const force = paramOf(property, 'SCHEDULE-FORCE-SEND')?.toUpperCase();
    if (force === undefined) return property;
    const bare = withParam(property, 'SCHEDULE-FORCE-SEND', undefined);
    return force === 'REQUEST' || force === 'REPLY' ? bare : withParam(bare, 'SCHEDULE-STATUS', '2.3');
  });

/** The object with the status of delivery for each address (RFC 6638 §3.2.9), on ATTENDEE, or on ORGANIZER of an attendee's. */
export function withScheduleStatus(
  calendar: Component,
  statusOf: (addressKey: string) => string | undefined,
): Component {
  const marked = (component: Component): Component =>
    withProperties(component, (property) => {
      if (property.name !== P.ATTENDEE && property.name !== P.ORGANIZER) return property;
      const status = statusOf(addressKey(property.value));
      return status === undefined ? property : withParam(property, 'SCHEDULE-STATUS', status);
    });
  return {
    ...calendar,
    components: calendar.components.map((each) => (each.name === 'VTIMEZONE' ? each : marked(each))),
  };
}
