import { faultyObject } from '../calendar/faulty-objects.ts';
import { CommandFailure, type Command } from './command.ts';
import { withContext } from './with-context.ts';

export const faultsShow: Command = {
  arguments: 'ID',
  positionals: [1, 1],
  options: {},
  async run(call) {
    const [id = ''] = call.positionals;
    const item = await withContext(call, { create: false }, (context) => faultyObject(context, id));
    if (item === undefined) throw new CommandFailure(`nothing is set aside as ${id}`);
    call.io.stdout.write(item.octets);
    return 0;
  },
};
