import { BadRequest, Refusal } from '../../base/refusal.ts';
import { requirePrivilege } from '../../calendar/access.ts';
import { renameCollection } from '../../calendar/remove-collection.ts';
import { parseDepth } from '../depth.ts';
import { parseOverwrite } from '../destination.ts';
import { isAmongFiles, transferFileTo } from '../file.ts';
import type { DavAnswer, DavRequest, Method } from '../method.ts';
import type { ResourceOf } from '../resource.ts';
import { resolveDestination, transferTo } from '../transfer.ts';
import { checkTarget, collectionCheck } from '../write-check.ts';

/**
 * MOVE, RFC 4918 §9.9: an object within or between calendars (what iOS sends for "change calendar"), a calendar
 * within its home, files and plain collections among themselves. Can raise what COPY can, and calendar-collection-location-ok.
 */
export const move: Method = {
  name: 'MOVE',
  on: ['object', 'calendar', 'plain'],
  bodiless: true,
  elsewhere: 403,
  run(request) {
    if (isAmongFiles(request.target)) return transferFileTo(request, 'move');
    return request.target.kind === 'calendar' ? moveCalendar(request, request.target) : transferTo(request, 'move');
  },
};

async function moveCalendar(request: DavRequest, calendar: ResourceOf<'calendar'>): Promise<DavAnswer> {
  // Of a shared calendar it is the home of the sharee that says so: see renameCollection.
  requirePrivilege(calendar.privileges, calendar.collection.mount === undefined ? 'unbind' : 'read', calendar.href);
  // RFC 4918 §9.9.2: a collection goes with all that is in it.
  if (request.headers.depth !== undefined && parseDepth(request.headers.depth, 'infinity') !== 'infinity') {
    throw new BadRequest('A collection is moved with Depth: infinity');
  }
  checkTarget(request);
  const overwrite = parseOverwrite(request.headers);
  const target = await resolveDestination(request);
  const home = target.kind === 'missing' ? target.parent : undefined;
  const name = target.kind === 'missing' ? target.name : undefined;
  if (target.kind === 'calendar' && target.owner.id === calendar.owner.id) {
    const { uri } = target.collection.mount ?? target.collection;
    return rename(request, calendar, { uri, overwrite });
  }
  if (target.kind === 'missing' && home === undefined) {
    throw new BadRequest('The parent of the destination does not exist', { status: 409 });
  }
  if (home?.kind !== 'home' || home.owner.id !== calendar.owner.id || name === undefined) {
    throw new Refusal('calendar-collection-location-ok', 'A calendar can be moved within its own home only');
  }
  return rename(request, calendar, { uri: name, overwrite });
}

async function rename(
  request: DavRequest,
  { collection }: ResourceOf<'calendar'>,
  to: { readonly uri: string; readonly overwrite: boolean },
): Promise<DavAnswer> {
  const { context, unchanged } = request;
  const replaced = await renameCollection(context.calendar, {
    actor: context.actor,
    collection,
    ...to,
    check: collectionCheck(request),
    unchanged,
    locks: request.locks,
  });
  return { status: replaced ? 204 : 201 };
}
