import { parseCalendars } from '../ical/parse.ts';
import type { ItipMessage } from '../itip/message.ts';
import { addressesOf } from '../scheduling/role.ts';
import { lockHomes, objectsOfUid } from '../store/scheduling.ts';
import { unnamed } from './author.ts';
import { knownUsers } from './calendar-users.ts';
import type { CalendarContext } from './context.ts';
import { deliver, startDelivery, type DeliveryStatus } from './deliver.ts';
import { deliverLater } from './deliver-together.ts';
import { publishAll } from './publish.ts';

export interface ReceivedMessage {
  /** The address at which it has arrived. */
  readonly to: string;
  /** Who has sent it, as its transport knows and not as it says itself: a message of anybody else's is refused. */
  readonly from: string;
  readonly message: ItipMessage;
}

/**
 * A message from elsewhere reaches a calendar user of this server (RFC 6638 §4); it, and whom else it concerns here, in one
 * transaction. The status is the one that its sender would be told.
 */
export async function receiveMessage(
  context: CalendarContext,
  { to, from, message }: ReceivedMessage,
): Promise<DeliveryStatus> {
  const { status, changes } = await context.store.write(async (tx) => {
    const users = knownUsers(tx);
    await users.lookUp([to]);
    const receiver = users.find(to);
    if (receiver === undefined) return { status: '3.7' as const, changes: [] };
    for (const { octets } of await objectsOfUid(tx, receiver.id, message.uid)) {
      await users.lookUp(addressesOf(parseCalendars(octets).calendars[0]));
    }
    await lockHomes(tx, users.ids());
    const delivery = startDelivery(context, tx, { by: unnamed('scheduling'), senderId: receiver.id });
    const delivered = await deliver(delivery, { to, message, quiet: false, senderId: receiver.id, from });
    await deliverLater(delivery);
    return { status: delivered, changes: delivery.changes };
  });
  publishAll(context, changes);
  return status;
}
