import { paramOf, propertyOf, type Component, type Property } from '../ical/component.ts';
import { P } from '../ical/names.ts';
import { attendeeOf, partstatOf, type IsMe } from './address.ts';
import { withParam, withoutProperties, withProperties } from './component-edit.ts';
import type { InstanceKey } from './instance-key.ts';
import { isCancelled, withPersonal } from './personal.ts';
import { ownAnswer, revisionOf, type Memory } from './revision.ts';
import type { Series } from './series.ts';
import { timeDifferences } from './significance.ts';

export interface Merging {
  readonly me: IsMe;
  /** How the times of the message and of the receiver's object are read. */
  readonly incoming: Series['context'];
  readonly known: Series['context'];
  readonly memory: Memory;
}

/**
 * An organizer's component as the receiver has it: what is his own stays, and his answer where it is for the same time and
 * given here at the revision that he has: then the organizer has not heard of it yet. An organizer who says NEEDS-ACTION at a
 * later revision asks anew.
 *
 * @param own the receiver's component of the same instance
 */
export function mergedComponent(
  key: InstanceKey,
  incoming: Component,
  own: Component | undefined,
  merging: Merging,
): Component {
  const kept = withPersonal(
    withoutProperties(incoming, ({ name }) => name === P['REQUEST-STATUS']),
    own,
  );
  if (own === undefined) return kept;
  const { me } = merging;
  const [said, mine] = [attendeeOf(incoming, me), attendeeOf(own, me)];
  const isMine = said !== undefined && mine !== undefined && keepsAnswer(incoming, own, { key, said, mine }, merging);
  return withProperties(kept, (property) => {
    if (property.name === P.ORGANIZER) {
      const isBack = isCancelled(own) && !isCancelled(incoming);
      return withServerParams(property, propertyOf(own, P.ORGANIZER), isBack ? AGENT : NOTED);
    }
    return isMine && property === said ? withOwnAnswer(property, mine) : property;
  });
}

function keepsAnswer(
  incoming: Component,
  own: Component,
  { key, said, mine }: { readonly key: InstanceKey; readonly said: Property; readonly mine: Property },
  { incoming: theirs, known, memory }: Merging,
): boolean {
  if (partstatOf(mine) === 'NEEDS-ACTION') return false;
  if (timeDifferences(own, incoming, { before: known, after: theirs }).some((name) => name !== P.RRULE)) return false;
  const given = ownAnswer(memory, key);
  if (partstatOf(said) !== 'NEEDS-ACTION') return given !== undefined && given.sequence >= revisionOf(own).sequence;
  if (isCancelled(own) && !isCancelled(incoming)) return false;
  return revisionOf(incoming).sequence <= revisionOf(own).sequence;
}

function withOwnAnswer(said: Property, mine: Property): Property {
  const params = new Map(said.params);
  for (const name of ['PARTSTAT', 'DELEGATED-TO', 'SENT-BY', 'RSVP']) {
    const own = mine.params.get(name);
    if (own === undefined) params.delete(name);
    else params.set(name, own);
  }
  return { ...said, params };
}

const AGENT = ['SCHEDULE-AGENT'];
const NOTED = [...AGENT, 'SCHEDULE-STATUS'];

/**
 * What the server has noted on the organizer's line of an attendee's copy (RFC 6638 §7.1, §7.3) stays; how an answer to what
 * was cancelled was delivered says nothing of what is on again.
 */
function withServerParams(organizer: Property, known: Property | undefined, names: readonly string[]): Property {
  if (known === undefined) return organizer;
  return names.reduce((made, name) => withParam(made, name, paramOf(known, name) ?? paramOf(made, name)), organizer);
}
