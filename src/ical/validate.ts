import { Refusal } from '../base/refusal.ts';
import { atOnce, type Steps } from '../base/steps.ts';
import { CALENDAR_COMPONENTS, type Component, paramOf, propertiesOf, type Property, propertyOf } from './component.ts';
import { componentRule } from './component-rules.ts';
import { parseDuration } from './duration.ts';
import { P, type PropertyName, propertyRule } from './names.ts';
import { parseRule, type Rule, type RuleFault } from './rrule.ts';
import { undefinedEscape, unescapeText } from './text.ts';
import { formatTimeValue, periodsOf, timeOf } from './time-value.ts';

/**
 * What a calendar object resource must be to be stored and indexed: RFC 4791 §4.1, and the times that its instances
 * hang on. A slip that leaves them clear is no reason to refuse; `checkCalendar` names it.
 *
 * @returns the UID as plain text, and the type of its components
 * @throws Refusal valid-calendar-object-resource for what RFC 4791 §4.1 forbids, valid-calendar-data for what cannot
 *   be indexed
 */
export const validateObject = (calendar: Component): ValidObject => atOnce(validatingObject(calendar));

export interface ValidObject {
  readonly uid: string;
  readonly component: string;
}

/** As validateObject; it may be interrupted between two components, and between two long lists of times. */
export function* validatingObject(calendar: Component): Steps<ValidObject> {
  requireReadableCalendar(calendar);
  requireSmallZones(calendar);
  const subjects = subjectsOf(calendar);
  const uid = soleUid(subjects);
  for (const subject of subjects) yield* requiringReadableTimes(subject);
  yield* requiringDistinctInstances(subjects);
  return { uid, component: subjects[0]?.name ?? '' };
}

/**
 * Every TZID must be defined in the object or known here (RFC 7809 §3.1.4, which loosens RFC 4791 §4.1).
 *
 * @throws Refusal valid-timezone
 */
export function refuseUnknownZones(calendar: Component, isKnown: (tzid: string) => boolean): void {
  const defined = new Set(
    calendar.components.flatMap((zone) =>
      zone.name === 'VTIMEZONE' ? (propertyOf(zone, P.TZID)?.value.trim() ?? []) : [],
    ),
  );
  for (const property of eachProperty(calendar)) {
    const tzid = paramOf(property, 'TZID');
    if (tzid === undefined || defined.has(tzid) || isKnown(tzid)) continue;
    throw new Refusal('valid-timezone', at(property, `the time zone ${tzid} has no VTIMEZONE and is not known`));
  }
}

/**
 * An escape that RFC 5545 §3.3.11 does not define, in a property whose type is TEXT: what its writer meant can only be
 * guessed.
 *
 * @throws Refusal valid-calendar-data
 */
export function refuseUndefinedEscapes(calendar: Component): void {
  for (const property of eachProperty(calendar)) {
    if (propertyRule(property.name)?.types[0] !== 'TEXT' || property.params.has('VALUE')) continue;
    const escape = undefinedEscape(property.value);
    if (escape !== undefined) refuseData(property, `${property.name} holds the undefined escape ${escape}`);
  }
}

/** The form in which calendarserver.org's server keeps everybody's personal parts in one object. */
const KEPT_PERSONAL_PARTS = 'X-CALENDARSERVER-PERUSER';

/**
 * Refuses personal parts that are marked as somebody's: whose they are is known from who sends them (caldav-sharing
 * §5.5.4), and a client that reads them back would take them for the server's word.
 */
export function refusePartsOfOthers({ components }: Component): void {
  const found = components.find(({ name }) => name === KEPT_PERSONAL_PARTS);
  if (found !== undefined) refuseData(found, `${found.name} is for servers alone`);
}

function* eachProperty(component: Component): Generator<Property> {
  yield* component.properties;
  for (const child of component.components) yield* eachProperty(child);
}

const at = ({ line }: { readonly line: number }, message: string): string => `line ${line}: ${message}`;

function refuseData(where: { readonly line: number }, message: string): never {
  throw new Refusal('valid-calendar-data', at(where, message));
}

