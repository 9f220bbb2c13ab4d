import { propertiesOf, propertyOf, type Component, type Property } from '../ical/component.ts';
import { P } from '../ical/names.ts';
import type { Instant } from '../ical/time-value.ts';
import { attendeeOf, isOneOf, isSentBy, isSameAddress, organizerOf, type IsMe } from './address.ts';
import { plain, utcText, withoutProperties, withProperty } from './component-edit.ts';
import { sentForm } from './copy.ts';
import { MASTER, type InstanceKey } from './instance-key.ts';
import { makeCalendar, makeMessage, messageComponents, type ItipMessage } from './message.ts';
import { unchanged, type Outcome, type Receiving } from './outcome.ts';
import { isCancelled } from './personal.ts';
import { isOlder, revisionOf } from './revision.ts';
import { componentsOf, instanceOf, keyIn, readSeries } from './series.ts';
import { compareComponents } from './significance.ts';

/** What an attendee proposes instead, for the organizer to take or to decline. */
export interface Proposal {
  readonly address: string;
  readonly instance: InstanceKey;
  /** The component as it is proposed. */
  readonly component: Component;
  /** Names of properties that would be others. */
  readonly properties: readonly string[];
}

/** Nothing of the object is changed by a proposal; it is there where there is something to decide. */
export interface CounterOutcome extends Outcome {
  readonly proposal?: Proposal;
}

/** A counter proposal arrives at the organizer (RFC 5546 §3.2.7, §3.4.7), to whose revision it has to be. */
export function receiveCounter(
  mine: Component | undefined,
  message: ItipMessage,
  receiving: Receiving,
): CounterOutcome {
  const { me, memory, from } = receiving;
  const series = mine && readSeries(mine);
  const [part] = messageComponents(message);
  if (series === undefined || part === undefined) return unchanged('ignored', 'there is no such object', memory);
  if (!me(organizerOf(part) ?? '')) return unchanged('refused', 'the receiver is not the organizer', memory);
  const incoming = readSeries(message.calendar, { beside: series });
  const key = keyIn(series, part, incoming?.context);
  const target = instanceOf(series, key);
  if (target === undefined || incoming === undefined)
    return unchanged('refused', `there is no instance ${key}`, memory);
  const sender = senderOf(part, target, from);
  if (sender === undefined) return unchanged('refused', 'who proposes is not invited', memory);
  if (isCancelled(target)) return unchanged('ignored', 'it is cancelled', memory);
  if (isOlder({ ...revisionOf(part), stamp: 0 }, { ...revisionOf(target), stamp: 0 })) {
    return unchanged('ignored', 'it is to an earlier revision', memory);
  }
  const contexts = { before: series.context, after: incoming.context, me: () => false };
  const { properties } = compareComponents(target, part, contexts);
  const other = properties.filter((name) => name !== P.ATTENDEE && name !== P.COMMENT);
  if (other.length === 0) return unchanged('ignored', 'it proposes nothing else', memory);
  const proposal = { address: sender, instance: key, component: part, properties: other };
  return { ...unchanged('ignored', 'a proposal waits for the organizer', memory), proposal, isToRead: true };
}

/** COUNTER has all attendees; who sends it is known from the transport, or is the only one. */
function senderOf(part: Component, target: Component, from: string | undefined): string | undefined {
  const named = propertiesOf(part, P.ATTENDEE);
  // Who speaks for himself speaks for nobody else, whoever he says has sent the other lines.
  const own =
    from === undefined
      ? named[0]
      : (named.find((each) => isSameAddress(each.value, from)) ?? named.find((each) => isSentBy(each, from)));
  if (own === undefined || (from === undefined && named.length > 1)) return undefined;
  return attendeeOf(target, isOneOf(own.value))?.value;
}

/** What the organizer's object is when he takes a proposal; it then goes the way of every change of his. */
export function acceptProposal(mine: Component, { instance, component }: Proposal): Component {
  const series = readSeries(mine);
  const target = series && instanceOf(series, instance);
  if (series === undefined || target === undefined) return mine;
  const proposed = (name: string): boolean => PROPOSED.has(name);
  const bare = withoutProperties(target, ({ name }) => proposed(name));
  const taken = component.properties.filter(({ name }) => proposed(name));
  const made = { ...bare, properties: [...bare.properties, ...taken] };
  const overrides = new Map(series.overrides);
  if (instance !== MASTER) overrides.set(instance, made);
  const master = instance === MASTER ? made : series.master;
  return makeCalendar(mine.properties, componentsOf({ master, overrides }), [mine]);
}

const PROPOSED: ReadonlySet<string> = new Set([P.DTSTART, P.DTEND, P.DURATION, P.DUE, P.LOCATION, P.SUMMARY]);

/**
 * An attendee's proposal for the whole or for one instance: his copy of it with the properties that he wants, and a word.
 * SEQUENCE is that of his copy (RFC 5546 §2.1.4).
 */
export function makeCounter(
  mine: Component,
  proposal: {
    readonly me: IsMe;
    readonly now: Instant;
    readonly instance: InstanceKey;
    readonly properties: readonly Property[];
  },
): ItipMessage | undefined {
  const { me, now, instance, properties } = proposal;
  const series = readSeries(mine);
  const target = series && instanceOf(series, instance);
  const own = target && attendeeOf(target, me);
  if (target === undefined || own === undefined) return undefined;
  const names = new Set(properties.map(({ name }) => name));
  if (names.has(P.DTEND)) names.add(P.DURATION);
  const bare = withoutProperties(
    sentForm(target, me),
    (property) => names.has(property.name) || (property.name === P.ATTENDEE && !me(property.value)),
  );
  const dated = withProperty(
    { ...bare, properties: [...bare.properties, ...properties] },
    plain(P.DTSTAMP, utcText(now)),
  );
  const numbered = propertyOf(dated, P.SEQUENCE) === undefined ? withProperty(dated, plain(P.SEQUENCE, '0')) : dated;
  return makeMessage('COUNTER', [numbered], [mine]);
}
