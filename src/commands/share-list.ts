import { sharesOn, type ListedShare } from '../calendar/share-list.ts';
import type { Collection } from '../calendar/model.ts';
import { requireOption } from './arguments.ts';
import type { Command } from './command.ts';
import { calendarsOf } from './find-calendar.ts';
import { lineWriter } from './output.ts';
import { requireUser, withContext } from './with-context.ts';

export const shareList: Command = {
  arguments: '',
  positionals: [0, 0],
  options: {
    user: { value: 'U', doc: 'whose calendars: an id or address' },
    json: { doc: 'one JSON object a line' },
  },
  notes: 'With whom the calendars of a person are shared, and what came of the invitation.',
  async run(call) {
    const login = requireOption(call, 'user');
    await withContext(call, { create: false }, async (context) => {
      const out = lineWriter(call.io.stdout);
      for (const calendar of await calendarsOf(context, await requireUser(context, login))) {
        for (const share of await sharesOn(context, calendar)) {
          await out.write((call.has('json') ? jsonOf : textOf)(calendar, share));
        }
      }
      await out.end();
    });
    return 0;
  },
};

const textOf = ({ homeId, uri }: Collection, { share, sharee, status }: ListedShare): string =>
  `${homeId}/${uri}  ${sharee.id}  ${share.access}  ${status}`;

const jsonOf = ({ homeId, uri }: Collection, { share, sharee, status }: ListedShare): string =>
  JSON.stringify({
    ...{ user: homeId, calendar: uri, sharee: sharee.id, kind: sharee.kind, access: share.access, status },
    ...{ summary: share.summary ?? null, since: new Date(share.createdAt).toISOString() },
  });
