import { paramOf, propertiesOf, propertyOf, type Component, type Property } from '../ical/component.ts';
import { P } from '../ical/names.ts';
import { addressKey, attendeesOf, partstatOf, scheduleAgentOf, type IsMe } from './address.ts';
import { withoutParams, withoutProperties, withParam, withProperties, withProperty } from './component-edit.ts';
import { keyOfTime, MASTER, type InstanceKey } from './instance-key.ts';
import { isCancelled } from './personal.ts';
import {
  byKey,
  derivedInstance,
  excludedKeys,
  hasInstance,
  instanceOf,
  isRange,
  keysOfList,
  type Series,
} from './series.ts';
import { timeDifferences } from './significance.ts';

export interface OrganizersChange {
  readonly before: Series | undefined;
  readonly after: Series;
  /** Whether an address is the organizer's. */
  readonly me: IsMe;
  /**
   * Whose word on PARTSTAT counts: `client`, an organizer may ask anew; `server`, the client has not seen the last
   * answers (If-Schedule-Tag-Match, RFC 6638 §3.2.10.1).
   */
  readonly attendeeState: 'client' | 'server';
}

export interface PreparedChange {
  readonly components: ReadonlyMap<InstanceKey, Component>;
  /** Attendees for whom the organizer has claimed an answer that the server does not know of. */
  readonly corrected: readonly string[];
  /** Keys of components whose attendees are asked anew because of their time. */
  readonly asked: ReadonlySet<InstanceKey>;
}

/**
 * What an organizer's object says of its attendees after a change: answers stay, nobody answers for another, and who
 * is asked anew is back at NEEDS-ACTION, in exactly the components whose time is another (RFC 6638 §3.2.8). An answer for
 * one day outlives an organizer's client that does not know of it.
 */
export function prepareChange(change: OrganizersChange): PreparedChange {
  const { before, after, me } = change;
  const corrected = new Set<string>();
  const components = new Map(byKey(after));
  const asked = askedKeys(change, components);
  addMissing(change, components, asked);
  // What the client has not written says nothing of the answers.
  const unsaid = { ...change, attendeeState: 'server' } as const;
  for (const [key, component] of components) {
    const known = before === undefined ? undefined : instanceOf(before, key);
    const isSaid = key === MASTER || after.overrides.has(key);
    const settled = withAnswers(onceEach(component), known, isSaid ? change : unsaid, corrected);
    components.set(key, asked.has(key) ? askedAnew(settled, me) : settled);
  }
  withOrganizer(components);
  return { components, corrected: [...corrected], asked };
}

/** Who organizes a day organizes the series: a master that says nothing of it says so (RFC 6638 §3.2.4.2). */
function withOrganizer(components: Map<InstanceKey, Component>): void {
  const master = components.get(MASTER);
  if (master === undefined || propertyOf(master, P.ORGANIZER) !== undefined) return;
  const [line] = [...components.values()].flatMap((each) => propertyOf(each, P.ORGANIZER) ?? []);
  if (line !== undefined) components.set(MASTER, withProperty(master, line));
}

/** An attendee is named once: of two lines for one address the first counts. */
function onceEach(component: Component): Component {
  const first = attendeesOf(component);
  return withoutProperties(component, (each) => each.name === P.ATTENDEE && first.get(addressKey(each.value)) !== each);
}

/** Keys of components in which an answer would be for another time than before. */
function askedKeys(
  { before, after }: OrganizersChange,
  components: ReadonlyMap<InstanceKey, Component>,
): Set<InstanceKey> {
  const asked = new Set<InstanceKey>();
  if (before === undefined) return asked;
  const contexts = { before: before.context, after: after.context };
  for (const [key, component] of components) {
    const prior = instanceOf(before, key);
    if (prior === undefined) {
      if (key !== MASTER) asked.add(key);
      continue;
    }
    const differing = timeDifferences(prior, component, contexts);
    const isOther = key === MASTER ? isMasterAsked(before, after, differing) : differing.length > 0;
    if (isOther || (isCancelled(prior) && !isCancelled(component))) asked.add(key);
  }
  return asked;
}

/** RFC 6638 §3.2.8: another time, or more instances than before; fewer ask nobody. */
function isMasterAsked(before: Series, after: Series, differing: readonly string[]): boolean {
  if (differing.some((name) => name !== P.RRULE)) return true;
  const rdates = keysOfList(before, before.master, P.RDATE);
  const isMore = [...keysOfList(after, after.master, P.RDATE)].some(
    (key) => !rdates.has(key) && !hasInstance(before, key),
  );
  return isMore || (differing.length > 0 && hasFurther(before, after));
}

/** Instances that are looked at to tell whether a rule generates others than before. */
const COMPARED = 750;

function hasFurther(before: Series, after: Series): boolean {
  const known = before.generated();
  if (!known.recurring) return after.generated().recurring;
  const excluded = excludedKeys(before);
  let looked = 0;
  for (const { recurrenceId, isOverride } of after.generated().instances({ from: -Infinity, to: Infinity })) {
    const isKnown = isOverride || recurrenceId === undefined || known.generates(recurrenceId);
    // A day that EXDATE took out is reinstated by itself: no reason to ask for the whole series.
    if (!isKnown && !excluded.has(keyOfTime(recurrenceId, before.form, before.context))) return true;
    if (++looked >= COMPARED) return false;
  }
  return false;
}

