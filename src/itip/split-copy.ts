import { paramOf, propertyOf, type Component } from '../ical/component.ts';
import { P } from '../ical/names.ts';
import { timeOf, type Instant } from '../ical/time-value.ts';
import { instantOf } from '../ical/timezone.ts';
import { attendeeOf, type IsMe } from './address.ts';
import { plain, utcText, withProperties, withProperty } from './component-edit.ts';
import { copyComponents, copyFor } from './copy.ts';
import { MASTER, type InstanceKey } from './instance-key.ts';
import { makeCalendar, makeMessage } from './message.ts';
import { withPersonal } from './personal.ts';
import { receiveRequest } from './request.ts';
import type { Memory } from './revision.ts';
import { componentsOf, excludedKeys, hasInstance, readSeries, type Series } from './series.ts';

export interface CopySplit {
  /** Whose copy it is. */
  readonly me: IsMe;
  readonly now: Instant;
  readonly memory: Memory;
  /** The organizer's parts of the series. */
  readonly earlier: Component;
  readonly later: Component;
}

/** The parts of an attendee's copy; undefined: he is in none of those instances. */
export interface SplitCopy {
  readonly earlier: Component | undefined;
  readonly later: Component | undefined;
}

/**
 * An attendee's copy of a series that its organizer has split (caldav-recursplit §3): each part is as the organizer has it,
 * with what the attendee has for himself of these instances: alarms, answers, days that he has taken out.
 */
export function splitCopy(mine: Component, split: CopySplit): SplitCopy {
  const known = readSeries(mine);
  const [earlier, later] = [readSeries(split.earlier), readSeries(split.later)];
  if (known === undefined || earlier === undefined || later === undefined) return { earlier: undefined, later: mine };
  const at = startOf(later);
  const isEarlier = (instant: Instant): boolean => at !== undefined && instant < at;
  return {
    earlier: halfOf(known, earlier, { ...split, rings: isEarlier }),
    later: halfOf(known, later, { ...split, rings: (instant) => !isEarlier(instant) }),
  };
}

function startOf({ master, context }: Series): Instant | undefined {
  const start = master && propertyOf(master, P.DTSTART);
  const value = start && timeOf(start);
  return value && instantOf(value, context);
}

/** Whether an alarm of the series at a time of its own is of this part. */
type Rings = (instant: Instant) => boolean;

function halfOf(
  known: Series,
  half: Series,
  { me, now, memory, rings }: CopySplit & { readonly rings: Rings },
): Component | undefined {
  const copy = copyFor(half, me);
  if (copy === undefined) return undefined;
  const dated = copyComponents(copy).map((each) => withProperty(each, plain(P.DTSTAMP, utcText(now))));
  const message = makeMessage('REQUEST', dated, [half.calendar]);
  const own = ownPart(known, { half, sent: copy.components, me, rings });
  const prepared = makeCalendar(known.calendar.properties, own, [half.calendar, known.calendar]);
  const outcome = receiveRequest(own.length === 0 ? undefined : prepared, message, { me, now, memory, quiet: true });
  if (outcome.outcome === 'refused' || outcome.outcome === 'removed') return undefined;
  const made = outcome.calendar ?? (own.length === 0 ? undefined : prepared);
  return made === undefined || isEmpty(made) ? undefined : made;
}

interface Part {
  readonly half: Series;
  /** What the organizer sends of it. */
  readonly sent: ReadonlyMap<InstanceKey, Component>;
  readonly me: IsMe;
  readonly rings: Rings;
}

/** What of the copy is of this part, as though it had always been one by itself. */
function ownPart(known: Series, { half, sent, me, rings }: Part): readonly Component[] {
  const uid = plain(P.UID, half.uid);
  const overrides = new Map<InstanceKey, Component>();
  // What he has seen cancelled, the organizer may have as EXDATE.
  const excluded = excludedKeys(half);
  for (const [key, override] of known.overrides) {
    if (hasInstance(half, key) || excluded.has(key)) overrides.set(key, withProperty(override, uid));
  }
  const incoming = sent.get(MASTER);
  if (incoming === undefined || known.master === undefined) return componentsOf({ master: undefined, overrides });
  const mine = attendeeOf(known.master, me);
  const answered = withProperties(withPersonal(incoming, known.master), (property) =>
    property.name === P.ATTENDEE && mine !== undefined && me(property.value) ? mine : property,
  );
  return componentsOf({ master: withAlarms(answered, rings), overrides });
}

/** Without alarms at times of the other part: there they would ring twice. */
const withAlarms = (master: Component, rings: Rings): Component => ({
  ...master,
  components: master.components.filter((part) => {
    const trigger = part.name === 'VALARM' ? propertyOf(part, P.TRIGGER) : undefined;
    const at = trigger && paramOf(trigger, 'VALUE')?.toUpperCase() === 'DATE-TIME' ? timeOf(trigger) : undefined;
    return at === undefined || rings(at.wall);
  }),
});

/** Whether every day of it is taken out. */
function isEmpty(calendar: Component): boolean {
  const series = readSeries(calendar);
  if (series === undefined) return true;
  if (series.master === undefined || series.overrides.size > 0) return false;
  const [first] = series.generated().instances({ from: -Infinity, to: Infinity });
  return first === undefined;
}
