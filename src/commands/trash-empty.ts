import { emptyTrash } from '../calendar/trash.ts';
import { requireOption } from './arguments.ts';
import { CommandFailure, type Command } from './command.ts';
import { ADMINISTRATOR, BY_COMMAND, orFail } from './command-line.ts';
import { confirm } from './prompt.ts';
import { requireUser, withContext } from './with-context.ts';

export const trashEmpty: Command = {
  arguments: '',
  positionals: [0, 0],
  options: {
    user: { value: 'U', doc: 'whose trash: an id or address' },
    yes: { doc: 'do not ask' },
  },
  notes: 'For ever, with all earlier versions of what is in it: only a backup brings it back.',
  async run(call) {
    const login = requireOption(call, 'user');
    await withContext(call, { create: false }, async (context) => {
      const { id: homeId } = await requireUser(context, login);
      if (!call.has('yes') && !(await confirm(call.io, `Forget for ever what is in the trash of ${homeId}?`))) {
        throw new CommandFailure('nothing was forgotten; --yes does it without asking');
      }
      const done = await orFail(emptyTrash(context, ADMINISTRATOR, { homeId, by: BY_COMMAND }));
      call.io.stdout.write(`forgot ${done.objects} objects and ${done.calendars} calendars\n`);
    });
    return 0;
  },
};
