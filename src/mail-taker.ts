import type { Log } from './base/log.ts';
import type { CalendarContext } from './calendar/context.ts';
import { mailRecipient } from './calendar/mail-recipient.ts';
import { createMailReceiver } from './calendar/receive-mail.ts';
import type { Config } from './config.ts';
import { createMailResolver } from './mail/resolver.ts';
import type { Receiver } from './mail/raw-mail.ts';

/** Who takes mails, and which recipients are ours. */
export interface MailTaker {
  readonly receiver: Receiver;
  readonly knows: (address: string) => Promise<boolean>;
}

/** What all ways share by which mail comes in. */
export function mailTaker(config: Config, context: CalendarContext, log: Log): MailTaker {
  const { authserv, signers } = config.mail;
  return {
    receiver: createMailReceiver(context, { resolver: createMailResolver(), log, authserv, signers }),
    knows: async (address) => (await mailRecipient(context, address)).kind !== 'unknown',
  };
}
