import { hash } from 'node:crypto';

import type { Change } from '../base/hub.ts';
import { newId } from '../base/ids.ts';
import { propertyOf, type Component } from '../ical/component.ts';
import { P } from '../ical/names.ts';
import { unescapeText } from '../ical/text.ts';
import { addressKey, isSameAddress } from '../itip/address.ts';
import { withParam, withProperties } from '../itip/component-edit.ts';
import { componentsOf, ITIP_COMPONENTS, readSeries } from '../itip/series.ts';
import { partIn } from '../scheduling/role.ts';
import { collectionById } from '../store/collections.ts';
import { insertMailOnce, mailById } from '../store/mail-messages.ts';
import { markBounced } from '../store/mail-queue.ts';
import { findPrincipal } from '../store/principals.ts';
import { lockHomes, objectsOfUid } from '../store/scheduling.ts';
import { keyOfShared } from '../store/shared-octets.ts';
import type { Db } from '../store/store.ts';
import { unnamed } from './author.ts';
import { calendarUser } from './calendar-users.ts';
import type { CalendarContext } from './context.ts';
import { startDelivery, storeReceived } from './deliver.ts';
import { oneLine } from './flight-recorder.ts';
import type { CalendarObject, Principal } from './model.ts';
import { putNotification, type UndeliveredNotification } from './notifications.ts';
import { parsedObject } from './parsed.ts';
import { publishAll } from './publish.ts';
import { etagOf } from './read-object.ts';

/** SCHEDULE-STATUS of what was not delivered, RFC 6638 §3.2.9. */
export type UndeliveredStatus = '5.1' | '5.2' | '5.3';

export interface Undelivered {
  /** Who has sent it. */
  readonly homeId: string;
  readonly uid: string;
  /** A calendar user address: ATTENDEE of an organizer's message, ORGANIZER of an answer. */
  readonly recipient: string;
  readonly status: UndeliveredStatus;
  /** One line for a person. */
  readonly reason: string;
  /** The message (mail_messages.id): of one message its sender is told once. */
  readonly messageId?: string | undefined;
  /** What was to be said: a method of iTIP; left out: as the message has it. */
  readonly method?: string | undefined;
}

/** What the octets of a message with the method NOTICE say: something could not be delivered. */
export interface UndeliveredNotice {
  readonly kind: 'undelivered';
  /** A calendar user address. */
  readonly recipient: string;
  readonly status: UndeliveredStatus;
  readonly reason: string;
  /** Of the meeting. */
  readonly summary: string | undefined;
  /** What was to be said: a method of iTIP; undefined where that is not known any more. */
  readonly method: string | undefined;
}

/** Reads the octets of a LeasedMail with the method NOTICE. */
export const noticeOf = (octets: Uint8Array): UndeliveredNotice =>
  // Written by noteUndelivered.
  JSON.parse(Buffer.from(octets).toString()) as UndeliveredNotice;

/** The SCHEDULE-STATUS that says what an enhanced status code of mail means (RFC 3463), such as 5.1.1. */
export function deliveryStatusOf(enhanced: string): UndeliveredStatus {
  if (/^5\.1\./.test(enhanced)) return '5.2';
  return /^5\.7\./.test(enhanced) ? '5.3' : '5.1';
}

/**
 * Tells who has sent something that it did not arrive: SCHEDULE-STATUS in the object, whose schedule tag stays (RFC 6638
 * §3.2.10), a notice in the home, a mail. Of one message once.
 */
export async function noteUndelivered(context: CalendarContext, about: Undelivered): Promise<void> {
  const changes = await context.store.write((tx) => undelivered(context, tx, about), { lane: about.homeId });
  publishAll(context, changes);
}

