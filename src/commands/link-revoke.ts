import { unnamed } from '../calendar/author.ts';
import { revokeLink } from '../calendar/links.ts';
import type { Command } from './command.ts';
import { ADMINISTRATOR, orFail } from './command-line.ts';
import { withContext } from './with-context.ts';

export const linkRevoke: Command = {
  arguments: 'ID…',
  positionals: [1, Infinity],
  options: {},
  notes: 'Works beside a running server: the next request finds no link any more. `link list` tells the ids.',
  run: (call) =>
    withContext(call, { create: false }, async (context) => {
      for (const id of call.positionals) {
        await orFail(revokeLink(context, { actor: ADMINISTRATOR, id, by: unnamed('provision') }));
        call.io.stdout.write(`revoked ${id}\n`);
      }
      return 0;
    }),
};
