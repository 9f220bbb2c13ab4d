import { LIMITS } from '../base/limits.ts';
import { atOnce, type Steps } from '../base/steps.ts';
import { alarmTrigger, triggersOf, type AlarmTrigger } from './alarm-triggers.ts';
import { paramOf, propertiesOf, propertyOf, type Component } from './component.ts';
import { instantOfProperty, isUndated, recurrenceSets } from './component-times.ts';
import type { FreeBusyContext } from './freebusy.ts';
import { P } from './names.ts';
import { unionOf, type RangeSet } from './range-set.ts';
import { recurrenceSet, type Budget, type Instance } from './recurrence.ts';
import { spend } from './rrule-budget.ts';
import { intersection, type Triggers } from './time-range.ts';
import type { Instant, TimeRange } from './time-value.ts';
import { zonesOf, type ZoneContext } from './timezone.ts';

const DAY = 86_400_000;

/** One time at which an alarm fires. */
export interface AlarmInstant {
  readonly at: Instant;
  readonly alarm: Component;
  /** The VEVENT or VTODO that the alarm stands in: a master, or an override with alarms of its own. */
  readonly component: Component;
  /** The instance that the alarm is for; undefined for an absolute trigger, which is for the component as a whole. */
  readonly instance: Instance | undefined;
  /** 0 the first time, 1 to REPEAT after it. */
  readonly repetition: number;
  /** UID of the alarm that this one was snoozed from (RFC 9074 §7). */
  readonly snoozeOf: string | undefined;
}

/**
 * When the alarms of a calendar object fire in the range, in order of time: VALARM of VEVENT and VTODO (RFC 5545
 * §3.6.6), absolute ones once, relative ones for each instance by the alarms of the component that describes it. Left
 * out is what was acknowledged (RFC 9074 §6.1), an alarm that a place sets off (§8), and one whose TRIGGER cannot be
 * read. The range must be closed where the object recurs.
 *
 * @throws Refusal valid-calendar-data where the object cannot be expanded, or the budget is spent
 */
export const alarmInstants = (calendar: Component, range: TimeRange, context: FreeBusyContext): AlarmInstant[] =>
  atOnce(findingAlarms(calendar, range, context));

/** As alarmInstants; it may be interrupted after each instance. */
export function* findingAlarms(
  calendar: Component,
  range: TimeRange,
  { floating, budget = { steps: LIMITS.recurrenceSteps.default } }: FreeBusyContext,
): Steps<AlarmInstant[]> {
  const context = { floating, zones: zonesOf(calendar) };
  const question: Question = { range, context, budget };
  const found: AlarmInstant[] = [];
  const subjects = calendar.components.filter(({ name }) => name === 'VEVENT' || name === 'VTODO');
  for (const members of recurrenceSets(subjects)) {
    const alarms = new Map(members.map((member) => [member, alarmsOf(member, context)]));
    addAbsolute(found, alarms, question);
    yield* addRelative(found, alarms, question);
  }
  return found.sort((one, other) => one.at - other.at);
}

interface Question {
  readonly range: TimeRange;
  readonly context: ZoneContext;
  readonly budget: Budget;
}

interface Alarm {
  readonly alarm: Component;
  readonly trigger: AlarmTrigger;
  readonly acknowledged: Instant;
  readonly snoozeOf: string | undefined;
}

type Alarms = ReadonlyMap<Component, readonly Alarm[]>;

function alarmsOf(member: Component, context: ZoneContext): readonly Alarm[] {
  return member.components.flatMap((alarm) => {
    // RFC 9074 §8: beside PROXIMITY a TRIGGER has to be present, and is ignored.
    if (alarm.name !== 'VALARM' || propertyOf(alarm, P.PROXIMITY) !== undefined) return [];
    const trigger = alarmTrigger(alarm, context);
    if (trigger === undefined) return [];
    const acknowledged = instantOfProperty(alarm, P.ACKNOWLEDGED, context) ?? -Infinity;
    return [{ alarm, trigger, acknowledged, snoozeOf: originalOf(alarm) }];
  });
}

function originalOf(alarm: Component): string | undefined {
  const relations = propertiesOf(alarm, P['RELATED-TO']);
  return relations.find((relation) => paramOf(relation, 'RELTYPE')?.toUpperCase() === 'SNOOZE')?.value;
}

/** Once, however often the component recurs; overrides often hold a copy of the same alarm. */
function addAbsolute(found: AlarmInstant[], alarms: Alarms, question: Question): void {
  const seen = new Set<string>();
  for (const [component, own] of alarms) {
    for (const each of own) {
      if (each.trigger.at === undefined) continue;
      const uid = propertyOf(each.alarm, P.UID)?.value;
      const key = `${each.trigger.at} ${uid ?? ''}`;
      if (uid !== undefined && seen.has(key)) continue;
      seen.add(key);
      addInstants(found, each, { component, instance: undefined }, question);
    }
  }
}

function* addRelative(found: AlarmInstant[], alarms: Alarms, question: Question): Steps<void> {
  const { context, budget } = question;
  const relative = new Map(
    [...alarms].map(([member, own]) => [member, own.filter(({ trigger }) => isRelative(trigger))]),
  );
  const windows = windowsOf([...relative.values()].flat(), question.range);
  if (windows.length === 0) return;
  const dated = [...alarms.keys()].filter((member) => !isUndated(member) || propertyOf(member, P['RECURRENCE-ID']));
  const set = recurrenceSet(dated, context);
  let before = -Infinity;
  for (const { start, end } of windows) {
    for (const instance of set.instances({ from: start, to: end }, budget)) {
      yield;
      // One that also lies in an earlier window was seen there.
      if (instance.start < before) continue;
      const { component } = instance;
      for (const each of relative.get(component) ?? []) {
        addInstants(found, each, { component, instance }, question);
      }
    }
    before = end;
  }
}

const isRelative = ({ at }: AlarmTrigger): boolean => at === undefined;

/** Days are nominal (RFC 5545 §3.3.6): a change of the clock moves a trigger so far at most. */
const SLACK = DAY;

/** Where an instance starts or ends, if one of the alarms is to fire in the range for it. */
function windowsOf(alarms: readonly Alarm[], range: TimeRange): RangeSet {
  return unionOf(
    alarms.map(({ trigger: { offset, repeat, every } }) => {
      const length = offset.days * DAY + offset.exact;
      return { start: range.start - length - repeat * every - SLACK, end: range.end - length + SLACK };
    }),
  );
}

type Place = Pick<AlarmInstant, 'component' | 'instance'>;

function addInstants(
  found: AlarmInstant[],
  { alarm, trigger, acknowledged, snoozeOf }: Alarm,
  place: Place,
  { range, context, budget }: Question,
): void {
  spend(budget);
  const triggers = triggersOf(trigger, place.instance, context);
  // Acknowledged at the trigger time or later: it is not to fire again.
  const open = intersection(range, { start: acknowledged + 1, end: Infinity });
  if (triggers === undefined || open === undefined) return;
  const { first, every } = triggers;
  for (let repetition = firstIn(open, triggers); repetition <= triggers.repeat; repetition++) {
    const at = first + repetition * every;
    if (at >= open.end) break;
    spend(budget);
    found.push({ at, alarm, ...place, repetition, snoozeOf });
  }
}

/** The number of the first trigger that is not before the range. */
function firstIn({ start }: TimeRange, { first, every }: Triggers): number {
  if (first >= start) return 0;
  return every > 0 ? Math.ceil((start - first) / every) : 1;
}
