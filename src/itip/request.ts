import { propertyOf, type Component } from '../ical/component.ts';
import { P } from '../ical/names.ts';
import { attendeeOf, attendeesOf, isSameAddress, isSentBy, organizerOf, partstatOf } from './address.ts';
import { isSameComponent, plain, withProperty } from './component-edit.ts';
import { delegatesIn } from './delegation.ts';
import { MASTER, type InstanceKey } from './instance-key.ts';
import { mergedComponent } from './merged-component.ts';
import { makeCalendar, messageComponents, PRODID, type ItipMessage } from './message.ts';
import { unchanged, type Outcome, type Receiving } from './outcome.ts';
import { isHiddenDay, withoutHidden, type Merged, type RequestMerge } from './request-merge.ts';
import { wholeMerge } from './request-whole.ts';
import { isOlder, revisionOf, toldBy, type Memory } from './revision.ts';
import { byKey, componentsOf, derivedInstance, instanceOf, readSeries, withoutExdates, type Series } from './series.ts';
import { compareComponents, heavier, type Change, type Weight } from './significance.ts';

/**
 * An invitation, or a change of one, arrives at an attendee (RFC 5546 §3.2.2, §3.4.2). A message with the master is the
 * whole series; one without it is about its days alone, and leaves all else. What is older than what is known of a
 * component, or of its cancellation, changes nothing.
 */
export function receiveRequest(mine: Component | undefined, message: ItipMessage, receiving: Receiving): Outcome {
  const { me } = receiving;
  const known = mine && readSeries(mine);
  const incoming = readSeries(message.calendar, { beside: known });
  if (incoming === undefined) return unchanged('refused', 'there is nothing to be invited to', receiving.memory);
  const fault = requestFault(known, message, receiving);
  if (fault !== undefined) return unchanged('refused', fault, receiving.memory);
  const memory = toldBy(
    receiving.memory,
    messageComponents(message).flatMap((part) => organizerOf(part) ?? [])[0] ?? '',
  );
  const isNoNews = receiving.quiet === true || receiving.noted === true;
  if (known === undefined && isNoNews && memory.hidden.includes(MASTER)) {
    return unchanged('ignored', 'it was deleted here', memory);
  }
  const fresh = new Map([...byKey(incoming)].filter(([key, part]) => !isStale(known, key, part, memory)));
  if (fresh.size === 0) return unchanged('ignored', 'a later revision is known', memory);
  const isDeclined = [...fresh.values()].every((part) => {
    const own = attendeeOf(part, me);
    return own === undefined || partstatOf(own) === 'DECLINED';
  });
  if (known === undefined && isDeclined) return unchanged('ignored', 'it was declined and deleted', memory);
  const merge: RequestMerge = { known, incoming, fresh, me, memory };
  const whole = known !== undefined && fresh.has(MASTER) ? wholeMerge({ ...merge, known }) : partialMerge(merge);
  const merged = receiving.isFreeUntilAnswered === true ? freeUntilAnswered(whole, merge) : whole;
  return concluded({ mine, message, merge, quiet: receiving.quiet === true }, merged);
}

function requestFault(known: Series | undefined, message: ItipMessage, { me, from }: Receiving): string | undefined {
  const parts = messageComponents(message);
  const [first] = parts;
  const organizer = first && organizerOf(first);
  if (first === undefined || organizer === undefined) return 'there is no organizer';
  if (me(organizer)) return 'the receiver is the organizer';
  const own = parts.flatMap((part) => attendeeOf(part, me) ?? []);
  if (own.length === 0) return 'the receiver is not invited';
  if (known !== undefined) {
    if (message.uid !== known.uid) return 'it is about another object';
    if (message.kind !== known.kind) return `it is about a ${message.kind}, and this is a ${known.kind}`;
    const mine = organizerOf(known.master ?? [...known.overrides.values()][0] ?? first);
    if (mine === undefined) return 'what is here under this UID is no invitation';
    // RFC 5546 §3.2.2.4 leaves it to the people to agree on another organizer: nobody takes an object over by a message.
    if (!isSameAddress(mine, organizer)) return 'it is from another organizer';
  }
  if (from === undefined || isSameAddress(from, organizer) || isSentBy(propertyOf(first, P.ORGANIZER), from))
    return undefined;
  // A delegator passes the invitation on (RFC 5546 §3.2.2.3).
  const isPassedOn = own.some((each) => delegatesIn(each, 'DELEGATED-FROM').some((by) => isSameAddress(by, from)));
  return isPassedOn ? undefined : `${from} is not the organizer`;
}

