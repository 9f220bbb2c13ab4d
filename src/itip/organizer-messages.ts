import { propertyOf, type Component } from '../ical/component.ts';
import { P } from '../ical/names.ts';
import { attendeeOf, partstatOf, scheduleAgentOf, type IsMe } from './address.ts';
import { plain, withoutProperties, withProperty } from './component-edit.ts';
import {
  change,
  changedOverrides,
  lostKeys,
  priorOf,
  wholeChange,
  type ChangedOverride,
  type CopyPair,
} from './copy-differences.ts';
import { copyComponents, sentForm, type AttendeeCopy, type CopyOptions } from './copy.ts';
import { keyOfTime, MASTER, type InstanceKey } from './instance-key.ts';
import { isCancelled } from './personal.ts';
import { hasInstance, instanceOf, type Series } from './series.ts';
import { heavier, type Change, type Weight } from './significance.ts';

/** What an attendee is told by one message, before it is numbered and dated. */
export interface Step {
  readonly method: 'REQUEST' | 'CANCEL';
  readonly components: readonly Component[];
  /** `noted`: another step has told it, see OutgoingMessage. */
  readonly weight: Weight | 'noted';
  readonly why: 'invited' | 'changed' | 'answers' | 'cancelled' | 'removed' | 'forced';
  readonly changes: readonly Change[];
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
  if (before === undefined || (told.length === 0 && !isDeleted)) return [];
  const changes = told.map(([key]) => change(key, 'cancelled'));
  if (isDeleted) {
    const components = open.slice(0, 1).map(([, component]) => cancellation(wholeOf(component), me, options));
    return [{ method: 'CANCEL', components, weight: told.length === 0 ? 'noted' : 'told', why: 'cancelled', changes }];
  }
  const components = told.map(([, component]) => cancellation(onlyFor(component, me), me, options));
  return [{ method: 'CANCEL', components, weight: 'told', why: 'removed', changes }];
}

/** RFC 5546 §3.2.5: without RECURRENCE-ID all is cancelled, also for those who have only some days of it. */
const wholeOf = (component: Component): Component =>
  withoutProperties(component, ({ name }) => name === P['RECURRENCE-ID']);

/** RFC 5546 §3.2.5: what is cancelled says so; ATTENDEE of a single removal names who is removed. */
const cancellation = (component: Component, me: IsMe, options: CopyOptions): Component =>
  withProperty(sentForm(component, me, options), plain(P.STATUS, 'CANCELLED'));

const onlyFor = (component: Component, me: IsMe): Component =>
  withoutProperties(component, ({ name, value }) => name === P.ATTENDEE && !me(value));

/** He was in the series, and is in some days of it only: all is cancelled, and the days are his again. */
function narrowed(pair: CopyPair, copy: AttendeeCopy, was: Component): readonly Step[] {
  const { me, options } = pair;
  const changed = changedOverrides(pair);
  // What was cancelled with the rest has to be told, also where nothing of it is different.
  const weight = changed.reduce((most, each) => heavier(most, each.weight), 'told' as Weight);
  const components = [cancellation(onlyFor(was, me), me, options)];
  return [
    { method: 'CANCEL', components, weight: 'told', why: 'removed', changes: [change(MASTER, 'cancelled')] },
    { ...wholeRequest(copy, weight), changes: changed.map(({ told }) => told) },
  ];
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
  const weight = open.reduce((most, each) => heavier(most, each.weight), 'none' as Weight);
  const changes = open.map(({ told }) => told);
  const { after } = pair;
  const isQuiet = weight === 'none' || weight === 'quiet';
  if (isQuiet && after !== undefined && cancel.length > 0 && lost.some((key) => !hasInstance(after.series, key)))
    return [...merged, ...remainder(after, changes)];
  if (open.length === 0) return merged;
  const components = open.map(({ component }) => component);
  const why = weight === 'quiet' ? 'answers' : 'changed';
  return [...merged, { method: 'REQUEST', components, weight, why, changes }];
}

/** What stands when days are taken out of the series: CANCEL has told it already. */
function remainder({ series, copy }: NonNullable<CopyPair['after']>, changes: readonly Change[]): readonly Step[] {
  if (!hasOpenDay(series, copy)) return [];
  return [{ method: 'REQUEST', components: copyComponents(copy), weight: 'noted', why: 'changed', changes }];
}

function hasOpenDay(series: Series, { components, excluded }: AttendeeCopy): boolean {
  if ([...components].some(([key, each]) => key !== MASTER && !isCancelled(each))) return true;
  if (!components.has(MASTER)) return false;
  for (const { recurrenceId } of series.generated().instances({ from: -Infinity, to: Infinity })) {
    const key = recurrenceId && keyOfTime(recurrenceId, series.form, series.context);
    if (key === undefined || !(excluded.has(key) || components.has(key))) return true;
  }
  return false;
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
    const whole = wholeRequest(after.copy, 'told');
    const open = whole.components.map((each) => (each === is ? withStatusOf(is, was) : each));
    return [{ ...whole, components: open, changes: others.map(({ told }) => told) }, cancel];
  }
  const changed = changedOverrides(pair);
  const lost = lostKeys(pair);
  const whole = wholeChange(pair, was, is);
  if (whole.length === 0) return partialSteps(pair, changed, lost);
  const ended = changed.filter(({ told }) => told.what === 'cancelled');
  const rest = [...whole, ...changed.filter((each) => !ended.includes(each))];
  const weight = rest.reduce((most, each) => heavier(most, each.weight), 'quiet' as Weight);
  if (weight === 'quiet') {
    const partial = partialSteps(pair, ended, lost);
    if (partial.some(({ method }) => method === 'REQUEST')) return partial;
    return [...partial, { ...wholeRequest(after.copy, 'quiet'), changes: [] }];
  }
  // Days that are gone are told with the rest.
  const gone = lost.map((key) => change(key, 'cancelled'));
  const changes = [...whole, ...changed].map(({ told }) => told);
  const out = lost.filter((key) => after.copy.excluded.has(key));
  const cancel = partialSteps(pair, ended, out).filter(({ method }) => method === 'CANCEL');
  return [
    ...cancel.map((step): Step => ({ ...step, weight: 'noted' })),
    { ...wholeRequest(after.copy, weight), changes: [...changes, ...gone] },
  ];
}

/** A REQUEST has no STATUS:CANCELLED (RFC 5546 §3.2.2). */
function withStatusOf(component: Component, other: Component): Component {
  const status = propertyOf(other, P.STATUS);
  const bare = withoutProperties(component, ({ name }) => name === P.STATUS);
  return status === undefined ? bare : withProperty(bare, status);
}

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
