import { Refusal } from '../base/refusal.ts';
import type { Steps } from '../base/steps.ts';
import { propertyOf, type Component, type Property } from './component.ts';
import { derivingOverrides, subjectsOf, type TargetLimits } from './instance-targets.ts';
import { P } from './names.ts';
import { outliningObject, type Outline, type OutlinedComponent, type Stretch } from './object-outline.ts';
import { parsingCalendar } from './parse.ts';
import { readingRecurrenceSet } from './recurrence.ts';
import { redundantOverrides, sharedText } from './redundant-overrides.ts';
import { formatTimeValue, timeOf } from './time-value.ts';
import { instantOf, UTC, zonesOf, type ZoneContext } from './timezone.ts';
import { zoneByName } from './timezone-table.ts';

/** Personal parts of one component, as they were written: content lines with CRLF, in latin1 so that each octet stays. */
export interface ComponentParts {
  readonly lines: string;
  readonly alarms: string;
}

/** By instance: MASTER, or a recurrence id as an instant in UTC, a date or a floating time. */
export type PersonalParts = ReadonlyMap<string, ComponentParts>;

export const MASTER = 'M';
const NONE: ComponentParts = { lines: '', alarms: '' };
/** Somebody who has nothing personal. */
export const NO_PARTS: PersonalParts = new Map();

/** The personal parts of an object; of one that cannot be parsed as far as they can be told. */
export function* personalPartsOf(octets: Uint8Array): Steps<PersonalParts> {
  const { calendar } = yield* parsed(octets);
  const outline = yield* outliningObject(octets);
  const nameOf = naming(calendar);
  const parts = new Map<string, ComponentParts>();
  for (const component of outline.components) {
    yield;
    const name = nameOf(component);
    if (!parts.has(name)) parts.set(name, partsIn(outline, component));
  }
  return parts;
}

/**
 * An object with other personal parts in the place of its own, all else octet for octet as it was: as the person sees it
 * whose parts these are. An override of which the person has said nothing has the parts of the person's master, and is
 * left out where it says nothing else than the master; one that the person has made, for parts that differ from the
 * master's, is made anew while there is such an instance. Throws nothing: what cannot be parsed loses its own parts.
 */
export function* withPersonalParts(base: Uint8Array, parts: PersonalParts, limits: TargetLimits): Steps<Uint8Array> {
  const { calendar } = yield* parsed(base);
  if (calendar === undefined) return yield* replacingParts(base, { parts, calendar, leftOut: new Set() });
  const redundant = yield* redundantOverrides(calendar, limits.budget);
  const nameOf = naming(calendar);
  const leftOut = new Set<string>();
  for (const component of redundant) {
    yield;
    const name = nameOf(component);
    if (!parts.has(name)) leftOut.add(name);
  }
  const octets = yield* withDerived({ octets: base, calendar }, parts, limits);
  return yield* replacingParts(octets, { parts, calendar, leftOut });
}

/** An object as somebody sees it who has nothing personal. */
export const commonForm = (octets: Uint8Array, limits: TargetLimits): Steps<Uint8Array> =>
  withPersonalParts(octets, NO_PARTS, limits);

/** Properties that say when an object was written, and not what it says. */
const STAMPS: ReadonlySet<string> = new Set([P.DTSTAMP, 'LAST-MODIFIED']);
const OF_THE_PROGRAM: ReadonlySet<string> = new Set(['PRODID', 'VERSION', 'CALSCALE']);

/**
 * What an object says for all, as text: equal for two objects exactly where they are the same for others, which is but
 * for personal parts, DTSTAMP and LAST-MODIFIED, overrides that say nothing, the program that wrote it and the order of
 * all of it. A VTIMEZONE of IANA's name counts for nothing: the name decides.
 */
export function* commonText(calendar: Component, limits: Pick<TargetLimits, 'budget'>): Steps<string> {
  const redundant = yield* redundantOverrides(calendar, limits.budget);
  const texts: string[] = [sharedText({ ...calendar, components: [] }, OF_THE_PROGRAM)];
  for (const component of calendar.components) {
    yield;
    const isKnownZone =
      component.name === 'VTIMEZONE' && zoneByName(propertyOf(component, P.TZID)?.value ?? '') !== undefined;
    if (!isKnownZone && !redundant.has(component)) texts.push(sharedText(component, STAMPS));
  }
  return texts.sort().join('\n');
}

/** Whether octets hold anything personal, at a glance: false is certain. */
export function mayHavePersonalParts(octets: Uint8Array): boolean {
  const text = Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength).toString('latin1');
  return PERSONAL_WORD.test(text) || (/\n[ \t]/.test(text) && PERSONAL_WORD.test(text.replaceAll(/\r*\n[ \t]/g, '')));
}

const PERSONAL_WORD =
  /^(?:BEGIN[^:\r\n]*:\s*VALARM|TRANSP|X-MOZ-(?:LASTACK|SNOOZE-TIME|GENERATION)|X-CALENDARSERVER-(?:PRIVATE|ATTENDEE)-COMMENT)/im;

interface Parsed {
  readonly octets: Uint8Array;
  readonly calendar: Component | undefined;
}

