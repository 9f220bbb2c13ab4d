import { chmodSync, copyFileSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { pino } from 'pino';
import { systemClock } from '../base/clock.ts';
import { storeOptionsOf } from '../open-context.ts';
import { renewEpoch } from '../store/meta.ts';
import { problemOfFile, whileAlone } from '../store/sqlite-file.ts';
import { openStore } from '../store/store.ts';
import { CommandFailure, type Command } from './command.ts';

export const restore: Command = {
  arguments: 'FILE',
  positionals: [1, 1],
  options: {},
  notes: 'Stop the server first. The database that is replaced stays beside the new one, as NAME.before-restore-TIME.',
  async run(call) {
    const [file = ''] = call.positionals;
    const options = storeOptionsOf(call.config);
    if (!('sqlite' in options)) {
      throw new CommandFailure('restore works on SQLite; use pg_restore or psql for a dump of PostgreSQL');
    }
    if (!existsSync(file)) throw new CommandFailure(`there is no file ${file}`);
    const problem = problemOfFile(file);
    if (problem !== undefined) throw new CommandFailure(`${file} is not a backup of Kalends: ${problem}`);
    mkdirSync(dirname(options.sqlite), { recursive: true, mode: 0o700 });
    const kept = await replace(options.sqlite, file);
    call.io.stdout.write(`restored ${file} to ${options.sqlite}\n`);
    if (kept !== undefined) call.io.stdout.write(`the database of before is kept as ${kept}\n`);
    return 0;
  },
};

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
