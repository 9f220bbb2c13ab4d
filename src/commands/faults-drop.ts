import { BadRequest } from '../base/refusal.ts';
import { dropFaulty } from '../calendar/faulty-objects.ts';
import { CommandFailure, type Command } from './command.ts';
import { withContext } from './with-context.ts';

export const faultsDrop: Command = {
  arguments: 'ID…',
  positionals: [1, Infinity],
  options: {},
  notes: '`faults show ID` writes it out before. What is stored in a calendar is not dropped: a client deletes it.',
  run: (call) =>
    withContext(call, { create: false }, async (context) => {
      for (const id of call.positionals) {
        await dropFaulty(context, id).catch((error: unknown) => {
          throw error instanceof BadRequest ? new CommandFailure(error.message) : error;
        });
        call.io.stdout.write(`dropped ${id}\n`);
      }
      return 0;
    }),
};
