import { unnamed } from '../calendar/author.ts';
import { changeShares } from '../calendar/share.ts';
import { requireOption } from './arguments.ts';
import type { Command } from './command.ts';
import { ADMINISTRATOR, orFail } from './command-line.ts';
import { findCalendar } from './find-calendar.ts';
import { requireSharee } from './share-terms.ts';
import { requireUser, withContext } from './with-context.ts';

export const shareRemove: Command = {
  arguments: 'CALENDAR SHAREE…',
  positionals: [2, Infinity],
  options: { user: { value: 'U', doc: 'whose calendar it is: an id or address' } },
  notes: 'The calendar leaves the homes of the sharees; what is in it stays.',
  async run(call) {
    const login = requireOption(call, 'user');
    const [name = '', ...names] = call.positionals;
    await withContext(call, { create: false }, async (context) => {
      const collection = await findCalendar(context, await requireUser(context, login), name);
      const asked = [];
      for (const address of names) {
        asked.push({ address, sharee: await requireSharee(context, address), terms: undefined });
      }
      await orFail(changeShares(context, { actor: ADMINISTRATOR, collection, asked, by: unnamed('provision') }));
      for (const { sharee } of asked) call.io.stdout.write(`removed ${sharee.id}\n`);
    });
    return 0;
  },
};
