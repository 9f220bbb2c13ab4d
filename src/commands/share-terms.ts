import type { CalendarContext } from '../calendar/context.ts';
import type { Principal, ShareAccess } from '../calendar/model.ts';
import { getPrincipal, principalOfLogin } from '../calendar/principals.ts';
import { CommandFailure, UsageError } from './command.ts';

/** The levels of a share, from the least to the most. */
const LEVELS: Readonly<Record<string, ShareAccess>> = {
  'free-busy': 'free-busy',
  read: 'read',
  'read-write': 'read-write',
  manage: 'manage',
};
export const LEVEL_NAMES = Object.keys(LEVELS).join(', ');

/** The level that `--level` names. Throws UsageError. */
export function levelOf(text: string): ShareAccess {
  const level = Object.hasOwn(LEVELS, text) ? LEVELS[text] : undefined;
  if (level === undefined) throw new UsageError(`--level is one of ${LEVEL_NAMES}`);
  return level;
}

/** A person or group by id or address. Throws CommandFailure. */
export async function requireSharee(context: CalendarContext, name: string): Promise<Principal> {
  const found = (await getPrincipal(context, name)) ?? (await principalOfLogin(context, name));
  if (found === undefined) throw new CommandFailure(`there is nobody "${name}"`);
  return found;
}
