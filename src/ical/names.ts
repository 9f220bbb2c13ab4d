/**
 * What the RFCs say of each property, parameter and component, by the section that defines it. Names are upper case.
 * The tables are data: validate.ts and check.ts walk over them and hold no name of their own but the few they reason about.
 */

/** Value types of RFC 5545 §3.3 and RFC 9253 §7; 'ANY' where the property itself leaves the type open. */
export type ValueType =
  | 'BINARY'
  | 'BOOLEAN'
  | 'CAL-ADDRESS'
  | 'DATE'
  | 'DATE-TIME'
  | 'DURATION'
  | 'FLOAT'
  | 'INTEGER'
  | 'PERIOD'
  | 'RECUR'
  | 'TEXT'
  | 'TIME'
  | 'UID'
  | 'URI'
  | 'UTC-OFFSET'
  | 'XML-REFERENCE';

export const VALUE_TYPES: ReadonlySet<string> = new Set<ValueType>([
  'BINARY',
  'BOOLEAN',
  'CAL-ADDRESS',
  'DATE',
  'DATE-TIME',
  'DURATION',
  'FLOAT',
  'INTEGER',
  'PERIOD',
  'RECUR',
  'TEXT',
  'TIME',
  'UID',
  'URI',
  'UTC-OFFSET',
  'XML-REFERENCE',
]);

export interface PropertyRule {
  /** Where the property is defined. */
  readonly section: string;
  /** Value types that it may have; the first is the default. */
  readonly types: readonly [ValueType, ...ValueType[]];
  /** Its value is a comma-separated list. */
  readonly list?: true;
  /** DATE-TIME only in UTC. */
  readonly utc?: true;
  /** The list of its values, where it is the same in every component. */
  readonly values?: readonly string[];
  /** X- names may stand beside `values`. */
  readonly open?: true;
  /** It has no default type: VALUE has to be written. */
  readonly typed?: true;
  /** Parameters that it must have, beside VALUE. */
  readonly params?: readonly string[];
  /** Range of an INTEGER or FLOAT. */
  readonly range?: readonly [number, number];
}

const rule = (
  section: string,
  types: ValueType | readonly [ValueType, ...ValueType[]],
  more: Omit<PropertyRule, 'section' | 'types'> = {},
): PropertyRule => ({ section, types: typeof types === 'string' ? [types] : types, ...more });

const TIME_OR_DATE = ['DATE-TIME', 'DATE'] as const;

