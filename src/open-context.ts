import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { systemClock, type Clock } from './base/clock.ts';
import { createHub, type Hub } from './base/hub.ts';
import type { Log } from './base/log.ts';
import type { CalendarContext } from './calendar/context.ts';
import { createGuard } from './calendar/guard-rule.ts';
import type { DefaultCalendars } from './calendar/provision.ts';
import type { Config } from './config.ts';
import { mailSettingsOf } from './mail-settings.ts';
import { makeFolder } from './make-folder.ts';
import { StoreUnavailable } from './store/errors.ts';
import { openStore, type Store, type StoreOptions, type StoreServices } from './store/store.ts';

/** Where the configuration says that the database is. */
export function storeOptionsOf(config: Pick<Config, 'data' | 'database'>): StoreOptions {
  const { data, database } = config;
  if (database === undefined) return { sqlite: join(data, 'kalends.db') };
  return database.startsWith('sqlite:') ? { sqlite: sqlitePath(database) } : { postgres: database };
}

/** `sqlite:FILE`, `sqlite:///FILE`. */
function sqlitePath(database: string): string {
  const path = database.slice('sqlite:'.length);
  return path.startsWith('//') ? path.slice(2) : path;
}

/** Whether there is a database to open: a SQLite file that exists, or any PostgreSQL. */
export function databaseExists(options: StoreOptions): boolean {
  return !('sqlite' in options) || options.sqlite === ':memory:' || existsSync(options.sqlite);
}

export interface ContextServices {
  readonly log: Log;
  readonly clock?: Clock;
  readonly hub?: Hub;
  /** Whether another process of this server has the database open already. */
  readonly joins?: boolean;
}

/** Opens the database of this configuration and makes what the calendar room needs. Close `context.store` at the end. */
export async function openContext(config: Config, services: ContextServices): Promise<CalendarContext> {
  const { log, clock = systemClock, hub = createHub(), joins = false } = services;
  const options = storeOptionsOf(config);
  // Before anything is made: it says what is wrong with the configuration.
  const mail = mailSettingsOf(config);
  // Only the user of the server may read what the people of the server wrote.
  makeFolder(config.data);
  if ('sqlite' in options && options.sqlite !== ':memory:') {
    makeFolder(dirname(options.sqlite));
  }
  const store = await opened(options, { clock, log, joins, processes: config.workers > 1 ? 1 + config.workers : 1 });
  const settings = {
    timezone: config.timezone,
    freeBusyForAll: config.access.freeBusyForAll,
    freeUntilAnswered: config.scheduling.freeUntilAnswered,
    files: config.files.enabled,
    directory: config.access.directory,
    indexPastDays: config.indexPastDays,
    indexFutureDays: config.indexFutureDays,
    historyDays: config.historyDays,
    push: config.push.enabled ? { contact: contactOf(config) } : undefined,
    mail,
  };
  const { enabled, ...rule } = config.guard;
  return { store, clock, hub, limits: config.limits, settings, ...(enabled && { guard: createGuard(rule) }) };
}

/** RFC 8292 §2.1: a mailto: or https: URI. One that leads nowhere says at least that nobody is named. */
function contactOf({ push, publicUrl }: Pick<Config, 'push' | 'publicUrl'>): string {
  if (push.contact !== undefined) return push.contact;
  return publicUrl?.startsWith('https:') === true ? publicUrl : 'mailto:postmaster@localhost';
}

/** A network address that refuses says nothing of a database; the reason that is added has no password in it. */
async function opened(options: StoreOptions, services: StoreServices): Promise<Store> {
  try {
    return await openStore(options, services);
  } catch (cause) {
    const isGone = cause instanceof StoreUnavailable && cause.temporary;
    if ('sqlite' in options || !(cause instanceof Error) || !(isGone || 'code' in cause)) throw cause;
    const { host, pathname } = new URL(options.postgres);
    const { message: reason } = isGone && cause.cause instanceof Error ? cause.cause : cause;
    const message = `the database ${pathname.slice(1)} at ${host} cannot be opened: ${reason}`;
    throw new StoreUnavailable(message, { cause, temporary: true });
  }
}

/** What a new principal gets: people a calendar and a task list, rooms and resources a calendar. */
export function defaultCalendars({ collections }: Pick<Config, 'collections'>): DefaultCalendars {
  const calendar = { uri: 'calendar', name: collections.calendarName, components: ['VEVENT'] };
  const tasks = { uri: 'tasks', name: collections.tasksName, components: ['VTODO'] };
  return { user: [calendar, tasks], place: [calendar] };
}
