import { propertiesOf, propertyOf, type Component } from '../ical/component.ts';
import { P } from '../ical/names.ts';
import { parseRule } from '../ical/rrule.ts';
import { formatTimeValue } from '../ical/time-value.ts';
import { addressKey, isSameAddress, isSentBy, organizerOf } from './address.ts';
import { isSameComponent, plain, withoutProperties, withProperty } from './component-edit.ts';
import { MASTER, type InstanceKey } from './instance-key.ts';
import { makeCalendar, messageComponents, type ItipMessage } from './message.ts';
import { unchanged, type Outcome, type Receiving } from './outcome.ts';
import { isCancelled } from './personal.ts';
import { isOlder, revisionOf, toldBy, withCancelled, type Memory, type Revision } from './revision.ts';
import {
  byKey,
  componentsOf,
  excludedKeys,
  hasInstance,
  instanceOf,
  isRange,
  keyIn,
  readSeries,
  timeOfKey,
  type Series,
} from './series.ts';

/**
 * A cancellation arrives (RFC 5546 §3.2.5, §3.4.5). What is cancelled stays in the receiver's calendar with
 * STATUS:CANCELLED, the whole as well as a day: he sees what is off, removes it himself without a word to anybody, and finds
 * his alarms and his answer if it is on again. A day becomes an override of that status, never an EXDATE, which would take
 * it away unseen; one that he has taken out himself stays out. A cancellation that is here before its invitation is
 * remembered.
 */
export function receiveCancel(mine: Component | undefined, message: ItipMessage, receiving: Receiving): Outcome {
  const { me } = receiving;
  const series = mine && readSeries(mine);
  const parts = messageComponents(message);
  const organizer = parts.flatMap((part) => organizerOf(part) ?? [])[0] ?? '';
  const memory = toldBy(receiving.memory, organizer);
  const isForMe = parts.every((part) => {
    const named = propertiesOf(part, P.ATTENDEE);
    return named.length === 0 || named.some(({ value }) => me(value));
  });
  if (!isForMe) return unchanged('ignored', 'others are removed, the receiver is not', receiving.memory);
  const incoming = readSeries(message.calendar, { beside: series });
  const keyed = parts.map((part) => ({
    part,
    key:
      series === undefined || incoming === undefined ? ownKey(incoming, part) : keyIn(series, part, incoming.context),
  }));
  if (mine === undefined || series === undefined) {
    const remembered = remember(
      { ...memory, cancelledBy: addressKey(organizer) },
      keyed.map(({ part, key }) => [key, revisionOf(part)]),
    );
    return unchanged('ignored', 'there is nothing here that could be cancelled', remembered);
  }
  const fault = cancelFault(series, message, receiving);
  if (fault !== undefined) return unchanged('refused', fault, receiving.memory);
  const components = new Map(byKey(series));
  const known: (readonly [InstanceKey, Revision])[] = [];
  let isLate = false;
  const cancelled: InstanceKey[] = [];
  const again: InstanceKey[] = [];
  for (const { part, key } of keyed) {
    const revision = revisionOf(part);
    const own = instanceOf(series, key) ?? series.master;
    if (isOlder(revision, memory.cancelled[key]) || (own !== undefined && isOlder(revision, revisionOf(own)))) {
      isLate = true;
      continue;
    }
    known.push([key, revision]);
    const changed = isRange(propertyOf(part, P['RECURRENCE-ID']))
      ? cutOff(series, components, key)
      : cancelOne(series, components, part, key);
    if (changed) cancelled.push(key);
    else if (own !== undefined && isCancelled(own) && revision.sequence > revisionOf(own).sequence) again.push(key);
  }
  const kept = known.length === 0 ? memory : remember({ ...memory, cancelledBy: addressKey(organizer) }, known);
  if (cancelled.length === 0 && again.length === 0)
    return unchanged('ignored', isLate ? 'a later revision is known' : 'it says nothing new', kept);
  const overrides = new Map([...components].filter(([key]) => key !== MASTER));
  const calendar = makeCalendar(mine.properties, componentsOf({ master: components.get(MASTER), overrides }), [
    mine,
    message.calendar,
  ]);
  const changes = cancelled.map((instance) => ({ instance, what: 'cancelled' as const, properties: [P.STATUS] }));
  return {
    outcome: 'updated',
    calendar,
    why: cancelled.length > 0 ? 'cancelled by the organizer' : 'cancelled in a later revision too',
    memory: kept,
    changes,
    isConsequential: cancelled.length > 0,
  };
}

