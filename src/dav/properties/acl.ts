import { accessControlList, fixedAccessList, principalsIn, type ListedAce } from '../../calendar/access-control.ts';
import { requirePrivilege } from '../../calendar/access.ts';
import type { CalendarContext } from '../../calendar/context.ts';
import type { Principal } from '../../calendar/model.ts';
import { getPrincipal } from '../../calendar/principals.ts';
import { aceXml } from '../acl-xml.ts';
import { property } from '../property.ts';
import { COLLECTION_KINDS, DIRECTORY_KINDS, isKind, type ResourceOf } from '../resource.ts';
import { dav } from '../xml/names.ts';
import { el } from '../xml/write.ts';

const NAME = dav('acl');
const IN_HOMES = [...COLLECTION_KINDS, 'object'] as const;
const FOLDERS = ['root', 'dav-root', 'principals', 'principal-kind', 'homes', ...DIRECTORY_KINDS] as const;
const KINDS = [...FOLDERS, 'principal', 'proxy', ...IN_HOMES] as const;

/** DAV:acl, RFC 3744 §5.5: needs DAV:read-acl. What a collection grants is granted on its members, too. */
export const acl = property({
  name: NAME,
  on: KINDS,
  async get(resource, { calendar }) {
    const { kind, privileges, href } = resource;
    requirePrivilege(privileges, 'read-acl', href);
    const aces = await acesOf(resource, calendar);
    const principals = await principalsIn(calendar, aces);
    const owner = isKind(resource, IN_HOMES) ? await ownerOf(resource, calendar) : undefined;
    const naming = { principalOf: (id: string) => principals.get(id), owner, kind };
    return el(NAME, ...aces.map((ace) => aceXml(ace, naming)));
  },
});

/** Of a shared calendar, the list is that of the sharer's. */
function ownerOf(
  { owner, collection }: ResourceOf<(typeof IN_HOMES)[number]>,
  calendar: CalendarContext,
): Principal | undefined | Promise<Principal | undefined> {
  return collection.mount === undefined ? owner : getPrincipal(calendar, collection.homeId);
}

type Listed = readonly ListedAce[];

function acesOf(resource: ResourceOf<(typeof KINDS)[number]>, calendar: CalendarContext): Listed | Promise<Listed> {
  if (isKind(resource, IN_HOMES)) return accessControlList(calendar, resource.collection);
  if (resource.kind === 'proxy') return fixedAccessList({ kind: 'principal', id: resource.owner.id });
  // Nobody is logged in as a group.
  const isSomebody = resource.kind === 'principal' && resource.principal.kind !== 'group';
  return fixedAccessList(isSomebody ? { kind: 'self' } : undefined);
}
