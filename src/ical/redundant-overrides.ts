import type { Steps } from '../base/steps.ts';
import { Refusal } from '../base/refusal.ts';
import { propertiesOf, propertyOf, type Component } from './component.ts';
import { lineOf } from './diff.ts';
import { subjectsOf } from './instance-targets.ts';
import { P } from './names.ts';
import { isPersonalComponent, isPersonalProperty } from './object-outline.ts';
import { describe, timingOf, type Timing } from './recurrence-instance.ts';
import { overrideOf, type Override } from './recurrence-overrides.ts';
import { readingRecurrenceSet, type Budget } from './recurrence.ts';
import { formatTimeValue, timeOf, type TimeValue } from './time-value.ts';
import { UTC, zonesOf, type ZoneContext } from './timezone.ts';

/** What differs between an override and its master though both say the same. */
const OWN_OF_EACH: ReadonlySet<string> = new Set([
  ...[P.DTSTART, P.DTEND, P.DUE, P.DURATION, P['RECURRENCE-ID'], P.RRULE, P.RDATE, P.EXDATE, 'EXRULE'],
  ...[P.DTSTAMP, 'LAST-MODIFIED', 'CREATED'],
]);

/** The text of a component without personal parts, the same for the same content in any order. */
export function sharedText({ name, properties, components }: Component, leftOut: ReadonlySet<string>): string {
  const lines = properties.filter((each) => !isPersonalProperty(each.name) && !leftOut.has(each.name)).map(lineOf);
  const children = components.filter((each) => !isPersonalComponent(each.name)).map(wholeText);
  return [`BEGIN:${name}`, ...lines.sort(), ...children.sort(), `END:${name}`].join('\n');
}

function wholeText({ name, properties, components }: Component): string {
  return [`BEGIN:${name}`, ...properties.map(lineOf).sort(), ...components.map(wholeText).sort(), `END:${name}`].join(
    '\n',
  );
}

/**
 * The overrides of an object that say the same as the instance that its master has anyway, but for personal parts
 * (caldav-sharing §5.5.4). None where that cannot be told: a change of all future instances, periods, faulty times, too
 * much work.
 */
export function* redundantOverrides(calendar: Component, budget: Budget): Steps<ReadonlySet<Component>> {
  const found = new Set<Component>();
  const subjects = subjectsOf(calendar);
  const overrides = subjects.filter((each) => propertyOf(each, P['RECURRENCE-ID']) !== undefined);
  const [master, second] = subjects.filter((each) => !overrides.includes(each));
  if (overrides.length === 0 || master === undefined || second !== undefined) return found;
  if (overrides.some((each) => propertyOf(each, P['RECURRENCE-ID'])?.params.has('RANGE') === true)) return found;
  if (propertiesOf(master, P.RDATE).some(({ params }) => params.get('VALUE')?.[0]?.toUpperCase() === 'PERIOD')) {
    return found;
  }
  try {
    const text = sharedText(master, OWN_OF_EACH);
    const alike: Component[] = [];
    for (const each of overrides) {
      yield;
      if (sharedText(each, OWN_OF_EACH) === text) alike.push(each);
    }
    if (alike.length === 0) return found;
    const context: ZoneContext = { zones: zonesOf(calendar), floating: UTC };
    const timing = timingOf(master, context);
    const set = yield* readingRecurrenceSet([master], context);
    if (timing === undefined || !set.recurring) return found;
    for (const component of alike) {
      yield;
      const id = timeOf(propertyOf(component, P['RECURRENCE-ID']) ?? NO_PROPERTY);
      const isThere = id !== undefined && isInForm(id, timing) && set.generates(id, budget);
      if (isThere && standsAsDerived(overrideOf(component, timing, context), timing, context)) found.add(component);
    }
  } catch (error) {
    if (error instanceof Refusal) return new Set();
    throw error;
  }
  return found;
}

const NO_PROPERTY = { name: '', params: new Map<string, readonly string[]>(), value: '', line: 0 };

const isInForm = (id: TimeValue, { anchor }: Timing): boolean => (id.kind === 'date') === (anchor.kind === 'date');

function standsAsDerived({ id, instance }: Override, timing: Timing, context: ZoneContext): boolean {
  const segment = { timing, from: -Infinity, to: Infinity, shift: undefined };
  const derived = describe(segment, id, timing.form, context);
  return (
    instance.start === derived.start &&
    instance.end === derived.end &&
    written(instance.startValue) === written(derived.startValue) &&
    (instance.endValue === undefined) === (derived.endValue === undefined)
  );
}

const written = (value: TimeValue | undefined): string =>
  value === undefined ? '' : `${value.kind === 'zoned' ? value.tzid : ''}:${formatTimeValue(value)}`;
