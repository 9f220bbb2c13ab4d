import { asPrincipalId } from '../base/ids.ts';
import { BadRequest } from '../base/refusal.ts';
import type { RoomMode, RoomPolicy } from '../scheduling/room-policy.ts';
import { readRoomPolicy, writeRoomPolicy } from '../scheduling/room-policy-value.ts';
import { recordAct } from '../store/audit.ts';
import { findPrincipal, findPrincipals, savePrincipal } from '../store/principals.ts';
import type { Db } from '../store/store.ts';
import { accessIn } from './access.ts';
import type { Author } from './author.ts';
import type { CalendarContext } from './context.ts';
import type { Principal } from './model.ts';

/** What is to be different; what is left out stays, null is nothing any more. */
export interface RoomChange {
  readonly mode?: RoomMode | undefined;
  readonly autoAcceptGroup?: string | null | undefined;
  readonly capacity?: number | null | undefined;
  /** As JSON: all of it (scheduling/room-policy-value.ts). */
  readonly policy?: unknown;
}

/**
 * Changes how a room or resource answers. Bookings that have their answer keep it. Throws BadRequest for what is no room, a
 * policy that cannot be read, ids that are nobody's, and approvers who could not answer in the room's calendar.
 */
export async function setRoom(
  context: CalendarContext,
  { id, change, by }: { readonly id: string; readonly change: RoomChange; readonly by: Author },
): Promise<Principal> {
  const policy = policyIn(change.policy);
  return context.store.write(async (tx) => {
    const room = await requireRoom(tx, id);
    await requireKnown(tx, policy ?? {}, change.autoAcceptGroup);
    for (const approver of policy?.approvers ?? []) await requireCanAnswer(context, tx, room, approver);
    const { mode: autoSchedule, autoAcceptGroup, capacity } = change;
    const at = context.clock();
    const roomPolicy = policy && policyText(policy);
    const fields = { autoSchedule, autoAcceptGroup, capacity, roomPolicy };
    const { principal, changed } = await savePrincipal(tx, { id, kind: room.kind, ...fields }, at);
    const properties = Object.entries(fields).flatMap(([name, value]) => (value === undefined ? [] : [name]));
    const act = { act: 'principal-changed', at, by, homeId: id, subject: id, detail: { properties } } as const;
    if (changed) await recordAct(tx, act);
    return principal;
  });
}

/** A policy as it is stored; null: it forbids nothing. */
export function policyText(policy: RoomPolicy): string | null {
  const written = writeRoomPolicy(policy);
  return Object.keys(written).length === 0 ? null : JSON.stringify(written);
}

function policyIn(value: unknown): RoomPolicy | undefined {
  if (value === undefined) return undefined;
  const reading = readRoomPolicy(value);
  if ('policy' in reading) return reading.policy;
  throw new BadRequest(reading.problems.map(({ path, reason }) => `${path || 'the policy'}: ${reason}`).join('\n'));
}

async function requireRoom(tx: Db, id: string): Promise<Principal> {
  const found = await findPrincipal(tx, id);
  if (found?.kind === 'room' || found?.kind === 'resource') return found;
  throw new BadRequest(found === undefined ? `There is no room or resource "${id}"` : `"${id}" is a ${found.kind}`);
}

async function requireKnown(tx: Db, policy: RoomPolicy, group: string | null | undefined): Promise<void> {
  const { approvers = [], bookers } = policy;
  const groups = [...(bookers?.groups ?? []), ...(group === undefined || group === null ? [] : [group])];
  const ids = [...approvers, ...(bookers?.people ?? []), ...groups];
  const kinds = new Map<string, Principal['kind']>((await findPrincipals(tx, ids)).map(({ id, kind }) => [id, kind]));
  const unknown = ids.find((id) => !kinds.has(id)) ?? groups.find((id) => kinds.get(id) !== 'group');
  if (unknown !== undefined)
    throw new BadRequest(`There is no ${groups.includes(unknown) ? 'group' : 'principal'} "${unknown}"`);
}

/** Who approves answers in the room's calendar: as a delegate who may write. */
async function requireCanAnswer(context: CalendarContext, tx: Db, room: Principal, approver: string): Promise<void> {
  const person = await findPrincipal(tx, approver);
  if (person?.kind === 'user') {
    const actor = { id: asPrincipalId(approver), admin: person.admin, adminReadOnly: false, deviceId: undefined };
    if ((await accessIn(context, actor, room.id, tx)).home.has('write-content')) return;
  }
  throw new BadRequest(
    `"${approver}" cannot answer for "${room.id}": make this person a delegate who may write, first`,
  );
}
