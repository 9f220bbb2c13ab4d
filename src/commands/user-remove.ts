import { removePrincipal } from '../calendar/remove-principal.ts';
import { CommandFailure, type Command } from './command.ts';
import { exportCalendars } from './export.ts';
import { confirm } from './prompt.ts';
import { requireUser, withContext } from './with-context.ts';

export const userRemove: Command = {
  arguments: 'ID',
  positionals: [1, 1],
  options: {
    yes: { doc: 'do not ask' },
    export: { value: 'DIR', doc: 'write the calendars there first' },
  },
  notes: 'Removes the user and everything in the calendars of the user. Only a backup brings it back.',
  async run(call) {
    const [id = ''] = call.positionals;
    await withContext(call, { create: false }, async (context) => {
      const user = await requireUser(context, id);
      if (user.kind !== 'user') throw new CommandFailure(`"${id}" is a ${user.kind}, not a user`);
      if (!call.has('yes') && !(await confirm(call.io, `Remove ${user.id} (${user.name}) and all calendars?`))) {
        throw new CommandFailure('nothing was removed; --yes removes without asking');
      }
      const folder = call.option('export');
      if (folder !== undefined) await exportCalendars(call.io, { context, user, folder });
      await removePrincipal(context, user);
    });
    call.io.stdout.write(`removed ${id}\n`);
    return 0;
  },
};
