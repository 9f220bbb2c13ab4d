import { Refusal } from '../../base/refusal.ts';
import { setAccessControlList, type AcePrincipal } from '../../calendar/access-control.ts';
import { parseAcl, type AskedAce } from '../acl-xml.ts';
import { localSegments } from '../destination.ts';
import type { DavRequest, Method } from '../method.ts';
import { readXml } from '../read-xml.ts';
import { requireResource } from '../require-resource.ts';
import { resolve } from '../resolve.ts';
import { isKind } from '../resource.ts';
import { checkTarget, collectionCheck } from '../write-check.ts';

/** Collections that can be granted to others one by one. */
export const GRANTABLE = ['calendar', 'inbox', 'outbox'] as const;

/** ACL, RFC 3744 §8.1. Can raise: need-privileges, the preconditions of §8.1.1, 400, 404, 412. */
export const acl: Method = {
  name: 'ACL',
  on: GRANTABLE,
  async run(request) {
    const resource = requireResource(request.target, 'write-acl');
    checkTarget(request);
    const asked = parseAcl(await readXml(request), resource.kind);
    // The dispatcher has checked `on`; this narrows the type.
    if (!isKind(resource, GRANTABLE)) throw new TypeError(`ACL ran on a ${resource.kind}`);
    const aces = [];
    for (const ace of asked) aces.push({ ...ace, principal: await principalOf(ace, request) });
    const { collection } = resource;
    const { actor, calendar } = request.context;
    await setAccessControlList(calendar, {
      actor,
      collection,
      aces,
      check: collectionCheck(request),
      locks: request.locks,
    });
    return { status: 200 };
  },
};

async function principalOf({ principal }: AskedAce, { context, headers }: DavRequest): Promise<AcePrincipal> {
  if (principal.kind === 'authenticated') return principal;
  const segments = localSegments(principal.href, { publicUrl: context.publicUrl, host: headers.host });
  const found = segments && (await resolve(context, segments));
  if (found?.kind === 'principal') return { kind: 'principal', id: found.principal.id };
  if (found?.kind === 'proxy') {
    throw new Refusal('allowed-principal', 'What delegates may do comes with the home');
  }
  throw new Refusal('recognized-principal', 'An href in the DAV:acl is not that of a principal');
}
