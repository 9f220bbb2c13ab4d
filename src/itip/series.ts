import { Refusal } from '../base/refusal.ts';
import { paramOf, propertiesOf, propertyOf, type Component, type Property } from '../ical/component.ts';
import { P } from '../ical/names.ts';
import { recurrenceSet, type Instance, type RecurrenceSet } from '../ical/recurrence.ts';
import { timingOf } from '../ical/recurrence-instance.ts';
import { formOf, valueIn, type Form } from '../ical/recurrence-timing.ts';
import { parseTimeValue, periodsOf, timeOf, type TimeValue } from '../ical/time-value.ts';
import { UTC, zonesOf, type ZoneContext } from '../ical/timezone.ts';
import { timeProperty, withMore, withoutProperties } from './component-edit.ts';
import {
  dayAround,
  dayOf,
  formOfProperty,
  keyOfTime,
  MASTER,
  unreadableKey,
  type InstanceKey,
} from './instance-key.ts';

/** Components that iTIP is about (RFC 5546 §3). */
export const ITIP_COMPONENTS: ReadonlySet<string> = new Set(['VEVENT', 'VTODO', 'VJOURNAL']);

/** A calendar object resource as a master with its overrides; one without a master has only those. */
export interface Series {
  /** VEVENT, VTODO or VJOURNAL. */
  readonly kind: string;
  readonly uid: string;
  readonly master: Component | undefined;
  readonly overrides: ReadonlyMap<InstanceKey, Component>;
  /** The VCALENDAR around it. */
  readonly calendar: Component;
  readonly context: ZoneContext;
  /** The form of the series' times, which RECURRENCE-IDs are compared in. */
  readonly form: Form | undefined;
  /** What the master generates, whatever overrides say of it. */
  readonly generated: () => RecurrenceSet;
}

/** How a message's RECURRENCE-IDs are read: beside the series that it is about. */
export interface ReadOptions {
  readonly beside?: Series | undefined;
}

/** A VCALENDAR as a series; undefined where there is nothing that iTIP is about. */
export function readSeries(calendar: Component, { beside }: ReadOptions = {}): Series | undefined {
  const subjects = calendar.components.filter(({ name }) => ITIP_COMPONENTS.has(name));
  const [first] = subjects;
  if (first === undefined) return undefined;
  const own = zonesOf(calendar);
  const context: ZoneContext = { zones: (tzid) => own(tzid) ?? beside?.context.zones(tzid), floating: UTC };
  const master = subjects.find((each) => propertyOf(each, P['RECURRENCE-ID']) === undefined);
  const form = formOfSeries(master, subjects, context) ?? beside?.form;
  const idForm = beside?.master === undefined ? form : beside.form;
  const generated = once(() => recurrenceSet(master === undefined ? [] : [master, ...ranges(subjects)], context));
  const shell = { kind: first.name, uid: uidOf(first), master, calendar, context, form, generated };
  const naming = beside?.master === undefined ? { ...shell, overrides: NONE } : beside;
  const overrides = new Map<InstanceKey, Component>();
  for (const component of subjects) {
    const id = propertyOf(component, P['RECURRENCE-ID']);
    if (id !== undefined) overrides.set(keyOfId(id, idForm, naming, context), component);
  }
  return { ...shell, overrides };
}

const NONE: ReadonlyMap<InstanceKey, Component> = new Map();

export const uidOf = (component: Component): string => propertyOf(component, P.UID)?.value.trim() ?? '';

const ranges = (subjects: readonly Component[]): readonly Component[] =>
  subjects.filter((each) => isRange(propertyOf(each, P['RECURRENCE-ID'])));

/** RANGE=THISANDFUTURE, RFC 5545 §3.2.13. */
export const isRange = (id: Property | undefined): boolean =>
  id !== undefined && paramOf(id, 'RANGE')?.toUpperCase() === 'THISANDFUTURE';

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}

function formOfSeries(
  master: Component | undefined,
  subjects: readonly Component[],
  context: ZoneContext,
): Form | undefined {
  if (master !== undefined) {
    return formOfProperty(propertyOf(master, P.DTSTART) ?? propertyOf(master, P.DUE), context);
  }
  return formOfProperty(subjects[0] && propertyOf(subjects[0], P['RECURRENCE-ID']), context);
}

/** The key that RECURRENCE-ID, EXDATE or RDATE means beside a series. */
function keyOfId(id: Property, form: Form | undefined, series: Series, context: ZoneContext): InstanceKey {
  const value = timeOf(id);
  return value === undefined ? unreadableKey(id) : keyBeside(value, form, series, context);
}

