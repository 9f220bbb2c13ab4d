import { BadRequest } from '../base/refusal.ts';
import { asciiAddress, asciiDomain } from '../mail/mail-domain.ts';
import { recordAct } from '../store/audit.ts';
import * as rows from '../store/tray.ts';
import type { Author } from './author.ts';
import type { CalendarContext } from './context.ts';

/** Whom somebody trusts though their mail proves nothing: mail addresses in lower case, and @domain. */
export const trustedSenders = (context: CalendarContext, homeId: string): Promise<readonly string[]> =>
  rows.trustedSenders(context.store.db, homeId);

export interface Trust {
  readonly homeId: string;
  /** A mail address, or @domain. */
  readonly sender: string;
  readonly by: Author;
}

/** What is not forged openly, from this sender and in its own name, is taken without asking. Throws BadRequest. */
export async function trustSender(context: CalendarContext, { homeId, sender, by }: Trust): Promise<void> {
  const trusted = senderOf(sender);
  const at = context.clock();
  await context.store.write(async (tx) => {
    await rows.trustSender(tx, homeId, trusted, at);
    await recordAct(tx, { act: 'sender-trusted', at, by, homeId, subject: undefined, detail: { sender: trusted } });
  });
}

/** Whether the sender was trusted. Throws BadRequest. */
export async function untrustSender(context: CalendarContext, { homeId, sender, by }: Trust): Promise<boolean> {
  const trusted = senderOf(sender);
  const at = context.clock();
  return context.store.write(async (tx) => {
    const was = await rows.untrustSender(tx, homeId, trusted);
    const detail = { sender: trusted };
    if (was) await recordAct(tx, { act: 'sender-untrusted', at, by, homeId, subject: undefined, detail });
    return was;
  });
}

/** As it is compared. */
function senderOf(text: string): string {
  const domain = text.startsWith('@') ? asciiDomain(text.slice(1)) : '';
  const sender = domain === '' ? asciiAddress(text) : `@${domain}`;
  if (sender === undefined) throw new BadRequest(`"${text}" is neither a mail address nor @domain`);
  return sender;
}
