import { Refusal } from '../base/refusal.ts';
import type { Steps } from '../base/steps.ts';
import { propertyOf, type Component, type Property } from './component.ts';
import { asBuffer } from './content-line.ts';
import { P } from './names.ts';
import { parsingCalendar } from './parse.ts';
import { copyComponent, createRawText, type Edited } from './raw-text.ts';
import { readingRecurrenceSet, type Budget, type Instance } from './recurrence.ts';
import { formatTimeValue, parseTimeValue, timeOf, type Instant, type TimeValue } from './time-value.ts';
import { instantOf, UTC, zonesOf, type ZoneContext } from './timezone.ts';
import { writeProperty } from './write.ts';

/** Components of an object that a change is for, and the object that they are in. */
export interface Targets {
  readonly octets: Uint8Array;
  readonly calendar: Component;
  readonly components: readonly Component[];
}

export interface TargetLimits {
  readonly budget: Budget;
  /** Octets that the object may have with the overrides that are made for it. */
  readonly most: number;
}

/** All that an object is about: its components but for time zones. */
export const subjectsOf = ({ components }: Component): readonly Component[] =>
  components.filter(({ name }) => name !== 'VTIMEZONE');

/**
 * The components that `rids` name (RFC 8607 §3.3.2): `M` the master, a time the override of the instance with that
 * recurrence id, which is made where there is none; all else stays octet for octet. Throws valid-rid-parameter where
 * there is no such instance, max-resource-size, and what a recurrence set throws.
 */
export function* targetingInstances(
  octets: Uint8Array,
  calendar: Component,
  rids: readonly string[],
  limits: TargetLimits,
): Steps<Targets> {
  const context: ZoneContext = { zones: zonesOf(calendar), floating: UTC };
  const wanted = [...new Set(rids)];
  const missing = wanted.filter((rid) => targetOf(calendar, rid, context) === undefined);
  if (missing.length === 0) return { octets, calendar, components: targetsOf(calendar, wanted, context) };
  const longer = yield* derivingOverrides(octets, calendar, missing, limits);
  const parsed = yield* parsingCalendar(longer);
  return { octets: longer, calendar: parsed, components: targetsOf(parsed, wanted, context) };
}

/** The octets with an override of each of these recurrence ids, which have none yet. Throws as targetingInstances does. */
export function* derivingOverrides(
  octets: Uint8Array,
  calendar: Component,
  missing: readonly string[],
  { budget, most }: TargetLimits,
): Steps<Uint8Array> {
  const context: ZoneContext = { zones: zonesOf(calendar), floating: UTC };
  const set = yield* readingRecurrenceSet(subjectsOf(calendar), context);
  const raw = createRawText(asBuffer(octets).toString('utf8'));
  const texts: string[] = [];
  let size = octets.byteLength;
  for (const rid of missing) {
    const at = startOf(calendar, rid, context);
    const instance =
      (yield* findingInstance(set.instances({ from: at, to: at + 1 }, budget), rid, context)) ??
      (yield* findingInstance(set.instances({ from: at - AROUND, to: at + AROUND }, budget), rid, context));
    if (instance === undefined) throw noInstance(rid);
    const text = overrideText(instance, raw);
    size += text.length;
    if (size > most) throw new Refusal('max-resource-size', `At most ${most} octets are accepted`);
    texts.push(text);
  }
  return withComponents(octets, texts.join(''));
}

const noInstance = (rid: string): Refusal => new Refusal('valid-rid-parameter', `There is no instance ${rid}`);

const targetsOf = (calendar: Component, rids: readonly string[], context: ZoneContext): readonly Component[] =>
  rids.flatMap((rid) => targetOf(calendar, rid, context) ?? []);

function targetOf(calendar: Component, rid: string, context: ZoneContext): Component | undefined {
  return subjectsOf(calendar).find((component) => {
    const id = propertyOf(component, P['RECURRENCE-ID']);
    if (id === undefined) return rid === 'M';
    const value = timeOf(id);
    return rid !== 'M' && value !== undefined && isNamed(value, rid, context);
  });
}

