import type { Component } from '../ical/component.ts';
import { P } from '../ical/names.ts';
import { attendeeOf, partstatOf, scheduleAgentOf, type IsMe } from './address.ts';
import { plain, withoutProperties, withProperty } from './component-edit.ts';
import { copyComponents, sentForm, type AttendeeCopy, type CopyOptions } from './copy.ts';
import { MASTER, type InstanceKey } from './instance-key.ts';
import { isCancelled } from './personal.ts';
import { derivedInstance, hasInstance, instanceOf, keysOfList, type Series } from './series.ts';
import { compareComponents, heavier, type Change, type Weight } from './significance.ts';

/** What an attendee is told by one message, before it is numbered and dated. */
export interface Step {
  readonly method: 'REQUEST' | 'CANCEL';
  readonly components: readonly Component[];
  readonly weight: Weight;
  readonly why: 'invited' | 'changed' | 'answers' | 'cancelled' | 'removed' | 'forced';
  readonly changes: readonly Change[];
}

/** An attendee's part in an object before and after a change. */
export interface CopyPair {
  readonly before: { readonly series: Series; readonly copy: AttendeeCopy } | undefined;
  readonly after: { readonly series: Series; readonly copy: AttendeeCopy } | undefined;
  readonly me: IsMe;
  readonly options: CopyOptions;
  /** The object is deleted, for him and all others. */
  readonly isDeleted: boolean;
}

/** RFC 6638 §3.2.1: which messages an attendee needs, and no more. */
export function stepsFor(pair: CopyPair): readonly Step[] {
  const { before, after } = pair;
  if (before === undefined && after === undefined) return [];
  if (before === undefined) return after === undefined ? [] : invitation(after.copy);
  if (after === undefined) return removal(pair, before.copy);
  const [was, is] = [before.copy.components.get(MASTER), after.copy.components.get(MASTER)];
  if (was === undefined && is !== undefined)
    return [{ ...wholeRequest(after.copy, 'asked'), changes: [change(MASTER, 'new')] }];
  if (was !== undefined && is === undefined) return narrowed(pair, after.copy, was);
  return was === undefined || is === undefined ? ofInstances(pair) : ofSeries(pair, was, is);
}

const change = (instance: InstanceKey, what: Change['what'], properties: readonly string[] = []): Change => ({
  instance,
  what,
  properties,
});

function invitation(copy: AttendeeCopy): readonly Step[] {
  // An object that is cancelled when it is first seen is nothing to be invited to.
  if ([...copy.components.values()].every(isCancelled)) return [];
  const changes = [...copy.components.keys()].map((key) => change(key, 'new'));
  return [{ method: 'REQUEST', components: copyComponents(copy), weight: 'asked', why: 'invited', changes }];
}

const wholeRequest = (copy: AttendeeCopy, weight: Weight): Omit<Step, 'changes'> => ({
  method: 'REQUEST',
  components: copyComponents(copy),
  weight,
  why: weight === 'quiet' ? 'answers' : 'changed',
});

/** The attendee is in nothing of it any more. */
function removal({ before, isDeleted, me, options }: CopyPair, copy: AttendeeCopy): readonly Step[] {
  const master = copy.components.get(MASTER);
  const open = master === undefined ? [...copy.components] : [[MASTER, master] as const];
  const told = open.filter(([, component]) => !isCancelled(component));
  if (told.length === 0 || before === undefined) return [];
  const components = told.map(([, component]) =>
    cancellation(isDeleted ? component : onlyFor(component, me), me, options),
  );
  const changes = told.map(([key]) => change(key, 'cancelled'));
  return [{ method: 'CANCEL', components, weight: 'told', why: isDeleted ? 'cancelled' : 'removed', changes }];
}

/** RFC 5546 §3.2.5: what is cancelled says so; ATTENDEE of a single removal names who is removed. */
const cancellation = (component: Component, me: IsMe, options: CopyOptions): Component =>
  withProperty(sentForm(component, me, options), plain(P.STATUS, 'CANCELLED'));

const onlyFor = (component: Component, me: IsMe): Component =>
  withoutProperties(component, ({ name, value }) => name === P.ATTENDEE && !me(value));

/** He was in the series, and is in some days of it only: all is cancelled, and the days are his again. */
function narrowed(pair: CopyPair, copy: AttendeeCopy, was: Component): readonly Step[] {
  const { me, options } = pair;
  const changed = changedOverrides(pair);
  const weight = changed.reduce((most, each) => heavier(most, each.weight), 'quiet' as Weight);
  const components = [cancellation(onlyFor(was, me), me, options)];
  return [
    { method: 'CANCEL', components, weight: 'told', why: 'removed', changes: [change(MASTER, 'cancelled')] },
    { ...wholeRequest(copy, weight), changes: changed.map(({ told }) => told) },
  ];
}

interface ChangedOverride {
  readonly key: InstanceKey;
  readonly component: Component;
  readonly weight: Weight;
  readonly told: Change;
}

/** Overrides of the new copy that say something else than the instance was before. */
function changedOverrides({ before, after, me, options }: CopyPair): readonly ChangedOverride[] {
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
    if (weight !== 'none') found.push({ key, component, weight, told: change(key, what, properties) });
  }
  return found;
}

const isRecurringDay = (series: Series, key: InstanceKey): boolean => hasInstance(series, key);

