import { propertyOf, type Component, type Property } from '../ical/component.ts';
import { P } from '../ical/names.ts';
import type { Instant } from '../ical/time-value.ts';
import { isOneOf, isSameAddress, isSentBy } from './address.ts';
import { plain, utcText, withParam, withProperty } from './component-edit.ts';
import { copyComponents, copyFor, type CopyOptions } from './copy.ts';
import { MASTER } from './instance-key.ts';
import { makeMessage, messageComponents, type ItipMessage } from './message.ts';
import { unchanged, type Outcome, type Receiving } from './outcome.ts';
import { keyIn, readSeries } from './series.ts';

/** Asks an organizer for what he has of an object (RFC 5546 §3.2.6): UID, who asks, nothing of the object itself. */
export function makeRefresh(about: ItipMessage, attendee: Property, now: Instant): ItipMessage {
  const [first] = messageComponents(about);
  const kept =
    first?.properties.filter(({ name }) => name === P.UID || name === P.ORGANIZER || name === P['RECURRENCE-ID']) ?? [];
  // The table of tasks has no ORGANIZER (RFC 5546 §3.4.6), and mail needs to know where it goes: the envelope does.
  const shown = about.kind === 'VTODO' ? kept.filter(({ name }) => name !== P.ORGANIZER) : kept;
  const own = { ...withParam(attendee, 'PARTSTAT', undefined), params: new Map() };
  const component = {
    name: about.kind,
    properties: [...shown, own, plain(P.DTSTAMP, utcText(now))],
    components: [],
    line: 0,
  };
  return makeMessage('REFRESH', [component], [about.calendar]);
}

/** An attendee asks the organizer for the present revision: he gets his copy, or the one day that he asks for. */
export function receiveRefresh(
  mine: Component | undefined,
  message: ItipMessage,
  receiving: Receiving & CopyOptions,
): Outcome {
  const { memory, now, from, hideGuests } = receiving;
  const series = mine && readSeries(mine);
  const [part] = messageComponents(message);
  if (mine === undefined || series === undefined || part === undefined)
    return unchanged('ignored', 'there is no such object', memory);
  const attendee = propertyOf(part, P.ATTENDEE);
  const address = attendee?.value ?? '';
  if (from !== undefined && !isSameAddress(from, address) && !isSentBy(attendee, from)) {
    return unchanged('refused', `${from} asks for another`, memory);
  }
  const copy = copyFor(series, isOneOf(address), { hideGuests });
  if (copy === undefined) return unchanged('refused', 'who asks is not invited', memory);
  const incoming = readSeries(message.calendar, { beside: series });
  const key = keyIn(series, part, incoming?.context);
  const one = key === MASTER ? undefined : copy.components.get(key);
  const dated = (one === undefined ? copyComponents(copy) : [one]).map((each) =>
    withProperty(each, plain(P.DTSTAMP, utcText(now))),
  );
  return {
    ...unchanged('ignored', 'the present revision is sent', memory),
    answer: makeMessage('REQUEST', dated, [mine]),
  };
}
