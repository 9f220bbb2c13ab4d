import type { PropertyName } from './names.ts';

/** Which properties and components a component holds, and how often. */
export interface ComponentRule {
  readonly section: string;
  /** Components that it may stand in. */
  readonly parents: readonly string[];
  /** Exactly once. */
  readonly required: readonly PropertyName[];
  /** At most once. */
  readonly once: readonly PropertyName[];
  /** Any number of times. */
  readonly many: readonly PropertyName[];
  /** Values of STATUS here. */
  readonly status?: readonly string[];
  /** Values of PARTSTAT here (RFC 5545 §3.2.12). */
  readonly partstat?: readonly string[];
  /** Pairs that must not stand together. */
  readonly either?: readonly (readonly [PropertyName, PropertyName])[];
  /** Pairs of which the first needs the second. */
  readonly needs?: readonly (readonly [PropertyName, PropertyName])[];
}

/** RFC 9253 §8.1 to §8.3: these stand in every component. */
const EVERYWHERE = ['CONCEPT', 'LINK', 'REFID'] as const;
/** RFC 9073 §4 adds these to the components that people plan with. */
const DESCRIBED = ['STRUCTURED-DATA', 'STYLED-DESCRIPTION', ...EVERYWHERE] as const;
const PARTSTAT = ['NEEDS-ACTION', 'ACCEPTED', 'DECLINED'] as const;
const CHANGES = ['CREATED', 'LAST-MODIFIED', 'SEQUENCE'] as const;
const RECURRENCE = ['RDATE', 'EXDATE', 'RRULE', 'EXRULE'] as const;

