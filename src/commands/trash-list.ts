import { createDeviceNames } from '../calendar/device-names.ts';
import { uriOf } from '../calendar/history.ts';
import { trashOf } from '../calendar/trash.ts';
import { requireOption } from './arguments.ts';
import type { Command } from './command.ts';
import { ADMINISTRATOR, authorJson, authorText, orFail } from './command-line.ts';
import { lineWriter } from './output.ts';
import { requireUser, withContext } from './with-context.ts';

export const trashList: Command = {
  arguments: '',
  positionals: [0, 0],
  options: {
    user: { value: 'U', doc: 'whose trash: an id or address' },
    json: { doc: 'one JSON object a line' },
  },
  async run(call) {
    const login = requireOption(call, 'user');
    await withContext(call, { create: false }, async (context) => {
      const { id: homeId } = await requireUser(context, login);
      const names = createDeviceNames(context);
      const out = lineWriter(call.io.stdout);
      for (const { kind, id, collectionId, name, uid, members, deletedAt, by } of await orFail(
        trashOf(context, ADMINISTRATOR, homeId),
      )) {
        const at = new Date(deletedAt).toISOString();
        const place = kind !== 'object' ? name : `${await uriOf(context, collectionId)}/${name}`;
        const json = (): string => JSON.stringify({ kind, id, place, uid, members, at, ...authorJson(by) });
        const what = kind !== 'object' ? `${kind} ${place} with ${members ?? 0} objects` : `${place}  ${uid ?? ''}`;
        await out.write(call.has('json') ? json() : `${id}  ${at}  ${what}  ${await authorText(by, names)}`);
      }
      await out.end();
    });
    return 0;
  },
};
