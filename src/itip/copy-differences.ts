import type { Component } from '../ical/component.ts';
import { P } from '../ical/names.ts';
import { unfolded } from '../ical/write.ts';
import type { IsMe } from './address.ts';
import { sentForm, type AttendeeCopy, type CopyOptions } from './copy.ts';
import { MASTER, type InstanceKey } from './instance-key.ts';
import { isCancelled } from './personal.ts';
import { derivedInstance, hasInstance, keysOfList, type Series } from './series.ts';
import { compareComponents, type Change, type Weight } from './significance.ts';

/** An attendee's part in an object before and after a change. */
export interface CopyPair {
  readonly before: { readonly series: Series; readonly copy: AttendeeCopy } | undefined;
  readonly after: { readonly series: Series; readonly copy: AttendeeCopy } | undefined;
  readonly me: IsMe;
  readonly options: CopyOptions;
  /** The object is deleted, for him and all others. */
  readonly isDeleted: boolean;
}

/** A line of what is different, for the text of a mail. */
export function change(
  instance: InstanceKey,
  what: Change['what'],
  properties: readonly string[] = [],
  before?: Component,
): Change {
  const was = before === undefined ? [] : linesBefore(before, properties);
  return { instance, what, properties, ...(was.length === 0 ? {} : { was }) };
}

/** Short texts and times: a mail says what they were. */
const TOLD_BEFORE: ReadonlySet<string> = new Set([P.SUMMARY, P.LOCATION, P.STATUS]);
const TIMES: ReadonlySet<string> = new Set([P.DTSTART, P.DTEND, P.DUE, P.DURATION, P.RRULE]);
/** Of a line that a mail repeats. */
const LONGEST = 1000;

function linesBefore({ properties: all }: Component, changed: readonly string[]): readonly string[] {
  const isOtherTime = changed.some((name) => TIMES.has(name));
  return all
    .filter(({ name }) => (isOtherTime && TIMES.has(name)) || (TOLD_BEFORE.has(name) && changed.includes(name)))
    .map(unfolded)
    .filter(({ length }) => length <= LONGEST);
}

/** What a component was before the first of two changes of it; what the first has brought in, nobody knew. */
export function wasBefore(first: Change, second: Change): readonly string[] | undefined {
  const changed = new Set(first.properties);
  const isOtherTime = first.properties.some((name) => TIMES.has(name));
  const later = (second.was ?? []).filter((line) => {
    const name = /^[^:;]*/.exec(line)?.[0] ?? '';
    return !changed.has(name) && !(isOtherTime && TIMES.has(name));
  });
  const was = [...(first.was ?? []), ...later];
  return was.length === 0 ? undefined : was;
}

/** An override that is not what the instance was, and how much that matters. */
export interface ChangedOverride {
  readonly key: InstanceKey;
  readonly component: Component;
  readonly weight: Weight;
  readonly told: Change;
}

/** Overrides of the new copy that say something else than the instance was before. */
export function changedOverrides({ before, after, me, options }: CopyPair): readonly ChangedOverride[] {
  if (before === undefined || after === undefined) return [];
  const contexts = { before: before.series.context, after: after.series.context, me };
  const found: ChangedOverride[] = [];
  for (const [key, component] of after.copy.components) {
    if (key === MASTER) continue;
    const prior = priorOf(before, key, me, options);
    if (prior === undefined) {
      const isBack = before.copy.excluded.has(key) || isRecurringDay(before.series, key);
      const told = change(key, isBack ? 'reinstated' : 'new');
      if (!isCancelled(component)) found.push({ key, component, weight: 'asked', told });
      continue;
    }
    if (isCancelled(prior) && isCancelled(component)) continue;
    const { weight, properties } = compareComponents(prior, component, contexts);
    const what = isCancelled(component) ? 'cancelled' : isCancelled(prior) ? 'reinstated' : 'changed';
    if (weight !== 'none') found.push({ key, component, weight, told: change(key, what, properties, prior) });
  }
  return found;
}

const isRecurringDay = (series: Series, key: InstanceKey): boolean => hasInstance(series, key);

/** An instance as the attendee had it. */
export function priorOf(
  { series, copy }: NonNullable<CopyPair['before']>,
  key: InstanceKey,
  me: IsMe,
  options: CopyOptions,
): Component | undefined {
  const own = copy.components.get(key);
  if (own !== undefined || !copy.components.has(MASTER) || copy.excluded.has(key)) return own;
  const derived = derivedInstance(series, key);
  return derived && sentForm(derived, me, options);
}

/** Days that were his and are no more. */
export function lostKeys({ before, after }: CopyPair): readonly InstanceKey[] {
  if (before === undefined || after === undefined) return [];
  const lost = new Set<InstanceKey>();
  for (const key of after.copy.excluded) {
    if (!before.copy.excluded.has(key) && hasInstance(before.series, key)) lost.add(key);
  }
  for (const key of before.copy.components.keys()) {
    if (key === MASTER || after.copy.components.has(key)) continue;
    if (!after.copy.components.has(MASTER) || !hasInstance(after.series, key)) lost.add(key);
  }
  return [...lost].sort();
}

/** What only the whole series can say: a change of the master, and days that are the master's again. */
export function wholeChange(
  pair: CopyPair,
  was: Component,
  is: Component,
): readonly { weight: Weight; told: Change }[] {
  const { before, after, me } = pair;
  if (before === undefined || after === undefined) return [];
  const contexts = { before: before.series.context, after: after.series.context, me };
  const found: { weight: Weight; told: Change }[] = [];
  const { weight, properties } = compareComponents(was, is, contexts);
  if (weight !== 'none') {
    const what = isCancelled(was) ? 'reinstated' : 'changed';
    found.push({ weight, told: change(MASTER, what, properties, was) });
  }
  if (isOtherSet(keysOfList(before.series, was, P.RDATE), keysOfList(after.series, is, P.RDATE))) {
    found.push({ weight: 'asked', told: change(MASTER, 'changed', [P.RDATE]) });
  }
  for (const key of before.copy.excluded) {
    const isBack = !after.copy.excluded.has(key) && !after.copy.components.has(key) && hasInstance(after.series, key);
    if (isBack) found.push({ weight: 'asked', told: change(key, 'reinstated') });
  }
  for (const [key, override] of before.copy.components) {
    if (key === MASTER || after.copy.components.has(key) || after.copy.excluded.has(key)) continue;
    const derived = derivedInstance(after.series, key);
    if (derived === undefined) continue;
    const compared = compareComponents(override, sentForm(derived, me, pair.options), contexts);
    if (compared.weight !== 'none') {
      found.push({ weight: compared.weight, told: change(key, 'changed', compared.properties, override) });
    }
  }
  return found;
}

const isOtherSet = (one: ReadonlySet<string>, other: ReadonlySet<string>): boolean =>
  one.size !== other.size || [...one].some((each) => !other.has(each));
