import type { Actor } from '../auth/actor.ts';
import type { Privilege } from '../auth/privileges.ts';
import { asPrincipalId } from '../base/ids.ts';
import { Refusal } from '../base/refusal.ts';
import { propertyOf, type Component, type Property } from '../ical/component.ts';
import { P } from '../ical/names.ts';
import { withParam, withProperties } from '../itip/component-edit.ts';
import { messageComponents, type ItipMessage } from '../itip/message.ts';
import { ITIP_COMPONENTS, uidOf } from '../itip/series.ts';
import type { CalendarUser } from '../scheduling/directory.ts';
import { partIn } from '../scheduling/role.ts';
import { collectionsOfHome } from '../store/collections.ts';
import { delegatorsOf, findPrincipal, findPrincipals } from '../store/principals.ts';
import { objectsOfUid } from '../store/scheduling.ts';
import type { Db } from '../store/store.ts';
import { maySend } from './access.ts';
import { calendarUser } from './calendar-users.ts';
import type { Collection, Principal } from './model.ts';

/** Somebody as one who has logged in, with no more rights than come with that. */
export const asPlainActor = (id: string): Actor => ({
  ...{ id: asPrincipalId(id), admin: false, adminReadOnly: false, deviceId: undefined },
});

/** Whether an actor may act in the name of another calendar user: as a delegate who may write (caldav-proxy §5.4). */
export async function mayActFor(tx: Db, actor: Actor | undefined, id: string): Promise<boolean> {
  if (actor === undefined) return false;
  if (actor.admin || actor.id === id) return true;
  return (await delegatorsOf(tx, actor.id)).some((each) => each.id === id && each.access === 'write');
}

/** Whether who writes in a calendar is one with whom it is shared, and neither its owner nor who acts for them. */
export const isSharee = async (tx: Db, { actor, collection }: Acting): Promise<boolean> =>
  collection.mount !== undefined || (actor !== undefined && !(await mayActFor(tx, actor, collection.homeId)));

/** Who writes in somebody's calendar, and which calendar it is. */
export interface Acting {
  readonly actor?: Actor | undefined;
  readonly collection: Collection;
}

/**
 * The owner of a calendar is who tells people, and whoever writes there may do so in the owner's name only with the privilege
 * on the owner's outbox (RFC 6638 §6.2), or as one with whom the calendar is shared to write. Throws need-privileges.
 */
export async function requireMaySend(
  tx: Db,
  { actor, collection }: Acting,
  privilege: Extract<Privilege, 'schedule-send-invite' | 'schedule-send-reply'>,
): Promise<void> {
  if (actor === undefined || actor.admin || actor.id === collection.homeId) return;
  const outbox = (await collectionsOfHome(tx, collection.homeId)).find(({ kind }) => kind === 'outbox');
  if ((await maySend(tx, { actor, calendar: collection, outbox })).has(privilege)) return;
  // RFC 3744 §7.1.1: what it is missing on.
  const at = outbox === undefined ? {} : { member: { collection: outbox, name: '' } };
  throw new Refusal('need-privileges', `The privilege ${privilege} is missing`, { privilege, ...at });
}

/**
 * The address of who writes in another's name, for SENT-BY (RFC 5545 §3.2.18); undefined: nobody does. With whom a calendar
 * is shared writes in no name but that of the calendar.
 */
export async function senderOf(
  tx: Db,
  { actor, collection }: Acting,
  owner: CalendarUser,
): Promise<string | undefined> {
  if (actor === undefined || actor.id === owner.id || collection.mount !== undefined) return undefined;
  const writer = await findPrincipal(tx, actor.id);
  return writer && addressOf(writer);
}

interface InName {
  readonly owner: CalendarUser;
  readonly before: Component | undefined;
  readonly after: Component;
}

/**
 * A meeting that a delegate makes in a manager's calendar is the manager's, also where the delegate's program names the one
 * who has logged in (seen from Thunderbird): else nobody would be invited (RFC 6638 §3.1). A copy of a meeting that the
 * delegate does organize stays one. The same value where nothing has to be done.
 */
export async function inOwnersName(tx: Db, acting: Acting, { owner, before, after }: InName): Promise<Component> {
  const { actor, collection } = acting;
  if (actor === undefined || actor.admin || actor.id === owner.id || collection.mount !== undefined) return after;
  const [was, is] = [partIn(before, owner.me), partIn(after, owner.me)];
  const [writer, manager] = await findPrincipals(tx, [actor.id, owner.id]);
  const isOwnersToBe = is.role === 'stranger' && (was.organizer === undefined || owner.me(was.organizer));
  if (!isOwnersToBe || writer === undefined || manager === undefined) return after;
  if (!calendarUser(writer).me(is.organizer ?? '') || !(await mayActFor(tx, actor, owner.id))) return after;
  const isOrganized = (await objectsOfUid(tx, writer.id, uidIn(after))).length > 0;
  const address = was.organizer ?? addressOf(manager);
  if (isOrganized || address === undefined || !isForOthers(after)) return after;
  const sender = addressOf(writer);
  const named = (line: Property): Property => withParam(withParam(line, 'CN', manager.name), 'SENT-BY', sender);
  const components = after.components.map((component) =>
    withProperties(component, (each) => (each.name === P.ORGANIZER ? { ...named(each), value: address } : each)),
  );
  return { ...after, components };
}

const addressOf = ({ emails: [email] }: Principal): string | undefined =>
  email === undefined ? undefined : `mailto:${email}`;

const uidIn = ({ components }: Component): string => readUid(components.find(({ name }) => ITIP_COMPONENTS.has(name)));
const readUid = (component: Component | undefined): string => (component === undefined ? '' : uidOf(component));

const isForOthers = ({ components }: Component): boolean =>
  components.some((component) => propertyOf(component, P.ATTENDEE) !== undefined);

/** A message of an organizer's or of an attendee's that says who has sent it. */
export function sentBy(message: ItipMessage, owner: CalendarUser, sender: string | undefined): ItipMessage {
  if (sender === undefined) return message;
  const name = message.method === 'REPLY' ? P.ATTENDEE : P.ORGANIZER;
  const parts = new Set(messageComponents(message));
  const components = message.calendar.components.map((component) =>
    parts.has(component)
      ? withProperties(component, (each) =>
          each.name === name && owner.me(each.value) ? withParam(each, 'SENT-BY', sender) : each,
        )
      : component,
  );
  return { ...message, calendar: { ...message.calendar, components } };
}

/** As sentBy, for many: one and the same message stays one. */
export function signing(owner: CalendarUser, sender: string | undefined): (message: ItipMessage) => ItipMessage {
  const signed = new Map<ItipMessage, ItipMessage>();
  return (message) => {
    const made = signed.get(message) ?? sentBy(message, owner, sender);
    signed.set(message, made);
    return made;
  };
}
