import { privilegesOn } from '../calendar/access.ts';
import { canDelegate, type DelegateAccess } from '../calendar/delegates.ts';
import type { Principal } from '../calendar/model.ts';
import type { Delegation } from '../calendar/principals.ts';
import { PROXY_NAMES, proxyHref } from './hrefs.ts';
import type { DavContext } from './property.ts';
import type { ResourceOf } from './resource.ts';

const ACCESSES: readonly DelegateAccess[] = ['read', 'write'];

/**
 * The principal that stands for the delegates of another (caldav-proxy §5.2). What one may do with it is what one may do
 * with its owner: the owner and administrators change it, everybody reads it.
 */
export function proxyResource(
  owner: Principal,
  access: DelegateAccess,
  { actor }: Pick<DavContext, 'actor'>,
): ResourceOf<'proxy'> {
  const privileges = privilegesOn(actor, { kind: 'principal', principalId: owner.id });
  return { kind: 'proxy', href: proxyHref(owner, access), owner, access, privileges };
}

/** Those below a principal: two, or none below a group. */
export function proxiesOf(owner: Principal, context: Pick<DavContext, 'actor'>): readonly ResourceOf<'proxy'>[] {
  return canDelegate(owner) ? ACCESSES.map((access) => proxyResource(owner, access, context)) : [];
}

/** Which of them a path segment names. */
export const accessOfProxyName = (name: string): DelegateAccess | undefined =>
  ACCESSES.find((access) => PROXY_NAMES[access] === name);

/** Those that a principal with these delegators is a member of. */
export function proxiesFor(
  { read, write }: Delegation,
  context: Pick<DavContext, 'actor'>,
): readonly ResourceOf<'proxy'>[] {
  return [
    ...read.map((owner) => proxyResource(owner, 'read', context)),
    ...write.map((owner) => proxyResource(owner, 'write', context)),
  ];
}
