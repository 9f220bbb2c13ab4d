import { existsSync, realpathSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { storeOptionsOf } from '../open-context.ts';
import type { StoreOptions } from '../store/store.ts';
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
    if (!existsSync(dirname(file))) throw new CommandFailure(`there is no folder ${dirname(file)}`);
    if (isDatabase(file, storeOptionsOf(call.config))) {
      throw new CommandFailure(`${file} is the database itself; name another file`);
    }
    if (existsSync(file) && !call.has('force')) throw new CommandFailure(`${file} exists; --force replaces it`);
    await withContext(call, { create: false }, ({ store }) => store.backup(file));
    const { size } = await stat(file);
    call.io.stdout.write(`backed up to ${file} (${size} octets)\n`);
    return 0;
  },
};

/** The database or what SQLite keeps beside it: to replace one of them would ruin it under a running server. */
function isDatabase(file: string, options: StoreOptions): boolean {
  if (!('sqlite' in options) || !existsSync(options.sqlite)) return false;
  const database = realpathSync(options.sqlite);
  const place = existsSync(file) ? realpathSync(file) : join(realpathSync(dirname(file)), basename(file));
  return ['', '-wal', '-shm'].some((end) => place === database + end);
}
