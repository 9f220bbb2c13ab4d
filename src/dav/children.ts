import type { Actor } from '../auth/actor.ts';
import { accessIn } from '../calendar/access.ts';
import { collectionsOf, homeOf } from '../calendar/collections.ts';
import { directoryPages, directoryPrivileges, directoryState } from '../calendar/directory.ts';
import { listHeads } from '../calendar/get-objects.ts';
import type { Principal } from '../calendar/model.ts';
import { plainChildren } from '../calendar/plain-collections.ts';
import { getPrincipal, principalPages } from '../calendar/principals.ts';
import { cardResource, cardSlices } from './card.ts';
import { ADDRESSBOOK, ADDRESSBOOKS, homeHref, PRINCIPAL_FOLDERS } from './hrefs.ts';
import { memberOf } from './member.ts';
import type { DavContext } from './property.ts';
import { principalResource } from './principal-scope.ts';
import { proxiesOf } from './proxy.ts';
import { collectionResource } from './resolve.ts';
import { isKind, type Resource, type ResourceOf } from './resource.ts';

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
        ...addressbooks(context),
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
      for await (const page of principalPages(context.calendar, resource.of)) {
        yield page.map((principal) => principalResource(principal, context));
      }
      return;
    case 'principal':
      yield proxiesOf(resource.principal, context);
      return;
    case 'homes':
      yield await ownHome(context);
      return;
    case 'addressbooks': {
      const state = await directoryState(context.calendar);
      yield [{ kind: 'addressbook', href: ADDRESSBOOK, state, privileges: resource.privileges }];
      return;
    }
    case 'addressbook':
      for await (const page of directoryPages(context.calendar)) {
        yield* cardSlices(page.map((principal) => cardResource(principal, resource)));
      }
      return;
    case 'home':
      yield await collectionResources(resource.owner, context);
      return;
    default:
      if (resource.kind === 'plain') yield await plainResources(resource, context);
      if (isKind(resource, ['calendar', 'inbox', 'notification', 'plain'])) yield* members(resource, context);
  }
}

async function collectionResources(owner: Principal, { calendar, actor }: DavContext): Promise<readonly Resource[]> {
  const access = await accessIn(calendar, actor, owner.id);
  const collections = await collectionsOf(calendar, owner.id);
  return collections.map((collection) => collectionResource(owner, collection, access.on(collection)));
}

async function plainResources(
  { owner, collection }: ResourceOf<'plain'>,
  { calendar, actor }: DavContext,
): Promise<readonly Resource[]> {
  const access = await accessIn(calendar, actor, owner.id);
  const children = await plainChildren(calendar, collection);
  return children.map((child) => collectionResource(owner, child, access.on(child)));
}

async function* members(
  parent: Extract<Resource, { kind: 'calendar' | 'inbox' | 'notification' | 'plain' }>,
  context: DavContext,
): AsyncGenerator<readonly Resource[], void> {
  for await (const page of listHeads(context.calendar, parent.collection)) {
    yield page.map((object) => memberOf(parent, object));
  }
}

function addressbooks({ calendar, actor }: DavContext): readonly Resource[] {
  const privileges = directoryPrivileges(calendar, actor);
  return privileges === undefined ? [] : [{ kind: 'addressbooks', href: ADDRESSBOOKS, privileges }];
}

/** Of all homes only one's own is listed: the others would be a list of everybody. */
async function ownHome({ calendar, actor }: DavContext & { readonly actor: Actor }): Promise<readonly Resource[]> {
  const owner = await getPrincipal(calendar, actor.id);
  if (owner === undefined || owner.kind === 'group') return [];
  const { home: privileges } = await accessIn(calendar, actor, owner.id);
  return [{ kind: 'home', href: homeHref(owner.id), owner, collection: await homeOf(calendar, owner.id), privileges }];
}
