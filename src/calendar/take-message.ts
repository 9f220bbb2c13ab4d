import type { ItipMessage } from '../itip/message.ts';
import type { Outcome } from '../itip/outcome.ts';
import { addressKey } from '../itip/address.ts';
import { withOrganizer } from '../itip/answer-organizer.ts';
import type { Verdict } from '../mail/verdict.ts';
import type { InboundState } from '../store/inbound-mails.ts';
import { objectsOfUid } from '../store/scheduling.ts';
import type { CalendarContext } from './context.ts';
import type { MailEvent } from './flight-recorder.ts';
import { judgeMail } from './judge-mail.ts';
import type { MailRecipient } from './mail-recipient.ts';
import { replyTokenIn } from './mail-tokens.ts';
import { receiveMessage } from './receive-message.ts';
import { putIntoTray } from './tray.ts';

/** A message for one of this server, with what is known of who has sent it. */
export interface MailedMessage {
  readonly recipient: MailRecipient & { readonly kind: 'user' };
  readonly message: ItipMessage;
  readonly verdict: Verdict;
  /** A program has sent it without a person. */
  readonly isAutomatic: boolean;
}

/** What became of one message of a mail. */
export interface TakenMessage {
  readonly state: InboundState;
  /** One sentence for a person. */
  readonly reason: string;
  /** For the flight recorder of the organizer. */
  readonly events: readonly MailEvent[];
}

const ANSWERS: ReadonlySet<string> = new Set(['REPLY', 'COUNTER', 'REFRESH']);

/** Does with a message what its sender may have done: into the calendar, into the tray, or neither. */
export async function takeMessage(context: CalendarContext, mailed: MailedMessage): Promise<TakenMessage> {
  const { recipient, verdict } = mailed;
  const { user, token } = recipient;
  const message = asOfOwner(context, mailed);
  const judgement = await judgeMail(context, { homeId: user.id, message, verdict, token });
  if (judgement.kind === 'take') return taken(context, { ...mailed, message }, judgement.from);
  const outcome = await putIntoTray(context, { homeId: user.id, message, verdict, judgement });
  const kept = outcome === 'put' ? 'tray' : outcome === 'too-large' ? 'unread' : 'taken';
  const state = judgement.kind === 'refuse' ? 'refused' : kept;
  const isEvent = judgement.kind === 'refuse' && (await hasUid(context, user.id, message.uid));
  const event = eventOf(context, mailed, judgement.from);
  return {
    ...{ state, reason: judgement.reason },
    events: isEvent ? [{ ...event, what: 'refused', detail: judgement.reason }] : [],
  };
}

/** What an invitation named as its organizer's is a reply address where he has none of a domain that we may send for. */
function asOfOwner({ settings }: CalendarContext, { recipient, message }: MailedMessage): ItipMessage {
  const reply = settings.mail?.reply;
  if (reply === undefined || !ANSWERS.has(message.method)) return message;
  const isOurs = (address: string): boolean => {
    const plain = addressKey(address).replace(/^mailto:/, '');
    return plain === reply.toLowerCase() || replyTokenIn(reply, plain) !== undefined;
  };
  return withOrganizer(message, isOurs, recipient.address);
}

async function taken(context: CalendarContext, mailed: MailedMessage, from: string): Promise<TakenMessage> {
  const { recipient, message, isAutomatic } = mailed;
  const outcomes: Outcome[] = [];
  const onOutcome = (outcome: Outcome): void => void outcomes.push(outcome);
  const status = await receiveMessage(context, { to: recipient.address, from, message, isAutomatic, onOutcome });
  const [outcome] = outcomes;
  const isRefused = outcome?.outcome === 'refused' || status === '3.8';
  const isLost = outcome === undefined || status === '5.1';
  const state = isRefused ? 'refused' : isLost ? 'unread' : 'taken';
  const reason = isRefused || !isLost ? (outcome?.why ?? STATUS_REASONS[status]) : STATUS_REASONS[status];
  const sentence = `${message.method}: ${reason ?? 'it cannot be delivered'}`;
  if (!ANSWERS.has(message.method)) return { state, reason: sentence, events: [] };
  const isNews = outcome?.outcome === 'updated' || outcome?.isToRead === true || outcome?.answer !== undefined;
  const what = isRefused || isLost ? 'refused' : isNews ? 'answered' : 'ignored';
  const isKnown = what === 'answered' || (await hasUid(context, recipient.user.id, message.uid));
  const event = eventOf(context, mailed, from);
  return { state, reason: sentence, events: isKnown ? [{ ...event, what, detail: reason ?? sentence }] : [] };
}

const STATUS_REASONS: Readonly<Record<string, string>> = {
  '3.7': 'nobody here has this address',
  '3.8': 'the receiver takes nothing from this sender',
  '5.1': 'what it would make of the event cannot be stored',
  '5.2': 'the receiver has no calendar',
};

const hasUid = async ({ store }: CalendarContext, homeId: string, uid: string): Promise<boolean> =>
  (await objectsOfUid(store.db, homeId, uid)).length > 0;

const eventOf = ({ clock }: CalendarContext, { recipient, message }: MailedMessage, from: string) => ({
  homeId: recipient.user.id,
  uid: message.uid,
  recipient: from,
  at: clock(),
});