function* parsed(octets: Uint8Array): Steps<Parsed> {
  try {
    return { octets, calendar: yield* parsingCalendar(octets) };
  } catch (error) {
    if (error instanceof Refusal) return { octets, calendar: undefined };
    throw error;
  }
}

type Named = Component | OutlinedComponent;

/** The names of instances, in the zones of one object. */
function naming(calendar: Component | undefined): (component: Named) => string {
  const zones = calendar === undefined ? () => undefined : zonesOf(calendar);
  const context: ZoneContext = { zones, floating: UTC };
  return (component) => {
    const id = 'properties' in component ? propertyOf(component, P['RECURRENCE-ID']) : component.recurrenceId;
    return id === undefined ? MASTER : nameOfId(id, context);
  };
}

function nameOfId(id: Property, context: ZoneContext): string {
  const value = timeOf(id);
  if (value === undefined) return `?${id.value}`;
  const isWall = value.kind === 'date' || value.kind === 'floating';
  return formatTimeValue(isWall ? value : { kind: 'utc', wall: instantOf(value, context) });
}

function partsIn({ octets, eol }: Outline, { personalLines, alarms }: OutlinedComponent): ComponentParts {
  const textOf = (stretches: readonly Stretch[]): string => {
    const text = stretches.map(({ start, end }) => octets.toString('latin1', start, end)).join('');
    const ended = text === '' || text.endsWith('\n') ? text : text + eol;
    return ended.replaceAll(/\r*\n/g, '\r\n');
  };
  return { lines: textOf(personalLines), alarms: textOf(alarms) };
}

const isSame = (one: ComponentParts, other: ComponentParts): boolean =>
  one.lines === other.lines && one.alarms === other.alarms;

/** With overrides for the instances of which the person has parts that the master's are not. */
function* withDerived(
  { octets, calendar }: Parsed & { readonly calendar: Component },
  parts: PersonalParts,
  limits: TargetLimits,
): Steps<Uint8Array> {
  const nameOf = naming(calendar);
  const known = new Set<string>();
  for (const component of subjectsOf(calendar)) {
    yield;
    known.add(nameOf(component));
  }
  const usual = parts.get(MASTER) ?? NONE;
  const missing = [...parts].filter(([name, own]) => name !== MASTER && !known.has(name) && !isSame(own, usual));
  if (missing.length === 0 || !known.has(MASTER)) return octets;
  try {
    const context: ZoneContext = { zones: zonesOf(calendar), floating: UTC };
    const set = yield* readingRecurrenceSet(subjectsOf(calendar), context);
    const rids: string[] = [];
    for (const [name] of missing) {
      yield;
      const value = timeOf({ ...NO_PROPERTY, value: name });
      if (set.recurring && value !== undefined && set.generates(value, limits.budget)) rids.push(name);
    }
    return rids.length === 0 ? octets : yield* derivingOverrides(octets, calendar, rids, limits);
  } catch (error) {
    // Too large, or too much work: the person sees the instance as all others of the series.
    if (error instanceof Refusal) return octets;
    throw error;
  }
}

const NO_PROPERTY: Property = { name: '', params: new Map(), value: '', line: 0 };

interface Replacement {
  readonly parts: PersonalParts;
  readonly calendar: Component | undefined;
  /** Names of overrides. */
  readonly leftOut: ReadonlySet<string>;
}

interface Splice extends Stretch {
  readonly text: string;
}

function* replacingParts(source: Uint8Array, { parts, calendar, leftOut }: Replacement): Steps<Uint8Array> {
  const outline = yield* outliningObject(source);
  const { octets, eol } = outline;
  const nameOf = naming(calendar);
  const pieces: Buffer[] = [];
  let kept = 0;
  for (const component of outline.components) {
    yield;
    for (const { start, end, text } of splicesOf(outline, component, nameOf(component), { parts, leftOut })) {
      pieces.push(octets.subarray(kept, start), Buffer.from(text.replaceAll('\r\n', eol), 'latin1'));
      kept = end;
    }
  }
  return pieces.length === 0 ? source : Buffer.concat([...pieces, octets.subarray(kept)]);
}

function splicesOf(
  outline: Outline,
  component: OutlinedComponent,
  name: string,
  { parts, leftOut }: Omit<Replacement, 'calendar'>,
): readonly Splice[] {
  const { start, end, personalLines, alarms, linesEnd, close } = component;
  if (leftOut.has(name)) return [{ start, end, text: '' }];
  const own = parts.get(name) ?? parts.get(MASTER) ?? NONE;
  const now = partsIn(outline, component);
  const splices: Splice[] = [];
  // What is the same stays where it stands.
  if (now.lines !== own.lines) {
    splices.push(...personalLines.map((at) => ({ ...at, text: '' })));
    if (own.lines !== '') splices.push({ start: linesEnd, end: linesEnd, text: own.lines });
  }
  if (now.alarms !== own.alarms) {
    splices.push(...alarms.map((at) => ({ ...at, text: '' })));
    if (own.alarms !== '') splices.push({ start: close, end: close, text: own.alarms });
  }
  return splices.sort((one, other) => one.start - other.start || one.end - other.end);
}
