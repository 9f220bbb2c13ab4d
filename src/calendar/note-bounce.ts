import { addressKey } from '../itip/address.ts';
import type { Mail } from '../mail/mail.ts';
import { hasMailEvent } from '../store/mail-events.ts';
import { mailById, type MailRow } from '../store/mail-messages.ts';
import type { CalendarContext } from './context.ts';
import { record, type Recorded } from './flight-recorder.ts';
import { deliveryStatusOf, noteUndelivered } from './note-undelivered.ts';

/** What a report of other mail servers came to. */
export interface NotedBounce {
  /** Whether it is about something that was sent from here, to whom it names. */
  readonly isOurs: boolean;
  /** Whose message it was. */
  readonly homeId?: string;
  readonly uid?: string;
  /** One sentence for a person. */
  readonly reason: string;
}

const UNKNOWN: NotedBounce = { isOurs: false, reason: 'the mail reports on nothing that was sent from here' };

/**
 * Takes in a delivery status notification (RFC 3464). A message that was sent is known by its Message-ID, which only who
 * had it can repeat, and its recipient: where it failed its sender is told, a delay is only written down. Nothing is ever
 * answered, and the same report a second time changes nothing.
 */
export async function noteBounce(context: CalendarContext, mail: Mail): Promise<NotedBounce> {
  const { report } = mail;
  if (report === undefined) return UNKNOWN;
  // Exchange names what it is about in In-Reply-To, too, and may give no headers back.
  const message = await messageOf(context, [...(report.about === undefined ? [] : [report.about]), ...mail.references]);
  if (message === undefined) return UNKNOWN;
  const { home_id: homeId, uid } = message;
  const reported = report.recipients.find(({ address }) => addressKey(address) === message.recipient_key);
  if (reported === undefined) {
    // A list or a forwarding address that passed it on: others behind it may have it.
    const reason = 'the mail reports on an address behind the one that was written to';
    await noteOnce(context, message, 'delayed', reason);
    return { isOurs: true, homeId, uid, reason };
  }
  const { action, status, said } = reported;
  const detail = [status, said].filter((text) => text !== '').join(' ');
  if (action === 'delayed') await noteOnce(context, message, 'delayed', detail);
  if (action === 'failed') {
    const reason = `another mail server has returned it: ${detail}`;
    const undelivered = { homeId, uid, recipient: message.recipient, messageId: message.id };
    await noteUndelivered(context, { ...undelivered, status: deliveryStatusOf(status), reason });
    await noteOnce(context, message, 'bounced', detail);
  }
  return { isOurs: true, homeId, uid, reason: `the mail reports that a message to a guest is ${action}: ${detail}` };
}

/** MailRow of the first of these Message-IDs that was offered from here to a mail server. */
async function messageOf({ store }: CalendarContext, messageIds: readonly string[]): Promise<MailRow | undefined> {
  for (const messageId of messageIds.slice(0, MOST_IDS)) {
    const message = await mailById(store.db, messageId.slice(0, messageId.lastIndexOf('@')));
    if (message !== undefined && message.offers > 0 && message.method !== 'NOTICE') return message;
  }
  return undefined;
}

const MOST_IDS = 20;

async function noteOnce(context: CalendarContext, message: MailRow, what: Recorded, detail: string): Promise<void> {
  const { id: messageId, home_id: homeId, uid, recipient } = message;
  await context.store.write(async (tx) => {
    if (await hasMailEvent(tx, { homeId, uid, messageId, what: [what] })) return;
    await record(tx, { homeId, uid, recipient, messageId, at: context.clock(), what, detail });
  });
}
