import { propertyOf, type Component } from '../ical/component.ts';
import { P } from '../ical/names.ts';
import { timeOf } from '../ical/time-value.ts';
import { attendeeOf, isSameAddress, organizerOf } from './address.ts';
import { timeProperty, withMore } from './component-edit.ts';
import { keyOfTime, MASTER } from './instance-key.ts';
import { mergedComponent } from './merged-component.ts';
import { makeCalendar, messageComponents, type ItipMessage } from './message.ts';
import { unchanged, type Outcome, type Receiving } from './outcome.ts';
import { makeRefresh } from './refresh.ts';
import { isOlder, revisionOf } from './revision.ts';
import { componentsOf, hasInstance, readSeries } from './series.ts';

/**
 * A further instance arrives (RFC 5546 §3.2.4): as though RDATE of the master named it, with an override that says what it is.
 * Who does not have the series, or has another revision of it, asks the organizer for the whole (REFRESH).
 */
export function receiveAdd(mine: Component | undefined, message: ItipMessage, receiving: Receiving): Outcome {
  const { me, memory, now } = receiving;
  const [part] = messageComponents(message);
  const known = mine && readSeries(mine);
  if (part === undefined) return unchanged('refused', 'there is no component', memory);
  const own = attendeeOf(part, me);
  if (own === undefined) return unchanged('refused', 'the receiver is not invited', memory);
  if (mine === undefined || known?.master === undefined) {
    const answer = makeRefresh(message, own, now);
    return { ...unchanged('ignored', 'the series is not here: asked for', memory), answer };
  }
  const organizer = organizerOf(known.master);
  if (organizer === undefined || !isSameAddress(organizer, organizerOf(part) ?? '')) {
    return unchanged('refused', 'it is from another organizer', memory);
  }
  const revision = revisionOf(part);
  if (isOlder(revision, revisionOf(known.master)) || isOlder(revision, memory.cancelled[MASTER])) {
    return unchanged('ignored', 'a later revision is known', memory);
  }
  const incoming = readSeries(message.calendar, { beside: known });
  const start = propertyOf(part, P.DTSTART);
  const value = start && timeOf(start);
  if (incoming === undefined || value === undefined) return unchanged('refused', 'there is no start', memory);
  const key = keyOfTime(value, known.form, incoming.context);
  if (known.overrides.has(key) || hasInstance(known, key))
    return unchanged('ignored', 'there is such an instance already', memory);
  const added = mergedComponent(key, withMore(part, [timeProperty(P['RECURRENCE-ID'], value)]), known.master, {
    me,
    incoming: incoming.context,
    known: known.context,
    memory,
  });
  const master = withMore(known.master, [timeProperty(P.RDATE, value)]);
  const overrides = new Map([...known.overrides, [key, added] as const]);
  const calendar = makeCalendar(mine.properties, componentsOf({ master, overrides }), [mine, message.calendar]);
  const changes = [{ instance: key, what: 'new' as const, properties: [P.RDATE] }];
  return {
    outcome: 'updated',
    calendar,
    why: 'the organizer has added an instance',
    memory,
    changes,
    isConsequential: true,
  };
}
