import { rollBack } from '../calendar/guard-holds.ts';
import type { Command } from './command.ts';
import { ADMINISTRATOR, BY_COMMAND, orFail } from './command-line.ts';
import { restoredText } from './restored-text.ts';
import { withContext } from './with-context.ts';

export const guardRollback: Command = {
  arguments: 'ID',
  positionals: [1, 1],
  options: {},
  notes:
    'What the device deleted, moved or rewrote since its burst began is as it was, what it added goes to the trash; what\n' +
    'somebody else wrote after it stays. The device stays held until `guard release`.',
  run: (call) =>
    withContext(call, { create: false }, async (context) => {
      const [id = ''] = call.positionals;
      return restoredText(call.io, await orFail(rollBack(context, { actor: ADMINISTRATOR, id, by: BY_COMMAND })));
    }),
};
