import { paramOf, propertiesOf, type Component, type Property } from '../ical/component.ts';
import { P } from '../ical/names.ts';
import { partstatOf } from '../itip/address.ts';
import type { ItipMessage } from '../itip/message.ts';
import type { Directory } from './directory.ts';

/** Lines of people by the id of the calendar user, each with the place of its component. */
type Lines = ReadonlyMap<string, readonly (readonly [place: number, line: Property])[]>;

/** Whom a calendar names, so that each of very many finds their own lines at once. */
function linesIn({ components }: Component, directory: Directory): Lines {
  const found = new Map<string, (readonly [number, Property])[]>();
  for (const [place, component] of components.entries()) {
    for (const line of propertiesOf(component, P.ATTENDEE)) {
      const user = directory.find(line.value);
      if (user === undefined) continue;
      const known = found.get(user.id) ?? [];
      known.push([place, line]);
      found.set(user.id, known);
    }
  }
  return found;
}

export interface Alikeness {
  /**
   * Names what of a message, and of the object that it meets, is about one receiver: of two with the same object, memory and
   * name, it makes the same. undefined: what it makes has something of the receiver's own.
   *
   * @param before the receiver's object
   */
  nameOf(userId: string, before: Component | undefined): string | undefined;
}

/**
 * Who is alike to a message. A REQUEST is merged with what the receiver has answered; who has answered nothing gets what all
 * others get (see merged-component.ts). A CANCEL asks but whether the receiver is named (see cancel.ts).
 *
 * @param directory knows all addresses of the message and of the objects
 */
export function alikeness({ method, calendar }: ItipMessage, directory: Directory): Alikeness {
  const known = new Map<Component, Lines>();
  const linesOf = (component: Component): Lines => {
    const lines = known.get(component) ?? linesIn(component, directory);
    known.set(component, lines);
    return lines;
  };
  return {
    nameOf(userId, before) {
      if (method !== 'REQUEST' && method !== 'CANCEL') return undefined;
      const said = linesOf(calendar).get(userId) ?? [];
      const mine = before === undefined ? [] : (linesOf(before).get(userId) ?? []);
      const hasAnswered = mine.some(([, line]) => partstatOf(line) !== 'NEEDS-ACTION');
      if (method === 'REQUEST' && hasAnswered) return undefined;
      const texts = [said, mine].map((lines) => lines.map(([place, line]) => `${place} ${textOf(line)}`).join('\n'));
      return texts.join('\n\n');
    },
  };
}

/** All that scheduling asks of such a line: parameters, but for the name of the person. */
const textOf = (line: Property): string =>
  [...line.params.keys()]
    .filter((name) => name !== 'CN')
    .sort()
    .map((name) => `${name}=${paramOf(line, name) ?? ''}`)
    .join(';');
