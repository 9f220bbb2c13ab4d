import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { CommandFailure, type Command } from './command.ts';
import { withContext } from './with-context.ts';

export const backup: Command = {
  arguments: 'FILE',
  positionals: [1, 1],
  options: { force: { doc: 'replace FILE if it exists' } },
  notes:
    'The copy is consistent, also while the server runs; only its owner may read it. It holds every calendar and\n' +
    'the hashes of the passwords: keep it safe. For PostgreSQL, use pg_dump.',
  async run(call) {
    const [file = ''] = call.positionals;
    if (existsSync(file) && !call.has('force')) throw new CommandFailure(`${file} exists; --force replaces it`);
    await withContext(call, { create: false }, ({ store }) => store.backup(file));
    const { size } = await stat(file);
    call.io.stdout.write(`backed up to ${file} (${size} octets)\n`);
    return 0;
  },
};
