import { LIMITS } from '../base/limits.ts';
import { atOnce, type Steps } from '../base/steps.ts';
import { propertyOf, type Component, type Property } from './component.ts';
import { componentEnvelope, isUndated, RECURRING_COMPONENTS, recurrenceSets } from './component-times.ts';
import { indexedBusyOf, type IndexedBusy } from './index-busy.ts';
import { P } from './names.ts';
import { readingRecurrenceSet, type Budget, type RecurrenceSet, type Window } from './recurrence.ts';
import { searchText } from './search-text.ts';
import { hull } from './time-range.ts';
import type { Instant, TimeRange } from './time-value.ts';
import { UTC, zonesOf, type Zone, type ZoneContext } from './timezone.ts';
import { fixedZone } from './timezone-transitions.ts';

const DAY = 86_400_000;
/** What has just been is asked for nearly as often as what is to come. */
const MONTH = 31 * DAY;
/** What UTC-OFFSET can write at most (RFC 5545 §3.3.14): a wall time is an instant at most so far from it, in any zone. */
const ANY_OFFSET = DAY;
/** The instants that a Date can hold: "complete to this side" where the other side is not. */
const FIRST_INSTANT = -8_640_000_000_000_000;
const LAST_INSTANT = 8_640_000_000_000_000;

/** For how long, and how far at most, the instances of an object are written out. */
export interface Horizon {
  readonly from: Instant;
  readonly until: Instant;
  /** Where there are more, the ones from `now` on are kept, with those of the month before if they leave room. */
  readonly maxInstances: number;
  /** By default `from`. */
  readonly now?: Instant;
}

export interface IndexContext {
  /** The zone of floating times. It is not looked at: the entry holds in every zone. */
  readonly floating?: Zone;
  readonly horizon: Horizon;
  readonly budget?: Budget | undefined;
}

/** One instance of a VEVENT. */
export interface IndexedOccurrence extends TimeRange {
  /** How it counts in free-busy; undefined: only the octets tell. */
  readonly busy: IndexedBusy | undefined;
}

/** What a store keeps of a calendar object, so that a time-range is answered without reading each object. */
export interface IndexEntry {
  /**
   * A range can match only if it ends at or after `firstAt` and starts at or before `lastAt`, in whatever zone floating
   * times are read. Undefined: unbounded on that side. Both are undefined for what matches without dates, and for an
   * object without any instance.
   */
  readonly firstAt: Instant | undefined;
  readonly lastAt: Instant | undefined;
  readonly floating: boolean;
  /**
   * `occurrences` tell all of a VEVENT time-range inside the indexed ones: it matches if and only if one of them
   * overlaps it by `eventOverlaps`, in which a zero length counts. Where `floating` is true too, they are instants as
   * read in UTC, up to a day off in any other zone, and only tell which objects are worth reading.
   */
  readonly exact: boolean;
  /** Instances of VEVENTs, in order of start. */
  readonly occurrences: readonly IndexedOccurrence[];
  /** Between these instants `occurrences` is complete. Both undefined: everywhere. Both the same: nowhere. */
  readonly indexedFrom: Instant | undefined;
  readonly indexedUntil: Instant | undefined;
  /** What a text-match is looked for in before the octets decide (see search-text.ts); undefined: not known. */
  readonly searchText: string | undefined;
}

/**
 * The index entry of a calendar object. It does not depend on the zone of floating times, so that it outlives a change
 * of calendar-timezone.
 *
 * @throws Refusal valid-calendar-data where the object cannot be expanded, or the budget is spent
 */
export const indexEntry = (calendar: Component, context: IndexContext): IndexEntry =>
  atOnce(findingIndexEntry(calendar, context));