function keyBeside(
  value: TimeValue,
  form: Form | undefined,
  series: Pick<Series, 'master' | 'generated'>,
  context: ZoneContext,
): InstanceKey {
  if (value.kind !== 'date' || form === undefined || form.kind === 'date' || series.master === undefined) {
    return keyOfTime(value, form, context);
  }
  // A date in a series of times means the instance of that day (seen from Outlook).
  for (const { recurrenceId } of series.generated().instances(dayAround(value, form, context))) {
    if (recurrenceId !== undefined && dayOf(recurrenceId.wall) === dayOf(value.wall)) {
      return keyOfTime(recurrenceId, form, context);
    }
  }
  return keyOfTime(value, form, context);
}

/** The key of RECURRENCE-ID of a component beside a series; MASTER where there is none. */
export function keyIn(series: Series, component: Component, context: ZoneContext = series.context): InstanceKey {
  const id = propertyOf(component, P['RECURRENCE-ID']);
  return id === undefined ? MASTER : keyOfId(id, series.form, series, context);
}

/** The keys that EXDATE or RDATE of a component name. */
export function keysOfList(series: Series, component: Component | undefined, name: string): ReadonlySet<InstanceKey> {
  const keys = new Set<InstanceKey>();
  for (const property of component === undefined ? [] : propertiesOf(component, name)) {
    for (const period of periodsOf(property)) {
      if (period !== undefined) keys.add(keyBeside(period.start, series.form, series, series.context));
    }
  }
  return keys;
}

/** The time that a key stands for. */
export function timeOfKey(key: InstanceKey): TimeValue | undefined {
  return parseTimeValue(key, undefined, key.length === 8);
}

/** The key's time as RECURRENCE-ID and EXDATE of the series write it. */
export function idValue({ form }: Pick<Series, 'form'>, key: InstanceKey): TimeValue | undefined {
  const value = timeOfKey(key);
  if (value === undefined || form === undefined || form.kind === value.kind) return value;
  return value.kind === 'utc' ? valueIn(form, value.wall + form.zone.offsetAt(value.wall)) : value;
}

/** Whether the series recurs, or consists of single instances. */
export const isRecurring = ({ master, generated }: Series): boolean => master === undefined || generated().recurring;

/** Whether a key names an instance: an override's, or one that the master generates. Cancelled ones are still instances. */
export function hasInstance(series: Series, key: InstanceKey): boolean {
  if (series.overrides.has(key)) return true;
  const value = timeOfKey(key);
  if (series.master === undefined || value === undefined) return false;
  return series.generated().recurring && series.generated().generates(value);
}

/** The component that describes an instance: its override, or one derived from the master; undefined: no such instance. */
export const instanceOf = (series: Series, key: InstanceKey): Component | undefined =>
  key === MASTER ? series.master : (series.overrides.get(key) ?? derivedInstance(series, key));

const AROUND = 2 * 86_400_000;

/** An instance as the master has it, as a component of its own. */
export function derivedInstance(series: Series, key: InstanceKey): Component | undefined {
  const value = timeOfKey(key);
  if (series.master === undefined || value === undefined) return undefined;
  if (!series.generated().recurring || !series.generated().generates(value)) return undefined;
  const at = value.kind === 'utc' ? value.wall : (series.form?.zone ?? UTC).toUtc(value.wall);
  for (const window of [
    { from: at, to: at + 1 },
    { from: at - AROUND, to: at + AROUND },
  ]) {
    for (const instance of series.generated().instances(window)) {
      const { recurrenceId } = instance;
      if (recurrenceId === undefined || keyOfTime(recurrenceId, series.form, series.context) !== key) continue;
      return componentOf(instance);
    }
  }
  return undefined;
}

const OF_THE_SERIES: ReadonlySet<string> = new Set([P.RRULE, P.RDATE, P.EXDATE, P.EXRULE, P['RECURRENCE-ID']]);

function componentOf({ component, recurrenceId, startValue, endValue }: Instance): Component | undefined {
  if (recurrenceId === undefined) return undefined;
  const properties = component.properties.flatMap((property): Property[] => {
    if (OF_THE_SERIES.has(property.name)) return [];
    if (property.name === P.DTSTART) return startValue === undefined ? [] : [timeProperty(P.DTSTART, startValue)];
    if (property.name !== P.DTEND && property.name !== P.DUE) return [property];
    return endValue === undefined ? [] : [timeProperty(property.name, endValue)];
  });
  return { ...component, properties: [...properties, timeProperty(P['RECURRENCE-ID'], recurrenceId)] };
}

