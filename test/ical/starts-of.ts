import { Refusal } from '../../src/base/refusal.ts';
import { parseCalendar } from '../../src/ical/parse.ts';
import { recurrenceSet, type RecurrenceSet } from '../../src/ical/recurrence.ts';
import { UTC, zonesOf } from '../../src/ical/timezone.ts';
import { calendar } from './calendar-text.ts';

/** The recurrence set of one VEVENT with these lines. */
export function setOf(...lines: readonly string[]): RecurrenceSet {
  const source = parseCalendar(calendar('BEGIN:VEVENT', 'UID:1', ...lines, 'END:VEVENT'));
  return recurrenceSet(source.components, { zones: zonesOf(source), floating: UTC });
}

/** The first starts up to an instant. Undefined when the set is refused, or its rule is too sparse to be looked at. */
export function startsOf(make: () => RecurrenceSet, most: number, to: number): number[] | undefined {
  const starts: number[] = [];
  try {
    for (const instance of make().instances({ from: -Infinity, to }, { steps: 100_000 })) {
      starts.push(instance.start);
      if (starts.length === most) break;
    }
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    throw error;
  }
  return starts;
}
