import { paramOf, propertiesOf, propertyOf, type Component, type Property } from './component.ts';
import { P } from './names.ts';
import type { Instance } from './recurrence.ts';
import { textList, unescapeText } from './text.ts';
import { formatTimeValue, type Instant, type TimeValue } from './time-value.ts';

/** What tells what is when, for whoever it may concern. */
const KEPT: ReadonlySet<string> = new Set([
  ...[P.UID, P.DTSTAMP, P.DTSTART, P.DTEND, P.DUE, P.DURATION, P.RRULE, P.RDATE, P.EXDATE, P.EXRULE],
  ...[P['RECURRENCE-ID'], P.SEQUENCE, P.CREATED, P['LAST-MODIFIED'], P.CLASS, P.TRANSP, P.STATUS, P.PRIORITY],
  ...[P['PERCENT-COMPLETE'], P.COMPLETED, P.SUMMARY, P.DESCRIPTION, P.LOCATION, P.GEO, P.URL, P.CATEGORIES, P.COLOR],
]);
const OF_PEOPLE: ReadonlySet<string> = new Set([P.ORGANIZER, P.ATTENDEE, P.CONTACT]);
const KEPT_PARAMS: ReadonlySet<string> = new Set(['TZID', 'VALUE', 'RANGE', 'LANGUAGE']);
const PARAMS_OF_PEOPLE: ReadonlySet<string> = new Set(['CN', 'CUTYPE', 'ROLE', 'PARTSTAT', 'LANGUAGE']);
const KEPT_OF_ZONES: ReadonlySet<string> = new Set([
  ...[P.TZID, P.DTSTART, P.RRULE, P.RDATE, P.TZOFFSETFROM, P.TZOFFSETTO, P.TZNAME],
]);
const KEPT_COMPONENTS: ReadonlySet<string> = new Set(['VEVENT', 'VTODO', 'VJOURNAL']);
const TIMES: ReadonlySet<string> = new Set([
  ...[P.UID, P.DTSTART, P.DTEND, P.DUE, P.DURATION, P.RRULE, P.RDATE, P.EXDATE, P.EXRULE, P['RECURRENCE-ID']],
]);

export interface PublicForm {
  /** Whether organizers, attendees and contacts stay. */
  readonly people: boolean;
  /** Only what has one of these; undefined: all. */
  readonly categories: readonly string[] | undefined;
}

/**
 * An object as it is shown to who has a link and no log-in: times and words, without alarms, attachments, links to
 * meetings, private comments and all that no RFC knows; people where they are asked for. undefined: nothing of it is
 * shown, since it is private, of another kind, or in none of the categories.
 */
export function publicForm(calendar: Component, { people, categories }: PublicForm): Component | undefined {
  if (calendar.components.some(isPrivate)) return undefined;
  const shown = calendar.components.filter(({ name }) => KEPT_COMPONENTS.has(name));
  const chosen = categories === undefined ? shown : inCategories(shown, categories);
  if (chosen.length === 0) return undefined;
  const components = chosen.map((component) => stripped(component, people));
  return { ...calendar, components: [...zonesOf(calendar, components), ...components] };
}

/** The time zones of what is shown, without what else was written there: others say where what is not shown is. */
function zonesOf(calendar: Component, shown: readonly Component[]): readonly Component[] {
  const used = new Set(shown.flatMap(({ properties }) => properties.map((each) => paramOf(each, 'TZID')?.trim())));
  const isUsed = (zone: Component): boolean => {
    const tzid = propertyOf(zone, P.TZID)?.value.trim();
    return tzid !== undefined && (used.has(tzid) || used.has(unescapeText(tzid)));
  };
  return calendar.components.filter((each) => each.name === 'VTIMEZONE' && isUsed(each)).map(bareZone);
}

/** One zone that many objects share stays one. */
const bare = new WeakMap<Component, Component>();

function bareZone(zone: Component): Component {
  const known = bare.get(zone);
  if (known !== undefined) return known;
  const properties = zone.properties.filter(({ name }) => KEPT_OF_ZONES.has(name));
  const parts = zone.components.filter(({ name }) => name === 'STANDARD' || name === 'DAYLIGHT');
  const made = { ...zone, properties, components: parts.map(bareZone) };
  bare.set(zone, made);
  return made;
}

