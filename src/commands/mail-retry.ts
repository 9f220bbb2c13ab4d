import { pino } from 'pino';
import { inboundMail } from '../calendar/inbound-mails.ts';
import { retryMail } from '../calendar/receive-mail.ts';
import { createMailResolver } from '../mail/resolver.ts';
import { CommandFailure, type Command } from './command.ts';
import { withContext } from './with-context.ts';

export const mailRetry: Command = {
  arguments: 'ID…',
  positionals: [1, 1000],
  options: {},
  notes: 'Reads mails again that are kept, after what stood in their way has changed, and tells what becomes of each.',
  async run(call) {
    const { authserv, signers } = call.config.mail;
    const log = pino({ level: 'silent' });
    await withContext(call, { create: false }, async (context) => {
      for (const id of call.positionals) {
        const known = await inboundMail(context, id);
        if (known === undefined) throw new CommandFailure(`no mail is listed as ${id}`);
        if (known.octets === undefined) throw new CommandFailure(`the mail ${id} is not kept`);
        const outcome = await retryMail(context, id, { resolver: createMailResolver(), log, authserv, signers });
        if (outcome === undefined) throw new CommandFailure(`the mail ${id} cannot be read now: try again later`);
        call.io.stdout.write(`${id}  ${outcome.state}  ${outcome.reason}\n`);
      }
    });
    return 0;
  },
};
