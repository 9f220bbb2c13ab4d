import { propertyOf, type Component, type Property } from '../ical/component.ts';
import { P } from '../ical/names.ts';
import { escapeText } from '../ical/text.ts';
import type { Instant } from '../ical/time-value.ts';
import { isSameAddress, organizerOf } from './address.ts';
import { plain, utcText } from './component-edit.ts';
import type { Proposal } from './counter.ts';
import { makeMessage, messageComponents, type ItipMessage } from './message.ts';
import { unchanged, type Outcome, type Receiving } from './outcome.ts';

/** The organizer does not take a proposal (RFC 5546 §3.2.8): UID, SEQUENCE and who proposed, with a word on why. */
export function makeDeclineCounter({ component, address }: Proposal, now: Instant, comment?: string): ItipMessage {
  const kept = [P.UID, P.ORGANIZER, P['RECURRENCE-ID'], P.SEQUENCE].flatMap((name): Property[] => {
    const property = propertyOf(component, name);
    return property === undefined ? [] : [property];
  });
  const sequence = propertyOf(component, P.SEQUENCE) === undefined ? [plain(P.SEQUENCE, '0')] : [];
  const word = comment === undefined ? [] : [plain(P.COMMENT, escapeText(comment))];
  const properties = [...kept, ...sequence, plain(P.ATTENDEE, address), plain(P.DTSTAMP, utcText(now)), ...word];
  return makeMessage('DECLINECOUNTER', [{ name: component.name, properties, components: [], line: 0 }], []);
}

/** The proposal was not taken: all stays as it is, and the attendee's answer with it. */
export function receiveDeclineCounter(
  mine: Component | undefined,
  message: ItipMessage,
  { memory }: Receiving,
): Outcome {
  const [part] = messageComponents(message);
  const own = mine?.components.find(({ name }) => name === message.kind);
  if (part === undefined || own === undefined) return unchanged('ignored', 'there is no such object', memory);
  if (!isSameAddress(organizerOf(part) ?? '', organizerOf(own) ?? '')) {
    return unchanged('refused', 'it is from another organizer', memory);
  }
  return { ...unchanged('ignored', 'the organizer has declined the proposal', memory), isToRead: true };
}
