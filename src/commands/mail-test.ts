import { MINUTE, systemClock } from '../base/clock.ts';
import { mailSettingsOf, smtpServerOf } from '../mail-settings.ts';
import { UnusableAddress } from '../mail/unusable-address.ts';
import type { SendOutcome } from '../mail/outgoing.ts';
import { composeProbe } from '../mail/probe.ts';
import { SMTP_TIMEOUTS, type SmtpServer } from '../mail/smtp-session.ts';
import { createTransport } from '../mail/transport.ts';
import { CommandFailure, type Command } from './command.ts';

export const mailTest: Command = {
  arguments: 'ADDRESS',
  positionals: [1, 1],
  options: {},
  notes: 'It goes the way of all mail: through the server that mail.host names, with its log-in, From and DKIM key.',
  async run(call) {
    const [to = ''] = call.positionals;
    const { config, io } = call;
    const [settings, server] = [mailSettingsOf(config), smtpServerOf(config)];
    if (settings === undefined || server === undefined)
      throw new CommandFailure('no mail is sent: mail.host is not set; see docs/mail.md');
    const { policy } = settings;
    const mail = await composeProbe({ to, at: systemClock() }, policy).catch((cause: unknown) => {
      if (!(cause instanceof UnusableAddress)) throw cause;
      throw new CommandFailure(`"${to}" is no address that mail can be sent to`, { cause });
    });
    const transport = createTransport(server, { timeouts: { ...SMTP_TIMEOUTS, silence: MINUTE } });
    try {
      const outcome = await transport.send(mail, new AbortController().signal);
      if (outcome.kind !== 'sent') throw new CommandFailure(whyNot(outcome, server));
      const signature = policy.dkim === undefined ? 'without a DKIM signature' : `signed by ${policy.dkim.domain}`;
      io.stdout.write(
        `${server.host}:${server.port} took a mail from ${policy.from} to ${to}, ${signature}: ${outcome.answer}\n`,
      );
      return 0;
    } finally {
      transport.close();
    }
  },
};

/** In one sentence, with what can be done about it where that is plain. */
function whyNot(outcome: Exclude<SendOutcome, { readonly kind: 'sent' }>, server: SmtpServer): string {
  const { kind, reason } = outcome;
  const name = `${server.host}:${server.port}`;
  if (kind === 'later') return `${name} does not take it now, but perhaps later: ${reason}`;
  if (kind === 'refused') return `${name} does not take it: ${reason}`;
  const isOfCertificate = /certificate|self-signed/i.test(reason);
  const advice = isOfCertificate ? '; mail.tls says what is asked of its certificate' : '';
  return `${reason.startsWith('the mail server') ? reason : `${name} cannot be used: ${reason}`}${advice}`;
}
