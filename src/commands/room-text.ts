import type { CalendarContext } from '../calendar/context.ts';
import type { Principal } from '../calendar/model.ts';
import { getPrincipal, principalOfLogin } from '../calendar/principals.ts';
import { modeOf } from '../calendar/room.ts';
import { CommandFailure } from './command.ts';

/** A room or resource by id or address. Throws CommandFailure. */
export async function requireRoom(context: CalendarContext, name: string): Promise<Principal> {
  const found = (await getPrincipal(context, name)) ?? (await principalOfLogin(context, name));
  if (found?.kind === 'room' || found?.kind === 'resource') return found;
  throw new CommandFailure(
    found === undefined ? `there is no room or resource "${name}"` : `"${found.id}" is a ${found.kind}`,
  );
}

/** How a room answers, for programs. */
export const roomJson = (room: Principal) => ({
  ...{ id: room.id, kind: room.kind, name: room.name, autoSchedule: modeOf(room) },
  ...{ autoAcceptGroup: room.autoAcceptGroup ?? null, capacity: room.capacity ?? null, features: room.features },
  policy: room.roomPolicy === undefined ? {} : (JSON.parse(room.roomPolicy) as unknown),
});

/** The same for people to read. */
export function roomText(room: Principal): string {
  const { autoAcceptGroup, capacity } = room;
  const facts = [
    modeOf(room),
    ...(autoAcceptGroup === undefined ? [] : [`accepts group ${autoAcceptGroup}`]),
    ...(capacity === undefined ? [] : [`holds ${capacity}`]),
    ...(room.roomPolicy === undefined ? [] : [`policy ${room.roomPolicy}`]),
  ];
  return `${room.id}  ${facts.join('; ')}`;
}