/** Whether a component is out of date: older than its own, than the series it would stand in, or than its cancellation. */
function isStale(known: Series | undefined, key: InstanceKey, part: Component, { cancelled }: Memory): boolean {
  const revision = revisionOf(part);
  const own = known === undefined ? undefined : (byKey(known).get(key) ?? known.master);
  if (own !== undefined && isOlder(revision, revisionOf(own))) return true;
  return isOlder(revision, cancelled[key]) || isOlder(revision, cancelled[MASTER]);
}

/** Only days, or a first invitation: each component by itself. */
function partialMerge(merge: RequestMerge): Merged {
  const { known, incoming, fresh, me, memory } = merge;
  const components = new Map(known === undefined ? [] : byKey(known));
  const merging = { me, incoming: incoming.context, known: known?.context ?? incoming.context, memory };
  const shown = new Set<InstanceKey>();
  for (const [key, part] of fresh) {
    if (isHiddenDay(part, key, merge)) continue;
    const own = known === undefined ? undefined : (instanceOf(known, key) ?? known.master);
    components.set(key, mergedComponent(key, part, own, merging));
    shown.add(key);
  }
  const master = components.get(MASTER);
  if (known?.master !== undefined && master !== undefined) components.set(MASTER, withoutExdates(known, master, shown));
  return { components, memory: withoutHidden(memory, shown) };
}

/** Events that he is asked for with this message are transparent; an answer brings its own TRANSP. */
function freeUntilAnswered({ components, memory }: Merged, { known, me }: RequestMerge): Merged {
  const isAsked = (component: Component | undefined): boolean => {
    const own = component && attendeeOf(component, me);
    return own !== undefined && partstatOf(own) === 'NEEDS-ACTION';
  };
  const marked = [...components].map(([key, component]) => {
    const isNew = component.name === 'VEVENT' && isAsked(component);
    const isOld = known !== undefined && isAsked(instanceOf(known, key));
    return [key, isNew && !isOld ? withProperty(component, plain(P.TRANSP, 'TRANSPARENT')) : component] as const;
  });
  return { components: new Map(marked), memory };
}

const OF_A_CALENDAR = [plain(P.VERSION, '2.0'), plain(P.PRODID, PRODID)];

interface Concluding {
  readonly mine: Component | undefined;
  readonly message: ItipMessage;
  readonly merge: RequestMerge;
  readonly quiet: boolean;
}