/** RFC 5545 §3.8.1.3: a value of CLASS that is not known means PRIVATE. */
const isPrivate = (component: Component): boolean =>
  propertiesOf(component, P.CLASS).some(
    ({ value }) => !['PUBLIC', 'CONFIDENTIAL'].includes(value.trim().toUpperCase()),
  );

/** Categories as they are compared. */
const folded = (text: string): string => text.normalize('NFC').trim().toLowerCase();

/** What a component says of its categories. */
export const categoriesOf = (component: Component): readonly string[] =>
  propertiesOf(component, P.CATEGORIES).flatMap(({ value }) => textList(value));

/**
 * The components of an object in one of the categories. A day of a series that is not, is taken out of it; a series that is
 * not leaves the days that are.
 */
function inCategories(components: readonly Component[], categories: readonly string[]): readonly Component[] {
  const wanted = new Set(categories.map(folded));
  const isIn = (component: Component): boolean => categoriesOf(component).some((each) => wanted.has(folded(each)));
  const overrides = components.filter((component) => propertyOf(component, P['RECURRENCE-ID']) !== undefined);
  const out = overrides.filter((each) => !isIn(each)).flatMap((each) => propertyOf(each, P['RECURRENCE-ID']) ?? []);
  const chosen = components.filter(isIn);
  const isSeriesIn = chosen.some((component) => !overrides.includes(component));
  if (out.length === 0 || !isSeriesIn) return chosen;
  // What is so from one day on has no exact other form: nothing of it is shown.
  if (out.some(({ params }) => params.has('RANGE'))) return [];
  const exceptions = out.map((id): Property => ({ ...id, name: P.EXDATE }));
  return chosen.map((component) =>
    overrides.includes(component) ? component : { ...component, properties: [...component.properties, ...exceptions] },
  );
}

function stripped(component: Component, people: boolean): Component {
  const properties = component.properties.flatMap((property): Property[] => {
    if (KEPT.has(property.name)) return [withParams(property, KEPT_PARAMS)];
    return people && OF_PEOPLE.has(property.name) ? [withParams(property, PARAMS_OF_PEOPLE)] : [];
  });
  return { ...component, properties, components: [] };
}

const withParams = (property: Property, kept: ReadonlySet<string>): Property =>
  property.params.size === 0
    ? property
    : { ...property, params: new Map([...property.params].filter(([name]) => kept.has(name))) };

const NONE: ReadonlyMap<string, readonly string[]> = new Map();
const DATE: ReadonlyMap<string, readonly string[]> = new Map([['VALUE', ['DATE']]]);

/** A property with a plain value. */
export const plainProperty = (name: string, value: string): Property => ({ name, params: NONE, value, line: 0 });

function timeProperty(name: string, instant: Instant, value: TimeValue | undefined): Property {
  if (value?.kind === 'date') return { ...plainProperty(name, formatTimeValue(value)), params: DATE };
  return plainProperty(name, formatTimeValue({ kind: 'utc', wall: instant }));
}

/** An object under another UID. */
export const underUid = (calendar: Component, nameOf: (uid: string) => string): Component => ({
  ...calendar,
  components: calendar.components.map((component) =>
    propertyOf(component, P.UID) === undefined
      ? component
      : {
          ...component,
          properties: component.properties.map((each) =>
            each.name === P.UID ? plainProperty(P.UID, nameOf(each.value)) : each,
          ),
        },
  ),
});

/** An instance of a public form as a component of its own: in UTC or of whole days, without a rule, under this UID. */
export function instanceForm({ component, start, end, startValue, endValue }: Instance, uid: string): Component {
  const rest = component.properties.filter(({ name }) => !TIMES.has(name));
  const times: Property[] = startValue === undefined ? [] : [timeProperty(P.DTSTART, start, startValue)];
  if (endValue !== undefined) times.push(timeProperty(component.name === 'VTODO' ? P.DUE : P.DTEND, end, endValue));
  return { ...component, properties: [plainProperty(P.UID, uid), ...times, ...rest] };
}

/** The text of a property of a component; undefined where there is none, or it is blank. */
export function textOf(component: Component, name: string): string | undefined {
  const property = propertyOf(component, name);
  const text = property && unescapeText(property.value).trim();
  return text === '' ? undefined : text;
}
