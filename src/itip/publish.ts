import type { Component } from '../ical/component.ts';
import { P } from '../ical/names.ts';
import { attendeeOf, isSameAddress, organizerOf } from './address.ts';
import { isSameComponent, plain } from './component-edit.ts';
import { MASTER } from './instance-key.ts';
import { makeCalendar, messageComponents, PRODID, type ItipMessage } from './message.ts';
import { unchanged, type Outcome, type Receiving } from './outcome.ts';
import { withPersonal } from './personal.ts';
import { isOlder, revisionOf } from './revision.ts';
import { byKey, componentsOf, instanceOf, readSeries } from './series.ts';

/**
 * What is published for everybody arrives (RFC 5546 §3.2.1, §3.4.1, §3.5.1): added, or brought up to date where the revision
 * here is older. What the receiver is invited to is no published object, and is left to its organizer's REQUEST.
 */
export function receivePublish(mine: Component | undefined, message: ItipMessage, { me, memory }: Receiving): Outcome {
  const known = mine && readSeries(mine);
  const incoming = readSeries(message.calendar, { beside: known });
  const parts = messageComponents(message);
  if (incoming === undefined) return unchanged('refused', 'there is nothing published', memory);
  if (mine === undefined || known === undefined) {
    const components = parts.map((part) => withPersonal(part, undefined));
    const calendar = makeCalendar([plain(P.VERSION, '2.0'), plain(P.PRODID, PRODID)], components, [message.calendar]);
    return { outcome: 'created', calendar, why: 'published', memory, isConsequential: true };
  }
  const all = [...byKey(known).values()];
  if (all.some((each) => attendeeOf(each, me) !== undefined))
    return unchanged('refused', 'the receiver is invited to it', memory);
  const organizer = organizerOf(all[0] ?? { name: '', properties: [], components: [], line: 0 });
  if (organizer === undefined || !isSameAddress(organizer, organizerOf(parts[0] ?? mine) ?? '')) {
    return unchanged('refused', 'it is from another organizer', memory);
  }
  const isWhole = incoming.master !== undefined;
  const components = new Map(isWhole ? [] : byKey(known));
  for (const [key, part] of byKey(incoming)) {
    const own = byKey(known).get(key) ?? known.master;
    if (own !== undefined && isOlder(revisionOf(part), revisionOf(own)))
      return unchanged('ignored', 'a later revision is known', memory);
    components.set(key, withPersonal(part, instanceOf(known, key) ?? known.master));
  }
  const overrides = new Map([...components].filter(([key]) => key !== MASTER));
  const calendar = makeCalendar(mine.properties, componentsOf({ master: components.get(MASTER), overrides }), [
    message.calendar,
    mine,
  ]);
  if (isSameComponent({ ...mine, properties: [] }, { ...calendar, properties: [] }))
    return unchanged('ignored', 'it says nothing new', memory);
  return { outcome: 'updated', calendar, why: 'published anew', memory, isConsequential: true };
}
