import { escapeText } from '../ical/text.ts';
import type { Card, CardProperty, CardVersion } from './card.ts';

/** Somebody or something of the organisation. */
export interface DirectoryEntry {
  readonly kind: 'user' | 'group' | 'room' | 'resource';
  /** Lasts as long as the entry: a UUID, or what stood in the organisation's own directory. */
  readonly guid: string;
  readonly name: string;
  /** The preferred one first. */
  readonly emails: readonly string[];
}

/** Grows when the same entry is written another way: what clients have then is not what there is. */
export const CARD_FORM = 1;

const PRODUCT = '-//Kalends//Directory//EN';

/** RFC 6350 §6.1.4; a thing that can be lent has no kind there, and the x-name says that it is no person. */
const KINDS = { user: 'individual', group: 'group', room: 'location', resource: 'x-resource' } as const;

/**
 * The vCard of an entry, to which the lines of its members are added. What is not known is left out, and nothing is guessed:
 *
 * - which words of a name are the family's no rule can tell, so N, which 3.0 must have, holds the whole name in its
 *   first part, by which address books sort and show; 4.0 has FN alone;
 * - REV is left out: what a principal's row was last changed for (a password, a delegate) concerns nobody else;
 * - CALURI and FBURL are left out as long as their URLs would answer a colleague with 403.
 */
export function cardOf(entry: DirectoryEntry, version: CardVersion): Card {
  return version === '3.0' ? version3(entry) : version4(entry);
}

/** The lines of a group that name its members by their guids: RFC 6350 §6.6.5, and what Apple's clients have for it. */
export function memberLines(guids: readonly string[], version: CardVersion): Card {
  const name = version === '3.0' ? 'X-ADDRESSBOOKSERVER-MEMBER' : 'MEMBER';
  return guids.map((guid) => line(name, uriOf(guid)));
}

/** RFC 2426; groups and kinds in the properties of Apple's clients, which DAVx5 reads too. */
function version3({ kind, guid, name, emails }: DirectoryEntry): Card {
  const shown = nameOf(name, guid);
  return [
    line('VERSION', '3.0'),
    line('PRODID', textOf(PRODUCT)),
    line('UID', textOf(guid)),
    line('FN', textOf(shown)),
    line('N', `${textOf(shown)};;;;`),
    ...emails.map((email, at) =>
      line('EMAIL', textOf(email), { TYPE: at === 0 ? ['INTERNET', 'PREF'] : ['INTERNET'] }),
    ),
    ...schedulingAddress(emails),
    ...(kind === 'user' ? [] : [line('X-ADDRESSBOOKSERVER-KIND', KINDS_OF_APPLE[kind])]),
  ];
}

const KINDS_OF_APPLE = { group: 'group', room: 'location', resource: 'resource' } as const;

/** RFC 6350. */
function version4({ kind, guid, name, emails }: DirectoryEntry): Card {
  return [
    line('VERSION', '4.0'),
    line('PRODID', textOf(PRODUCT)),
    line('UID', uriOf(guid)),
    line('KIND', KINDS[kind]),
    line('FN', textOf(nameOf(name, guid))),
    ...emails.map((email, at) => line('EMAIL', textOf(email), at === 0 ? { PREF: ['1'] } : undefined)),
    ...schedulingAddress(emails),
  ];
}

/** CALADRURI, RFC 6350 §6.9.2 (and RFC 2739 for 3.0): where invitations go. */
function schedulingAddress([preferred]: readonly string[]): Card {
  return preferred === undefined ? [] : [line('CALADRURI', `mailto:${addressOf(clean(preferred))}`)];
}

/** RFC 6068 §2: what would end the address in a URI is encoded too. */
const addressOf = (email: string): string => encodeURI(email).replace(/[?#&;,]/g, encodeURIComponent);

type Params = Readonly<Record<string, readonly string[]>>;
const NO_PARAMS: CardProperty['params'] = new Map();

const line = (name: string, value: string, params?: Params): CardProperty => ({
  name,
  params: params === undefined ? NO_PARAMS : new Map(Object.entries(params)),
  value,
});

const UUID = /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

/** A guid as a URI: RFC 9562 §4 where it is a UUID. */
function uriOf(guid: string): string {
  return UUID.test(guid) ? `urn:uuid:${guid}` : `urn:x-uid:${encodeURIComponent(guid.toWellFormed())}`;
}

/** FN must say something (RFC 6350 §6.2.1). */
const nameOf = (name: string, guid: string): string => (name.trim() === '' ? guid : name);

const textOf = (text: string): string => escapeText(clean(text));

/** Neither vCard nor XML has a place for control characters, and a lone half of a character is none. */
const CONTROLS = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff]/g;
const clean = (text: string): string => text.toWellFormed().replace(CONTROLS, ' ');
