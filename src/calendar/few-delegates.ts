import { HOUR } from '../base/clock.ts';
import { paramOf, propertiesOf } from '../ical/component.ts';
import { P } from '../ical/names.ts';
import { addressKey } from '../itip/address.ts';
import type { Method } from '../itip/message.ts';
import { ITIP_COMPONENTS } from '../itip/series.ts';
import { recipientsSince } from '../store/mail-answers.ts';
import { objectsOfUid } from '../store/scheduling.ts';
import type { Delivery, Sending } from './deliver.ts';
import { record } from './flight-recorder.ts';
import { parsedObject } from './parsed.ts';

/** What an organizer says to guests: an answer goes on whatever was said before. */
const TO_GUESTS: ReadonlySet<Method> = new Set(['REQUEST', 'CANCEL']);

/**
 * What an answer from elsewhere has others told, without invitations to more delegates than a meeting may have within an hour:
 * or who has one invitation could have whomever he likes mailed in the organizer's name, by naming others again and again.
 */
export async function withFewDelegates(
  { context, tx, users }: Delivery,
  { homeId, uid, from }: { readonly homeId: string; readonly uid: string; readonly from: string },
  sendings: readonly Sending[],
): Promise<readonly Sending[]> {
  const isOutside = ({ to, message: { method }, quiet, noted }: Sending): boolean => {
    const isTold = !quiet && noted !== true && TO_GUESTS.has(method);
    return isTold && addressKey(to) !== addressKey(from) && users.find(to) === undefined;
  };
  await users.lookUp(sendings.map(({ to }) => to));
  if (!sendings.some(isOutside)) return sendings;
  const now = context.clock();
  const invited = await invitedOf(tx, homeId, uid);
  const known = new Set(await recipientsSince(tx, { homeId, uid, since: 0 }));
  const late = await recipientsSince(tx, { homeId, uid, since: now - HOUR });
  let room = context.limits.mailDelegatesPerHour - late.filter((key) => !invited.has(key)).length;
  const kept: Sending[] = [];
  for (const sending of sendings) {
    const { to, message } = sending;
    const isKept = !isOutside(sending) || known.has(addressKey(to)) || (message.method === 'REQUEST' && room-- > 0);
    if (isKept) kept.push(sending);
    // Who was never asked is not told that it is off, either.
    else if (message.method === 'REQUEST') await record(tx, { homeId, uid, recipient: to, at: now, ...CAPPED });
  }
  return kept;
}

const CAPPED = { what: 'capped', detail: 'too many were named as delegates within an hour' } as const;

/** Whom the organizer has invited: the addresses of the stored meeting without those of delegates. */
async function invitedOf(tx: Delivery['tx'], homeId: string, uid: string): Promise<ReadonlySet<string>> {
  const invited = new Set<string>();
  for (const object of await objectsOfUid(tx, homeId, uid)) {
    for (const component of parsedObject(object)?.components ?? []) {
      if (!ITIP_COMPONENTS.has(component.name)) continue;
      for (const attendee of propertiesOf(component, P.ATTENDEE)) {
        if (paramOf(attendee, 'DELEGATED-FROM') === undefined) invited.add(addressKey(attendee.value));
      }
    }
  }
  return invited;
}