function refuseObject(where: { readonly line: number }, message: string): never {
  throw new Refusal('valid-calendar-object-resource', at(where, message));
}

function requireReadableCalendar(calendar: Component): void {
  const version = propertyOf(calendar, P.VERSION);
  if (version?.value.trim() === '1.0') refuseData(version, 'VERSION:1.0 is vCalendar, not iCalendar');
  const scale = propertyOf(calendar, P.CALSCALE);
  if (scale !== undefined && scale.value.trim().toUpperCase() !== 'GREGORIAN') {
    refuseData(scale, `CALSCALE ${scale.value.slice(0, 40)} is not known`);
  }
  const method = propertyOf(calendar, P.METHOD);
  if (method !== undefined) refuseObject(method, 'METHOD is for messages, not for stored objects');
}

/** Observances of all VTIMEZONEs of an object: the fullest history of a zone has two hundred. */
const MOST_OBSERVANCES = 1000;
/** Characters of their lists of dates: some ten thousand onsets. */
const LONGEST_ONSETS = 192 * 1024;

/** What a zone of its own costs is paid by each question that the object is asked. */
function requireSmallZones(calendar: Component): void {
  let observances = 0;
  let length = 0;
  for (const zone of calendar.components) {
    if (zone.name !== 'VTIMEZONE') continue;
    observances += zone.components.length;
    if (observances > MOST_OBSERVANCES) refuseData(zone, 'more observances of time zones than are read');
    for (const { properties } of zone.components) {
      for (const { name, value } of properties) if (name === P.RDATE) length += value.length;
    }
    if (length > LONGEST_ONSETS) refuseData(zone, 'more dates of time zones than are read');
  }
}

/** The components that the object is about, all of one type: VTIMEZONE and extensions beside them are not counted. */
function subjectsOf(calendar: Component): readonly Component[] {
  const others = calendar.components.filter(({ name }) => name !== 'VTIMEZONE');
  const known = others.filter(({ name }) => (CALENDAR_COMPONENTS as readonly string[]).includes(name));
  const subjects = known.length > 0 ? known : others;
  const [first] = subjects;
  if (first === undefined) refuseObject(calendar, 'there is no calendar component but VTIMEZONE');
  const other = subjects.find(({ name }) => name !== first.name);
  if (other !== undefined) refuseObject(other, `${other.name} beside ${first.name}: one object holds one type`);
  return subjects;
}

function soleUid(subjects: readonly Component[]): string {
  let sole: string | undefined;
  for (const subject of subjects) {
    const property = single(subject, P.UID);
    const uid = unescapeText(property?.value ?? '').trim();
    if (uid === '') refuseData(subject, `${subject.name} has no UID`);
    if (sole !== undefined && uid !== sole) refuseObject(property ?? subject, 'two UIDs in one object');
    sole = uid;
  }
  return sole ?? '';
}

/** Whether two properties of a name say the same: repeated so, they are still clear. */
export function saysTheSame(one: Property, other: Property): boolean {
  return one.value === other.value && paramOf(one, 'TZID') === paramOf(other, 'TZID');
}

/** The one property of a name. */
function single(component: Component, name: PropertyName): Property | undefined {
  const [first, ...more] = propertiesOf(component, name);
  const other = more.find((property) => first !== undefined && !saysTheSame(property, first));
  if (other !== undefined) refuseData(other, `a second ${name} in ${component.name}`);
  return first;
}

/** Characters of a recurrence rule: every part with every value that it may have is a half of it. */
const LONGEST_RULE = 16_384;
/** Characters of a time or a duration, and of a list of them: some 60,000 dates. More is made to keep a server busy. */
const LONGEST_TIME = 100;
const LONGEST_LIST = 1024 * 1024;

/** A recurrence rule, or why it cannot be read. */
export function readRule(value: string): Rule | RuleFault {
  return value.length > LONGEST_RULE ? { fault: `it is longer than ${LONGEST_RULE} characters` } : parseRule(value);
}