/** As indexEntry; it may be interrupted between two components. */
export function* findingIndexEntry(calendar: Component, { horizon, budget }: IndexContext): Steps<IndexEntry> {
  const zones = zonesOf(calendar);
  const members = calendar.components.filter(({ name }) => name !== 'VTIMEZONE');
  const { floating, mixed } = yield* readingTimes(members, zones);
  const envelope = createEnvelope();
  const sets = yield* readingSets(members, { zones, floating: UTC }, budget);
  for (const { extent } of sets) envelope.add(extent);
  for (const member of members) if (!isInSet(member)) envelope.add(ownEnvelope(member, { zones, floating: UTC }));
  // In another zone an EXDATE in UTC takes out another instance of floating times, or none.
  for (const reading of mixed ? [fixed(-ANY_OFFSET), fixed(ANY_OFFSET)] : []) {
    for (const { extent } of yield* readingSets(members, { zones, floating: reading }, budget)) envelope.add(extent);
  }
  const exact = !mixed && members.every(({ name }) => name === 'VEVENT');
  const found = { sets, busyOf: indexedBusyOf(members, { floating }) };
  const rows = exact ? yield* findingRows(found, horizon, budget) : NO_ROWS;
  return { ...envelope.padded(floating ? ANY_OFFSET : 0), floating, exact, searchText: searchText(calendar), ...rows };
}

const fixed = (offset: number): Zone => fixedZone('', offset);

/** Properties whose times decide where instances are. */
const TIMES: readonly string[] = [P.DTSTART, P.DTEND, P.DUE, P['RECURRENCE-ID'], P.RDATE, P.EXDATE, P.FREEBUSY];
/** The same of a VTODO without dates. */
const UNDATED_TIMES: readonly string[] = [P.COMPLETED, P.CREATED];

/** Properties that name instances of a master. */
const IDS: readonly string[] = [P['RECURRENCE-ID'], P.RDATE, P.EXDATE];

/**
 * Whether any time is floating; and whether instances of a floating master are named by times that are not, so that the
 * zone decides which there are. (The other way round, and for UNTIL, recurrence.ts goes by the wall.)
 */
function* readingTimes(
  members: readonly Component[],
  zones: ZoneContext['zones'],
): Steps<{ floating: boolean; mixed: boolean }> {
  let floating = false;
  let hasFloatingMaster = false;
  let hasFixedIds = false;
  for (const member of members) {
    yield;
    const names = isUndated(member) && member.name === 'VTODO' ? UNDATED_TIMES : TIMES;
    for (const property of member.properties) {
      if (!names.includes(property.name)) continue;
      const isLocal = isFloating(property, zones);
      floating ||= isLocal;
      hasFixedIds ||= !isLocal && IDS.includes(property.name);
      hasFloatingMaster ||= isLocal && property.name === P.DTSTART && !propertyOf(member, P['RECURRENCE-ID']);
    }
  }
  return { floating, mixed: hasFloatingMaster && hasFixedIds };
}

/** A DATE, a time with neither TZID nor Z, or one whose TZID names no zone. */
function isFloating({ params, value }: Property, zones: ZoneContext['zones']): boolean {
  const isUtc = value.split(/[,/]/).every((text) => /Z\s*$|^\s*[+-]?P/i.test(text));
  if (isUtc) return false;
  const tzid = params.get('TZID')?.[0];
  return tzid === undefined || zones(tzid) === undefined || /(^|[,/])\d{8}([,/]|$)/.test(value);
}

const isInSet = (member: Component): boolean => RECURRING_COMPONENTS.includes(member.name) && !isUndated(member);

interface DatedSet {
  readonly set: RecurrenceSet;
  readonly extent: TimeRange;
}

/** The recurrence sets that have an instance. */
function* readingSets(
  members: readonly Component[],
  context: ZoneContext,
  budget: Budget | undefined,
): Steps<DatedSet[]> {
  const found: DatedSet[] = [];
  for (const components of recurrenceSets(members.filter(isInSet))) {
    const set = yield* readingRecurrenceSet(components, context);
    const extent = yield* set.findingExtent(budget ?? newBudget());
    if (extent) found.push({ set, extent: { start: extent.first, end: extent.last } });
  }
  return found;
}