export const PROPERTIES = {
  // RFC 5545 §3.7, calendar properties
  CALSCALE: rule('RFC 5545 §3.7.1', 'TEXT', { values: ['GREGORIAN'] }),
  METHOD: rule('RFC 5545 §3.7.2', 'TEXT'),
  PRODID: rule('RFC 5545 §3.7.3', 'TEXT'),
  VERSION: rule('RFC 5545 §3.7.4', 'TEXT', { values: ['2.0'] }),
  // RFC 5545 §3.8.1, descriptive
  ATTACH: rule('RFC 5545 §3.8.1.1', ['URI', 'BINARY']),
  CATEGORIES: rule('RFC 5545 §3.8.1.2', 'TEXT', { list: true }),
  CLASS: rule('RFC 5545 §3.8.1.3', 'TEXT'),
  COMMENT: rule('RFC 5545 §3.8.1.4', 'TEXT'),
  DESCRIPTION: rule('RFC 5545 §3.8.1.5', 'TEXT'),
  GEO: rule('RFC 5545 §3.8.1.6', 'FLOAT'),
  LOCATION: rule('RFC 5545 §3.8.1.7', 'TEXT'),
  'PERCENT-COMPLETE': rule('RFC 5545 §3.8.1.8', 'INTEGER', { range: [0, 100] }),
  PRIORITY: rule('RFC 5545 §3.8.1.9', 'INTEGER', { range: [0, 9] }),
  RESOURCES: rule('RFC 5545 §3.8.1.10', 'TEXT', { list: true }),
  STATUS: rule('RFC 5545 §3.8.1.11', 'TEXT'),
  SUMMARY: rule('RFC 5545 §3.8.1.12', 'TEXT'),
  // RFC 5545 §3.8.2, date and time
  COMPLETED: rule('RFC 5545 §3.8.2.1', 'DATE-TIME', { utc: true }),
  DTEND: rule('RFC 5545 §3.8.2.2', TIME_OR_DATE),
  DUE: rule('RFC 5545 §3.8.2.3', TIME_OR_DATE),
  DTSTART: rule('RFC 5545 §3.8.2.4', TIME_OR_DATE),
  DURATION: rule('RFC 5545 §3.8.2.5', 'DURATION'),
  FREEBUSY: rule('RFC 5545 §3.8.2.6', 'PERIOD', { list: true, utc: true }),
  TRANSP: rule('RFC 5545 §3.8.2.7', 'TEXT', { values: ['OPAQUE', 'TRANSPARENT'] }),
  // RFC 5545 §3.8.3, time zone
  TZID: rule('RFC 5545 §3.8.3.1', 'TEXT'),
  TZNAME: rule('RFC 5545 §3.8.3.2', 'TEXT'),
  TZOFFSETFROM: rule('RFC 5545 §3.8.3.3', 'UTC-OFFSET'),
  TZOFFSETTO: rule('RFC 5545 §3.8.3.4', 'UTC-OFFSET'),
  TZURL: rule('RFC 5545 §3.8.3.5', 'URI'),
  // RFC 5545 §3.8.4, relationship
  ATTENDEE: rule('RFC 5545 §3.8.4.1', 'CAL-ADDRESS'),
  CONTACT: rule('RFC 5545 §3.8.4.2', 'TEXT'),
  ORGANIZER: rule('RFC 5545 §3.8.4.3', 'CAL-ADDRESS'),
  'RECURRENCE-ID': rule('RFC 5545 §3.8.4.4', TIME_OR_DATE),
  'RELATED-TO': rule('RFC 5545 §3.8.4.5', ['TEXT', 'URI', 'UID']),
  URL: rule('RFC 5545 §3.8.4.6', 'URI'),
  UID: rule('RFC 5545 §3.8.4.7', 'TEXT'),
  // RFC 5545 §3.8.5, recurrence
  EXDATE: rule('RFC 5545 §3.8.5.1', TIME_OR_DATE, { list: true }),
  RDATE: rule('RFC 5545 §3.8.5.2', ['DATE-TIME', 'DATE', 'PERIOD'], { list: true }),
  RRULE: rule('RFC 5545 §3.8.5.3', 'RECUR'),
  EXRULE: rule('RFC 2445 §4.8.5.2', 'RECUR'),
  // RFC 5545 §3.8.6, alarm
  ACTION: rule('RFC 5545 §3.8.6.1', 'TEXT'),
  REPEAT: rule('RFC 5545 §3.8.6.2', 'INTEGER', { range: [0, 1_000_000] }),
  TRIGGER: rule('RFC 5545 §3.8.6.3', ['DURATION', 'DATE-TIME'], { utc: true }),
  // RFC 5545 §3.8.7, change management
  CREATED: rule('RFC 5545 §3.8.7.1', 'DATE-TIME', { utc: true }),
  DTSTAMP: rule('RFC 5545 §3.8.7.2', 'DATE-TIME', { utc: true }),
  'LAST-MODIFIED': rule('RFC 5545 §3.8.7.3', 'DATE-TIME', { utc: true }),
  SEQUENCE: rule('RFC 5545 §3.8.7.4', 'INTEGER', { range: [0, 2_147_483_647] }),
  // RFC 5545 §3.8.8, miscellaneous
  'REQUEST-STATUS': rule('RFC 5545 §3.8.8.3', 'TEXT'),
  // RFC 7808 §7
  TZUNTIL: rule('RFC 7808 §7.1', 'DATE-TIME', { utc: true }),
  'TZID-ALIAS-OF': rule('RFC 7808 §7.2', 'TEXT'),
  // RFC 7953 §3.2
  BUSYTYPE: rule('RFC 7953 §3.2', 'TEXT', { values: ['BUSY', 'BUSY-UNAVAILABLE', 'BUSY-TENTATIVE'], open: true }),
  // RFC 7986 §5
  NAME: rule('RFC 7986 §5.1', 'TEXT'),
  'REFRESH-INTERVAL': rule('RFC 7986 §5.7', 'DURATION', { typed: true }),
  SOURCE: rule('RFC 7986 §5.8', 'URI', { typed: true }),
  COLOR: rule('RFC 7986 §5.9', 'TEXT'),
  IMAGE: rule('RFC 7986 §5.10', ['URI', 'BINARY'], { typed: true }),
  CONFERENCE: rule('RFC 7986 §5.11', 'URI', { typed: true }),
  // RFC 9073 §6
  'LOCATION-TYPE': rule('RFC 9073 §6.1', 'TEXT', { list: true }),
  'PARTICIPANT-TYPE': rule('RFC 9073 §6.2', 'TEXT', {
    values: [
      ...['ACTIVE', 'INACTIVE', 'SPONSOR', 'CONTACT', 'BOOKING-CONTACT', 'EMERGENCY-CONTACT'],
      ...['PUBLICITY-CONTACT', 'PLANNER-CONTACT', 'PERFORMER', 'SPEAKER'],
    ],
    open: true,
  }),
  'RESOURCE-TYPE': rule('RFC 9073 §6.3', 'TEXT', {
    values: ['ROOM', 'PROJECTOR', 'REMOTE-CONFERENCE-AUDIO', 'REMOTE-CONFERENCE-VIDEO'],
    open: true,
  }),
  'CALENDAR-ADDRESS': rule('RFC 9073 §6.4', 'CAL-ADDRESS'),
  'STYLED-DESCRIPTION': rule('RFC 9073 §6.5', ['TEXT', 'URI'], { typed: true }),
  'STRUCTURED-DATA': rule('RFC 9073 §6.6', ['TEXT', 'BINARY', 'URI'], { typed: true }),
  // RFC 9074
  ACKNOWLEDGED: rule('RFC 9074 §6.1', 'DATE-TIME', { utc: true }),
  PROXIMITY: rule('RFC 9074 §8.1', 'TEXT', { values: ['ARRIVE', 'DEPART', 'CONNECT', 'DISCONNECT'], open: true }),
  // RFC 9253 §8
  CONCEPT: rule('RFC 9253 §8.1', 'URI'),
  LINK: rule('RFC 9253 §8.2', ['URI', 'UID', 'XML-REFERENCE', 'TEXT'], { typed: true, params: ['LINKREL'] }),
  REFID: rule('RFC 9253 §8.3', 'TEXT'),
} as const satisfies Record<string, PropertyRule>;

