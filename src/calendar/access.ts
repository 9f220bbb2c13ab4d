import type { Actor } from '../auth/actor.ts';
import { type Privilege, withContained } from '../auth/privileges.ts';
import { Refusal } from '../base/refusal.ts';
import type { CalendarContext } from './context.ts';

/**
 * What an actor may do: the one place that decides it, for every door.
 * RFC 3744 §3 for the names, RFC 4791 §6.1.1 for read-free-busy.
 */
export type Target =
  /** A home, or anything in it. */
  | { readonly kind: 'home'; readonly ownerId: string }
  | { readonly kind: 'principal'; readonly principalId: string }
  /** The root and the folders above homes and principals: they hold nothing of anybody's. */
  | { readonly kind: 'folder' };

const NONE: ReadonlySet<Privilege> = new Set();
const ALL = withContained(['all', 'read', 'write']);
const READ = withContained(['read', 'read-acl', 'read-current-user-privilege-set']);
const FREE_BUSY = withContained(['read-free-busy', 'read-current-user-privilege-set']);
const OWN_PRINCIPAL = withContained(['read', 'read-acl', 'read-current-user-privilege-set', 'write-properties']);
const OTHER_PRINCIPAL = withContained(['read', 'read-current-user-privilege-set']);

export function privilegesOn(
  context: CalendarContext,
  actor: Actor | undefined,
  target: Target,
): ReadonlySet<Privilege> {
  if (actor === undefined) return NONE;
  switch (target.kind) {
    case 'folder':
      return OTHER_PRINCIPAL;
    case 'principal':
      if (actor.admin) return ALL;
      return actor.id === target.principalId ? OWN_PRINCIPAL : OTHER_PRINCIPAL;
    case 'home':
      if (actor.admin || actor.id === target.ownerId) return ALL;
      if (actor.adminReadOnly) return READ;
      return context.settings.freeBusyForAll ? FREE_BUSY : NONE;
  }
}

/** Throws need-privileges (RFC 3744 §7.1.1) where the privilege is missing; `href` names the resource for the answer. */
export function requirePrivilege(privileges: ReadonlySet<Privilege>, privilege: Privilege, href?: string): void {
  if (privileges.has(privilege)) return;
  throw new Refusal('need-privileges', `The privilege ${privilege} is missing`, {
    privilege,
    ...(href === undefined ? {} : { href }),
  });
}

/** As requirePrivilege, on the home of `ownerId`: asked by every use-case that writes. */
export function requireOnHome(
  context: CalendarContext,
  actor: Actor | undefined,
  ownerId: string,
  privilege: Privilege,
): void {
  requirePrivilege(privilegesOn(context, actor, { kind: 'home', ownerId }), privilege);
}
