import { hash } from 'node:crypto';

import { paramOf, propertyOf } from '../ical/component.ts';
import { P } from '../ical/names.ts';
import { messageComponents } from '../itip/message.ts';
import { domainOfAddress, mailAddressOf, plainAddress } from './address.ts';
import { calendarText, isOwnDomain } from './calendar-part.ts';
import { addressHeader, folded, textHeader } from './header.ts';
import { base64Lines, writeEntity, type Leaf, type Multipart } from './mime-write.ts';
import type { ComposedMail, MailInput, MailPolicy, NoticeInput } from './outgoing.ts';
import { signedMail } from './sign.ts';
import { wordsOf } from './text/languages.ts';
import { mailText, noticeText, type MailText } from './text/mail-text.ts';
import { htmlOf, plainOf } from './text/render.ts';
import { UnusableAddress } from './unusable-address.ts';

const MOST_SUBJECT = 250;
const MOST_NAME = 100;

/**
 * The mail of a message (RFC 6047), or of a notice, signed where there is a key: the same input gives the same octets. What
 * people have written never ends a header, and no text of theirs is read as an address. Throws UnusableAddress.
 */
export async function composeMail(input: MailInput | NoticeInput, policy: MailPolicy): Promise<ComposedMail> {
  const to = requireAddress(input.recipient.address);
  const text = 'notice' in input ? noticeText(input) : mailText(input);
  const headers = headersOf(input, policy, text);
  const octets = Buffer.from(`${headers}MIME-Version: 1.0\r\n${writeEntity(bodyOf(input, policy, text))}`);
  const from = 'notice' in input ? '' : requireAddress(policy.bounce);
  const { dkim } = policy;
  return { octets: dkim === undefined ? octets : await signedMail(octets, dkim, input.at), envelope: { from, to } };
}

function requireAddress(address: string): string {
  const plain = plainAddress(address);
  if (plain === undefined) throw new UnusableAddress('The address is not one that mail can be sent to');
  return plain;
}

function headersOf(input: MailInput | NoticeInput, policy: MailPolicy, text: MailText): string {
  const domain = domainOfAddress(requireAddress(policy.from));
  const thread = `<${idPart(input.thread)}@${domain}>`;
  const to = { ...input.recipient, address: requireAddress(input.recipient.address) };
  return [
    folded('Date', dateHeader(input.at)),
    folded('Message-ID', `<${idPart(input.id)}@${domain}>`),
    folded('In-Reply-To', thread),
    folded('References', thread),
    ...fromHeaders(input, policy),
    addressHeader('To', to, MOST_NAME),
    textHeader('Subject', text.subject, MOST_SUBJECT),
    folded('Content-Language', text.locale),
    'notice' in input || input.isAutomatic ? folded('Auto-Submitted', 'auto-generated') : '',
    // Exchange's: no answer of a program to what is no letter (MS-OXCMAIL §2.1.3.2.20).
    folded('X-Auto-Response-Suppress', 'DR, OOF, AutoReply'),
  ].join('');
}

/** Whoever the mail server does not send for is named, and answered, but does not stand in From: DMARC would fail. */
function fromHeaders(input: MailInput | NoticeInput, policy: MailPolicy): readonly string[] {
  const ours = requireAddress(policy.from);
  if ('notice' in input) return [addressHeader('From', { name: 'Kalends', address: ours }, MOST_NAME)];
  const { name, address: written } = input.sender;
  const address = plainAddress(written);
  if (address === undefined) return [addressHeader('From', { name, address: ours }, MOST_NAME)];
  const own = { name, address };
  if (!isOwnDomain(policy, address)) {
    const via = { name: wordsOf(input.language).via(name || address), address: ours };
    return [addressHeader('From', via, MOST_NAME), addressHeader('Reply-To', own, MOST_NAME)];
  }
  const deputy = deputyOf(input, policy);
  const sender =
    deputy === undefined || deputy === address
      ? []
      : [addressHeader('Sender', { name: '', address: deputy }, MOST_NAME)];
  return [addressHeader('From', own, MOST_NAME), ...sender, addressHeader('Reply-To', own, MOST_NAME)];
}

/** Who acts for the organizer, as RFC 5322 §3.6.2 has it: where the mail server sends for him, too. */
function deputyOf({ message }: MailInput, policy: MailPolicy): string | undefined {
  const [component] = messageComponents(message);
  const by = component && propertyOf(component, message.method === 'REPLY' ? P.ATTENDEE : P.ORGANIZER);
  const sentBy = by && paramOf(by, 'SENT-BY');
  const address = sentBy && mailAddressOf(sentBy);
  return address !== undefined && address !== '' && isOwnDomain(policy, address) ? address : undefined;
}

/** Ids are of our own making; of anything else, what may stand in a Message-ID. */
const idPart = (id: string): string => id.replace(/[^A-Za-z0-9._-]/g, '-').slice(0, 200);

/** RFC 5322 §3.3, in UTC. */
const dateHeader = (at: number): string => new Date(at).toUTCString().replace('GMT', '+0000');

/**
 * The shape that Gmail, Outlook and Apple Mail show with buttons: the calendar part is one of the alternatives, and once more
 * there as a file, of a type that is not taken for a second invitation.
 */
function bodyOf(input: MailInput | NoticeInput, policy: MailPolicy, text: MailText): Multipart {
  const words = wordsOf(input.language);
  const texts: readonly Leaf[] = [
    { type: 'text/plain; charset=utf-8', body: plainOf(text, words), encoding: 'quoted-printable' },
    { type: 'text/html; charset=utf-8', body: htmlOf(text, words), encoding: 'quoted-printable' },
  ];
  const boundary = (part: string): string => `=_${part}_${hash('sha256', `${part} ${input.id}`, 'hex').slice(0, 32)}`;
  if ('notice' in input) return { subtype: 'alternative', boundary: boundary('alternative'), parts: texts };
  const calendar = base64Lines(calendarText(input, policy));
  const invitation: Leaf = {
    ...{ type: `text/calendar; charset=utf-8; method=${input.message.method}`, body: calendar, encoding: 'base64' },
  };
  const file: Leaf = {
    ...{ type: 'application/ics; name="invite.ics"', body: calendar, encoding: 'base64' },
    disposition: 'attachment; filename="invite.ics"',
  };
  const alternatives: Multipart = {
    ...{ subtype: 'alternative', boundary: boundary('alternative'), parts: [...texts, invitation] },
  };
  return { subtype: 'mixed', boundary: boundary('mixed'), parts: [alternatives, file] };
}
