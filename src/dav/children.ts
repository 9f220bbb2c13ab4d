import type { Actor } from '../auth/actor.ts';
import { privilegesOn } from '../calendar/access.ts';
import { collectionsOf, homeOf } from '../calendar/collections.ts';
import { listHeads } from '../calendar/get-objects.ts';
import { getPrincipal, principalsOf } from '../calendar/principals.ts';
import { homeHref, objectHref, principalHref, PRINCIPAL_FOLDERS } from './hrefs.ts';
import type { DavContext } from './property.ts';
import { collectionResource } from './resolve.ts';
import { isKind, type Resource } from './resource.ts';

/** Pages of a collection's members, one level down: what Depth: 1 adds (RFC 4918 §9.1). */
export async function* childrenOf(
  resource: Resource,
  context: DavContext & { readonly actor: Actor },
): AsyncGenerator<readonly Resource[], void> {
  switch (resource.kind) {
    case 'root':
      yield [{ kind: 'dav-root', href: '/dav/', privileges: resource.privileges }];
      return;
    case 'dav-root':
      yield [
        { kind: 'principals', href: '/dav/principals/', privileges: resource.privileges },
        { kind: 'homes', href: '/dav/calendars/', privileges: resource.privileges },
      ];
      return;
    case 'principals':
      yield Object.entries(PRINCIPAL_FOLDERS).map(([kind, folder]) => ({
        kind: 'principal-kind' as const,
        href: `/dav/principals/${folder}/`,
        of: kind as keyof typeof PRINCIPAL_FOLDERS, // the table's own key
        privileges: resource.privileges,
      }));
      return;
    case 'principal-kind':
      yield await principalResources(resource.of, context);
      return;
    case 'homes':
      yield await ownHome(context);
      return;
    case 'home':
      yield (await collectionsOf(context.calendar, resource.owner.id)).map((collection) =>
        collectionResource(resource.owner, collection, resource.privileges),
      );
      return;
    default:
      if (isKind(resource, ['calendar', 'inbox', 'notification', 'plain'])) yield* members(resource, context);
  }
}

async function* members(
  { owner, collection, privileges }: Extract<Resource, { kind: 'calendar' | 'inbox' | 'notification' | 'plain' }>,
  context: DavContext,
): AsyncGenerator<readonly Resource[], void> {
  for await (const page of listHeads(context.calendar, collection)) {
    yield page.map((object) => ({
      kind: 'object' as const,
      href: objectHref(collection, object),
      owner,
      collection,
      object,
      privileges,
    }));
  }
}

async function principalResources(
  kind: keyof typeof PRINCIPAL_FOLDERS,
  { calendar, actor }: DavContext,
): Promise<readonly Resource[]> {
  return (await principalsOf(calendar, kind)).map((principal) => ({
    kind: 'principal' as const,
    href: principalHref(principal),
    principal,
    privileges: privilegesOn(calendar, actor, { kind: 'principal', principalId: principal.id }),
  }));
}

/** Of all homes only one's own is listed: the others would be a list of everybody. */
async function ownHome({ calendar, actor }: DavContext & { readonly actor: Actor }): Promise<readonly Resource[]> {
  const owner = await getPrincipal(calendar, actor.id);
  if (owner === undefined || owner.kind === 'group') return [];
  const privileges = privilegesOn(calendar, actor, { kind: 'home', ownerId: owner.id });
  return [{ kind: 'home', href: homeHref(owner.id), owner, collection: await homeOf(calendar, owner.id), privileges }];
}
