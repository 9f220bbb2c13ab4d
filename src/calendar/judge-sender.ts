import { paramOf, propertiesOf, propertyOf, type Property } from '../ical/component.ts';
import { P } from '../ical/names.ts';
import { addressKey, isSameAddress } from '../itip/address.ts';
import { messageComponents, type ItipMessage, type Method } from '../itip/message.ts';
import { asciiAddress, domainOf } from '../mail/mail-domain.ts';
import { isPublicDomain } from '../mail/public-domains.ts';
import type { Verdict } from '../mail/verdict.ts';

export interface SenderQuestion {
  readonly message: ItipMessage;
  readonly verdict: Verdict;
  /** What the token of a reply address names, of this receiver's; undefined: the mail came to another address. */
  readonly token?: { readonly uid: string; readonly recipient: string } | undefined;
  /** Whom the receiver trusts: mail addresses in lower case, and @domain. */
  readonly trusted: ReadonlySet<string>;
  /** Whether a calendar user address is one of this server. */
  readonly isLocal: (address: string) => boolean;
  /** Whether that calendar user of this server has the message's UID in a calendar here. */
  readonly hasUid: (address: string) => boolean;
}

/** What may be done with a message; `from` is whom it says it comes from, as a calendar user address. */
export type Judgement =
  /** It is processed, as sent by `from`. */
  | { readonly kind: 'take'; readonly from: string; readonly reason: string }
  /** It waits for a person's word; when that is given, it is as though `from` had sent it. */
  | { readonly kind: 'tray'; readonly from: string; readonly reason: string }
  | { readonly kind: 'refuse'; readonly from: string; readonly reason: string };

/** What attendees say; all else organizers say (RFC 5546 §1.4). */
const OF_ATTENDEES: ReadonlySet<Method> = new Set(['REPLY', 'COUNTER', 'REFRESH']);

/**
 * What may be done with a message by who has sent it: never by its From alone. A token proves who answers, a verdict of pass
 * that From is who it says; then From has to be who the message says it comes from.
 */
export function judgeSender(question: SenderQuestion): Judgement {
  const { message, verdict, isLocal, hasUid } = question;
  const { named, speaker } = speakerOf(question);
  const from = speaker?.value ?? '';
  const refuse = (reason: string): Judgement => ({ kind: 'refuse', from, reason });
  if (message.kind === 'VFREEBUSY') return refuse('When people are busy is not asked for by mail');
  if (speaker === undefined) return refuse('It does not say who sends it');
  if (isLocal(from) && hasUid(from))
    return refuse(`${shown(from)} is of this server, which knows itself what it would tell`);
  if (named !== undefined) return { kind: 'take', from, reason: `It came to the reply address of ${shown(from)}` };
  if (verdict.result === 'fail') return refuse(verdict.reason);
  const claimsUs = [from, paramOf(speaker, 'SENT-BY') ?? '', mailto(verdict.from)].some((each) => isLocal(each));
  if (claimsUs && verdict.result !== 'pass')
    return refuse(`It claims an address of this server, and nothing proves it: ${verdict.reason}`);
  const judged = bySender(question, speaker);
  return isLocal(from) && judged.kind === 'tray' ? refuse(judged.reason) : judged;
}

/** The line of whom it is: `named`, where the token says so. */
export function speakerOf(question: Pick<SenderQuestion, 'message' | 'verdict' | 'token'>): {
  readonly named: Property | undefined;
  readonly speaker: Property | undefined;
} {
  const claims = claimedIn(question.message);
  const named = byToken(claims, question);
  return { named, speaker: named ?? speakerIn(claims, question.verdict.from) ?? claims[0] };
}

const mailto = (address: string | undefined): string => (address === undefined ? '' : `mailto:${address}`);
const shown = (address: string): string => asciiOf(address) ?? address;

/** The lines that say from whom it is. */
function claimedIn(message: ItipMessage): readonly Property[] {
  const parts = messageComponents(message);
  if (!OF_ATTENDEES.has(message.method)) return parts.flatMap((part) => propertyOf(part, P.ORGANIZER) ?? []);
  return parts.flatMap((part) => propertiesOf(part, P.ATTENDEE));
}

/** Whom the token names, where the message is about its invitation and from its recipient. */
function byToken(
  claims: readonly Property[],
  { message, token }: Pick<SenderQuestion, 'message' | 'token'>,
): Property | undefined {
  if (token?.uid !== message.uid || !OF_ATTENDEES.has(message.method)) return undefined;
  return claims.find(({ value }) => isSameAddress(value, mailtoOf(token.recipient)));
}

const mailtoOf = (address: string): string => (addressKey(address).includes(':') ? address : `mailto:${address}`);

/** As what an address speaks in this line; undefined: the line is of somebody else. */
function speaks(claim: Property, from: string | undefined): 'self' | 'sent-by' | undefined {
  if (from === undefined) return undefined;
  if (asciiOf(claim.value) === from) return 'self';
  const by = paramOf(claim, 'SENT-BY');
  return by !== undefined && asciiOf(by) === from ? 'sent-by' : undefined;
}

/** The line of who speaks for himself, else of whom he says that he speaks for. */
const speakerIn = (claims: readonly Property[], from: string | undefined): Property | undefined =>
  claims.find((claim) => speaks(claim, from) === 'self') ?? claims.find((claim) => speaks(claim, from) === 'sent-by');

/** Its mail address with the domain in A-labels, as verdicts have it. */
function asciiOf(address: string): string | undefined {
  const key = addressKey(address);
  return key.startsWith('mailto:') ? asciiAddress(key.slice('mailto:'.length)) : undefined;
}

function bySender({ verdict, trusted }: SenderQuestion, speaker: Property): Judgement {
  const from = speaker.value;
  const tray = (reason: string): Judgement => ({ kind: 'tray', from, reason });
  const sender = verdict.from;
  if (sender === undefined) return tray(verdict.reason);
  const as = speaks(speaker, sender);
  if (as === undefined) return tray(`It is from ${sender}, and says that it is from ${shown(from)}`);
  const isTrusted = trusted.has(sender);
  // Whoever may write in SENT-BY what he likes proves nothing by it: both have to be of one house.
  if (as === 'sent-by' && !isTrusted && !isOneHouse(sender, from))
    return tray(`${sender} says that it sends for ${shown(from)}, and nothing proves it`);
  if (verdict.result === 'pass') return { kind: 'take', from, reason: verdict.reason };
  if (isTrusted || trusted.has(`@${domainOf(sender)}`)) return { kind: 'take', from, reason: `${sender} is trusted` };
  return tray(verdict.reason);
}

function isOneHouse(sender: string, address: string): boolean {
  const domain = domainOf(sender);
  return domain === domainOf(asciiOf(address) ?? '') && !isPublicDomain(domain);
}