/** Overrides that the change needs and has not: for days reinstated, and for answers of single days. */
function addMissing(change: OrganizersChange, components: Map<InstanceKey, Component>, asked: Set<InstanceKey>): void {
  const { before, after, me } = change;
  if (before === undefined || after.master === undefined) return;
  if (!propertiesOf(after.master, P.ATTENDEE).some(({ value }) => !me(value))) return;
  const excluded = excludedKeys(after);
  // Who is asked of the whole series is asked of its days.
  const isSeriesAsked = asked.has(MASTER);
  for (const key of isSeriesAsked ? [] : excludedKeys(before)) {
    const derived = excluded.has(key) || components.has(key) ? undefined : derivedInstance(after, key);
    if (derived === undefined) continue;
    components.set(key, derived);
    asked.add(key);
  }
  const contexts = { before: before.context, after: after.context };
  for (const [key, override] of before.overrides) {
    if (components.has(key) || excluded.has(key) || isRange(propertyOf(override, P['RECURRENCE-ID']))) continue;
    const derived = derivedInstance(after, key);
    if (derived === undefined) continue;
    const isMoved = isCancelled(override) || timeDifferences(override, derived, contexts).length > 0;
    const isAnswered = hasOtherAnswers(override, isSeriesAsked ? askedAnew(derived, me) : derived, me);
    if (isMoved ? isSeriesAsked : !isAnswered) continue;
    components.set(key, derived);
    if (isMoved) asked.add(key);
  }
}

function hasOtherAnswers(override: Component, derived: Component, me: IsMe): boolean {
  const known = attendeesOf(override);
  return [...attendeesOf(derived)].some(([key, attendee]) => {
    const other = known.get(key);
    return !me(attendee.value) && other !== undefined && partstatOf(other) !== partstatOf(attendee);
  });
}

/** Parameters of ATTENDEE that only an answer sets. */
const ANSWER = ['PARTSTAT', 'DELEGATED-TO', 'DELEGATED-FROM', 'SENT-BY'] as const;

function withAnswers(
  component: Component,
  known: Component | undefined,
  { me, attendeeState }: OrganizersChange,
  corrected: Set<string>,
): Component {
  const answers = known === undefined ? undefined : attendeesOf(known);
  return withProperties(component, (property) => {
    if (property.name === P.ORGANIZER) return withoutParams(property, ['SCHEDULE-FORCE-SEND']);
    if (property.name !== P.ATTENDEE || me(property.value) || scheduleAgentOf(property) !== 'SERVER') return property;
    const answer = answers?.get(addressKey(property.value));
    const isAsking = asksAnew(property, attendeeState);
    const known = answer === undefined ? 'NEEDS-ACTION' : partstatOf(answer);
    const isClaim = attendeeState === 'client' && partstatOf(property) !== 'NEEDS-ACTION';
    if (isClaim && partstatOf(property) !== known) corrected.add(property.value);
    return isAsking ? withStatusOf(property, answer) : withStatusOf(withAnswerOf(property, answer), answer);
  });
}

/**
 * Whether an organizer's NEEDS-ACTION is a question (RFC 6638 §3.2.8): with RSVP=TRUE, or sent by force. Without, it is what
 * programs write that do not keep answers (seen from Apple Calendar, of an alarm for one day).
 */
function asksAnew(attendee: Property, attendeeState: OrganizersChange['attendeeState']): boolean {
  if (partstatOf(attendee) !== 'NEEDS-ACTION') return false;
  if (paramOf(attendee, 'SCHEDULE-FORCE-SEND')?.toUpperCase() === 'REQUEST') return true;
  return attendeeState === 'client' && paramOf(attendee, 'RSVP')?.toUpperCase() === 'TRUE';
}

function withAnswerOf(property: Property, answer: Property | undefined): Property {
  if (answer === undefined)
    return withParam(property, 'PARTSTAT', property.params.has('PARTSTAT') ? 'NEEDS-ACTION' : undefined);
  const made = ANSWER.reduce((all, name) => withParam(all, name, paramOf(answer, name)), property);
  // Without the parameter nothing is said of it: who was asked for an answer and has given none still owes it.
  const isOpen = partstatOf(answer) === 'NEEDS-ACTION' && !property.params.has('RSVP');
  return isOpen ? withParam(made, 'RSVP', paramOf(answer, 'RSVP')) : made;
}

/** RFC 6638 §7.3: SCHEDULE-STATUS is the server's; clients should not remove or change it, and some do. */
const withStatusOf = (property: Property, answer: Property | undefined): Property => {
  const status = answer && paramOf(answer, 'SCHEDULE-STATUS');
  return status === undefined ? property : withParam(property, 'SCHEDULE-STATUS', status);
};

/** NEEDS-ACTION for all but the organizer and who has passed the question on to a delegate. */
export const askedAnew = (component: Component, me: IsMe): Component =>
  withProperties(component, (property) => {
    if (property.name !== P.ATTENDEE || me(property.value) || scheduleAgentOf(property) !== 'SERVER') return property;
    if (partstatOf(property) === 'DELEGATED') return property;
    return withParam(withParam(property, 'PARTSTAT', 'NEEDS-ACTION'), 'RSVP', 'TRUE');
  });
