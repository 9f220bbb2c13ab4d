import { chmodSync, copyFileSync, existsSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { pino } from 'pino';
import { systemClock } from '../base/clock.ts';
import { makeFolder } from '../make-folder.ts';
import { storeOptionsOf } from '../open-context.ts';
import { renewEpoch } from '../store/meta.ts';
import { problemOfFile, whileAlone } from '../store/sqlite-file.ts';
import { openStore } from '../store/store.ts';
import { CommandFailure, UsageError, type Call, type Command } from './command.ts';
import { withContext } from './with-context.ts';

export const restore: Command = {
  arguments: 'FILE',
  positionals: [0, 1],
  options: { 'after-pg-restore': { doc: 'instead of FILE, for PostgreSQL: ready what pg_restore brought back' } },
  notes:
    'Stop the server first. The database that is replaced stays beside the new one, as NAME.before-restore-TIME.\n' +
    'A dump of PostgreSQL is put back by pg_restore; then --after-pg-restore, so that clients synchronise anew.',
  async run(call) {
    if (call.has('after-pg-restore')) return readyRestored(call);
    const [file] = call.positionals;
    if (file === undefined) throw new UsageError('FILE is missing');
    const options = storeOptionsOf(call.config);
    if (!('sqlite' in options)) {
      throw new CommandFailure(
        'restore works on SQLite; put a dump of PostgreSQL back with pg_restore, then call restore --after-pg-restore',
      );
    }
    if (!existsSync(file)) throw new CommandFailure(`there is no file ${file}`);
    const problem = problemOfFile(file);
    if (problem !== undefined) throw new CommandFailure(`${file} is not a backup of Kalends: ${problem}`);
    makeFolder(dirname(options.sqlite));
    const kept = await replace(options.sqlite, file);
    call.io.stdout.write(`restored ${file} to ${options.sqlite}\n`);
    if (kept !== undefined) call.io.stdout.write(`the database of before is kept as ${kept}\n`);
    return 0;
  },
};

async function readyRestored(call: Call): Promise<number> {
  const { positionals, config, io } = call;
  if (positionals.length > 0) throw new UsageError('--after-pg-restore takes no FILE');
  if ('sqlite' in storeOptionsOf(config)) throw new UsageError('--after-pg-restore needs --database postgres://…');
  await withContext(call, { create: false }, ({ store }) => store.write(renewEpoch));
  io.stdout.write('the database is ready: start the server; every client synchronises from the beginning\n');
  return 0;
}

/** Everything that can fail happens to a copy beside the database, which only then takes its place. */
async function replace(database: string, backup: string): Promise<string | undefined> {
  const copy = `${database}.restoring`;
  const files = [copy, `${copy}-wal`, `${copy}-shm`];
  const removeCopy = (): void => {
    for (const file of files) rmSync(file, { force: true });
  };
  removeCopy();
  try {
    copyFileSync(backup, copy);
    // A copy of a database that was not closed has its last commits there.
    if (existsSync(`${backup}-wal`)) copyFileSync(`${backup}-wal`, `${copy}-wal`);
    chmodSync(copy, 0o600);
    await prepare(copy);
    const kept = existsSync(database) ? `${database}.before-restore-${stamp()}` : undefined;
    const done = whileAlone(database, () => {
      if (kept !== undefined) move(database, kept);
      renameSync(copy, database);
    });
    if (done === undefined) throw new CommandFailure('a server or another command uses the database; stop it first');
    return kept;
  } finally {
    removeCopy();
  }
}

/** Migrates the copy, which refuses a newer one, and disowns the sync tokens that were given out after the backup. */
async function prepare(copy: string): Promise<void> {
  const store = await openStore({ sqlite: copy }, { clock: systemClock, log: pino({ level: 'silent' }) });
  try {
    await store.write(renewEpoch);
  } finally {
    await store.close();
  }
}

/** A damaged database still has its write-ahead log beside it. */
function move(database: string, kept: string): void {
  for (const end of ['-wal', '-shm']) {
    if (existsSync(database + end)) renameSync(database + end, kept + end);
  }
  renameSync(database, kept);
}

const stamp = (): string => new Date(systemClock()).toISOString().replace(/[-:]|\.\d+/g, '');
