import { versionOf } from '../calendar/history.ts';
import type { Command } from './command.ts';
import { ADMINISTRATOR, orFail, versionNumber } from './command-line.ts';
import { withContext } from './with-context.ts';

export const historyShow: Command = {
  arguments: 'VERSION',
  positionals: [1, 1],
  options: {},
  async run(call) {
    const key = versionNumber(call.positionals[0] ?? '');
    const { octets } = await withContext(call, { create: false }, (context) =>
      orFail(versionOf(context, ADMINISTRATOR, key)),
    );
    call.io.stdout.write(octets);
    return 0;
  },
};