const readRid = (rid: string): TimeValue => {
  const value = parseTimeValue(rid, undefined, rid.length === 8);
  if (value === undefined) throw noInstance(rid);
  return value;
};

/** Whether a rid is this recurrence id: as an instant in UTC, else on the wall of its zone. */
function isNamed(id: TimeValue, rid: string, context: ZoneContext): boolean {
  const value = readRid(rid);
  if (value.kind === 'utc') return id.kind !== 'date' && instantOf(id, context) === value.wall;
  return (value.kind === 'date') === (id.kind === 'date') && id.kind !== 'utc' && id.wall === value.wall;
}

/** A change of this and all future instances may have moved one so far from its recurrence id. */
const AROUND = 2 * 86_400_000;

/** Where the master has the instance. */
function startOf(calendar: Component, rid: string, context: ZoneContext): Instant {
  const value = readRid(rid);
  const master = targetOf(calendar, 'M', context);
  const start = master && propertyOf(master, P.DTSTART);
  const form = start && timeOf(start);
  if (form === undefined) throw noInstance(rid);
  return value.kind === 'utc' ? value.wall : instantOf({ ...form, wall: value.wall }, context);
}

function* findingInstance(
  instances: Iterable<Instance>,
  rid: string,
  context: ZoneContext,
): Steps<Instance | undefined> {
  for (const instance of instances) {
    yield;
    const { component, recurrenceId, startValue, isOverride } = instance;
    if (isOverride && propertyOf(component, P['RECURRENCE-ID'])?.params.has('RANGE') !== true) continue;
    if (recurrenceId === undefined || startValue === undefined) continue;
    if (isNamed(recurrenceId, rid, context)) return instance;
  }
  return undefined;
}

const LEFT_OUT: ReadonlySet<string> = new Set(['RRULE', 'RDATE', 'EXDATE', 'EXRULE', 'RECURRENCE-ID']);

/** What describes an instance, as a component of its own: the same lines with its times, without the rules. */
function overrideText(instance: Instance, raw: ReturnType<typeof createRawText>): string {
  const { component, recurrenceId, startValue, endValue } = instance;
  const edit = (property: Property, owner: Component): Edited<never> => {
    if (owner !== component) return property;
    if (LEFT_OUT.has(property.name)) return undefined;
    if (property.name === 'DTSTART') return timeLine('RECURRENCE-ID', recurrenceId) + timeLine('DTSTART', startValue);
    return property.name === 'DTEND' || property.name === 'DUE' ? timeLine(property.name, endValue) : property;
  };
  const text = copyComponent<never>(component, { raw, selection: 'all', edit }).join('');
  return raw.eol === '\n' ? text.replaceAll('\r\n', '\n') : text;
}

function timeLine(name: string, value: TimeValue | undefined): string {
  if (value === undefined) return '';
  const params = new Map<string, readonly string[]>();
  if (value.kind === 'date') params.set('VALUE', ['DATE']);
  if (value.kind === 'zoned') params.set('TZID', [value.tzid]);
  return writeProperty({ name, params, value: formatTimeValue(value) });
}

/** Octets at the end of a source, where its last line is. */
const TAIL = 1024;

/** More components before the end of the calendar. */
function withComponents(octets: Uint8Array, text: string): Uint8Array {
  const source = asBuffer(octets);
  const start = Math.max(0, source.length - TAIL);
  const end = /(?:^|\n)END:VCALENDAR\s*$/i.exec(source.toString('latin1', start));
  if (end === null) throw new Refusal('valid-calendar-data', 'The end of the calendar is not a line of its own');
  const at = start + end.index + (end[0].startsWith('\n') ? 1 : 0);
  return Buffer.concat([source.subarray(0, at), Buffer.from(text), source.subarray(at)]);
}
