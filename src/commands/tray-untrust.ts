import { untrustSender } from '../calendar/trusted-senders.ts';
import { CommandFailure, type Command } from './command.ts';
import { BY_COMMAND, orFail } from './command-line.ts';
import { requiredUser } from './tray-trust.ts';
import { requireUser, withContext } from './with-context.ts';

export const trayUntrust: Command = {
  arguments: 'ADDRESS|@DOMAIN…',
  positionals: [1, Infinity],
  options: { user: { value: 'U', doc: 'who trusted them: an id or address' } },
  run: (call) =>
    withContext(call, { create: false }, async (context) => {
      const { id: homeId } = await requireUser(context, requiredUser(call));
      for (const sender of call.positionals) {
        const was = await orFail(untrustSender(context, { homeId, sender, by: BY_COMMAND }));
        if (!was) throw new CommandFailure(`"${sender}" was not trusted`);
        call.io.stdout.write(`trusted no more ${sender}\n`);
      }
      return 0;
    }),
};
