import type { Actor } from '../auth/actor.ts';
import { Refusal } from '../base/refusal.ts';
import { recordAct } from '../store/audit.ts';
import { delegatesOf, setDelegates as replaceDelegates, StoreConflict } from '../store/principals.ts';
import { privilegesOn, requirePrivilege } from './access.ts';
import { authorOf } from './author.ts';
import type { CalendarContext } from './context.ts';
import type { Principal } from './model.ts';

/** What a delegate may do: read, or read and write. */
export type DelegateAccess = 'read' | 'write';

/** Groups have no calendars, and so nobody who acts in them. */
export const canDelegate = ({ kind }: Pick<Principal, 'kind'>): boolean => kind !== 'group';

/** Rooms and resources never log in. */
export const canActForOthers = ({ kind }: Pick<Principal, 'kind'>): boolean => kind === 'user' || kind === 'group';

export interface SetDelegates {
  readonly actor: Actor;
  /** For whom they act. */
  readonly principal: Principal;
  readonly access: DelegateAccess;
  /** All of them; none takes the access from everybody. */
  readonly delegates: readonly Principal[];
}

/**
 * Makes one list of a principal's delegates this one. Who was in the other list leaves it: what was said last counts,
 * in whatever order a client changes the two. Throws need-privileges, allowed-principal, quota-not-exceeded, and
 * recognized-principal where a delegate was removed meanwhile.
 */
export async function setDelegates(context: CalendarContext, request: SetDelegates): Promise<void> {
  const { actor, principal, access, delegates } = request;
  requirePrivilege(privilegesOn(actor, { kind: 'principal', principalId: principal.id }), 'write-properties');
  requireAllowed(principal, delegates);
  const most = context.limits.acesPerCollection;
  if (delegates.length > most) throw new Refusal('quota-not-exceeded', `Nobody has more than ${most} delegates`);
  const named = new Set(delegates.map(({ id }) => id));
  await context.store.write(async (tx) => {
    const others = (await delegatesOf(tx, principal.id)).filter(
      (each) => each.access !== access && !named.has(each.id),
    );
    const lists = { [access]: [...named], [OTHER[access]]: others.map(({ id }) => id) };
    const at = context.clock();
    if (!(await replaced(replaceDelegates(tx, principal.id, { read: [], write: [], ...lists }, at)))) return;
    const act = { act: 'principal-changed', at, by: authorOf(actor), homeId: principal.id } as const;
    const detail = { properties: ['delegates'], access, delegates: [...named] };
    await recordAct(tx, { ...act, subject: principal.id, detail });
  });
}

const OTHER = { read: 'write', write: 'read' } as const;

/** Throws allowed-principal for who cannot be a delegate: the principal itself, and who never logs in. */
export function requireAllowed(principal: Pick<Principal, 'id'>, delegates: readonly Principal[]): void {
  for (const { id, kind } of delegates) {
    if (id === principal.id) throw new Refusal('allowed-principal', 'Nobody is a delegate of oneself');
    if (canActForOthers({ kind })) continue;
    throw new Refusal('allowed-principal', 'Delegates are people and groups');
  }
}

async function replaced(replacing: Promise<boolean>): Promise<boolean> {
  try {
    return await replacing;
  } catch (error) {
    if (!(error instanceof StoreConflict)) throw error;
    throw new Refusal('recognized-principal', 'There is no such principal any more', { cause: error });
  }
}
