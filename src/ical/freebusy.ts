import { atOnce, type Steps } from '../base/steps.ts';
import { paramOf, propertiesOf, propertyOf, type Component } from './component.ts';
import { isUndated, periodRanges, recurrenceSets } from './component-times.ts';
import { P } from './names.ts';
import { unionOf, within, without, type RangeSet } from './range-set.ts';
import { readingRecurrenceSet, type Budget } from './recurrence.ts';
import { intersection } from './time-range.ts';
import { formatTimeValue, periodsOf, type Instant, type TimeRange } from './time-value.ts';
import { zonesOf, type Zone, type ZoneContext } from './timezone.ts';
import { foldLine } from './write.ts';

/** Busy time types (RFC 5545 §3.2.9), the one that counts most first. */
export const BUSY_TYPES = ['BUSY', 'BUSY-UNAVAILABLE', 'BUSY-TENTATIVE'] as const;

export type BusyType = (typeof BUSY_TYPES)[number];

/** A time that is not free; a half-open range of instants. */
export interface BusyPeriod {
  readonly start: Instant;
  readonly end: Instant;
  readonly type: BusyType;
}

export interface FreeBusyContext {
  /** The zone of floating times: calendar-timezone's (RFC 4791 §7.3). */
  readonly floating: Zone;
  readonly budget?: Budget | undefined;
}

/**
 * What a calendar object makes busy in the range, clipped to it (RFC 4791 §7.10): each instance of a VEVENT by the
 * properties of its own component, and the periods of VFREEBUSY. The range must be closed where the object recurs.
 *
 * @throws Refusal valid-calendar-data where the object cannot be expanded, or the budget is spent
 */
export const busyPeriods = (calendar: Component, range: TimeRange, context: FreeBusyContext): BusyPeriod[] =>
  atOnce(findingBusyPeriods(calendar, range, context));

/** As busyPeriods; it may be interrupted after each instance. */
export function* findingBusyPeriods(
  calendar: Component,
  range: TimeRange,
  { floating, budget }: FreeBusyContext,
): Steps<BusyPeriod[]> {
  const context = { floating, zones: zonesOf(calendar) };
  const periods: BusyPeriod[] = [];
  const add = (period: TimeRange, type: BusyType | undefined): void => {
    // An event without length takes no time.
    const part = type && period.end > period.start ? intersection(period, range) : undefined;
    if (part && type) periods.push({ ...part, type });
  };
  for (const members of recurrenceSets(calendar.components.filter(({ name }) => name === 'VEVENT'))) {
    const types = new Map(members.map((member) => [member, busyTypeOf(member)]));
    if (members.every((member) => types.get(member) === undefined)) continue;
    // An override without times of its own is where its RECURRENCE-ID is: it may only say that it is cancelled.
    const dated = members.filter((member) => !isUndated(member) || propertyOf(member, P['RECURRENCE-ID']));
    const set = yield* readingRecurrenceSet(dated, context);
    for (const instance of set.instances({ from: range.start, to: range.end }, budget)) {
      yield;
      add(instance, types.get(instance.component));
    }
  }
  for (const component of calendar.components) {
    if (component.name === 'VFREEBUSY') addFreeBusy(component, context, add);
  }
  return periods;
}

/** FBTYPE of a VFREEBUSY's periods (RFC 5545 §3.2.9): an unknown one is BUSY. */
function addFreeBusy(
  component: Component,
  context: ZoneContext,
  add: (period: TimeRange, type: BusyType) => void,
): void {
  for (const property of propertiesOf(component, P.FREEBUSY)) {
    const type = paramOf(property, 'FBTYPE')?.toUpperCase();
    if (type === 'FREE') continue;
    const busy = type === 'BUSY-TENTATIVE' || type === 'BUSY-UNAVAILABLE' ? type : 'BUSY';
    for (const period of periodRanges(periodsOf(property), context)) add(period, busy);
  }
}

/** X-MICROSOFT-CDO-BUSYSTATUS (MS-OXCICAL), where TRANSP and STATUS leave the event busy. */
const BUSY_STATUS: ReadonlyMap<string, BusyType | 'FREE'> = new Map<string, BusyType | 'FREE'>([
  ['FREE', 'FREE'],
  ['WORKINGELSEWHERE', 'FREE'],
  ['TENTATIVE', 'BUSY-TENTATIVE'],
  ['OOF', 'BUSY-UNAVAILABLE'],
]);

