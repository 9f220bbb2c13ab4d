import { createPasswords } from './auth/passwords.ts';
import {
  createVerifiedCredentials,
  type Account,
  type VerifiedCredentials,
  type VerifiedOptions,
} from './auth/verified-credentials.ts';
import type { CalendarContext } from './calendar/context.ts';
import { credentialsByLogin } from './store/principals.ts';

export interface LogIn {
  readonly verify: VerifiedCredentials['verify'];
  /** Stops listening to the database. */
  close(): void;
}

/** Log-in with the passwords of the database; `elsewhere` as createVerifiedCredentials has it. */
export function createLogIn(context: CalendarContext, elsewhere?: VerifiedOptions['elsewhere']): LogIn {
  const { store, clock, limits } = context;
  const credentials = createVerifiedCredentials({
    lookup: (login) => accountOf(context, login),
    passwords: createPasswords({ concurrent: limits.concurrentLogins }),
    elsewhere,
    clock,
  });
  // Another process may have set a password or removed a person: what is known is looked up before it counts again.
  const close = store.onForeignWrite(() => credentials.recheck());
  return {
    verify(given, address) {
      // What was set beside this process a moment ago counts for this request already. A look takes a microsecond.
      store.look();
      return credentials.verify(given, address);
    },
    close,
  };
}

async function accountOf({ store }: CalendarContext, login: string): Promise<Account | undefined> {
  const found = await credentialsByLogin(store.db, login);
  if (found === undefined) return undefined;
  const { id, admin, adminReadOnly, version } = found.principal;
  return { principalId: id, passwordHash: found.passwordHash, admin, adminReadOnly, version };
}
