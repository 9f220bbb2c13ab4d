import type { Component } from '../ical/component.ts';
import { P } from '../ical/names.ts';
import { attendeeOf, partstatOf, scheduleAgentOf, type IsMe } from '../itip/address.ts';
import { withParam, withProperties } from '../itip/component-edit.ts';
import { MASTER, type InstanceKey } from '../itip/instance-key.ts';
import { makeReply } from '../itip/make-reply.ts';
import { makeCalendar, type ItipMessage } from '../itip/message.ts';
import { byKey, componentsOf, instanceOf, readSeries } from '../itip/series.ts';
import type { PutPlanning } from './plan-put.ts';

/** PARTSTAT by instance. */
export type OwnWord = ReadonlyMap<InstanceKey, string>;

/** No answers of one person alone: the one asks, the other is for two. */
const NO_WORD: ReadonlySet<string> = new Set(['NEEDS-ACTION', 'DELEGATED']);

/**
 * What a writer who is invited says of oneself in the organizer's own object (caldav-sharing §5.5.5): the answers that are
 * others than those known there. Of a client that has not seen the last ones, only those where none is known.
 */
export function ownWordIn(
  { before, after, attendeeState }: Pick<PutPlanning, 'before' | 'after' | 'attendeeState'>,
  isWriter: IsMe,
): OwnWord {
  const [known, sent] = [before && readSeries(before), readSeries(after)];
  const word = new Map<InstanceKey, string>();
  for (const [key, component] of sent === undefined ? [] : byKey(sent)) {
    const own = attendeeOf(component, isWriter);
    if (own === undefined || scheduleAgentOf(own) !== 'SERVER' || NO_WORD.has(partstatOf(own))) continue;
    const prior = known && instanceOf(known, key);
    const line = prior && attendeeOf(prior, isWriter);
    const was = line === undefined ? 'NEEDS-ACTION' : partstatOf(line);
    if (was === partstatOf(own) || (attendeeState === 'server' && was !== 'NEEDS-ACTION')) continue;
    word.set(key, partstatOf(own));
  }
  return word;
}

/** The writer's own copy of the meeting with these answers. */
export function withOwnWord(copy: Component, word: OwnWord, isWriter: IsMe): Component {
  const series = readSeries(copy);
  if (series === undefined) return copy;
  const components = new Map(byKey(series));
  for (const [key, partstat] of word) {
    const component = instanceOf(series, key);
    if (component !== undefined) components.set(key, answered(component, partstat, isWriter));
  }
  const overrides = new Map([...components].filter(([key]) => key !== MASTER));
  return makeCalendar(copy.properties, componentsOf({ master: components.get(MASTER), overrides }), [copy]);
}

const answered = (component: Component, partstat: string, isWriter: IsMe): Component =>
  withProperties(component, (property) =>
    property.name === P.ATTENDEE && isWriter(property.value)
      ? withParam(withParam(property, 'PARTSTAT', partstat), 'RSVP', undefined)
      : property,
  );

/** The answers of one who has no copy. */
export function replyOf(
  meeting: Component,
  word: OwnWord,
  { me, now }: Pick<PutPlanning, 'me' | 'now'>,
): ItipMessage | undefined {
  const series = readSeries(meeting);
  if (series === undefined) return undefined;
  const parts = [...word].flatMap(([key, partstat]) => {
    const component = instanceOf(series, key);
    return component === undefined ? [] : [{ component, partstat }];
  });
  return makeReply(parts, [meeting], { me, now });
}
