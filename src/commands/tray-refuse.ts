import { refuseTrayItem } from '../calendar/tray.ts';
import type { Command } from './command.ts';
import { BY_COMMAND, orFail } from './command-line.ts';
import { withContext } from './with-context.ts';

export const trayRefuse: Command = {
  arguments: 'ID…',
  positionals: [1, Infinity],
  options: {},
  notes: 'Nobody is told.',
  run: (call) =>
    withContext(call, { create: false }, async (context) => {
      for (const id of call.positionals) {
        await orFail(refuseTrayItem(context, id, { by: BY_COMMAND }));
        call.io.stdout.write(`refused ${id}\n`);
      }
      return 0;
    }),
};
