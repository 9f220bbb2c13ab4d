import type { Log } from './base/log.ts';
import type { CalendarContext } from './calendar/context.ts';
import type { Config } from './config.ts';
import type { MailboxReader } from './mail/sources/imap.ts';
import type { MailListener } from './mail/sources/listen.ts';
import type { MailTaker } from './mail-taker.ts';

export interface MailSources {
  /** Where mail is taken: `lmtp on 127.0.0.1:24`; undefined: nowhere. */
  readonly listening: string | undefined;
  close(): Promise<void>;
}

/**
 * Begins to take mail, as far as the configuration has it. Rejects where the port is taken. What reads and judges mails is
 * loaded for those alone who take some: it is more than all the rest of the server.
 */
export async function startMailSources(config: Config, context: CalendarContext, log: Log): Promise<MailSources> {
  const { host, port, protocol } = config.mail.listen;
  if (port === undefined && config.mail.imap.host === undefined) return NO_MAIL;
  const { mailTaker } = await import('./mail-taker.ts');
  const shared = { ...mailTaker(config, context, log), limits: context.limits, log };
  const listener = await startListener(config, shared);
  const reader = await startReader(config, shared);
  return {
    listening: listener && `${protocol} on ${host.includes(':') ? `[${host}]` : host}:${listener.port}`,
    async close() {
      await Promise.all([listener?.close(), reader?.close()]);
    },
  };
}

const NO_MAIL: MailSources = { listening: undefined, close: async () => undefined };

type Shared = MailTaker & { readonly limits: CalendarContext['limits']; readonly log: Log };

async function startListener({ mail, tlsCert, tlsKey }: Config, shared: Shared): Promise<MailListener | undefined> {
  const { host, port, protocol } = mail.listen;
  if (port === undefined) return undefined;
  const tls = tlsCert === undefined || tlsKey === undefined ? undefined : { certFile: tlsCert, keyFile: tlsKey };
  const { listenForMail } = await import('./mail/sources/listen.ts');
  return listenForMail({ ...shared, host, port, protocol, tls });
}

async function startReader({ mail }: Config, shared: Shared): Promise<MailboxReader | undefined> {
  const { host, user = '', password = '' } = mail.imap;
  if (host === undefined) return undefined;
  const { readMailbox } = await import('./mail/sources/imap.ts');
  return readMailbox({ ...shared, mailbox: { ...mail.imap, host, user, password }, random: Math.random });
}
