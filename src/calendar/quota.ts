import type { Actor } from '../auth/actor.ts';
import { Refusal } from '../base/refusal.ts';
import { deadPropertyUsage } from '../store/dead-properties.ts';
import { homeSizes, homeUsage } from '../store/objects.ts';
import type { Db } from '../store/store.ts';
import { accessIn } from './access.ts';
import type { CalendarContext } from './context.ts';
import { makeHistoryRoom } from './history-room.ts';

/** The room of a home, in octets (RFC 4331 §3, §4). */
export interface Quota {
  readonly used: number;
  readonly available: number;
}

/** What all resources of a home take, and what may be added to it. */
export async function quotaOf({ store, limits }: CalendarContext, homeId: string): Promise<Quota> {
  const used = await homeUsage(store.db, homeId);
  return { used, available: Math.max(0, limits.homeOctets - used) };
}

/** As quotaOf, for who may read the home; others would see in the numbers what they may not see of it: undefined. */
export async function quotaFor(
  context: CalendarContext,
  actor: Actor | undefined,
  homeId: string,
): Promise<Quota | undefined> {
  const { home } = await accessIn(context, actor, homeId);
  return home.has('read') ? quotaOf(context, homeId) : undefined;
}

/**
 * Throws quota-not-exceeded (RFC 4331 §6) where a home would grow past its bound. Asked inside the transaction, after
 * the home's sequence was claimed, which lets the writers of one home in one by one. `growth` in octets; what does not
 * grow is let in, however full the home is.
 */
export async function requireOctets(context: CalendarContext, tx: Db, homeId: string, growth: number): Promise<void> {
  if (growth > 0) requireBelow(context, (await homeUsage(tx, homeId)) + growth);
}

/** As requireOctets, and requireHistoryRoom with it: each write asks for both. */
export async function requireHomeRoom(context: CalendarContext, tx: Db, homeId: string, growth: number): Promise<void> {
  const { used, past } = await homeSizes(tx, homeId);
  if (growth > 0) requireBelow(context, used + growth);
  await makeHistoryRoom(context, tx, { homeId, past });
}

function requireBelow({ limits }: CalendarContext, octets: number): void {
  if (octets <= limits.homeOctets) return;
  throw new Refusal('quota-not-exceeded', `A home holds at most ${limits.homeOctets} octets`);
}

/**
 * Throws quota-not-exceeded where the dead properties of a home have no room beside its resources. Asked by whatever adds
 * some, inside the transaction and after they are written: there can be a thousand on each of a million resources.
 */
export async function requirePropertyOctets(context: CalendarContext, tx: Db, homeId: string): Promise<void> {
  await requireOctets(context, tx, homeId, await deadPropertyUsage(tx, homeId));
}
