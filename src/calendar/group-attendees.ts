import { Refusal } from '../base/refusal.ts';
import { propertiesOf, type Component } from '../ical/component.ts';
import { P } from '../ical/names.ts';
import type { CalendarUser, Directory, GroupMember, Groups } from '../scheduling/directory.ts';
import { expandGroups, type GroupExpansion } from '../scheduling/expand-groups.ts';
import { addressesOf } from '../scheduling/role.ts';
import { noteGroupMeeting } from '../store/group-meetings.ts';
import { findPrincipals } from '../store/principals.ts';
import { peopleBehind } from '../store/shares.ts';
import { privilegesOn } from './access.ts';
import { asPlainActor } from './acting.ts';
import type { Delivery } from './deliver.ts';
import type { Principal } from './model.ts';

export type Expanding = Pick<GroupExpansion, 'before' | 'after' | 'refresh'> & {
  /** Who organizes. */
  readonly owner: CalendarUser;
};

/**
 * An organizer's object with the members of the groups that it invites, as far as the organizer may see them: DAV:read of
 * the group. Throws max-attendees-per-instance.
 */
export async function withGroupMembers(delivery: Delivery, expanding: Expanding): Promise<Component> {
  const { owner, before, after, refresh } = expanding;
  const { users } = delivery;
  const groups = await groupsIn(delivery, owner, addressesOf(before, after));
  if (groups.size === 0 && !hasMembers(before)) return after;
  requireSmall(delivery, after, groups);
  const expanded = expandGroups({ before, after, refresh, groups, me: owner.me, directory: users });
  if (expanded === after) return after;
  requireFew(delivery, expanded);
  await users.lookUp(addressesOf(expanded));
  return expanded;
}

/** Whether anybody is there through a group, which need not exist any more. */
const hasMembers = (calendar: Component | undefined): boolean =>
  calendar?.components.some((component) =>
    propertiesOf(component, P.ATTENDEE).some(({ params }) => params.has('MEMBER')),
  ) === true;

/** The ids of the groups among addresses. */
export const groupIdsAmong = (directory: Directory, addresses: readonly string[]): readonly string[] =>
  addresses.flatMap((address) => {
    const user = directory.find(address);
    return user?.hasHome === false ? [user.id] : [];
  });

async function groupsIn(delivery: Delivery, owner: CalendarUser, addresses: readonly string[]): Promise<Groups> {
  const { context, tx, users } = delivery;
  const groups = new Map<string, readonly GroupMember[]>();
  for (const id of groupIdsAmong(users, addresses)) {
    const seen = privilegesOn(asPlainActor(owner.id), { kind: 'principal', principalId: id });
    if (groups.has(id) || !seen.has('read')) continue;
    const people = await findPrincipals(tx, await peopleBehind(tx, id, context.limits.attendeesPerInstance + 1));
    groups.set(
      id,
      people.map((person) => memberOf(person)),
    );
  }
  return groups;
}

/** Octets of the line of a member, about. */
const LINE = 120;

/** Throws max-resource-size before anybody is put in: a group that stands in each of many days is very many lines. */
function requireSmall({ context, users }: Delivery, { components }: Component, groups: Groups): void {
  const most = context.limits.resourceOctets / LINE;
  let lines = 0;
  for (const component of components) {
    for (const { value } of propertiesOf(component, P.ATTENDEE))
      lines += groups.get(users.find(value)?.id ?? '')?.length ?? 0;
    if (lines <= most) continue;
    throw new Refusal(
      'max-resource-size',
      'With the members of its groups in each of its days, the object is too large',
    );
  }
}

const TYPES = { user: 'INDIVIDUAL', room: 'ROOM', resource: 'RESOURCE', group: 'INDIVIDUAL' } as const;

const memberOf = ({ id, name, kind, emails: [email], guid }: Principal): GroupMember => ({
  ...{ id, name, type: TYPES[kind] },
  address: email === undefined ? `urn:uuid:${guid}` : `mailto:${email}`,
});

function requireFew({ context }: Delivery, { components }: Component): void {
  const most = context.limits.attendeesPerInstance;
  for (const component of components) {
    const { length } = propertiesOf(component, P.ATTENDEE);
    if (length <= most) continue;
    throw new Refusal('max-attendees-per-instance', `With the members of its groups, more than ${most} are invited`);
  }
}

/** Notes the groups of a meeting, so that it follows their members; `after` undefined: it is deleted. */
export async function noteGroups(
  { tx, users }: Delivery,
  owner: CalendarUser,
  { uid, before, after }: { readonly uid: string; readonly before: Component | undefined; readonly after?: Component },
): Promise<void> {
  const is = groupIdsAmong(users, addressesOf(after));
  if (is.length === 0 && groupIdsAmong(users, addressesOf(before)).length === 0) return;
  await noteGroupMeeting(tx, { homeId: owner.id, uid }, is);
}
