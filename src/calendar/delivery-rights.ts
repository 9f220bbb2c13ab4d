import type { Privilege } from '../auth/privileges.ts';
import type { ItipMessage, Method } from '../itip/message.ts';
import { homesDenying } from '../store/aces.ts';
import { collectionsOfHome } from '../store/collections.ts';
import type { Db } from '../store/store.ts';
import { mayDeliver } from './access.ts';
import type { KnownUsers } from './calendar-users.ts';

/** What attendees send; all else is of organizers (RFC 5546 §1.4). */
const OF_ATTENDEES: ReadonlySet<Method> = new Set(['REPLY', 'REFRESH', 'COUNTER']);

/** A unit of work that delivers messages. */
interface Delivering {
  readonly tx: Db;
  readonly users: Pick<KnownUsers, 'ids'>;
}

/** Of each unit of work, whose inbox denies anything to anybody: few do, and all are asked for at once. */
const denying = new WeakMap<Delivering, Map<string, boolean>>();

/**
 * Whether the inbox of a receiver takes a message from who sends it (RFC 6638 §6.1.2, §6.1.3): from everybody who is logged
 * in, but where its access control list denies that.
 */
export async function takesFrom(
  delivery: Delivering,
  receiverId: string,
  { senderId, message }: { readonly senderId: string; readonly message: ItipMessage },
): Promise<boolean> {
  if (!(await isDenying(delivery, receiverId))) return true;
  const inbox = (await collectionsOfHome(delivery.tx, receiverId)).find(({ kind }) => kind === 'inbox');
  if (inbox === undefined) return true;
  const privilege: Privilege = OF_ATTENDEES.has(message.method) ? 'schedule-deliver-reply' : 'schedule-deliver-invite';
  return mayDeliver(delivery.tx, { senderId, inbox, privilege });
}

async function isDenying(delivery: Delivering, receiverId: string): Promise<boolean> {
  const known = denying.get(delivery) ?? new Map<string, boolean>();
  denying.set(delivery, known);
  if (!known.has(receiverId)) {
    const asked = [receiverId, ...delivery.users.ids()].filter((id) => !known.has(id));
    const found = new Set(await homesDenying(delivery.tx, asked));
    for (const id of asked) known.set(id, found.has(id));
  }
  return known.get(receiverId) === true;
}