const ownKey = (incoming: Series | undefined, part: Component): InstanceKey =>
  incoming === undefined ? MASTER : keyIn(incoming, part);

/** Of several cancellations of one instance, the latest counts. */
function remember(memory: Memory, known: readonly (readonly [InstanceKey, Revision])[]): Memory {
  const latest = new Map<InstanceKey, Revision>();
  for (const [key, revision] of known) {
    if (!isOlder(revision, latest.get(key) ?? memory.cancelled[key])) latest.set(key, revision);
  }
  return latest.size === 0 ? memory : withCancelled(memory, latest);
}

function cancelFault(series: Series, message: ItipMessage, { from }: Receiving): string | undefined {
  const [first] = messageComponents(message);
  if (first === undefined || message.uid !== series.uid) return 'it is about another object';
  if (message.kind !== series.kind) return `it is about a ${message.kind}, and this is a ${series.kind}`;
  const organizer = organizerOf(first) ?? '';
  const mine = organizerOf(series.master ?? [...series.overrides.values()][0] ?? first) ?? '';
  if (!isSameAddress(organizer, mine)) return 'it is from another organizer';
  if (from === undefined || isSameAddress(from, organizer) || isSentBy(propertyOf(first, P.ORGANIZER), from))
    return undefined;
  return `${from} is not the organizer`;
}

/** Marks the whole, or one day; tells whether anything is different then. */
function cancelOne(
  series: Series,
  components: Map<InstanceKey, Component>,
  part: Component,
  key: InstanceKey,
): boolean {
  if (key !== MASTER && (!hasInstance(series, key) || (excludedKeys(series).has(key) && !series.overrides.has(key))))
    return false;
  const keys = key === MASTER ? [...components.keys()] : [key];
  let isChanged = false;
  for (const each of keys) {
    const own = components.get(each) ?? instanceOf(series, each);
    if (own === undefined) continue;
    const made = marked(own, part);
    if (components.get(each) !== undefined && isSameComponent(own, made)) continue;
    isChanged ||= !isCancelled(own) || components.get(each) === undefined;
    components.set(each, made);
  }
  return isChanged;
}

function marked(own: Component, part: Component): Component {
  const { sequence } = revisionOf(part);
  const numbered = withProperty(own, plain(P.SEQUENCE, String(sequence)));
  const stamp = propertyOf(part, P.DTSTAMP);
  return withProperty(stamp === undefined ? numbered : withProperty(numbered, stamp), plain(P.STATUS, 'CANCELLED'));
}

/** RANGE=THISANDFUTURE: the series ends before that day (RFC 5546 §3.2.5 a). */
function cutOff(series: Series, components: Map<InstanceKey, Component>, key: InstanceKey): boolean {
  const value = timeOfKey(key);
  const { master } = series;
  if (value === undefined || master === undefined || !hasInstance(series, key)) return false;
  const until = formatTimeValue({ ...value, wall: value.wall - (value.kind === 'date' ? 86_400_000 : 1000) });
  const ended = master.properties.map((property) => {
    if (property.name !== P.RRULE || 'fault' in parseRule(property.value)) return property;
    const parts = property.value.split(';').filter((each) => !/^(?:COUNT|UNTIL)=/i.test(each));
    return { ...property, value: [...parts, `UNTIL=${until}`].join(';') };
  });
  const first = readSeries({
    ...series.calendar,
    components: [
      ...series.calendar.components.filter(({ name }) => name === 'VTIMEZONE'),
      { ...master, properties: ended },
    ],
  });
  const rdates = first === undefined ? [] : propertiesOf(first.master ?? master, P.RDATE);
  const kept = rdates.filter((property) => !keysAfter(series, property, key));
  const bare = withoutProperties({ ...master, properties: ended }, ({ name }) => name === P.RDATE);
  components.set(MASTER, { ...bare, properties: [...bare.properties, ...kept] });
  for (const each of series.overrides.keys()) if (each >= key) components.delete(each);
  return true;
}

/** Whether all times of an RDATE are of days that are cut off. */
function keysAfter(
  series: Series,
  property: Parameters<typeof propertiesOf>[0]['properties'][number],
  key: InstanceKey,
): boolean {
  const id = { ...property, name: P['RECURRENCE-ID'], value: property.value.split(',')[0]?.split('/')[0] ?? '' };
  return keyIn(series, { name: series.kind, properties: [id], components: [], line: 0 }) >= key;
}
