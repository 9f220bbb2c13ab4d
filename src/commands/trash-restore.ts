import { BadRequest, Refusal } from '../base/refusal.ts';
import { uriOf } from '../calendar/history.ts';
import { restoreFromTrash } from '../calendar/trash.ts';
import { requireOption } from './arguments.ts';
import type { Command } from './command.ts';
import { ADMINISTRATOR, BY_COMMAND } from './command-line.ts';
import { requireUser, withContext } from './with-context.ts';

export const trashRestore: Command = {
  arguments: 'ID…',
  positionals: [1, Infinity],
  options: { user: { value: 'U', doc: 'whose trash: an id or address' } },
  notes: 'Objects and calendars, as `trash list` tells them. Exit code 1 where one could not be restored.',
  async run(call) {
    const login = requireOption(call, 'user');
    return withContext(call, { create: false }, async (context) => {
      const { id: homeId } = await requireUser(context, login);
      let failed = 0;
      for (const id of call.positionals) {
        try {
          const request = { actor: ADMINISTRATOR, homeId, id, by: BY_COMMAND };
          const { collectionId, name, left } = await restoreFromTrash(context, request);
          const uri = await uriOf(context, collectionId);
          call.io.stdout.write(`restored ${homeId}/${name === uri ? uri : `${uri}/${name}`}\n`);
          for (const { name: member, reason } of left) call.io.stderr.write(`${uri}/${member}: ${reason}\n`);
          failed += left.length;
        } catch (error) {
          if (!(error instanceof BadRequest) && !(error instanceof Refusal)) throw error;
          failed += 1;
          call.io.stderr.write(`${id}: ${error.message}\n`);
        }
      }
      return failed === 0 ? 0 : 1;
    });
  },
};