const newBudget = (): Budget => ({ steps: LIMITS.recurrenceSteps.default });

/** Where a component outside of the sets can match; undefined: nowhere. */
function ownEnvelope(member: Component, context: ZoneContext): TimeRange | undefined {
  // Of those without a date, only a VTODO can match.
  if (RECURRING_COMPONENTS.includes(member.name) && member.name !== 'VTODO') return undefined;
  return componentEnvelope(member, context) ?? { start: -Infinity, end: Infinity };
}

function createEnvelope() {
  let whole: TimeRange = { start: Infinity, end: -Infinity };
  return {
    add(range: TimeRange | undefined): void {
      if (range) whole = hull(whole, range);
    },
    padded(pad: number): Pick<IndexEntry, 'firstAt' | 'lastAt'> {
      const { start, end } = whole;
      return {
        firstAt: Number.isFinite(start) ? start - pad : undefined,
        lastAt: Number.isFinite(end) ? end + pad : undefined,
      };
    },
  };
}

type Rows = Pick<IndexEntry, 'occurrences' | 'indexedFrom' | 'indexedUntil'>;

const NO_ROWS: Rows = { occurrences: [], indexedFrom: 0, indexedUntil: 0 };

interface Found {
  readonly sets: readonly DatedSet[];
  readonly busyOf: (member: Component) => IndexedBusy | undefined;
}

/** The instances of all VEVENTs, as far as the horizon asks for them. */
function* findingRows(found: Found, horizon: Horizon, budget: Budget | undefined): Steps<Rows> {
  const { from, until, maxInstances } = horizon;
  const first = Math.min(...found.sets.map(({ extent }) => extent.start));
  const last = Math.max(...found.sets.map(({ extent }) => extent.end));
  const takeIn = (start: Instant, end: Instant) =>
    taking(found, { from: start - 1, to: end + 1 }, maxInstances, budget);
  if (found.sets.every(({ set }) => !set.recurring) || (first >= from && last <= until)) {
    const all = yield* takeIn(-Infinity, Infinity);
    if (all.next === undefined) return { occurrences: all.taken, indexedFrom: undefined, indexedUntil: undefined };
  }
  const start = first >= from ? FIRST_INSTANT : from;
  const end = last <= until ? LAST_INSTANT : until;
  const whole = yield* takeIn(from, until);
  if (whole.next === undefined) return { occurrences: whole.taken, indexedFrom: start, indexedUntil: end };
  const now = Math.min(Math.max(horizon.now ?? from, from), until);
  const justBefore = Math.max(now - MONTH, from);
  const more = justBefore === from ? whole : yield* takeIn(justBefore, until);
  const isRoomy = more.next === undefined || more.next >= now + MONTH;
  const { taken, next } = isRoomy || now === justBefore ? more : yield* takeIn(now, until);
  const kept = isRoomy ? justBefore : now;
  const indexedFrom = kept === from ? start : kept;
  return { occurrences: taken, indexedFrom, indexedUntil: Math.max(indexedFrom, next ?? end) };
}

/** The first `max` instances that touch the window, and the start of the one after them. */
function* taking(
  { sets, busyOf }: Found,
  window: Window,
  max: number,
  budget: Budget | undefined,
): Steps<{ readonly taken: readonly IndexedOccurrence[]; readonly next: Instant | undefined }> {
  const found: IndexedOccurrence[] = [];
  for (const { set } of sets) {
    let count = 0;
    for (const { start, end, component } of set.instances(window, budget)) {
      yield;
      found.push({ start, end, busy: busyOf(component) });
      if (++count > max) break;
    }
  }
  yield;
  if (sets.length > 1) found.sort((a, b) => a.start - b.start);
  return { taken: found.slice(0, max), next: found[max]?.start };
}