/** When a component is, as text that is the same for the same time however it is written: DTEND or DURATION, any zone. */
export function timesText(component: Component, context: ZoneContext): string {
  try {
    const timing = timingOf(component, context);
    if (timing === undefined) return '';
    const set = recurrenceSet([withoutProperties(component, ({ name }) => OF_THE_SERIES.has(name))], context);
    const [first] = set.instances({ from: -Infinity, to: Infinity });
    const kind = timing.anchor.kind === 'utc' ? 'zoned' : timing.anchor.kind;
    return `${kind} ${first?.start ?? ''}/${first?.end ?? ''}${first?.startValue === undefined ? ' due' : ''}`;
  } catch (error) {
    if (error instanceof Refusal) return `?${propertyOf(component, P.DTSTART)?.value ?? ''}`;
    throw error;
  }
}

/** How the wall of a series moves against UTC in the two years after its start: tells zones apart, not their names. */
export function zoneText(component: Component, context: ZoneContext): string {
  const start = propertyOf(component, P.DTSTART);
  const value = start && timeOf(start);
  if (value === undefined || value.kind === 'date' || value.kind === 'floating') return '';
  const { zone } = formOf(value, context);
  const from = zone.toUtc(value.wall);
  return Array.from({ length: 53 }, (_, week) => zone.offsetAt(from + week * 14 * 86_400_000)).join(' ');
}

/** RRULE as it is compared: its parts in any order, without defaults. */
export const ruleText = (component: Component): string =>
  [P.RRULE, P.EXRULE]
    .flatMap((name) => propertiesOf(component, name))
    .map(({ name, value }) => {
      const parts = value
        .toUpperCase()
        .split(';')
        .filter((part) => part !== '' && part !== 'INTERVAL=1');
      return `${name}:${parts
        .filter((part) => part !== 'WKST=MO')
        .sort()
        .join(';')}`;
    })
    .sort()
    .join('\n');

/** The components of a series: the master first, overrides in the order of their keys. */
export function componentsOf({ master, overrides }: Pick<Series, 'master' | 'overrides'>): readonly Component[] {
  const sorted = [...overrides].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, component]) => component);
  return master === undefined ? sorted : [master, ...sorted];
}

/** All components by key, the master under MASTER. */
export function byKey(series: Pick<Series, 'master' | 'overrides'>): ReadonlyMap<InstanceKey, Component> {
  const known = KEYED.get(series);
  if (known !== undefined) return known;
  const { master, overrides } = series;
  const keyed = new Map([...(master === undefined ? [] : [[MASTER, master] as const]), ...overrides]);
  KEYED.set(series, keyed);
  return keyed;
}

/** It is asked for each of very many days. */
const KEYED = new WeakMap<Pick<Series, 'master' | 'overrides'>, ReadonlyMap<InstanceKey, Component>>();

/** The master with more EXDATEs, in the form of the series. */
export function withExdates(master: Component, series: Pick<Series, 'form'>, keys: Iterable<InstanceKey>): Component {
  const more = [...keys].sort().flatMap((key) => {
    const value = idValue(series, key);
    return value === undefined ? [] : [timeProperty(P.EXDATE, value)];
  });
  return withMore(master, more);
}

/** The master without EXDATEs of these keys. */
export function withoutExdates(series: Series, master: Component, keys: ReadonlySet<InstanceKey>): Component {
  const bare = withoutProperties(master, ({ name }) => name === P.EXDATE);
  // Looked up in a series without EXDATEs: a date that takes out a whole day is the key of its instance.
  const shown = { ...series, master: bare, generated: () => recurrenceSet([bare], series.context) };
  const all = keysOfList(shown, master, P.EXDATE);
  if (![...all].some((key) => keys.has(key))) return master;
  return withExdates(
    bare,
    series,
    [...all].filter((key) => !keys.has(key)),
  );
}

/** EXDATEs of the master as keys, also where they are dates in a series of times. */
export function excludedKeys(series: Series): ReadonlySet<InstanceKey> {
  const known = EXCLUDED.get(series) ?? readExcluded(series);
  EXCLUDED.set(series, known);
  return known;
}

/** It is asked for each of very many days. */
const EXCLUDED = new WeakMap<Series, ReadonlySet<InstanceKey>>();

function readExcluded(series: Series): ReadonlySet<InstanceKey> {
  const { master } = series;
  if (master === undefined || propertyOf(master, P.EXDATE) === undefined) return new Set();
  const bare = withoutProperties(master, ({ name }) => name === P.EXDATE);
  const shown = { ...series, master: bare, generated: once(() => recurrenceSet([bare], series.context)) };
  return keysOfList(shown, master, P.EXDATE);
}
