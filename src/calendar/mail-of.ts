import { hash } from 'node:crypto';

import { Refusal } from '../base/refusal.ts';
import { isTimeZone } from '../base/zone-name.ts';
import { paramOf, propertiesOf, propertyOf, type Component, type Property } from '../ical/component.ts';
import { P } from '../ical/names.ts';
import { parseCalendar } from '../ical/parse.ts';
import { timeOf } from '../ical/time-value.ts';
import { zoneByTzid, zonesOf } from '../ical/timezone.ts';
import { addressKey, isSameAddress, partstatOf } from '../itip/address.ts';
import { messageComponents, readMessage, type ItipMessage, type Method } from '../itip/message.ts';
import { mailAddressOf } from '../mail/address.ts';
import type { Language, MailInput, NoticeInput } from '../mail/outgoing.ts';
import { languageOf } from '../mail/text/languages.ts';
import type { CalendarContext } from './context.ts';
import {
  answerUrlOf,
  endedTokens,
  mailedInvitation,
  tokensOf,
  type InvitationOf,
  type MailedInvitation,
} from './mail-tokens.ts';
import type { Principal } from './model.ts';
import { noticeOf } from './note-undelivered.ts';
import type { LeasedMail } from './outgoing-mail.ts';
import { getPrincipal } from './principals.ts';

/** What of a message that waits its mail is made of. */
export type MailToMake = Pick<
  LeasedMail,
  'id' | 'homeId' | 'uid' | 'recipient' | 'method' | 'why' | 'changes' | 'octets'
>;

/** Methods in which an organizer tells a guest something, who may answer. */
const OF_ORGANIZER: ReadonlySet<Method> = new Set(['REQUEST', 'ADD', 'CANCEL', 'DECLINECOUNTER']);
/** Those in which there is something to answer. */
const TO_ANSWER: ReadonlySet<Method> = new Set(['REQUEST', 'ADD', 'DECLINECOUNTER']);

/**
 * All that the mail of a message that waits is made of: people, zone, language, tokens. Its sender may be gone by now, and is
 * then who the message says. undefined: nothing can be made of it.
 */
export async function mailOf(
  context: CalendarContext,
  leased: MailToMake,
): Promise<MailInput | NoticeInput | undefined> {
  const owner = await getPrincipal(context, leased.homeId);
  if (leased.method === 'NOTICE') return noticeInput(context, leased, owner);
  const message = messageIn(leased.octets);
  if (message === undefined) return undefined;
  const known = await mailedInvitation(context, leased);
  const sender = senderOf(message, owner);
  return {
    ...common(context, leased),
    sender,
    recipient: recipientOf(message, leased.recipient),
    ...(await tokens(context, leased, { message, owner })),
    ...{ message, changes: leased.changes, why: leased.why },
    zone: zoneFor(context, { known, message, owner }),
    language: languageFor(context, { known, message, owner, recipient: leased.recipient }),
    isAutomatic: leased.why === 'answers' || owner?.kind === 'room' || owner?.kind === 'resource',
  };
}

const common = ({ clock }: CalendarContext, { id, homeId, uid, recipient }: MailToMake) => ({
  id,
  thread: `thread-${hash('sha256', JSON.stringify([homeId, uid, addressKey(recipient)]), 'hex').slice(0, 32)}`,
  at: clock(),
});

function messageIn(octets: Uint8Array): ItipMessage | undefined {
  try {
    const reading = readMessage(parseCalendar(octets));
    return 'message' in reading ? reading.message : undefined;
  } catch (error) {
    // It was written by an earlier version: its queue goes on without it.
    if (error instanceof Refusal) return undefined;
    throw error;
  }
}

/** Who speaks in a message: the organizer, or the guest that answers. */
function speaker(message: ItipMessage, owner: Principal | undefined): Property | undefined {
  const [component] = messageComponents(message);
  if (component === undefined) return undefined;
  if (OF_ORGANIZER.has(message.method) || message.method === 'PUBLISH') return propertyOf(component, P.ORGANIZER);
  const attendees = propertiesOf(component, P.ATTENDEE);
  const own = owner?.emails.map((email) => `mailto:${email}`) ?? [];
  return (
    attendees.find(({ value }) => own.some((email) => isSameAddress(email, value))) ??
    attendees.find((each) => partstatOf(each) === 'DELEGATED') ??
    attendees[0]
  );
}