function concluded({ mine, message, merge, quiet }: Concluding, merged: Merged): Outcome {
  const { known } = merge;
  const isWhole = merged.components.has(MASTER) && merge.fresh.has(MASTER);
  const sources = (isWhole ? [message.calendar, mine] : [mine, message.calendar]).flatMap((each) => each ?? []);
  const assembled = (components: Merged['components']): Component => {
    const overrides = new Map([...components].filter(([key]) => key !== MASTER));
    const all = componentsOf({ master: components.get(MASTER), overrides });
    return makeCalendar(mine?.properties ?? OF_A_CALENDAR, all, sources);
  };
  const components = withCancelledDays(assembled(merged.components), merged);
  const calendar = assembled(components);
  const { memory } = merged;
  if (mine === undefined || known === undefined) {
    const changes = [...merge.fresh.keys()].map((instance): Change => ({ instance, what: 'new', properties: [] }));
    return {
      outcome: 'created',
      calendar,
      why: 'invited',
      memory: { ...memory, hidden: [] },
      changes,
      isConsequential: true,
    };
  }
  if (components.size === 0) {
    const why = 'all that is left of it are days that he has taken out';
    return {
      outcome: 'removed',
      why,
      memory: { ...memory, hidden: [...memory.hidden, MASTER] },
      isConsequential: true,
    };
  }
  // Answers of others number nothing; what is told does.
  const onlyStamps = isSameCalendar(mine, calendar, quiet ? NUMBERED : STAMPS);
  if (onlyStamps && isSameCalendar(mine, calendar)) return unchanged('ignored', 'it says nothing new', memory);
  const { changes, weight } = quiet || onlyStamps ? NO_CHANGES : changesBetween(known, components, merge);
  const isConsequential = (weight !== 'none' && weight !== 'quiet') || losesGuest(known, components);
  const why = isConsequential ? 'changed by the organizer' : 'brought up to date';
  return { outcome: 'updated', calendar, why, memory, changes, isConsequential, onlyStamps };
}

/** With somebody in it who is invited no more, an attendee's PUT of the old copy would be refused. */
function losesGuest(known: Series, components: Merged['components']): boolean {
  for (const [key, component] of components) {
    const prior = instanceOf(known, key);
    const guests = attendeesOf(component);
    if (prior !== undefined && [...attendeesOf(prior).keys()].some((guest) => !guests.has(guest))) return true;
  }
  return false;
}

const NO_CHANGES: { readonly changes: readonly Change[]; readonly weight: Weight } = { changes: [], weight: 'quiet' };

/** Days whose cancellation was here before the series that has them (RFC 5546 §2.1.5). */
function withCancelledDays(calendar: Component, { components, memory }: Merged): Merged['components'] {
  const master = components.get(MASTER);
  const early = Object.entries(memory.cancelled).filter(
    ([key, revision]) =>
      key !== MASTER &&
      !components.has(key) &&
      !memory.hidden.includes(key) &&
      master !== undefined &&
      isOlder(revisionOf(master), revision),
  );
  const series = early.length === 0 ? undefined : readSeries(calendar);
  if (series === undefined) return components;
  const made = new Map(components);
  for (const [key, { sequence }] of early) {
    const derived = derivedInstance(series, key);
    if (derived === undefined) continue;
    const numbered = withProperty(derived, plain(P.SEQUENCE, String(sequence)));
    made.set(key, withProperty(numbered, plain(P.STATUS, 'CANCELLED')));
  }
  return made;
}

const STAMPS: ReadonlySet<string> = new Set([P.DTSTAMP, P['LAST-MODIFIED']]);
const NUMBERED: ReadonlySet<string> = new Set([...STAMPS, P.SEQUENCE]);

const isSameCalendar = (one: Component, other: Component, leftOut?: ReadonlySet<string>): boolean =>
  isSameComponent({ ...one, properties: [] }, { ...other, properties: [] }, leftOut);

function changesBetween(
  known: Series,
  components: ReadonlyMap<InstanceKey, Component>,
  { incoming, me }: RequestMerge,
): { readonly changes: readonly Change[]; readonly weight: Weight } {
  const contexts = { before: known.context, after: incoming.context, me };
  const changes: Change[] = [];
  let weight: Weight = 'none';
  for (const [instance, component] of components) {
    const prior = instanceOf(known, instance);
    const compared = prior && compareComponents(prior, component, contexts);
    const own = compared?.weight ?? 'asked';
    weight = heavier(weight, own);
    if (own === 'none' || own === 'quiet') continue;
    changes.push({ instance, what: prior === undefined ? 'new' : 'changed', properties: compared?.properties ?? [] });
  }
  for (const instance of known.overrides.keys()) {
    if (!components.has(instance)) weight = heavier(weight, 'told');
  }
  return { changes, weight };
}