export const COMPONENTS = {
  VCALENDAR: {
    section: 'RFC 5545 §3.6',
    parents: [],
    required: ['PRODID', 'VERSION'],
    once: ['CALSCALE', 'METHOD', 'UID', 'LAST-MODIFIED', 'URL', 'REFRESH-INTERVAL', 'SOURCE', 'COLOR'],
    many: ['NAME', 'DESCRIPTION', 'CATEGORIES', 'IMAGE', ...EVERYWHERE],
  },
  VEVENT: {
    section: 'RFC 5545 §3.6.1',
    parents: ['VCALENDAR'],
    required: ['DTSTAMP', 'UID'],
    once: [
      ...['DTSTART', 'DTEND', 'DURATION', 'CLASS', 'DESCRIPTION', 'GEO', 'LOCATION', 'ORGANIZER', 'PRIORITY'],
      ...['STATUS', 'SUMMARY', 'TRANSP', 'URL', 'RECURRENCE-ID', 'COLOR', ...CHANGES],
    ],
    many: [
      ...['ATTACH', 'ATTENDEE', 'CATEGORIES', 'COMMENT', 'CONTACT', 'REQUEST-STATUS', 'RELATED-TO', 'RESOURCES'],
      ...RECURRENCE,
      ...['CONFERENCE', 'IMAGE', ...DESCRIBED],
    ],
    status: ['TENTATIVE', 'CONFIRMED', 'CANCELLED'],
    partstat: [...PARTSTAT, 'TENTATIVE', 'DELEGATED'],
    either: [['DTEND', 'DURATION']],
  },
  VTODO: {
    section: 'RFC 5545 §3.6.2',
    parents: ['VCALENDAR'],
    required: ['DTSTAMP', 'UID'],
    once: [
      ...['DTSTART', 'DUE', 'DURATION', 'CLASS', 'COMPLETED', 'DESCRIPTION', 'GEO', 'LOCATION', 'ORGANIZER'],
      ...['PERCENT-COMPLETE', 'PRIORITY', 'RECURRENCE-ID', 'STATUS', 'SUMMARY', 'URL', 'COLOR', ...CHANGES],
    ],
    many: [
      ...['ATTACH', 'ATTENDEE', 'CATEGORIES', 'COMMENT', 'CONTACT', 'REQUEST-STATUS', 'RELATED-TO', 'RESOURCES'],
      ...RECURRENCE,
      ...['CONFERENCE', 'IMAGE', ...DESCRIBED],
    ],
    status: ['NEEDS-ACTION', 'COMPLETED', 'IN-PROCESS', 'CANCELLED'],
    partstat: [...PARTSTAT, 'TENTATIVE', 'DELEGATED', 'COMPLETED', 'IN-PROCESS'],
    either: [['DUE', 'DURATION']],
    needs: [['DURATION', 'DTSTART']],
  },
  VJOURNAL: {
    section: 'RFC 5545 §3.6.3',
    parents: ['VCALENDAR'],
    required: ['DTSTAMP', 'UID'],
    once: ['CLASS', 'DTSTART', 'ORGANIZER', 'RECURRENCE-ID', 'STATUS', 'SUMMARY', 'URL', 'COLOR', ...CHANGES],
    many: [
      ...['ATTACH', 'ATTENDEE', 'CATEGORIES', 'COMMENT', 'CONTACT', 'DESCRIPTION', 'RELATED-TO', 'REQUEST-STATUS'],
      ...RECURRENCE,
      ...['IMAGE', ...DESCRIBED],
    ],
    status: ['DRAFT', 'FINAL', 'CANCELLED'],
    partstat: PARTSTAT,
  },
  VFREEBUSY: {
    section: 'RFC 5545 §3.6.4',
    parents: ['VCALENDAR'],
    required: ['DTSTAMP', 'UID'],
    once: ['CONTACT', 'DTSTART', 'DTEND', 'ORGANIZER', 'URL'],
    many: ['ATTENDEE', 'COMMENT', 'FREEBUSY', 'REQUEST-STATUS', ...DESCRIBED],
    partstat: [...PARTSTAT, 'TENTATIVE', 'DELEGATED'],
  },
  VTIMEZONE: {
    section: 'RFC 5545 §3.6.5',
    parents: ['VCALENDAR'],
    required: ['TZID'],
    once: ['LAST-MODIFIED', 'TZURL', 'TZUNTIL'],
    many: ['TZID-ALIAS-OF', ...EVERYWHERE],
  },
  STANDARD: {
    section: 'RFC 5545 §3.6.5',
    parents: ['VTIMEZONE'],
    required: ['DTSTART', 'TZOFFSETTO', 'TZOFFSETFROM'],
    once: ['RRULE'],
    many: ['COMMENT', 'RDATE', 'TZNAME', ...EVERYWHERE],
  },
  DAYLIGHT: {
    section: 'RFC 5545 §3.6.5',
    parents: ['VTIMEZONE'],
    required: ['DTSTART', 'TZOFFSETTO', 'TZOFFSETFROM'],
    once: ['RRULE'],
    many: ['COMMENT', 'RDATE', 'TZNAME', ...EVERYWHERE],
  },
  VALARM: {
    section: 'RFC 5545 §3.6.6',
    parents: ['VEVENT', 'VTODO'],
    required: ['ACTION', 'TRIGGER'],
    once: ['DESCRIPTION', 'SUMMARY', 'DURATION', 'REPEAT', 'UID', 'ACKNOWLEDGED', 'PROXIMITY'],
    many: ['ATTACH', 'ATTENDEE', 'RELATED-TO', 'STYLED-DESCRIPTION', ...EVERYWHERE],
    needs: [
      ['DURATION', 'REPEAT'],
      ['REPEAT', 'DURATION'],
    ],
  },
  VAVAILABILITY: {
    section: 'RFC 7953 §3.1',
    parents: ['VCALENDAR'],
    required: ['DTSTAMP', 'UID'],
    once: [
      ...['BUSYTYPE', 'CLASS', 'DESCRIPTION', 'DTSTART', 'DTEND', 'DURATION', 'LOCATION', 'ORGANIZER', 'PRIORITY'],
      ...['SUMMARY', 'URL', ...CHANGES],
    ],
    many: ['CATEGORIES', 'COMMENT', 'CONTACT', ...EVERYWHERE],
    either: [['DTEND', 'DURATION']],
    needs: [['DURATION', 'DTSTART']],
  },
  AVAILABLE: {
    section: 'RFC 7953 §3.1',
    parents: ['VAVAILABILITY'],
    required: ['DTSTAMP', 'DTSTART', 'UID'],
    once: [
      ...['DTEND', 'DURATION', 'CREATED', 'DESCRIPTION', 'LAST-MODIFIED', 'LOCATION', 'RECURRENCE-ID', 'RRULE'],
      'SUMMARY',
    ],
    many: ['CATEGORIES', 'COMMENT', 'CONTACT', 'EXDATE', 'RDATE', ...EVERYWHERE],
    either: [['DTEND', 'DURATION']],
  },
  PARTICIPANT: {
    section: 'RFC 9073 §7.1',
    parents: ['VEVENT', 'VTODO', 'VJOURNAL', 'VFREEBUSY'],
    required: ['UID', 'PARTICIPANT-TYPE'],
    once: [
      ...['CALENDAR-ADDRESS', 'DESCRIPTION', 'DTSTAMP', 'GEO', 'PRIORITY', 'STATUS', 'SUMMARY', 'URL'],
      ...CHANGES,
    ],
    many: [
      ...['ATTACH', 'CATEGORIES', 'COMMENT', 'CONTACT', 'LOCATION', 'REQUEST-STATUS', 'RELATED-TO', 'RESOURCES'],
      ...DESCRIBED,
    ],
  },
  VLOCATION: {
    section: 'RFC 9073 §7.2',
    parents: ['VEVENT', 'VTODO', 'VJOURNAL', 'VFREEBUSY', 'PARTICIPANT', 'VALARM'],
    required: ['UID'],
    once: ['DESCRIPTION', 'GEO', 'LOCATION-TYPE', 'NAME', 'URL'],
    many: DESCRIBED,
  },
  VRESOURCE: {
    section: 'RFC 9073 §7.3',
    parents: ['VEVENT', 'VTODO', 'VJOURNAL', 'VFREEBUSY', 'PARTICIPANT'],
    required: ['UID'],
    once: ['DESCRIPTION', 'GEO', 'NAME', 'RESOURCE-TYPE'],
    many: DESCRIBED,
  },
} as const satisfies Record<string, ComponentRule>;

/** The rule of a component, or undefined for X- and unknown ones. */
export function componentRule(name: string): ComponentRule | undefined {
  // Object.hasOwn: a component may be named `CONSTRUCTOR`.
  return Object.hasOwn(COMPONENTS, name) ? COMPONENTS[name as keyof typeof COMPONENTS] : undefined;
}
