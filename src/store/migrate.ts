import { sql } from 'kysely';

import { traitsOf, type Db } from './dialect.ts';
import { StoreUnavailable } from './errors.ts';
import { getMeta, setMeta } from './meta.ts';
import { initial } from './migrations/0001-initial.ts';
import { homeChanges } from './migrations/0002-home-changes.ts';
import { availability } from './migrations/0003-availability.ts';
import { setAside } from './migrations/0004-set-aside.ts';
import { busy } from './migrations/0005-busy.ts';
import { faults } from './migrations/0006-faults.ts';
import { aces } from './migrations/0007-aces.ts';
import { filesAndLocks } from './migrations/0008-files-and-locks.ts';
import { history } from './migrations/0009-history.ts';
import { subscriptions } from './migrations/0010-subscriptions.ts';
import { attachments } from './migrations/0011-attachments.ts';
import { defaultAlarms } from './migrations/0012-default-alarms.ts';
import { shares } from './migrations/0013-shares.ts';
import { links } from './migrations/0014-links.ts';
import { push } from './migrations/0015-push.ts';
import { historySize } from './migrations/0016-history-size.ts';
import { personalObjects } from './migrations/0017-personal-objects.ts';
import { scheduling } from './migrations/0018-scheduling.ts';
import { scheduleChanges } from './migrations/0019-schedule-changes.ts';
import { rooms } from './migrations/0020-rooms.ts';
import { sharedOctets } from './migrations/0021-shared-octets.ts';
import { groupMeetings } from './migrations/0022-group-meetings.ts';
import { defaultCalendar } from './migrations/0023-default-calendar.ts';
import { copiesToRefresh } from './migrations/0024-copies-to-refresh.ts';
import { mail } from './migrations/0025-mail.ts';
import { searchText } from './migrations/0026-search-text.ts';

export interface Migration {
  readonly name: string;
  readonly up: (tx: Db) => Promise<void>;
}

/** Every migration, in order: its number is its place, counted from 1. Never changed, only appended. */
export const MIGRATIONS: readonly Migration[] = [
  { name: '0001-initial', up: initial },
  { name: '0002-home-changes', up: homeChanges },
  { name: '0003-availability', up: availability },
  { name: '0004-set-aside', up: setAside },
  { name: '0005-busy', up: busy },
  { name: '0006-faults', up: faults },
  { name: '0007-aces', up: aces },
  { name: '0008-files-and-locks', up: filesAndLocks },
  { name: '0009-history', up: history },
  { name: '0010-subscriptions', up: subscriptions },
  { name: '0011-attachments', up: attachments },
  { name: '0012-default-alarms', up: defaultAlarms },
  { name: '0013-shares', up: shares },
  { name: '0014-links', up: links },
  { name: '0015-push', up: push },
  { name: '0016-history-size', up: historySize },
  { name: '0017-personal-objects', up: personalObjects },
  { name: '0018-scheduling', up: scheduling },
  { name: '0019-schedule-changes', up: scheduleChanges },
  { name: '0020-rooms', up: rooms },
  { name: '0021-shared-octets', up: sharedOctets },
  { name: '0022-group-meetings', up: groupMeetings },
  { name: '0023-default-calendar', up: defaultCalendar },
  { name: '0024-copies-to-refresh', up: copiesToRefresh },
  { name: '0025-mail', up: mail },
  { name: '0026-search-text', up: searchText },
];

/** The number of the last one. */
export const SCHEMA_VERSION = MIGRATIONS.length;

/** Runs one transaction under a lock that no other process can hold at the same time. */
export type LockedTransaction = <T>(work: (tx: Db) => Promise<T>) => Promise<T>;

const VERSION = 'schema_version';

/**
 * Brings the tables to the last migration, each in a transaction of its own. Returns how many were run. Throws
 * StoreUnavailable where the database was written by a newer program: there is no way back.
 */
export async function migrate(run: LockedTransaction, migrations = MIGRATIONS): Promise<number> {
  for (let done = 0; ; done += 1) {
    const more = await run((tx) => step(tx, migrations));
    if (!more) return done;
  }
}

async function step(tx: Db, migrations: readonly Migration[]): Promise<boolean> {
  const { text, clustered } = traitsOf(tx).ddl;
  await sql
    .raw(`create table if not exists meta (key ${text} not null primary key, value ${text} not null) ${clustered}`)
    .execute(tx);
  const version = Number((await getMeta(tx, VERSION)) ?? 0);
  if (version > migrations.length) {
    throw new StoreUnavailable(
      `The database was written by a newer version of Kalends (its schema is ${version}, this program knows up to ` +
        `${migrations.length}): start the newer version, or restore a backup from before the upgrade`,
      { temporary: false },
    );
  }
  const next = migrations[version];
  if (next === undefined) return false;
  await next.up(tx);
  await setMeta(tx, VERSION, String(version + 1));
  return true;
}
