import { randomBytes } from 'node:crypto';
import type { CalendarContext } from './calendar/context.ts';
import { getPrincipal, principalsOf } from './calendar/principals.ts';
import { applyPrincipals, type DefaultCalendars } from './calendar/provision.ts';
import { StoreConflict } from './store/errors.ts';

/** The log-in of the administrator that was just made. */
export interface NewAdministrator {
  readonly id: string;
  /** Stored as a hash only: to be shown now or never. */
  readonly password: string;
}

const ID = 'admin';

/**
 * Makes an administrator with a random password in a database that has no user yet.
 *
 * @returns undefined where there is a user: who set the database up decided who administers it.
 */
export async function ensureAdministrator(
  context: CalendarContext,
  defaults: DefaultCalendars,
): Promise<NewAdministrator | undefined> {
  const isFirstStart = (await principalsOf(context, 'user')).length === 0;
  if (!isFirstStart || (await getPrincipal(context, ID)) !== undefined) return undefined;
  const password = newPassword();
  const spec = { kind: 'user', id: ID, name: 'Administrator', emails: [], admin: true, password, path: ID } as const;
  try {
    await applyPrincipals(context, [spec], defaults, { onlyNew: true });
  } catch (error) {
    // Another process that started at the same time made it, and has shown its password.
    if (error instanceof StoreConflict) return undefined;
    throw error;
  }
  return { id: ID, password };
}

/** No character that is taken for another one on paper; 95 bits. */
const ALPHABET = 'abcdefghijkmnpqrstuvwxyz23456789';

function newPassword(): string {
  const letters = [...randomBytes(19)].map((octet) => ALPHABET[octet & 31]).join('');
  return letters.replace(/(.{5})(?=.)/g, '$1-');
}