/** Why a recurrence rule cannot be read. */
export function ruleFault(value: string): string | undefined {
  const rule = readRule(value);
  return 'fault' in rule ? rule.fault : undefined;
}

const hasTime = (property: Property): boolean =>
  property.value.length <= LONGEST_TIME && timeOf(property) !== undefined;
const hasTimes = (property: Property): boolean =>
  property.value.length <= LONGEST_LIST && !periodsOf(property).includes(undefined);
const hasDuration = ({ value }: Property): boolean =>
  value.length <= LONGEST_TIME && parseDuration(value) !== undefined;

/** Lists are bounded together as each of them is. */
function requireShortLists({ name, properties }: Component): void {
  let length = 0;
  for (const property of properties) {
    if (!LISTS.has(property.name)) continue;
    length += property.value.length;
    if (length > LONGEST_LIST) refuseData(property, `more dates in ${name} than are read`);
  }
}

const LISTS: ReadonlySet<string> = new Set([P.RDATE, P.EXDATE, P.FREEBUSY]);

/** What the instances hang on, and when it can be read. */
const READABLE: ReadonlyMap<string, (property: Property) => boolean> = new Map([
  [P.DTSTART, hasTime],
  [P.DTEND, hasTime],
  [P.DUE, hasTime],
  [P['RECURRENCE-ID'], hasTime],
  [P.DURATION, hasDuration],
  [P.RRULE, ({ value }: Property) => ruleFault(value) === undefined],
  [P.RDATE, hasTimes],
  [P.EXDATE, hasTimes],
  [P.FREEBUSY, hasTimes],
]);
/** Of these there may be one: two would be two starts, or two ends. */
export const SINGLE = [P.DTSTART, P.DTEND, P.DUE, P['RECURRENCE-ID'], P.DURATION] as const;

/** Whether a property of a calendar component says what the index needs of it; true of those that it does not need. */
export function isReadable(property: Property): boolean {
  return READABLE.get(property.name)?.(property) ?? true;
}

/**
 * The times of a calendar component, each as often as it may be there.
 *
 * @throws Refusal valid-calendar-data or supported-rscale where they cannot be read
 */
export function* requiringReadableTimes(subject: Component): Steps<void> {
  yield;
  requireShortLists(subject);
  for (const name of SINGLE) single(subject, name);
  for (const property of subject.properties) {
    if (property.value.length > LONGEST_TIME) yield;
    if (isReadable(property)) continue;
    const rule = property.name === P.RRULE ? readRule(property.value) : undefined;
    const fault = rule !== undefined && 'fault' in rule ? rule : { fault: property.value.slice(0, 60) };
    throw new Refusal(
      fault.code ?? 'valid-calendar-data',
      at(property, `${property.name} cannot be read: ${fault.fault}`),
    );
  }
  const rule = componentRule(subject.name);
  for (const [one, other] of rule?.either ?? []) {
    const second = propertyOf(subject, other);
    if (second !== undefined && propertyOf(subject, one) !== undefined)
      refuseData(second, `${one} and ${other} in one ${subject.name}`);
  }
  // RFC 5545 §3.6.1: required where there is no METHOD, and here is none.
  if (subject.name === 'VEVENT' && propertyOf(subject, P.DTSTART) === undefined)
    refuseData(subject, 'VEVENT has no DTSTART');
}

/** One master, and one override for each RECURRENCE-ID (RFC 4791 §4.1, RFC 5545 §3.8.4.4). */
function* requiringDistinctInstances(subjects: readonly Component[]): Steps<void> {
  const seen = new Set<string>();
  for (const subject of subjects) {
    yield;
    const id = propertyOf(subject, P['RECURRENCE-ID']);
    const time = id && timeOf(id);
    const key = time === undefined ? '' : `${formatTimeValue(time)} ${time.kind === 'zoned' ? time.tzid : ''}`;
    if (seen.has(key)) {
      const twice = id === undefined ? 'without RECURRENCE-ID' : `with RECURRENCE-ID ${id.value.trim()}`;
      refuseObject(subject, `a second ${subject.name} ${twice}`);
    }
    seen.add(key);
  }
}
