import { propertiesOf, propertyOf, type Component, type Property } from '../ical/component.ts';
import { P } from '../ical/names.ts';
import { formatTimeValue, timeOf, type Instant, type TimeRange } from '../ical/time-value.ts';
import { plain, utcText, withParam } from './component-edit.ts';
import { makeMessage, messageComponents, type ItipMessage } from './message.ts';

/** What somebody asks of the busy time of others (RFC 5546 §3.3.2). */
export interface BusyRequest {
  readonly uid: string;
  readonly organizer: Property;
  readonly attendees: readonly Property[];
  readonly range: TimeRange;
  /** X-CALENDARSERVER-MASK-UID: an object whose time is not to count. */
  readonly maskedUid: string | undefined;
}

export type BusyReading = { readonly request: BusyRequest } | { readonly fault: string };

/** Reads a VFREEBUSY request: times in UTC, the end behind the start. */
export function readBusyRequest(message: ItipMessage): BusyReading {
  const [part] = messageComponents(message);
  if (message.method !== 'REQUEST' || part?.name !== 'VFREEBUSY') return { fault: 'it is not a request for busy time' };
  const [start, end] = [P.DTSTART, P.DTEND].map((name) => {
    const property = propertyOf(part, name);
    return property && timeOf(property);
  });
  if (start?.kind !== 'utc' || end?.kind !== 'utc') return { fault: 'DTSTART and DTEND have to be in UTC' };
  if (end.wall <= start.wall) return { fault: 'DTEND is not after DTSTART' };
  const organizer = propertyOf(part, P.ORGANIZER);
  if (organizer === undefined) return { fault: 'there is no ORGANIZER' };
  const request = {
    uid: message.uid,
    organizer,
    attendees: propertiesOf(part, P.ATTENDEE),
    range: { start: start.wall, end: end.wall },
    maskedUid: propertyOf(part, 'X-CALENDARSERVER-MASK-UID')?.value,
  };
  return { request };
}

/** Busy time of one kind (RFC 5545 §3.2.9). */
export interface BusyPeriod extends TimeRange {
  readonly type: string;
}

/** The answer for one attendee (RFC 5546 §3.3.3). */
export function makeBusyReply(
  { uid, organizer, range }: BusyRequest,
  {
    attendee,
    periods,
    now,
  }: { readonly attendee: Property; readonly periods: readonly BusyPeriod[]; readonly now: Instant },
): ItipMessage {
  const properties = [
    plain(P.UID, uid),
    plain(P.DTSTAMP, utcText(now)),
    plain(P.DTSTART, utcText(range.start)),
    plain(P.DTEND, utcText(range.end)),
    organizer,
    attendee,
    ...periods.map(freeBusyLine),
  ];
  return makeMessage('REPLY', [{ name: 'VFREEBUSY', properties, components: [], line: 0 }], []);
}

/** Published busy time (RFC 5546 §3.3.1). */
export function makeBusyPublication(
  { uid, organizer, range }: Pick<BusyRequest, 'uid' | 'organizer' | 'range'>,
  { periods, now }: { readonly periods: readonly BusyPeriod[]; readonly now: Instant },
): ItipMessage {
  const head = [
    plain(P.UID, uid),
    plain(P.DTSTAMP, utcText(now)),
    plain(P.DTSTART, utcText(range.start)),
    plain(P.DTEND, utcText(range.end)),
  ];
  const component: Component = {
    name: 'VFREEBUSY',
    properties: [...head, organizer, ...periods.map(freeBusyLine)],
    components: [],
    line: 0,
  };
  return makeMessage('PUBLISH', [component], []);
}

function freeBusyLine({ start, end, type }: BusyPeriod): Property {
  const [from, to] = [start, end].map((wall) => formatTimeValue({ kind: 'utc', wall }));
  return withParam(plain(P.FREEBUSY, `${from}/${to}`), 'FBTYPE', type);
}