export type PropertyName = keyof typeof PROPERTIES;

/** Names that no RFC defines and that many clients write: known, so that they are read without a new string. */
const WIDELY_USED = [
  'X-WR-CALNAME',
  'X-WR-CALDESC',
  'X-WR-TIMEZONE',
  'X-WR-RELCALID',
  'X-WR-ALARMUID',
  'X-PUBLISHED-TTL',
  'X-APPLE-CALENDAR-COLOR',
  'X-APPLE-CREATOR-IDENTITY',
  'X-APPLE-CREATOR-TEAM-IDENTITY',
  'X-APPLE-DEFAULT-ALARM',
  'X-APPLE-STRUCTURED-LOCATION',
  'X-APPLE-TRAVEL-ADVISORY-BEHAVIOR',
  'X-APPLE-TRAVEL-DURATION',
  'X-APPLE-SORT-ORDER',
  'X-CALENDARSERVER-ACCESS',
  'X-EVOLUTION-CALDAV-HREF',
  'X-GOOGLE-CONFERENCE',
  'X-LIC-LOCATION',
  'X-MICROSOFT-CDO-ALLDAYEVENT',
  'X-MICROSOFT-CDO-BUSYSTATUS',
  'X-MICROSOFT-CDO-IMPORTANCE',
  'X-MICROSOFT-CDO-INTENDEDSTATUS',
  'X-MICROSOFT-DISALLOW-COUNTER',
  'X-MOZ-GENERATION',
  'X-MOZ-LASTACK',
  'X-MOZ-SNOOZE-TIME',
  'X-ALT-DESC',
  'X-ADDRESS',
  'X-TITLE',
  'X-NUM-GUESTS',
] as const;

/** P['RECURRENCE-ID'] is 'RECURRENCE-ID': names in logic come from here, so that the compiler reads them too. */
export const P = Object.fromEntries(Object.keys(PROPERTIES).map((name) => [name, name])) as {
  readonly [N in PropertyName]: N;
}; // keys come from PROPERTIES itself

export interface ParamRule {
  readonly section: string;
  /** Closed or open (`open`) list of values. */
  readonly values?: readonly string[];
  /** X- names and later registrations may stand beside `values`. */
  readonly open?: true;
  readonly type?: 'boolean' | 'address' | 'uri' | 'duration' | 'integer';
  /** May hold several values. */
  readonly many?: true;
  /** The properties that it may stand on; any where this is left out. */
  readonly on?: readonly PropertyName[];
}

const param = (section: string, more: Omit<ParamRule, 'section'> = {}): ParamRule => ({ section, ...more });

