import type { Steps } from '../base/steps.ts';
import type { Property } from './component.ts';
import { P } from './names.ts';
import type { Series, SplitPoint } from './split-point.ts';
import { isLater } from './split-point.ts';
import { periodsOf, type Instant, type Period } from './time-value.ts';
import { zoneOfTime } from './timezone.ts';

/** The values of one RDATE or EXDATE in the two parts of a series; '' where no entry is left. */
export interface SplitList {
  readonly earlier: string;
  readonly later: string;
}

/** Entries that are read between two breaks. */
const ENTRIES = 500;

/**
 * What becomes of RDATE and EXDATE, caldav-recursplit §3: each entry goes with its instance. What DTSTART says in the later
 * part, which begins at `start`, need not be said twice.
 */
export function* splittingLists(
  series: Series,
  point: SplitPoint,
  start: Instant | undefined,
): Steps<ReadonlyMap<Property, SplitList>> {
  const lists = new Map<Property, SplitList>();
  for (const property of series.master.properties) {
    if (property.name !== P.RDATE && property.name !== P.EXDATE) continue;
    const isRdate = property.name === P.RDATE;
    const earlier: string[] = [];
    const later: string[] = [];
    for (const [index, entry] of property.value.split(',').entries()) {
      if (index % ENTRIES === 0) yield;
      const [period] = periodsOf({ ...property, value: entry });
      if (period === undefined) continue;
      if (!isLater(period.start, series, point)) earlier.push(entry);
      else if (!isRdate || !isPlainAt(period, series, start)) later.push(entry);
    }
    lists.set(property, { earlier: earlier.join(','), later: later.join(',') });
  }
  return lists;
}

/** Whether an entry is a time without an end of its own, and that of an instant. */
function isPlainAt({ start, end, duration }: Period, { form, context }: Series, instant: Instant | undefined): boolean {
  if (end !== undefined || duration !== undefined || (start.kind === 'date') !== (form.kind === 'date')) return false;
  return (start.kind === 'floating' ? form.zone : zoneOfTime(start, context)).toUtc(start.wall) === instant;
}
