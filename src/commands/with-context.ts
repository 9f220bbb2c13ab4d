import { pino } from 'pino';
import type { CalendarContext } from '../calendar/context.ts';
import type { Principal } from '../calendar/model.ts';
import { principalOfLogin } from '../calendar/principals.ts';
import { databaseExists, openContext, storeOptionsOf } from '../open-context.ts';
import { CommandFailure, type Call } from './command.ts';

/**
 * Opens the database for one verb, beside a server that may be running, and closes it.
 * A verb that does not make a database refuses to: an empty one behind a wrong `--data` would hide the mistake.
 */
export async function withContext<T>(
  { config }: Call,
  { create }: { readonly create: boolean },
  run: (context: CalendarContext) => Promise<T>,
): Promise<T> {
  const options = storeOptionsOf(config);
  if (!create && !databaseExists(options) && 'sqlite' in options) {
    throw new CommandFailure(`there is no database at ${options.sqlite}; --data or --database tells where it is`);
  }
  // stdout belongs to the verb's own output.
  const log = pino({ level: config.logLevel === 'silent' ? 'silent' : 'warn', base: null }, pino.destination(2));
  const context = await openContext(config, { log });
  try {
    return await run(context);
  } finally {
    await context.store.close();
  }
}

/** The user that `--user` or an argument names, by id or address. */
export async function requireUser(context: CalendarContext, name: string): Promise<Principal> {
  const found = await principalOfLogin(context, name);
  if (found === undefined) throw new CommandFailure(`there is no user "${name}"`);
  if (found.kind === 'group') throw new CommandFailure(`"${found.id}" is a group, not a user`);
  return found;
}
