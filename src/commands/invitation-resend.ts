import { resendInvitation } from '../calendar/resend-invitation.ts';
import { requireOption } from './arguments.ts';
import type { Command } from './command.ts';
import { ADMINISTRATOR, BY_COMMAND, orFail } from './command-line.ts';
import { plainAddress, requireRecord } from './invitation-text.ts';
import { withContext } from './with-context.ts';

export const invitationResend: Command = {
  arguments: 'UID',
  positionals: [1, 1],
  options: {
    to: { value: 'ADDRESS', doc: 'who is to have it once more' },
    user: { value: 'U', doc: 'in whose name: an id or address; left out: its organizer' },
  },
  notes:
    'The whole of what the person is invited to now is sent by mail once more, to be answered as before. To who is not\n' +
    'invited any more that is the cancellation; to an organizer it is the last answer.',
  async run(call) {
    const [uid = ''] = call.positionals;
    const recipient = requireOption(call, 'to');
    const sent = await withContext(call, { create: false }, async (context) => {
      const { homeId } = await requireRecord(context, call, uid);
      const asked = { actor: ADMINISTRATOR, by: BY_COMMAND, homeId, uid, recipient };
      return orFail(resendInvitation(context, asked));
    });
    call.io.stdout.write(`${sent.method} for ${plainAddress(sent.recipient)} waits to be sent\n`);
    return 0;
  },
};
