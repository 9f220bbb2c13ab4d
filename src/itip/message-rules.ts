import { propertiesOf, propertyOf, type Component } from '../ical/component.ts';
import { P, type PropertyName } from '../ical/names.ts';
import { organizerOf, isSameAddress } from './address.ts';

/** The methods of RFC 5546 §1.4. */
export const METHODS = [
  'PUBLISH',
  'REQUEST',
  'REPLY',
  'ADD',
  'CANCEL',
  'REFRESH',
  'COUNTER',
  'DECLINECOUNTER',
] as const;
export type Method = (typeof METHODS)[number];

/** What RFC 5546 §3.2 to §3.5 asks of each component of a message. */
interface Rule {
  /** Presence `1` or `1+`. */
  readonly needs: readonly PropertyName[];
  /** Presence `0`. */
  readonly bans: readonly PropertyName[];
  /** One component only. */
  readonly single?: true;
  /** ATTENDEE is exactly one person; a delegation adds the delegate (RFC 5546 §3.2.3). */
  readonly oneAttendee?: true;
}

const OF_SERIES = ['EXDATE', 'RDATE', 'RRULE', 'RECURRENCE-ID'] as const;

const EVENT: Readonly<Record<Method, Rule>> = {
  PUBLISH: { needs: ['UID', 'ORGANIZER', 'DTSTART'], bans: ['ATTENDEE', 'REQUEST-STATUS'] },
  REQUEST: { needs: ['UID', 'ORGANIZER', 'DTSTART', 'ATTENDEE'], bans: ['REQUEST-STATUS'] },
  REPLY: { needs: ['UID', 'ORGANIZER', 'ATTENDEE'], bans: [], oneAttendee: true },
  ADD: { needs: ['UID', 'ORGANIZER', 'DTSTART', 'SEQUENCE'], bans: OF_SERIES, single: true },
  CANCEL: { needs: ['UID', 'ORGANIZER', 'SEQUENCE'], bans: ['REQUEST-STATUS'] },
  REFRESH: {
    needs: ['UID', 'ORGANIZER', 'ATTENDEE'],
    bans: ['DTSTART', 'RRULE', 'SEQUENCE'],
    single: true,
    oneAttendee: true,
  },
  COUNTER: { needs: ['UID', 'ORGANIZER', 'DTSTART', 'SEQUENCE'], bans: [], single: true },
  DECLINECOUNTER: { needs: ['UID', 'ORGANIZER', 'ATTENDEE', 'SEQUENCE'], bans: [] },
};

/** A task need not have a start (RFC 5545 §3.6.2), though the tables of RFC 5546 §3.4 ask for one. */
const TASK: Readonly<Record<Method, Rule>> = {
  PUBLISH: { needs: ['UID', 'ORGANIZER'], bans: ['ATTENDEE', 'REQUEST-STATUS'] },
  REQUEST: { needs: ['UID', 'ORGANIZER', 'ATTENDEE'], bans: ['REQUEST-STATUS'] },
  REPLY: EVENT.REPLY,
  ADD: { ...EVENT.ADD, needs: ['UID', 'ORGANIZER', 'SEQUENCE'] },
  CANCEL: EVENT.CANCEL,
  REFRESH: {
    needs: ['UID', 'ATTENDEE'],
    bans: ['DTSTART', 'DUE', 'RRULE', 'SEQUENCE'],
    single: true,
    oneAttendee: true,
  },
  COUNTER: { needs: ['UID', 'ORGANIZER', 'ATTENDEE'], bans: [], single: true },
  DECLINECOUNTER: EVENT.DECLINECOUNTER,
};

const JOURNAL: Readonly<Partial<Record<Method, Rule>>> = {
  PUBLISH: { needs: ['UID', 'ORGANIZER', 'DTSTART'], bans: ['ATTENDEE'] },
  ADD: { needs: ['UID', 'ORGANIZER', 'DTSTART', 'SEQUENCE'], bans: [...OF_SERIES, 'ATTENDEE'], single: true },
  CANCEL: { needs: ['UID', 'ORGANIZER', 'SEQUENCE'], bans: ['ATTENDEE'] },
};

const BUSY: Readonly<Partial<Record<Method, Rule>>> = {
  PUBLISH: { needs: ['UID', 'ORGANIZER', 'DTSTART', 'DTEND'], bans: ['ATTENDEE', 'DURATION'] },
  REQUEST: {
    needs: ['UID', 'ORGANIZER', 'DTSTART', 'DTEND', 'ATTENDEE'],
    bans: ['FREEBUSY', 'DURATION', 'REQUEST-STATUS', 'URL'],
    single: true,
  },
  REPLY: { needs: ['UID', 'ORGANIZER', 'DTSTART', 'DTEND', 'ATTENDEE'], bans: ['DURATION', 'SEQUENCE'], single: true },
};

const RULES: Readonly<Record<string, Readonly<Partial<Record<Method, Rule>>>>> = {
  VEVENT: EVENT,
  VTODO: TASK,
  VJOURNAL: JOURNAL,
  VFREEBUSY: BUSY,
};

/** What a message lacks by the tables of RFC 5546 §3, in words; undefined: nothing. */
export function faultOf(method: Method, subjects: readonly Component[]): string | undefined {
  const [first] = subjects;
  if (first === undefined) return 'there is no component';
  const rule = RULES[first.name]?.[method];
  if (rule === undefined) return `${method} is not for ${first.name}`;
  if (subjects.some(({ name }) => name !== first.name)) return 'there are components of several kinds';
  if (rule.single === true && subjects.length > 1) return `${method} has one component`;
  const uid = propertyOf(first, P.UID)?.value;
  if (subjects.some((each) => propertyOf(each, P.UID)?.value !== uid)) return 'there are several UIDs';
  const organizer = organizerOf(first) ?? '';
  if (subjects.some((each) => !isSameAddress(organizerOf(each) ?? '', organizer)))
    return 'there are several ORGANIZERs';
  for (const component of subjects) {
    const fault = componentFault(method, component, rule);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function componentFault(method: Method, component: Component, rule: Rule): string | undefined {
  const missing = rule.needs.find((name) => propertyOf(component, name) === undefined);
  if (missing !== undefined) return `${method} needs ${missing}`;
  const banned = rule.bans.find((name) => propertyOf(component, name) !== undefined);
  if (banned !== undefined) return `${method} must not have ${banned}`;
  if (rule.oneAttendee !== true) return undefined;
  const people = propertiesOf(component, P.ATTENDEE);
  const delegates = people.flatMap(({ params }) => params.get('DELEGATED-TO') ?? []);
  const own = people.filter(({ value }) => !delegates.some((to) => isSameAddress(to, value)));
  return own.length > 1 ? `${method} has one ATTENDEE` : undefined;
}
