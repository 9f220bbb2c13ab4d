import { atOnce, type Steps } from '../base/steps.ts';
import { propertyOf, type Component, type Property } from './component.ts';
import { instanceOverlaps, ownInstance, periodRanges, recurrenceSets } from './component-times.ts';
import { decodingOctets } from './content-line.ts';
import type { DataRequest } from './data-request.ts';
import { expandingText } from './expand.ts';
import { P } from './names.ts';
import { parsingCalendar } from './parse.ts';
import { copyingComponent, createRawText, type Edited } from './raw-text.ts';
import type { Budget } from './recurrence.ts';
import { periodOverlaps } from './time-range.ts';
import { periodsOf, timeOf, type TimeRange } from './time-value.ts';
import { instantOf, zonesOf, type Zone, type ZoneContext } from './timezone.ts';
import { writeProperty } from './write.ts';

export type { CompSelection, DataRequest } from './data-request.ts';

export interface DataContext {
  readonly floating: Zone;
  readonly budget?: Budget | undefined;
  /** The octets parsed, where that is at hand already. */
  readonly calendar?: Component | undefined;
}

/**
 * What CALDAV:calendar-data of an answer holds (RFC 4791 §9.6). Without a request, the octets as they are; else their
 * lines as they came, but for what expand (§9.6.5), limit-freebusy-set (§9.6.7) and novalue (§9.6.4) write anew.
 *
 * @throws Refusal valid-calendar-data where the object cannot be parsed or expanded, or the budget is spent
 */
export const calendarData = (octets: Uint8Array, request: DataRequest | undefined, context: DataContext): string =>
  atOnce(cuttingData(octets, request, context));

/** As calendarData; it may be interrupted between two lines, components or instances. */
export function* cuttingData(
  octets: Uint8Array,
  request: DataRequest | undefined,
  context: DataContext,
): Steps<string> {
  const text = (yield* decodingOctets(octets)) ?? new TextDecoder().decode(octets);
  if (request === undefined || isEmpty(request)) return text;
  yield;
  const calendar = context.calendar ?? (yield* parsingCalendar(text));
  const zoned = { floating: context.floating, budget: context.budget, zones: zonesOf(calendar) };
  const raw = createRawText(text);
  yield;
  const edit = request.limitFreebusySet ? limitFreebusy(request.limitFreebusySet, zoned) : keep;
  if (request.expand) {
    return yield* expandingText({ calendar, raw, edit, comp: request.comp, range: request.expand }, zoned);
  }
  const dropped = request.limitRecurrenceSet
    ? yield* findingUnaffecting(calendar, request.limitRecurrenceSet, zoned)
    : NONE;
  const child = (component: Component): [] | undefined => (dropped.has(component) ? [] : undefined);
  return (yield* copyingComponent(calendar, { raw, selection: request.comp ?? 'all', edit, child })).join('');
}

const NONE: ReadonlySet<Component> = new Set();
const keep = (property: Property): Property => property;

const isEmpty = ({ comp, expand, limitRecurrenceSet, limitFreebusySet }: DataRequest): boolean =>
  !comp && !expand && !limitRecurrenceSet && !limitFreebusySet;

/** The periods of FREEBUSY that intersect the range (RFC 4791 §9.6.7). */
function limitFreebusy(range: TimeRange, context: ZoneContext) {
  return (property: Property): Edited<never> => {
    if (property.name !== P.FREEBUSY) return property;
    const pieces = property.value.split(',').filter((piece) => piece.trim() !== '');
    const periods = periodsOf(property);
    const kept = pieces.filter((_, i) =>
      periodRanges([periods[i]], context).some((period) => periodOverlaps(range, period)),
    );
    if (kept.length === pieces.length) return property;
    return kept.length === 0 ? undefined : writeProperty({ ...property, value: kept.join(',') });
  };
}

/** Overrides that have no bearing on the range (RFC 4791 §9.6.6). */
function* findingUnaffecting(
  calendar: Component,
  range: TimeRange,
  context: ZoneContext,
): Steps<ReadonlySet<Component>> {
  const dropped = new Set<Component>();
  for (const members of recurrenceSets(calendar.components)) {
    const master = members.find((member) => !propertyOf(member, P['RECURRENCE-ID']));
    for (const member of members) {
      yield;
      if (!affects(member, master, range, context)) dropped.add(member);
    }
  }
  return dropped;
}

function affects(component: Component, master: Component | undefined, range: TimeRange, context: ZoneContext): boolean {
  const property = propertyOf(component, P['RECURRENCE-ID']);
  const value = property && timeOf(property);
  if (value === undefined) return true;
  const present = ownInstance(component, context);
  const id = instantOf(value, context);
  if (property?.params.get('RANGE')?.[0]?.toUpperCase() === 'THISANDFUTURE') {
    return Math.min(id, present?.start ?? id) < range.end;
  }
  if (present && instanceOverlaps(present, range)) return true;
  const first = master && ownInstance(master, context);
  // The original time: that of the master, moved to the recurrence id.
  const length = first ? first.end - first.start : 0;
  const original = { ...(first ?? present), component: master ?? component, start: id, end: id + length };
  return instanceOverlaps(
    { recurrenceId: value, startValue: value, endValue: undefined, isOverride: false, ...original },
    range,
  );
}
