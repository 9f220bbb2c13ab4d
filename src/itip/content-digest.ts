import { hash } from 'node:crypto';

import { propertyOf, type Component, type Property } from '../ical/component.ts';
import { P } from '../ical/names.ts';
import { addressKey } from './address.ts';
import { lineText, withoutParams } from './component-edit.ts';
import { SCHEDULE_PARAMS } from './copy.ts';
import type { InstanceKey } from './instance-key.ts';
import type { ItipMessage } from './message.ts';
import { revisionOf } from './revision.ts';
import { byKey, excludedKeys, keysOfList, readSeries, ruleText, timesText, type Series } from './series.ts';
import { isSaid } from './significance.ts';

/** What says nothing by itself: stamps, numbers, and what a reply repeats of the question. */
const STAMPS: ReadonlySet<string> = new Set([
  ...[P.DTSTAMP, P['LAST-MODIFIED'], P.CREATED, P.SEQUENCE, P.UID, P['RECURRENCE-ID'], P['REQUEST-STATUS']],
]);

/** Of a REPLY, what the question was: it is the organizer's. */
const REPEATED: ReadonlySet<string> = new Set([
  ...[P.SUMMARY, P.DTSTART, P.DTEND, P.DUE, P.DURATION, P.RRULE, P.LOCATION, P.DESCRIPTION, P.ORGANIZER],
]);

/** Half of SHA-256, in characters of which a ledger has many. */
const digestOf = (text: string): string => hash('sha256', text, 'base64url').slice(0, 22);

/**
 * What an organizer's component says to whoever is invited, as a digest: its times as they are and not as they are written,
 * what `significance.ts` counts as said, and nothing of the guests or of what they have answered.
 */
export function contentDigest(component: Component, series: Series): string {
  const lines = component.properties.filter((property) => isSaid(property, component)).map(lineText);
  const isMaster = component === series.master;
  const organizer = propertyOf(component, P.ORGANIZER)?.value ?? '';
  const days = isMaster
    ? [excludedKeys(series), keysOfList(series, component, P.RDATE)].map((keys) => [...keys].sort().join(' '))
    : [];
  const zone = isMaster && ruleText(component) !== '' ? propertyOf(component, P.DTSTART)?.params.get('TZID')?.[0] : '';
  const times = [timesText(component, series.context), ruleText(component), zone ?? '', ...days];
  return digestOf([component.name, addressKey(organizer), ...times, ...lines.sort()].join('\n'));
}

/** What an attendee answers for one component: who, PARTSTAT, delegation, COMMENT, of a task how far it is. */
export function answerDigest(component: Component): string {
  const lines = component.properties.flatMap((property) => {
    if (STAMPS.has(property.name) || REPEATED.has(property.name)) return [];
    return [lineText(bare(property))];
  });
  return digestOf([revisionOf(component).sequence, ...lines.sort()].join('\n'));
}

/** What is proposed by COUNTER, or asked for by another method: all that the component says. */
function wholeDigest(component: Component): string {
  const lines = component.properties.filter(({ name }) => !STAMPS.has(name)).map((each) => lineText(bare(each)));
  return digestOf(lines.sort().join('\n'));
}

/** RSVP, and what servers note for themselves, is no part of an answer. */
const bare = (property: Property): Property =>
  property.name === P.ATTENDEE || property.name === P.ORGANIZER
    ? withoutParams(property, [...SCHEDULE_PARAMS, 'RSVP'])
    : property;

/** What a message says of each instance. */
export function digestsOf(
  message: ItipMessage,
  series = readSeries(message.calendar),
): ReadonlyMap<InstanceKey, string> {
  if (series === undefined) return new Map();
  const { method } = message;
  const digest = (component: Component): string => {
    if (method === 'REQUEST' || method === 'CANCEL') return contentDigest(component, series);
    return method === 'REPLY' ? answerDigest(component) : wholeDigest(component);
  };
  return new Map([...byKey(series)].map(([key, component]) => [key, digest(component)]));
}

/** The scheduling content of a message as a whole. */
export const messageDigest = (digests: ReadonlyMap<InstanceKey, string>): string =>
  digestOf(
    [...digests]
      .map(([key, digest]) => `${key} ${digest}`)
      .sort()
      .join('\n'),
  );
