import type { Actor } from '../auth/actor.ts';
import { Refusal } from '../base/refusal.ts';
import { createTurns, inTurns, type Turns } from '../base/turns.ts';
import type { Component } from '../ical/component.ts';
import { linkedIds } from '../ical/managed-attachments.ts';
import { parsingCalendar } from '../ical/parse.ts';
import { attendeeOf, type IsMe } from '../itip/address.ts';
import { partIn } from '../scheduling/role.ts';
import { attachmentById, collectionsHolding, octetsHolding } from '../store/attachments.ts';
import { findPrincipal } from '../store/principals.ts';
import { calendarUser } from './calendar-users.ts';
import type { CalendarContext } from './context.ts';
import { readableAttachment, type Attachment } from './linked-attachments.ts';

/**
 * An attachment that the actor may fetch: one that the actor may read, or that the organizer of a meeting has attached to
 * what the actor is invited to (RFC 8607 §3.12): the copy that invites names it, and holds nothing of it.
 */
export async function fetchableAttachment(
  context: CalendarContext,
  actor: Actor | undefined,
  id: string,
): Promise<Attachment | undefined> {
  const readable = await readableAttachment(context, actor, id);
  if (readable !== undefined || actor === undefined) return readable;
  const { db } = context.store;
  const attachment = await attachmentById(db, id);
  const guest = attachment && (await findPrincipal(db, actor.id));
  if (guest === undefined) return undefined;
  const { me } = calendarUser(guest);
  const turns = createTurns();
  for (const collection of await collectionsHolding(db, id)) {
    const owner = await findPrincipal(db, collection.homeId);
    const asked = { id, collectionId: collection.id, me };
    if (owner !== undefined && (await isInvited(context, { ...asked, isOwner: calendarUser(owner).me }, turns)))
      return attachment;
  }
  return undefined;
}

/** Objects that are in memory together: each may be as large as a resource. */
const HELD_AT_ONCE = 5;

interface Asked {
  readonly id: string;
  readonly collectionId: string;
  readonly me: IsMe;
  readonly isOwner: IsMe;
}

async function isInvited({ store }: CalendarContext, asked: Asked, turns: Turns): Promise<boolean> {
  for (let after = ''; ;) {
    const page = await octetsHolding(store.db, asked, { after, limit: HELD_AT_ONCE });
    for (const { octets } of page) if (await isInvitedTo(octets, asked, turns)) return true;
    const last = page.at(-1);
    if (last === undefined || page.length < HELD_AT_ONCE) return false;
    after = last.id;
  }
}

/** Who is invited to one day of a series has the attachments of that day. */
async function isInvitedTo(octets: Uint8Array, { id, me, isOwner }: Asked, turns: Turns): Promise<boolean> {
  const calendar = await calendarOf(octets, turns);
  if (calendar === undefined || partIn(calendar, isOwner).role !== 'organizer') return false;
  const names = (component: Component): boolean => linkedIds({ ...calendar, components: [component] }).has(id);
  return calendar.components.some((each) => attendeeOf(each, me) !== undefined && names(each));
}

async function calendarOf(octets: Uint8Array, turns: Turns): Promise<Component | undefined> {
  try {
    return await inTurns(parsingCalendar(octets), turns);
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    throw error;
  }
}
