import type { Command } from './command.ts';
import { requireRoom, roomJson, roomText } from './room-text.ts';
import { withContext } from './with-context.ts';

export const roomShow: Command = {
  arguments: 'ROOM',
  positionals: [1, 1],
  options: { json: { doc: 'as a JSON object' } },
  notes: 'ROOM is the id or an address of a room or resource.',
  async run(call) {
    const [name = ''] = call.positionals;
    const room = await withContext(call, { create: false }, (context) => requireRoom(context, name));
    call.io.stdout.write(`${call.has('json') ? JSON.stringify(roomJson(room)) : roomText(room)}\n`);
    return 0;
  },
};
