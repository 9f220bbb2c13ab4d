import { inboundMail } from '../calendar/inbound-mails.ts';
import { CommandFailure, type Command } from './command.ts';
import { withContext } from './with-context.ts';

export const mailShow: Command = {
  arguments: 'ID',
  positionals: [1, 1],
  options: {},
  notes: 'Writes a mail out as it came, octet for octet.',
  async run(call) {
    const [id = ''] = call.positionals;
    const mail = await withContext(call, { create: false }, (context) => inboundMail(context, id));
    if (mail === undefined) throw new CommandFailure(`no mail is listed as ${id}`);
    if (mail.octets === undefined)
      throw new CommandFailure(`the mail is not kept: it was ${mail.state}: ${mail.reason}`);
    call.io.stdout.write(mail.octets);
    return 0;
  },
};