/** An instance as the attendee had it. */
function priorOf(
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
function lostKeys({ before, after }: CopyPair): readonly InstanceKey[] {
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

function cancelSteps(pair: CopyPair, lost: readonly InstanceKey[]): readonly Step[] {
  const { before, after, me, options } = pair;
  if (before === undefined) return [];
  const open = lost.flatMap((key) => {
    const prior = priorOf(before, key, me, options) ?? instanceOf(before.series, key);
    if (prior === undefined || isCancelled(prior)) return [];
    const isGone = after === undefined || !hasInstance(after.series, key);
    return [{ key, component: cancellation(isGone ? prior : onlyFor(prior, me), me, options) }];
  });
  if (open.length === 0) return [];
  const changes = open.map(({ key }) => change(key, 'cancelled'));
  return [
    { method: 'CANCEL', components: open.map(({ component }) => component), weight: 'told', why: 'cancelled', changes },
  ];
}

/** The changed overrides alone: REQUEST for those that stand, CANCEL for those that say so themselves. */
function partialSteps(
  pair: CopyPair,
  changed: readonly ChangedOverride[],
  lost: readonly InstanceKey[],
): readonly Step[] {
  const ended = changed.filter(({ told }) => told.what === 'cancelled');
  const open = changed.filter((each) => !ended.includes(each));
  const cancel = cancelSteps(pair, lost);
  const own: Step[] = ended.length === 0 ? [] : [cancelOf(ended)];
  const merged = cancel[0] === undefined || own[0] === undefined ? [...cancel, ...own] : [merge(cancel[0], own[0])];
  if (open.length === 0) return merged;
  const weight = open.reduce((most, each) => heavier(most, each.weight), 'none' as Weight);
  const components = open.map(({ component }) => component);
  const why = weight === 'quiet' ? 'answers' : 'changed';
  return [...merged, { method: 'REQUEST', components, weight, why, changes: open.map(({ told }) => told) }];
}

const cancelOf = (ended: readonly ChangedOverride[]): Step => ({
  method: 'CANCEL',
  components: ended.map(({ component }) => component),
  weight: 'told',
  why: 'cancelled',
  changes: ended.map(({ told }) => told),
});

const merge = (one: Step, other: Step): Step => ({
  ...one,
  components: [...one.components, ...other.components],
  changes: [...one.changes, ...other.changes],
});

const ofInstances = (pair: CopyPair): readonly Step[] => partialSteps(pair, changedOverrides(pair), lostKeys(pair));

function ofSeries(pair: CopyPair, was: Component, is: Component): readonly Step[] {
  const { before, after, me, options } = pair;
  if (before === undefined || after === undefined) return [];
  if (isCancelled(is)) {
    if (isCancelled(was)) return [];
    const components = [cancellation(is, me, options)];
    const changes = [change(MASTER, 'cancelled')];
    const cancel: Step = { method: 'CANCEL', components, weight: 'told', why: 'cancelled', changes };
    // CANCEL says that it is off, and nothing else: what else is different has to be told before.
    const others = wholeChange(pair, was, is).filter(({ told }) => told.properties.some((name) => name !== P.STATUS));
    if (others.length === 0) return [cancel];
    return [{ ...wholeRequest(after.copy, 'told'), changes: others.map(({ told }) => told) }, cancel];
  }
  const changed = changedOverrides(pair);
  const lost = lostKeys(pair);
  const whole = wholeChange(pair, was, is);
  if (whole.length === 0) return partialSteps(pair, changed, lost);
  const ended = changed.filter(({ told }) => told.what === 'cancelled');
  const rest = [...whole, ...changed.filter((each) => !ended.includes(each))];
  const weight = rest.reduce((most, each) => heavier(most, each.weight), 'quiet' as Weight);
  if (weight === 'quiet')
    return [...partialSteps(pair, ended, lost), { ...wholeRequest(after.copy, 'quiet'), changes: [] }];
  // Days that are gone are told with the rest.
  const gone = lost.map((key) => change(key, 'cancelled'));
  const changes = [...whole, ...changed].map(({ told }) => told);
  return [{ ...wholeRequest(after.copy, weight), changes: [...changes, ...gone] }];
}

/** What only the whole series can say: a change of the master, and days that are the master's again. */
function wholeChange(pair: CopyPair, was: Component, is: Component): readonly { weight: Weight; told: Change }[] {
  const { before, after, me } = pair;
  if (before === undefined || after === undefined) return [];
  const contexts = { before: before.series.context, after: after.series.context, me };
  const found: { weight: Weight; told: Change }[] = [];
  const { weight, properties } = compareComponents(was, is, contexts);
  if (weight !== 'none') {
    found.push({ weight, told: change(MASTER, isCancelled(was) ? 'reinstated' : 'changed', properties) });
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
      found.push({ weight: compared.weight, told: change(key, 'changed', compared.properties) });
    }
  }
  return found;
}

const isOtherSet = (one: ReadonlySet<string>, other: ReadonlySet<string>): boolean =>
  one.size !== other.size || [...one].some((each) => !other.has(each));

/** What a change is for this attendee alone: his own answer is asked for again. */
export function ownChanges(pair: Pick<CopyPair, 'before' | 'after' | 'me'>): string {
  const { before, after, me } = pair;
  if (before === undefined || after === undefined) return '';
  const parts: string[] = [];
  for (const [key, component] of after.copy.components) {
    const prior = before.copy.components.get(key) ?? before.copy.components.get(MASTER);
    const [was, is] = [prior && attendeeOf(prior, me), attendeeOf(component, me)];
    if (was === undefined || is === undefined) continue;
    const own = `${partstatOf(was)}>${partstatOf(is)} ${was.params.get('RSVP')?.[0] ?? ''}>${is.params.get('RSVP')?.[0] ?? ''}`;
    parts.push(`${key}=${own} ${scheduleAgentOf(is)}`);
  }
  return parts.join('|');
}