/** Who has the home is named as this server knows him, whatever his program writes. */
function senderOf(message: ItipMessage, owner: Principal | undefined): MailInput['sender'] {
  const property = speaker(message, owner);
  const address = property && mailAddressOf(property.value);
  if (owner === undefined) return { name: (property && paramOf(property, 'CN')) ?? '', address: address ?? '' };
  const isOwn = address !== undefined && owner.emails.some((email) => isSameAddress(email, address));
  return { name: owner.name, address: isOwn ? address : (owner.emails[0] ?? '') };
}

const peopleOf = (component: Component): readonly Property[] =>
  component.properties.filter(({ name }) => name === P.ATTENDEE || name === P.ORGANIZER);

const recipientIn = (message: ItipMessage, recipient: string): Property | undefined =>
  messageComponents(message)
    .flatMap(peopleOf)
    .find(({ value }) => isSameAddress(value, recipient));

function recipientOf(message: ItipMessage, recipient: string): MailInput['recipient'] {
  const property = recipientIn(message, recipient);
  return { name: (property && paramOf(property, 'CN')) ?? '', address: mailAddressOf(recipient) ?? '' };
}

async function tokens(
  context: CalendarContext,
  invitation: InvitationOf,
  { message: { method, kind }, owner }: Omit<Reading, 'known'>,
): Promise<Pick<MailInput, 'replyAddress' | 'answerUrl'>> {
  const nothing = { replyAddress: undefined, answerUrl: undefined };
  if (!OF_ORGANIZER.has(method) || kind === 'VFREEBUSY') return nothing;
  if (owner === undefined) {
    return { ...nothing, replyAddress: (await endedTokens(context, invitation))?.replyAddress };
  }
  const { replyAddress, answerToken } = await tokensOf(context, invitation);
  const publicUrl = context.settings.mail?.publicUrl;
  if (publicUrl === undefined || !TO_ANSWER.has(method)) return { ...nothing, replyAddress };
  return { replyAddress, answerUrl: answerUrlOf(publicUrl, answerToken) };
}

interface Reading {
  readonly known: MailedInvitation | undefined;
  readonly message: ItipMessage;
  readonly owner: Principal | undefined;
}

/** What the recipient's own program has told, else where the meeting was planned, else where its organizer is. */
function zoneFor({ settings }: CalendarContext, { known, message, owner }: Reading): string {
  const named = [known?.zone, zoneOfStart(message), owner?.timezone, settings.timezone];
  return named.find((zone) => zone !== undefined && isTimeZone(zone)) ?? 'UTC';
}

function zoneOfStart(message: ItipMessage): string | undefined {
  const [component] = messageComponents(message);
  const start = component && (propertyOf(component, P.DTSTART) ?? propertyOf(component, P.DUE));
  const value = start && timeOf(start);
  if (value?.kind !== 'zoned') return undefined;
  const zone = zonesOf(message.calendar)(value.tzid);
  return zone && zoneByTzid(zone.id)?.id;
}

/** As zoneFor: what the recipient reads, else what ATTENDEE or SUMMARY says (RFC 5545 §3.2.10), else what the sender does. */
function languageFor(
  { settings }: CalendarContext,
  { known, message, owner, recipient }: Reading & { readonly recipient: string },
): Language {
  const [component] = messageComponents(message);
  const person = recipientIn(message, recipient);
  const title = component && propertyOf(component, P.SUMMARY);
  const tags = [known?.language, person && paramOf(person, 'LANGUAGE'), title && paramOf(title, 'LANGUAGE')];
  for (const tag of [...tags, owner?.locale]) {
    const language = languageOf(tag);
    if (language !== undefined) return language;
  }
  return settings.mail?.language ?? 'en';
}

/** To one of this server's own people. */
function noticeInput(
  context: CalendarContext,
  leased: MailToMake,
  owner: Principal | undefined,
): NoticeInput | undefined {
  const { recipient, status, reason, summary, method } = noticeOf(leased.octets);
  const { settings } = context;
  const address = mailAddressOf(leased.recipient);
  if (address === undefined) return undefined;
  const zones = [owner?.timezone, settings.timezone];
  return {
    ...common(context, leased),
    sender: { name: 'Kalends', address: settings.mail?.policy.from ?? '' },
    recipient: { name: owner?.name ?? '', address },
    zone: zones.find((zone) => zone !== undefined && isTimeZone(zone)) ?? 'UTC',
    language: languageOf(owner?.locale) ?? settings.mail?.language ?? 'en',
    notice: {
      ...{ method: method ?? '', summary: summary ?? '', status, reason },
      ...{ name: '', address: mailAddressOf(recipient) ?? recipient },
    },
  };
}
