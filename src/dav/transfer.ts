import { BadRequest } from '../base/refusal.ts';
import { requirePrivilege } from '../calendar/access.ts';
import { transferObject } from '../calendar/transfer-object.ts';
import { parseDestination, parseOverwrite } from './destination.ts';
import type { DavAnswer, DavRequest } from './method.ts';
import { segmentsOf } from './path.ts';
import { scheduleHeaders } from './representation.ts';
import { requireResource } from './require-resource.ts';
import { resolve, type Target } from './resolve.ts';
import { checkTarget, writeCheck } from './write-check.ts';
import { isKind, type ResourceOf } from './resource.ts';

/** What COPY and MOVE of one object have in common: destination, conditions, answer (RFC 4918 §9.8, §9.9). */
export async function transferTo(request: DavRequest, how: 'copy' | 'move'): Promise<DavAnswer> {
  const { context, headers } = request;
  const source = requireResource(request.target, how === 'move' ? 'unbind' : 'read');
  if (source.kind !== 'object')
    throw new BadRequest(`This cannot be ${how === 'move' ? 'moved' : 'copied'}`, { status: 403 });
  checkTarget(request);
  const target = await resolveDestination(request);
  const { calendar, name } = destinationOf(target);
  const written = await transferObject(context.calendar, {
    actor: context.actor,
    how,
    from: { collection: source.collection, name: source.object.name },
    to: { owner: calendar.owner, collection: calendar.collection, name },
    overwrite: parseOverwrite(headers),
    check: writeCheck(request),
    unchanged: request.unchanged,
    locks: request.locks,
  });
  return {
    status: written.outcome === 'created' ? 201 : 204,
    headers: {
      ...(written.rewritten === undefined && { ETag: `"${written.head.etag}"` }),
      ...scheduleHeaders(written.head),
    },
  };
}

/** What stands, or could stand, at the URL of the Destination header (RFC 4918 §10.3). */
export function resolveDestination({ context, headers }: DavRequest): Promise<Target> {
  const path = parseDestination(headers, { publicUrl: context.publicUrl, host: headers.host });
  return resolve({ calendar: context.calendar, actor: context.actor }, segmentsOf(path));
}

function destinationOf(target: Target): { readonly calendar: ResourceOf<'calendar'>; readonly name: string } {
  requirePrivilege(target.privileges, 'bind', target.href);
  if (target.kind === 'object' && target.collection.kind === 'calendar') {
    const { collection, owner, privileges, href } = target;
    return { calendar: { kind: 'calendar', collection, owner, privileges, href }, name: target.object.name };
  }
  if (target.kind !== 'missing') throw new BadRequest('The destination is a collection', { status: 403 });
  if (target.parent === undefined) {
    throw new BadRequest('The parent of the destination does not exist', { status: 409 });
  }
  if (!isKind(target.parent, ['calendar'])) throw new BadRequest('Objects live in calendars only', { status: 403 });
  return { calendar: target.parent, name: target.name };
}
