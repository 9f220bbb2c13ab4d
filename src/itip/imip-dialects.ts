import { propertiesOf, propertyOf, type Component, type Property } from '../ical/component.ts';
import { P } from '../ical/names.ts';
import { isSameAddress, isSentBy } from './address.ts';
import { plain, utcText, withoutProperties, withProperties, withProperty } from './component-edit.ts';

/** What is known of a mail beside its calendar. */
export interface Dialect {
  /** The calendar user address of who has sent it. */
  readonly sender?: string | undefined;
  /** The address to which it was sent. */
  readonly recipient?: string | undefined;
  /** UTC milliseconds: when it arrived. */
  readonly at: number;
  /** Of iTIP. */
  readonly method?: string;
}

type Repair = (component: Component, dialect: Dialect) => Component;

/** A component as RFC 5546 has it, of what mail programs write: only what stands in the way of its meaning is changed. */
export const inOurDialect: Repair = (component, dialect) =>
  REPAIRS.reduce((made, repair) => repair(made, dialect), component);

/**
 * A calendar in UTF-8 with blanks for what RFC 5545 §3.1 lets stand nowhere: nobody could save the event again, and not
 * every program takes it for part of a line.
 */
export function withoutControls(octets: Uint8Array): Uint8Array {
  let made: Uint8Array | undefined;
  for (let at = 0; at < octets.length; at++) {
    const octet = octets[at] ?? 0;
    if (octet >= 0x20 && octet !== 0x7f) continue;
    const isLineEnd =
      octet === 0x0d && (octets[at + 1] === 0x0a || octets[at + 1] === 0x0d || at + 1 === octets.length);
    if (octet === 0x09 || octet === 0x0a || isLineEnd) continue;
    made ??= Uint8Array.from(octets);
    made[at] = 0x20;
  }
  return made ?? octets;
}

const ADDRESSES: ReadonlySet<string> = new Set([P.ATTENDEE, P.ORGANIZER]);
const ADDRESS_PARAMS = ['SENT-BY', 'DELEGATED-FROM', 'DELEGATED-TO'] as const;

/** `MAILTO:`, `mailto: bob@…`, `mailto:"bob@…"`, `<bob@…>` and the bare address. */
function plainAddress(text: string): string {
  const [, rest = ''] = /^\s*(?:mailto:)?\s*(.*)$/is.exec(text) ?? [];
  const bare = rest.replace(/^["'<\s]+|["'>\s]+$/g, '');
  return /^[^\s:/@]+@[^\s:/@]+$/.test(bare) ? `mailto:${bare}` : text.trim();
}

/** iCloud and servers of Apple name people by a path or a UUID of theirs, with the address beside it. */
function mailOf({ value, params }: Property): string {
  const own = plainAddress(value);
  const email = params.get('EMAIL')?.[0];
  if (own.toLowerCase().startsWith('mailto:') || email === undefined) return own;
  const given = plainAddress(email);
  return given.startsWith('mailto:') ? given : own;
}

const withPlainAddresses: Repair = (component) =>
  withProperties(component, (property) => {
    if (!ADDRESSES.has(property.name)) return property;
    const params = new Map(property.params);
    for (const name of ADDRESS_PARAMS) {
      const values = params.get(name);
      if (values !== undefined) params.set(name, values.map(plainAddress));
    }
    return { ...property, value: mailOf(property), params };
  });

const ANSWERS: ReadonlySet<string> = new Set(['REPLY', 'COUNTER', 'REFRESH']);

/** Old telephones leave out whom they answer: it is who gets the answer. A task's REFRESH has none (RFC 5546 §3.4.6). */
const withOrganizer: Repair = (component, { method = '', recipient }) =>
  ANSWERS.has(method) && recipient !== undefined && propertyOf(component, P.ORGANIZER) === undefined
    ? withProperty(component, plain(P.ORGANIZER, recipient))
    : component;

/** Exchange and Zimbra answer with everybody in it: who has sent it, and whom he delegates to, is meant. */
const withOneAttendee: Repair = (component, { method, sender }) => {
  const people = propertiesOf(component, P.ATTENDEE);
  if ((method !== 'REPLY' && method !== 'REFRESH') || sender === undefined || people.length < 2) return component;
  const own = people.find(({ value }) => isSameAddress(value, sender)) ?? people.find((each) => isSentBy(each, sender));
  if (own === undefined) return component;
  const delegates = own.params.get('DELEGATED-TO') ?? [];
  const isMeant = (property: Property): boolean =>
    property === own || delegates.some((address) => isSameAddress(address, property.value));
  return withoutProperties(component, (property) => property.name === P.ATTENDEE && !isMeant(property));
};

/** Lotus: what says no time was said when it arrived, or it would be older than everything. */
const withStamp: Repair = (component, { at }) => {
  if (propertyOf(component, P.DTSTAMP) !== undefined) return component;
  const modified = propertyOf(component, P['LAST-MODIFIED'])?.value ?? propertyOf(component, P.CREATED)?.value;
  return withProperty(component, plain(P.DTSTAMP, modified ?? utcText(at)));
};

const NUMBERED: ReadonlySet<string> = new Set(['CANCEL', 'COUNTER', 'ADD', 'DECLINECOUNTER']);

/** RFC 5545 §3.8.7.4: what has none has 0. */
const withSequence: Repair = (component, { method = '' }) =>
  NUMBERED.has(method) && propertyOf(component, P.SEQUENCE) === undefined
    ? withProperty(component, plain(P.SEQUENCE, '0'))
    : component;

const OF_NO_REFRESH: ReadonlySet<string> = new Set([P.DTSTART, P.RRULE, P.SEQUENCE]);

/** What the tables of RFC 5546 §3 forbid, and says nothing: the event in what asks for it, the status of an answer in what is none. */
const withoutForbidden: Repair = (component, { method }) => {
  if (method === 'REFRESH') return withoutProperties(component, ({ name }) => OF_NO_REFRESH.has(name));
  if (method !== 'REQUEST' && method !== 'CANCEL') return component;
  return withoutProperties(component, ({ name }) => name === P['REQUEST-STATUS']);
};

const REPAIRS: readonly Repair[] = [
  ...[withPlainAddresses, withOrganizer, withOneAttendee],
  ...[withStamp, withSequence, withoutForbidden],
];
