import { releaseHold } from '../calendar/guard-holds.ts';
import type { Command } from './command.ts';
import { ADMINISTRATOR, BY_COMMAND, orFail } from './command-line.ts';
import { withContext } from './with-context.ts';

export const guardRelease: Command = {
  arguments: 'ID…',
  positionals: [1, Infinity],
  options: {},
  notes: 'The device may delete and rewrite again; what it did before counts no more.',
  run: (call) =>
    withContext(call, { create: false }, async (context) => {
      for (const id of call.positionals) {
        await orFail(releaseHold(context, { actor: ADMINISTRATOR, id, by: BY_COMMAND }));
        call.io.stdout.write(`released ${id}\n`);
      }
      return 0;
    }),
};
