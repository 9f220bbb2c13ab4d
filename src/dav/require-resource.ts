import type { Privilege } from '../auth/privileges.ts';
import { requirePrivilege } from '../calendar/access.ts';
import { BadRequest } from '../base/refusal.ts';
import type { Resource } from './resource.ts';
import type { Target } from './resolve.ts';

/**
 * The resource, if the actor has the privilege and it exists: 403 comes before 404, so that a stranger cannot tell
 * an existing resource from a missing one (RFC 3744 §5.4 leaves the order open).
 */
export function requireResource(target: Target, privilege: Privilege): Resource {
  requirePrivilege(target.privileges, privilege, target.href);
  if (target.kind === 'missing') throw new BadRequest('There is no such resource', { status: 404 });
  return target;
}
