import type { Component } from '../ical/component.ts';
import { P } from '../ical/names.ts';
import { propertyOf } from '../ical/component.ts';
import { contentDigest, digestsOf } from './content-digest.ts';
import { copyFor, type CopyOptions } from './copy.ts';
import { MASTER, type InstanceKey } from './instance-key.ts';
import { makeCalendar, type ItipMessage } from './message.ts';
import { attendeesOf, partstatOf, type IsMe } from './address.ts';
import { isCancelled } from './personal.ts';
import { byKey, derivedInstance, readSeries, type Series } from './series.ts';

/**
 * What somebody knows of a meeting, or its organizer of an answer: a digest by instance key. Days that are no more than their
 * series says may be in it or not, see isSameTold.
 */
export type Told = Readonly<Record<InstanceKey, string>>;

export const NOTHING_TOLD: Told = {};

/** Instead of a digest: that day is off. */
const OFF = 'off';

/** What its receiver knows after a message, who knew `told` before. */
export function toldAfter(told: Told, message: ItipMessage): Told {
  const series = readSeries(message.calendar);
  if (series === undefined) return told;
  const { method } = message;
  const keys = byKey(series);
  const said = Object.fromEntries(digestsOf(message, series));
  if (method === 'REQUEST') return keys.has(MASTER) ? said : { ...told, ...said };
  if (method === 'CANCEL') {
    if (keys.has(MASTER)) return NOTHING_TOLD;
    return { ...told, ...Object.fromEntries([...keys.keys()].map((key) => [key, OFF])) };
  }
  return method === 'REPLY' ? { ...told, ...withoutSilence(said, series) } : told;
}

/** Who says that he has not answered yet says nothing. */
function withoutSilence(said: Told, series: Series): Told {
  const isSilent = (component: Component | undefined): boolean =>
    component !== undefined &&
    propertyOf(component, P.COMMENT) === undefined &&
    [...attendeesOf(component).values()].every((each) => partstatOf(each) === 'NEEDS-ACTION');
  const components = byKey(series);
  return Object.fromEntries(
    Object.entries(said).map(([key, digest]) => [key, isSilent(components.get(key)) ? '' : digest]),
  );
}

/** What an attendee is to know of an organizer's object. */
export function toldOfCopy(organized: Component | undefined, me: IsMe, options: CopyOptions = {}): Told {
  const series = organized && readSeries(organized);
  const copy = series && copyFor(series, me, options);
  if (series === undefined || copy === undefined) return NOTHING_TOLD;
  const components = [...copy.components.values()];
  if (components.every(isCancelled)) return NOTHING_TOLD;
  const own = readSeries(makeCalendar([], components, [series.calendar])) ?? series;
  return Object.fromEntries([...byKey(own)].map(([key, component]) => [key, contentDigest(component, own)]));
}

/**
 * Whether two states are the same for who is told them: a day that says what its series says is nothing by itself.
 *
 * @param calendar the organizer's object, or a copy, in the later state
 */
export function isSameTold(one: Told, other: Told, calendar?: Component): boolean {
  const keys = new Set([...Object.keys(one), ...Object.keys(other)]);
  const differing = [...keys].filter((key) => (one[key] ?? '') !== (other[key] ?? ''));
  if (differing.length === 0) return true;
  const series = calendar && readSeries(calendar);
  if (series?.master === undefined || one[MASTER] === undefined || one[MASTER] !== other[MASTER]) return false;
  return differing.every((key) => {
    if (one[key] !== undefined && other[key] !== undefined) return false;
    const derived = derivedInstance(series, key);
    return derived !== undefined && contentDigest(derived, series) === (one[key] ?? other[key]);
  });
}
