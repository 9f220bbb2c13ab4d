import { DAY } from '../base/clock.ts';
import { inTurns, type Turns } from '../base/turns.ts';
import { readingRecurrenceSet, type Instance, type RecurrenceSet } from '../ical/recurrence.ts';
import type { Instant } from '../ical/time-value.ts';
import type { Zone } from '../ical/timezone.ts';
import { keyOfTime, type InstanceKey } from '../itip/instance-key.ts';
import { isCancelled } from '../itip/personal.ts';
import type { Series } from '../itip/series.ts';
import type { CalendarContext } from './context.ts';
import { isFault } from './fault.ts';

/** Days that are listed to choose from. */
const MOST_DAYS = 40;

/** When what somebody is invited to takes place, from now on. */
export interface InvitedTimes {
  readonly isSeries: boolean;
  /** The next instance that is not cancelled, or the last one. */
  readonly next: Instance | undefined;
  readonly days: readonly { readonly key: InstanceKey; readonly instance: Instance }[];
  readonly hasMore: boolean;
  readonly isOver: boolean;
}

/** For so long after its end somebody can still answer. */
const GRACE = DAY;

/** The days to come of a recipient's own copy, a bounded number of them. */
export async function invitedTimes(
  { limits, clock }: CalendarContext,
  { copy, floating, turns }: { readonly copy: Series; readonly floating: Zone; readonly turns: Turns },
): Promise<InvitedTimes> {
  const members = [...(copy.master === undefined ? [] : [copy.master]), ...copy.overrides.values()];
  const zoned = { zones: copy.context.zones, floating };
  const isSeries = copy.master === undefined;
  try {
    const set = await inTurns(readingRecurrenceSet(members, zoned), turns);
    const extent = await inTurns(set.findingExtent({ steps: limits.recurrenceSteps }), turns);
    const since = clock() - GRACE;
    const isOver = extent !== undefined && extent.last <= since;
    const found = upcoming(set, {
      from: isOver ? -Infinity : since,
      steps: limits.recurrenceSteps,
      most: isOver ? 1 : MOST_DAYS + 1,
    });
    const next = found.find(({ component }) => !isCancelled(component)) ?? found[0];
    if (!set.recurring && !isSeries) return { isSeries, next, days: [], hasMore: false, isOver };
    const days = found.slice(0, MOST_DAYS).flatMap((instance) => {
      const { recurrenceId } = instance;
      return recurrenceId === undefined ? [] : [{ key: keyOfTime(recurrenceId, copy.form, copy.context), instance }];
    });
    return { isSeries: true, next, days, hasMore: found.length > MOST_DAYS, isOver };
  } catch (error) {
    // A rule that takes too long to follow: the series is shown, and answered as a whole.
    if (!isFault(error)) throw error;
    return { isSeries, next: undefined, days: [], hasMore: true, isOver: false };
  }
}

function upcoming(
  set: RecurrenceSet,
  { from, steps, most }: { readonly from: Instant; readonly steps: number; readonly most: number },
): readonly Instance[] {
  const found: Instance[] = [];
  for (const instance of set.instances({ from, to: Infinity }, { steps })) {
    found.push(instance);
    if (found.length >= most) break;
  }
  return found;
}
