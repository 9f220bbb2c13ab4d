import { propertiesOf, type Component, type Property } from '../ical/component.ts';
import { P } from '../ical/names.ts';
import type { ZoneContext } from '../ical/timezone.ts';
import { addressKey, attendeeOf, attendeesOf, partstatOf, type IsMe } from './address.ts';
import { lineText, withParam } from './component-edit.ts';
import type { InstanceKey } from './instance-key.ts';
import { isPersonal } from './personal.ts';
import { ruleText, timesText, zoneText } from './series.ts';

/**
 * How much a change matters to an attendee, each more than the one before: `none`, nobody is told; `quiet`, his copy is
 * brought up to date and nobody is disturbed; `told`, he is to be told; `asked`, his answer is for something else than
 * before (RFC 6638 §3.2.8).
 */
export type Weight = 'none' | 'quiet' | 'told' | 'asked';

const WEIGHTS: readonly Weight[] = ['none', 'quiet', 'told', 'asked'];

export const heavier = (one: Weight, other: Weight): Weight =>
  WEIGHTS.indexOf(one) >= WEIGHTS.indexOf(other) ? one : other;

/** What is different of one instance, or of the master ('' as its key). */
export interface Change {
  readonly instance: InstanceKey;
  readonly what: 'new' | 'changed' | 'cancelled' | 'reinstated';
  /** Names of properties, sorted. */
  readonly properties: readonly string[];
  /** Content lines as they were, unfolded: of what differs, that by which a person knows it. */
  readonly was?: readonly string[];
}

/** Changes of these make DTSTAMP and the like, and say nothing. */
const STAMPS: ReadonlySet<string> = new Set([
  ...[P.DTSTAMP, P['LAST-MODIFIED'], P.CREATED, P.SEQUENCE, P.UID, P['RECURRENCE-ID']],
  P['REQUEST-STATUS'],
]);

/** Compared as times and sets, not as text. */
const TIMES: ReadonlySet<string> = new Set([
  ...[P.DTSTART, P.DTEND, P.DUE, P.DURATION, P.RRULE, P.RDATE, P.EXDATE, P.EXRULE],
]);

/** Of people: who else is invited, and what they have answered. */
const PEOPLE: ReadonlySet<string> = new Set([P.ATTENDEE, P.ORGANIZER]);

/** Properties that only show things in another way. */
const QUIET: ReadonlySet<string> = new Set([P.IMAGE, 'X-APPLE-STRUCTURED-LOCATION', 'X-ALT-DESC']);

/** Whether a property is compared as text, and what a change of it weighs. */
function weightOf(property: Property, component: Component): Weight {
  const { name } = property;
  if (STAMPS.has(name) || TIMES.has(name) || PEOPLE.has(name) || isPersonal(property, component)) return 'none';
  return QUIET.has(name) ? 'quiet' : 'told';
}

/** Whether a property, compared as text, says something of which its readers are told. */
export const isSaid = (property: Property, component: Component): boolean => weightOf(property, component) === 'told';

export interface Comparison {
  readonly weight: Weight;
  /** Names of properties that differ and weigh something. */
  readonly properties: readonly string[];
}

export interface ComparisonContext {
  /** The zones of the two objects. */
  readonly before: ZoneContext;
  readonly after: ZoneContext;
  /** Whose copies they are. */
  readonly me: IsMe;
}

/** What is different between two revisions of the same component, for one attendee. RDATE and EXDATE are the series'. */
export function compareComponents(before: Component, after: Component, context: ComparisonContext): Comparison {
  const names = new Set<string>();
  let weight: Weight = 'none';
  const count = (name: string, more: Weight): void => {
    names.add(name);
    weight = heavier(weight, more);
  };
  for (const [name, more] of textDifferences(before, after)) count(name, more);
  for (const name of timeDifferences(before, after, context)) count(name, 'asked');
  const people = peopleDifference(before, after, context.me);
  if (people !== 'none') count(P.ATTENDEE, people);
  return { weight, properties: [...names].sort() };
}

function textDifferences(before: Component, after: Component): ReadonlyMap<string, Weight> {
  const [old, fresh] = [weighedLines(before), weighedLines(after)];
  const found = new Map<string, Weight>();
  for (const [line, { name, weight }] of [...old, ...fresh]) {
    if (!old.has(line) || !fresh.has(line)) found.set(name, weight);
  }
  return found;
}

