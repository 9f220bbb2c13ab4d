import { Refusal } from '../base/refusal.ts';
import type { Steps } from '../base/steps.ts';
import { paramOf, propertiesOf, propertyOf, type Component, type Property } from './component.ts';
import { P } from './names.ts';
import { readingRecurrenceSet, type Budget, type Instance, type RecurrenceSet } from './recurrence.ts';
import { formOf, readTime, wallAt, type Form } from './recurrence-timing.ts';
import { parseTimeValue, timeOf, type Instant, type TimeValue, type WallTime } from './time-value.ts';
import { UTC, zoneOfTime, zonesOf, type ZoneContext } from './timezone.ts';

const DAY = 86_400_000;

/** A recurring component, as far as it can be split. */
export interface Series {
  readonly master: Component;
  readonly overrides: readonly Component[];
  readonly start: TimeValue;
  readonly form: Form;
  readonly rule: Property | undefined;
  readonly context: ZoneContext;
}

/** Where the later part of a series begins: an instance that the master generates. */
export interface SplitPoint {
  readonly instant: Instant;
  /** In the zone of DTSTART. */
  readonly wall: WallTime;
}

/** A refusal for what is in order but cannot be split (caldav-recursplit §3). */
export const invalidSplit = (why: string): Refusal => new Refusal('invalid-split', why);

/** The recurring component among the subjects of a calendar object. Throws invalid-split where there is none. */
export function seriesOf(calendar: Component, subjects: readonly Component[]): Series {
  const context: ZoneContext = { zones: zonesOf(calendar), floating: UTC };
  const master = subjects.find((component) => propertyOf(component, P['RECURRENCE-ID']) === undefined);
  const recurs = master && (propertyOf(master, P.RRULE) ?? propertyOf(master, P.RDATE)) !== undefined;
  if (master === undefined || !recurs) throw invalidSplit('The object does not recur');
  const start = readTime(master, P.DTSTART);
  if (start === undefined) throw invalidSplit('A series without DTSTART cannot be split');
  const [rule, second] = propertiesOf(master, P.RRULE);
  // Each rule counts from the one DTSTART, which can only be moved to an instance of one of them.
  if (second !== undefined || propertyOf(master, P.EXRULE) !== undefined)
    throw invalidSplit('A series with a second rule, or with EXRULE, cannot be split');
  const overrides = subjects.filter((component) => component !== master);
  return { master, overrides, start, form: formOf(start, context), rule, context };
}

/** The set that the master makes without its overrides, of all its recurrence properties or of some. */
export function readingMaster(
  { master, context }: Pick<Series, 'master' | 'context'>,
  without: ReadonlySet<string> = new Set(),
): Steps<RecurrenceSet> {
  const properties = master.properties.filter(({ name }) => !without.has(name));
  return readingRecurrenceSet([{ ...master, properties }], context);
}

/**
 * The next instance on or after a `rid` parameter, caldav-recursplit §3. Throws valid-rid-parameter where it has not the
 * form that goes with DTSTART, and invalid-split where no instance is left on one of the sides, or where an override of
 * the earlier instances describes the later ones, too (RANGE=THISANDFUTURE, or a whole day).
 */
export function* findingSplitPoint(series: Series, rid: string, budget: Budget): Steps<SplitPoint> {
  // Floating times and dates are read in UTC, so that the wall time of a rid is its instant in every form.
  const { wall: from } = requireRid(series.start, rid);
  const set = yield* readingMaster(series);
  const first = set.instances({ from: -Infinity, to: Infinity }, budget).next().value as Instance | undefined;
  if (first === undefined || from < first.start) throw invalidSplit('The rid is before the first instance');
  const next = yield* firstFrom(set, from, budget);
  if (next === undefined) throw invalidSplit('The rid is after the last instance');
  if (next.start === first.start) throw invalidSplit('There is no instance before the first one');
  const point = { instant: next.start, wall: wallAt(series.form, next.start) };
  const isRange = (override: Component): boolean =>
    propertiesOf(override, P['RECURRENCE-ID']).some((id) => paramOf(id, 'RANGE') !== undefined);
  if (series.overrides.some((override) => isRange(override) && !isLater(idOf(override), series, point)))
    throw invalidSplit('An override of this and all future instances is before the split point');
  if (hasOverrideOfDay(series, point)) {
    const ofDay = yield* firstFrom(set, series.form.zone.toUtc(dayOf(point.wall)), budget);
    if (ofDay !== undefined && ofDay.start < point.instant)
      throw invalidSplit('An override of a whole day has instances on both sides of the split point');
  }
  return point;
}

const dayOf = (wall: WallTime): WallTime => Math.floor(wall / DAY) * DAY;

/** Whether an override of a series of times names the day of the split point, and so each instance of that day. */
const hasOverrideOfDay = ({ form, overrides }: Series, { wall }: SplitPoint): boolean =>
  form.kind !== 'date' && overrides.map(idOf).some((id) => id?.kind === 'date' && dayOf(id.wall) === dayOf(wall));

/** The first instance that starts at an instant or after it. */
export function* firstFrom(set: RecurrenceSet, from: Instant, budget: Budget): Steps<Instance | undefined> {
  for (const instance of set.instances({ from, to: Infinity }, budget)) {
    yield;
    if (instance.start >= from) return instance;
  }
  return undefined;
}

const RID_KINDS = { date: 'date', utc: 'utc', zoned: 'utc', floating: 'floating' } as const;

function requireRid(start: TimeValue, rid: string): TimeValue {
  const value = parseTimeValue(rid, undefined, rid.length === 8);
  if (value !== undefined && value.kind === RID_KINDS[start.kind]) return value;
  const form = { date: 'a DATE', utc: 'a DATE-TIME in UTC', floating: 'a DATE-TIME without zone' };
  throw new Refusal('valid-rid-parameter', `The rid of this series must be ${form[RID_KINDS[start.kind]]}`);
}

const idOf = (override: Component): TimeValue | undefined => {
  const id = propertyOf(override, P['RECURRENCE-ID']);
  return id && timeOf(id);
};

/** Whether an override belongs to the later part. */
export const isLaterOverride = (override: Component, series: Series, point: SplitPoint): boolean =>
  isLater(idOf(override), series, point);

/**
 * Whether what names an instance belongs to the later part. A date in a series of times means that day, on which the
 * split point may be, but nothing that is earlier.
 */
export function isLater(value: TimeValue | undefined, { form, context }: Series, point: SplitPoint): boolean {
  if (value === undefined) return false;
  if (form.kind === 'date' || value.kind === 'date') {
    return dayOf(value.wall) >= dayOf(point.wall);
  }
  const zone = value.kind === 'floating' ? form.zone : zoneOfTime(value, context);
  return zone.toUtc(value.wall) >= point.instant;
}
