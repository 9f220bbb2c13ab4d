import { acceptTrayItem } from '../calendar/tray.ts';
import { CommandFailure, UsageError, type Call, type Command } from './command.ts';
import { BY_COMMAND, orFail } from './command-line.ts';
import { withContext } from './with-context.ts';

const TRUST = ['no', 'address', 'domain'] as const;

export const trayAccept: Command = {
  arguments: 'ID…',
  positionals: [1, Infinity],
  options: {
    trust: { value: 'WHOM', doc: '`address` or `domain`: what else comes from there is taken without asking' },
  },
  notes:
    'The message is received as though who it says had sent it. What was refused by this server cannot be accepted.',
  run: (call) =>
    withContext(call, { create: false }, async (context) => {
      const trust = trustOf(call);
      for (const id of call.positionals) {
        const status = await orFail(acceptTrayItem(context, id, { trust, by: BY_COMMAND }));
        if (status !== '1.2') throw new CommandFailure(`${id} could not be received (${status}) and waits on`);
        call.io.stdout.write(`accepted ${id}\n`);
      }
      return 0;
    }),
};

function trustOf(call: Call): (typeof TRUST)[number] {
  const text = call.option('trust') ?? 'no';
  const trust = TRUST.find((each) => each === text);
  if (trust === undefined) throw new UsageError('--trust is no, address or domain');
  return trust;
}
