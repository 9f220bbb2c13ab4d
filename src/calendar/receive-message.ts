import { HOUR } from '../base/clock.ts';
import { parseCalendars } from '../ical/parse.ts';
import { addressKey } from '../itip/address.ts';
import { messageComponents, type ItipMessage, type Method } from '../itip/message.ts';
import { addressesOf } from '../scheduling/role.ts';
import { answersSince } from '../store/mail-answers.ts';
import { lockHomes, objectsOfUid } from '../store/scheduling.ts';
import { unnamed } from './author.ts';
import { knownUsers } from './calendar-users.ts';
import type { CalendarContext } from './context.ts';
import { deliver, octetsOf, startDelivery, type Delivery, type DeliveryStatus, type Sending } from './deliver.ts';
import { deliverLater } from './deliver-together.ts';
import { withFewDelegates } from './few-delegates.ts';
import { publishAll } from './publish.ts';
import { settleTray } from './settle-tray.ts';

export interface ReceivedMessage {
  /** The address at which it has arrived. */
  readonly to: string;
  /** Who has sent it, as its transport knows and not as it says itself: a message of anybody else's is refused. */
  readonly from: string;
  readonly message: ItipMessage;
  /** A program has sent it without a person (RFC 3834): it is not asked anything, and told nothing that it asks for. */
  readonly isAutomatic?: boolean | undefined;
  /** The item of the tray that it was until somebody has accepted it. */
  readonly trayItem?: string | undefined;
  /** Is told what has become of it: of who answers by himself, what he has made of it. */
  readonly onOutcome?: Sending['onOutcome'];
}

/**
 * A message from elsewhere reaches a calendar user of this server (RFC 6638 §4); it, and whom else it concerns here, in one
 * transaction. The status is the one that its sender would be told. What waits in the tray for the same is settled by it.
 */
export async function receiveMessage(context: CalendarContext, received: ReceivedMessage): Promise<DeliveryStatus> {
  const { to, from, message, trayItem, onOutcome } = received;
  if (isTooLarge(context, message)) return '5.1';
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
    const delivered = await deliver(delivery, { to, message, quiet: false, senderId: receiver.id, from, onOutcome });
    await dropAnswers(delivery, received);
    const about = { homeId: receiver.id, uid: message.uid, from };
    delivery.later.push(...(await withFewDelegates(delivery, about, delivery.later.splice(0))));
    await deliverLater(delivery);
    if (delivered === '1.2') await settleTray(tx, { homeId: receiver.id, message, from, trayItem });
    return { status: delivered, changes: delivery.changes };
  });
  publishAll(context, changes);
  return status;
}

/**
 * More than any object could be that it makes; each part of it is looked up in the object that it is about. What attendees say
 * is short: it is only read, and stays in the organizer's inbox.
 */
function isTooLarge({ limits }: CalendarContext, message: ItipMessage): boolean {
  const { resourceOctets, trayMessageOctets, overridesPerResource } = limits;
  const most = OF_ATTENDEES.has(message.method) ? Math.min(resourceOctets, trayMessageOctets) : resourceOctets;
  return messageComponents(message).length > overridesPerResource + 1 || octetsOf(message).length > most;
}

const OF_ATTENDEES: ReadonlySet<Method> = new Set(['REPLY', 'COUNTER', 'REFRESH']);

/**
 * Answers that this server would send by itself to somebody elsewhere: not to programs, but for what rooms answer, and only so
 * often in an hour, so that two servers that answer each other come to an end.
 */
async function dropAnswers(delivery: Delivery, { from, isAutomatic = false }: ReceivedMessage): Promise<void> {
  const { context, tx, users, later } = delivery;
  const since = context.clock() - HOUR;
  const kept: Sending[] = [];
  for (const sending of later) {
    await users.lookUp([sending.to]);
    const isOutside = users.find(sending.to) === undefined && !sending.quiet && sending.noted !== true;
    const { method } = sending.message;
    if (isOutside && isAutomatic && method !== 'REPLY') continue;
    const recipientKey = addressKey(sending.to);
    const isAnswer = isOutside && (method === 'REPLY' || recipientKey === addressKey(from));
    const most = context.limits.mailAnswersPerHour;
    if (isAnswer && (await answersSince(tx, { homeId: sending.senderId, recipientKey, since })) >= most) continue;
    kept.push(sending);
  }
  later.splice(0, later.length, ...kept);
}