/** The table of RFC 4791 §7.10; undefined is FREE. */
export function busyTypeOf(event: Component): BusyType | undefined {
  const valueOf = (name: string): string | undefined => propertyOf(event, name)?.value.trim().toUpperCase();
  const status = valueOf(P.STATUS);
  if (valueOf(P.TRANSP) === 'TRANSPARENT' || status === 'CANCELLED') return undefined;
  const outlook = BUSY_STATUS.get(valueOf('X-MICROSOFT-CDO-BUSYSTATUS') ?? '');
  if (outlook === 'FREE') return undefined;
  return outlook ?? (status === 'TENTATIVE' ? 'BUSY-TENTATIVE' : 'BUSY');
}

/**
 * Overlapping and consecutive periods of one type made one, in order of start, clipped to the range. Those of different
 * types may overlap (RFC 4791 §7.10).
 */
export function mergeBusy(periods: readonly BusyPeriod[], range?: TimeRange): BusyPeriod[] {
  const merged: BusyPeriod[] = [];
  for (const [type, own] of setsByType(periods)) {
    for (const { start, end } of range === undefined ? own : within(own, range)) merged.push({ start, end, type });
  }
  return merged.sort((one, other) => one.start - other.start);
}

/** Each instant of the one type that counts most of those that it has. */
export function busiestTime(periods: readonly BusyPeriod[]): Map<BusyType, RangeSet> {
  const busiest = new Map<BusyType, RangeSet>();
  let taken: RangeSet = [];
  for (const [type, own] of setsByType(periods)) {
    busiest.set(type, without(own, taken));
    taken = unionOf([...taken, ...own]);
  }
  return busiest;
}

/** In the order in which the types count. */
function setsByType(periods: readonly BusyPeriod[]): (readonly [BusyType, RangeSet])[] {
  const byType = Map.groupBy(periods, ({ type }) => type);
  return BUSY_TYPES.flatMap((type) => {
    const own = byType.get(type);
    return own === undefined ? [] : [[type, unionOf(own)] as const];
  });
}

export interface FreeBusyText {
  /** UID of the VFREEBUSY (REQUIRED by RFC 5545 §3.6.4); by default one made of the range and the time. */
  readonly uid?: string;
  /** METHOD of the VCALENDAR; a free-busy-query has none. */
  readonly method?: string;
  /** More content lines of the VFREEBUSY, unfolded and without line break: ORGANIZER, ATTENDEE. */
  readonly lines?: readonly string[];
}

const PRODID = '-//Kalends//Kalends//EN';

/** A VCALENDAR with one VFREEBUSY (RFC 4791 §7.10, RFC 5545 §3.6.4). `now` becomes DTSTAMP. */
export function writeFreeBusy(
  periods: readonly BusyPeriod[],
  range: TimeRange,
  now: Instant,
  { uid, method, lines = [] }: FreeBusyText = {},
): string {
  const bounds = [range.start, range.end].map((bound) => (Number.isFinite(bound) ? utc(bound) : ''));
  const [from = '', until = ''] = bounds;
  const content = [
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    `PRODID:${PRODID}`,
    ...(method ? [`METHOD:${method}`] : []),
    'BEGIN:VFREEBUSY',
    `UID:${uid ?? `freebusy-${from}-${until}-${utc(now)}`}`,
    `DTSTAMP:${utc(now)}`,
    ...(from ? [`DTSTART:${from}`] : []),
    ...(until ? [`DTEND:${until}`] : []),
    ...lines,
    ...periods.map(freeBusyLine),
    'END:VFREEBUSY',
    'END:VCALENDAR',
  ];
  return content.map(foldLine).join('');
}

const freeBusyLine = ({ start, end, type }: BusyPeriod): string =>
  `FREEBUSY${type === 'BUSY' ? '' : `;FBTYPE=${type}`}:${utc(start)}/${utc(end)}`;

const utc = (instant: Instant): string => formatTimeValue({ kind: 'utc', wall: instant });
