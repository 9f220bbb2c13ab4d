import { paramOf, type Component } from '../ical/component.ts';
import { P } from '../ical/names.ts';
import { addressKey, attendeesOf, partstatOf } from './address.ts';
import { withParam, withProperties } from './component-edit.ts';
import type { InstanceKey } from './instance-key.ts';
import { byKey, instanceOf, keyIn, readSeries, type Series } from './series.ts';
import { ITIP_COMPONENTS } from './series.ts';

/** What an answer has set of ATTENDEE in an organizer's object, and what the server has noted there. */
const PARAMS = ['PARTSTAT', 'RSVP', 'DELEGATED-TO', 'DELEGATED-FROM', 'SENT-BY', 'SCHEDULE-STATUS'] as const;

/** The answers of one attendee as they stood: parameters of ATTENDEE by instance key. */
export type KeptAnswers = Readonly<Record<InstanceKey, Readonly<Partial<Record<string, string>>>>>;

/** Reads the answers that stand in an organizer's object before a change, by the key of an attendee's address. */
export function answersBefore(
  before: Component | undefined,
  after: Component | undefined,
): (addressKey: string) => KeptAnswers {
  const [was, is] = [before && readSeries(before), after && readSeries(after)];
  if (was === undefined) return () => ({});
  const keys = new Set([...byKey(was).keys(), ...(is === undefined ? [] : byKey(is).keys())]);
  const components = new Map([...keys].map((key) => [key, instanceOf(was, key)] as const));
  return (address) => {
    const kept: Record<InstanceKey, Record<string, string>> = {};
    for (const [key, component] of components) {
      const line = component && attendeesOf(component).get(address);
      if (line === undefined || partstatOf(line) === 'NEEDS-ACTION') continue;
      kept[key] = Object.fromEntries(
        PARAMS.flatMap((name) => [[name, paramOf(line, name)]].filter(([, value]) => value !== undefined)),
      );
    }
    return kept;
  };
}

/**
 * The organizer's object with answers as they stood before a change that nobody was told of: where nobody has answered
 * since.
 *
 * @param kept by the key of the attendee's address
 */
export function withAnswersAgain(calendar: Component, kept: ReadonlyMap<string, KeptAnswers>): Component {
  const series = kept.size === 0 ? undefined : readSeries(calendar);
  if (series === undefined) return calendar;
  return {
    ...calendar,
    components: calendar.components.map((each) => (ITIP_COMPONENTS.has(each.name) ? again(each, series, kept) : each)),
  };
}

function again(component: Component, series: Series, kept: ReadonlyMap<string, KeptAnswers>): Component {
  const key = keyIn(series, component);
  return withProperties(component, (property) => {
    const known = property.name === P.ATTENDEE ? kept.get(addressKey(property.value))?.[key] : undefined;
    if (known === undefined) return property;
    const names = partstatOf(property) === 'NEEDS-ACTION' ? PARAMS : (['SCHEDULE-STATUS'] as const);
    return names.reduce((line, name) => withParam(line, name, known[name]), property);
  });
}
