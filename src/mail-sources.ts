import type { Log } from './base/log.ts';
import type { CalendarContext } from './calendar/context.ts';
import type { Config } from './config.ts';
import { readMailbox, type MailboxReader } from './mail/sources/imap.ts';
import { listenForMail, type MailListener } from './mail/sources/listen.ts';
import { mailTaker, type MailTaker } from './mail-taker.ts';

export interface MailSources {
  /** Where mail is taken: `lmtp on 127.0.0.1:24`; undefined: nowhere. */
  readonly listening: string | undefined;
  close(): Promise<void>;
}

/** Begins to take mail, as far as the configuration has it. Rejects where the port is taken. */
export async function startMailSources(config: Config, context: CalendarContext, log: Log): Promise<MailSources> {
  const shared = { ...mailTaker(config, context, log), limits: context.limits, log };
  const listener = await startListener(config, shared);
  const reader = startReader(config, shared);
  const { host, protocol } = config.mail.listen;
  return {
    listening: listener && `${protocol} on ${host.includes(':') ? `[${host}]` : host}:${listener.port}`,
    async close() {
      await Promise.all([listener?.close(), reader?.close()]);
    },
  };
}

type Shared = MailTaker & { readonly limits: CalendarContext['limits']; readonly log: Log };

async function startListener({ mail, tlsCert, tlsKey }: Config, shared: Shared): Promise<MailListener | undefined> {
  const { host, port, protocol } = mail.listen;
  if (port === undefined) return undefined;
  const tls = tlsCert === undefined || tlsKey === undefined ? undefined : { certFile: tlsCert, keyFile: tlsKey };
  return listenForMail({ ...shared, host, port, protocol, tls });
}

function startReader({ mail }: Config, shared: Shared): MailboxReader | undefined {
  const { host, user = '', password = '' } = mail.imap;
  if (host === undefined) return undefined;
  return readMailbox({ ...shared, mailbox: { ...mail.imap, host, user, password }, random: Math.random });
}
