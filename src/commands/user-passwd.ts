import { applyPrincipals } from '../calendar/provision.ts';
import { defaultCalendars } from '../open-context.ts';
import type { Command } from './command.ts';
import { newPassword } from './prompt.ts';
import { requireUser, withContext } from './with-context.ts';

export const userPasswd: Command = {
  arguments: 'ID',
  positionals: [1, 1],
  options: { 'password-stdin': { doc: 'read the password from stdin, also on a terminal' } },
  notes: 'Works beside a running server, which takes the old password no more.',
  async run(call) {
    const [login = ''] = call.positionals;
    const id = await withContext(call, { create: false }, async (context) => {
      const { id, kind, name } = await requireUser(context, login);
      const password = await newPassword(call.io, { fromStdin: call.has('password-stdin') });
      await applyPrincipals(context, [{ id, kind, name, password, path: id }], defaultCalendars(call.config));
      return id;
    });
    call.io.stdout.write(`set the password of ${id}\n`);
    return 0;
  },
};