function weighedLines(component: Component): ReadonlyMap<string, { name: string; weight: Weight }> {
  const lines = new Map<string, { name: string; weight: Weight }>();
  for (const property of component.properties) {
    const weight = weightOf(property, component);
    if (weight !== 'none') lines.set(lineText(property), { name: property.name, weight });
  }
  return lines;
}

/** The properties of time and rule that differ in what they mean: an end as DTEND or DURATION is the same end. */
export function timeDifferences(
  before: Component,
  after: Component,
  context: Pick<ComparisonContext, 'before' | 'after'>,
): readonly string[] {
  if (isSameTimeText(before, after, context)) return [];
  const names: string[] = [];
  const [[start, end], [newStart, newEnd]] = [
    timesText(before, context.before).split('/'),
    timesText(after, context.after).split('/'),
  ];
  if (start !== newStart) names.push(P.DTSTART);
  else if (end !== newEnd) names.push(before.name === 'VTODO' ? P.DUE : P.DTEND);
  if (ruleText(before) !== ruleText(after)) names.push(P.RRULE);
  const recurs = [P.RRULE, P.RDATE].some((name) => propertiesOf(after, name).length > 0);
  if (recurs && names.length === 0 && zoneText(before, context.before) !== zoneText(after, context.after)) {
    names.push(P.DTSTART);
  }
  return names;
}

/** Whether all times and rules are written alike, in zones that are the same: then they are the same, and quickly known to be. */
function isSameTimeText(
  before: Component,
  after: Component,
  context: Pick<ComparisonContext, 'before' | 'after'>,
): boolean {
  const lines = (component: Component): string =>
    component.properties
      .filter(({ name }) => TIMES.has(name) && name !== P.RDATE && name !== P.EXDATE)
      .map(lineText)
      .sort()
      .join('\n');
  if (before.name !== after.name || lines(before) !== lines(after)) return false;
  return before.properties.every(({ params }) => {
    const tzid = params.get('TZID')?.[0];
    return tzid === undefined || context.before.zones(tzid) === context.after.zones(tzid);
  });
}

function peopleDifference(before: Component, after: Component, me: IsMe): Weight {
  let weight: Weight = 'none';
  if (organizerLine(before) !== organizerLine(after))
    weight = heavier(weight, isSameOrganizer(before, after) ? 'quiet' : 'told');
  const [old, fresh] = [attendeesOf(before), attendeesOf(after)];
  for (const key of new Set([...old.keys(), ...fresh.keys()])) {
    const [was, is] = [old.get(key), fresh.get(key)];
    if (was === undefined || is === undefined || isOther(was, is)) weight = heavier(weight, 'quiet');
  }
  return heavier(weight, ownDifference(attendeeOf(before, me), attendeeOf(after, me)));
}

/** Whether an attendee's line says something else; that nobody waits for an answer any more disturbs no copy. */
const isOther = (was: Property, is: Property): boolean =>
  lineText(was) !== lineText(is) &&
  lineText(withParam(was, 'RSVP', undefined)) !== lineText(withParam(is, 'RSVP', undefined));

/** Being asked for an answer again (RFC 5546 §3.2.2.7) is something to be told of. */
function ownDifference(was: Property | undefined, is: Property | undefined): Weight {
  if (was === undefined || is === undefined) return 'none';
  if (partstatOf(is) === 'NEEDS-ACTION' && partstatOf(was) !== 'NEEDS-ACTION') return 'asked';
  const isAsked = (property: Property): boolean => property.params.get('RSVP')?.[0]?.toUpperCase() === 'TRUE';
  return isAsked(is) && !isAsked(was) && partstatOf(is) === 'NEEDS-ACTION' ? 'told' : 'none';
}

const organizerLine = (component: Component): string => propertiesOf(component, P.ORGANIZER).map(lineText).join('\n');

const isSameOrganizer = (before: Component, after: Component): boolean => addressesOf(before) === addressesOf(after);

const addressesOf = (component: Component): string =>
  propertiesOf(component, P.ORGANIZER)
    .map(({ value }) => addressKey(value))
    .join('\n');

/** Whether SEQUENCE has to be raised for a change of this property, RFC 5546 §2.1.4. */
export const RAISING: ReadonlySet<string> = new Set([
  ...[P.DTSTART, P.DTEND, P.DURATION, P.DUE, P.RRULE, P.RDATE, P.EXDATE, P.STATUS],
]);