export const PARAMS = {
  // RFC 5545 §3.2
  ALTREP: param('RFC 5545 §3.2.1', { type: 'uri' }),
  CN: param('RFC 5545 §3.2.2'),
  CUTYPE: param('RFC 5545 §3.2.3', { values: ['INDIVIDUAL', 'GROUP', 'RESOURCE', 'ROOM', 'UNKNOWN'], open: true }),
  'DELEGATED-FROM': param('RFC 5545 §3.2.4', { type: 'address', many: true }),
  'DELEGATED-TO': param('RFC 5545 §3.2.5', { type: 'address', many: true }),
  DIR: param('RFC 5545 §3.2.6', { type: 'uri' }),
  ENCODING: param('RFC 5545 §3.2.7', { values: ['8BIT', 'BASE64'] }),
  FMTTYPE: param('RFC 5545 §3.2.8'),
  FBTYPE: param('RFC 5545 §3.2.9', { values: ['FREE', 'BUSY', 'BUSY-UNAVAILABLE', 'BUSY-TENTATIVE'], open: true }),
  LANGUAGE: param('RFC 5545 §3.2.10'),
  MEMBER: param('RFC 5545 §3.2.11', { type: 'address', many: true }),
  PARTSTAT: param('RFC 5545 §3.2.12', { open: true }),
  RANGE: param('RFC 5545 §3.2.13', { values: ['THISANDFUTURE'] }),
  RELATED: param('RFC 5545 §3.2.14', { values: ['START', 'END'] }),
  RELTYPE: param('RFC 5545 §3.2.15', {
    values: [
      ...['PARENT', 'CHILD', 'SIBLING'],
      'SNOOZE', // RFC 9074 §7.1
      ...['FINISHTOSTART', 'FINISHTOFINISH', 'STARTTOFINISH', 'STARTTOSTART'], // RFC 9253 §4
      ...['FIRST', 'NEXT', 'DEPENDS-ON', 'REFID', 'CONCEPT'], // RFC 9253 §5
    ],
    open: true,
  }),
  ROLE: param('RFC 5545 §3.2.16', {
    values: ['CHAIR', 'REQ-PARTICIPANT', 'OPT-PARTICIPANT', 'NON-PARTICIPANT'],
    open: true,
  }),
  RSVP: param('RFC 5545 §3.2.17', { type: 'boolean' }),
  'SENT-BY': param('RFC 5545 §3.2.18', { type: 'address' }),
  TZID: param('RFC 5545 §3.2.19'),
  VALUE: param('RFC 5545 §3.2.20'),
  // RFC 6638 §7
  'SCHEDULE-AGENT': param('RFC 6638 §7.1', { values: ['SERVER', 'CLIENT', 'NONE'], open: true }),
  'SCHEDULE-FORCE-SEND': param('RFC 6638 §7.2', { values: ['REQUEST', 'REPLY'], open: true }),
  'SCHEDULE-STATUS': param('RFC 6638 §7.3', { many: true }),
  // RFC 7986 §6
  DISPLAY: param('RFC 7986 §6.1', {
    values: ['BADGE', 'GRAPHIC', 'FULLSIZE', 'THUMBNAIL'],
    open: true,
    many: true,
    on: ['IMAGE'],
  }),
  EMAIL: param('RFC 7986 §6.2', { on: ['ATTENDEE', 'ORGANIZER', 'CALENDAR-ADDRESS'] }),
  FEATURE: param('RFC 7986 §6.3', {
    values: ['AUDIO', 'CHAT', 'FEED', 'MODERATOR', 'PHONE', 'SCREEN', 'VIDEO'],
    open: true,
    many: true,
    on: ['CONFERENCE'],
  }),
  LABEL: param('RFC 7986 §6.4', { on: ['CONFERENCE', 'LINK'] }),
  // RFC 8607 §4
  SIZE: param('RFC 8607 §4.1', { type: 'integer' }),
  FILENAME: param('RFC 8607 §4.2'),
  'MANAGED-ID': param('RFC 8607 §4.3'),
  // RFC 9073 §5
  ORDER: param('RFC 9073 §5.1', { type: 'integer' }),
  SCHEMA: param('RFC 9073 §5.2', { type: 'uri', on: ['STRUCTURED-DATA'] }),
  DERIVED: param('RFC 9073 §5.3', { type: 'boolean' }),
  // RFC 9253 §6
  LINKREL: param('RFC 9253 §6.1', { on: ['LINK'] }),
  GAP: param('RFC 9253 §6.2', { type: 'duration', on: ['RELATED-TO'] }),
} as const satisfies Record<string, ParamRule>;

/** Spelling in a source to the one string that stands for it: upper and lower case of every name known here. */
export const KNOWN_NAMES: ReadonlyMap<string, string> = new Map(
  ['BEGIN', 'END', ...Object.keys(PROPERTIES), ...Object.keys(PARAMS), ...WIDELY_USED].flatMap((name) => [
    [name, name],
    [name.toLowerCase(), name],
  ]),
);

/** The rule of a property, or undefined for X- and unknown names. */
export function propertyRule(name: string): PropertyRule | undefined {
  // Object.hasOwn: a property may be named `constructor`.
  return Object.hasOwn(PROPERTIES, name) ? PROPERTIES[name as PropertyName] : undefined;
}

/** The rule of a parameter, or undefined for X- and unknown names. */
export function paramRule(name: string): ParamRule | undefined {
  return Object.hasOwn(PARAMS, name) ? PARAMS[name as keyof typeof PARAMS] : undefined;
}
