import { trustSender } from '../calendar/trusted-senders.ts';
import { UsageError, type Call, type Command } from './command.ts';
import { BY_COMMAND, orFail } from './command-line.ts';
import { requireUser, withContext } from './with-context.ts';

/** Of whose tray it is. Throws UsageError. */
export function requiredUser(call: Call): string {
  const login = call.option('user');
  if (login === undefined) throw new UsageError('--user tells who trusts');
  return login;
}

export const trayTrust: Command = {
  arguments: 'ADDRESS|@DOMAIN…',
  positionals: [1, Infinity],
  options: { user: { value: 'U', doc: 'who trusts them: an id or address' } },
  notes:
    'What comes from there in its own name is taken though nothing proves it. What its domain says is forged is refused all the same.',
  run: (call) =>
    withContext(call, { create: false }, async (context) => {
      const { id: homeId } = await requireUser(context, requiredUser(call));
      for (const sender of call.positionals) {
        await orFail(trustSender(context, { homeId, sender, by: BY_COMMAND }));
        call.io.stdout.write(`trusted ${sender}\n`);
      }
      return 0;
    }),
};