/** As noteUndelivered, in the caller's transaction; what is to be published after its commit. */
export async function undelivered(context: CalendarContext, tx: Db, about: Undelivered): Promise<readonly Change[]> {
  const { homeId, uid, messageId } = about;
  const reason = oneLine(about.reason);
  await lockHomes(tx, [homeId]);
  const message = messageId === undefined ? undefined : await mailById(tx, messageId);
  if (messageId !== undefined) await markBounced(tx, messageId, reason);
  const principal = await findPrincipal(tx, homeId);
  if (principal === undefined) return [];
  const found = await objectsOfUid(tx, homeId, uid);
  const mine = found.find(({ scheduleTag }) => scheduleTag !== undefined);
  const calendar = mine && parsedObject(mine);
  const notice: UndeliveredNotice = {
    ...{ kind: 'undelivered', recipient: about.recipient, status: about.status, reason },
    ...{ summary: calendar && summaryOf(calendar), method: about.method ?? message?.method },
  };
  if (!(await tellByMail(context, tx, { principal, about, notice }))) return [];
  const marked = await markDelivery(context, tx, { principal, mine, calendar, about });
  const place = mine && (await collectionById(tx, mine.collectionId));
  const at = context.clock();
  const told: UndeliveredNotification = {
    ...{ ...notice, at, uid },
    object: mine && place && { homeId, uri: place.uri, name: mine.name },
  };
  return [...marked, ...(await putNotification(context, tx, { homeId, notice: told }))];
}

function summaryOf(calendar: Component): string | undefined {
  const series = readSeries(calendar);
  const [first] = series === undefined ? [] : componentsOf(series);
  const text = first && propertyOf(first, P.SUMMARY)?.value;
  return text === undefined ? undefined : unescapeText(text);
}

interface Telling {
  readonly principal: Principal;
  readonly about: Undelivered;
  readonly notice: UndeliveredNotice;
}

/** False where it was told before. Rooms and groups read no mail. */
async function tellByMail(
  { settings, clock }: CalendarContext,
  tx: Db,
  { principal, about, notice }: Telling,
): Promise<boolean> {
  const [email] = principal.emails;
  if (email === undefined || principal.kind !== 'user' || settings.mail === undefined) return true;
  const now = clock();
  const octets = Buffer.from(JSON.stringify(notice));
  const recipientKey = addressKey(`mailto:${email}`);
  const what = about.messageId ?? `${addressKey(about.recipient)} ${about.status} ${about.reason}`;
  return insertMailOnce(tx, {
    ...{ id: newId(), homeId: about.homeId, uid: about.uid, instance: '', recipient: `mailto:${email}`, recipientKey },
    ...{ domain: recipientKey.slice(recipientKey.lastIndexOf('@') + 1), method: 'NOTICE', sequence: 0, resend: 0 },
    ...{ digest: hash('sha256', what, 'base64url'), state: 'queued', why: 'undelivered', changes: '[]', told: '{}' },
    ...{ baseline: undefined, sharedKey: await keyOfShared(tx, { digest: etagOf(octets), octets }, now) },
    ...{ createdAt: now, dueAt: now },
  });
}

interface Marking {
  readonly principal: Principal;
  readonly mine: CalendarObject | undefined;
  readonly calendar: Component | undefined;
  readonly about: Pick<Undelivered, 'recipient'> & { readonly status: string };
}

/** SCHEDULE-STATUS stands on ATTENDEE in the organizer's object, on ORGANIZER in an attendee's (RFC 6638 §7.3). */
export async function markDelivery(
  context: CalendarContext,
  tx: Db,
  { principal, mine, calendar, about }: Marking,
): Promise<readonly Change[]> {
  const collection = mine && (await collectionById(tx, mine.collectionId));
  if (mine === undefined || calendar === undefined || collection === undefined) return [];
  const { role } = partIn(calendar, calendarUser(principal).me);
  const line = role === 'organizer' ? P.ATTENDEE : P.ORGANIZER;
  let isMarked = false;
  const marked = (component: Component): Component =>
    withProperties(component, (property) => {
      if (property.name !== line || !isSameAddress(property.value, about.recipient)) return property;
      const made = withParam(property, 'SCHEDULE-STATUS', about.status);
      isMarked ||= property.params.get('SCHEDULE-STATUS')?.[0] !== about.status;
      return made;
    });
  const components = calendar.components.map((each) => (ITIP_COMPONENTS.has(each.name) ? marked(each) : each));
  if (!isMarked) return [];
  const delivery = startDelivery(context, tx, { by: unnamed('scheduling'), senderId: principal.id });
  await storeReceived(delivery, collection, { mine, calendar: { ...calendar, components }, isNewTag: false });
  return delivery.changes;
}
