import { BadRequest, Refusal } from '../base/refusal.ts';
import { requirePrivilege } from '../calendar/access.ts';
import { withOctets } from '../calendar/get-objects.ts';
import { createPlain, fileType, placeOfPlain, type PlainPlace } from '../calendar/plain-collections.ts';
import { putFile } from '../calendar/put-file.ts';
import { transferFile } from '../calendar/transfer-file.ts';
import { checkRead, notModified } from './conditions.ts';
import { parseDepth } from './depth.ts';
import { parseOverwrite } from './destination.ts';
import { FILES } from './hrefs.ts';
import type { DavAnswer, DavRequest } from './method.ts';
import { instructionsOf, planUpdate } from './property-update.ts';
import { readXml } from './read-xml.ts';
import { validatorsOf } from './representation.ts';
import { requireResource } from './require-resource.ts';
import type { Target } from './resolve.ts';
import type { ResourceOf } from './resource.ts';
import { resolveDestination } from './transfer.ts';
import { checkTarget, collectionCheck, writeCheck } from './write-check.ts';
import { dav } from './xml/names.ts';

/** Whether a URL is below `/dav/files/`, where plain WebDAV collections are. */
export const isAmongFiles = ({ href }: Target): boolean => href.startsWith(FILES);

/** A plain collection and a name in it. */
export interface FilePlace {
  readonly parent: ResourceOf<'plain'>;
  readonly name: string;
}

/** Where a file stands, or could stand; undefined for any other URL. */
export function filePlace(target: Target): FilePlace | undefined {
  if (target.kind === 'missing' && target.parent?.kind === 'plain') return { parent: target.parent, name: target.name };
  if (target.kind !== 'object' || target.collection.kind !== 'plain') return undefined;
  const { owner, collection, privileges, href, object } = target;
  const parentHref = href.slice(0, href.lastIndexOf('/') + 1);
  return { parent: { kind: 'plain', owner, collection, privileges, href: parentHref }, name: object.name };
}

/** PUT of a file, RFC 4918 §9.7.1: octets of any type. */
export async function putFileAt(request: DavRequest, { parent, name }: FilePlace): Promise<DavAnswer> {
  const { context, target, headers, unchanged, locks } = request;
  requirePrivilege(parent.privileges, 'write-content', target.href);
  if (target.kind === 'missing') requirePrivilege(parent.privileges, 'bind', target.href);
  // RFC 9110 §14.5: a part must not be taken for the whole.
  if (headers['content-range'] !== undefined) throw new BadRequest('A part of a resource cannot be put');
  checkTarget(request);
  const written = await putFile(context.calendar, {
    ...{ actor: context.actor, collection: parent.collection, name, unchanged, locks },
    octets: await request.body(context.calendar.limits.resourceOctets),
    contentType: typeSent(headers['content-type']),
    check: writeCheck(request),
  });
  return { status: written.outcome === 'created' ? 201 : 204, headers: validatorsOf(written.head) };
}

const MOST_OF_TYPE = 255;

function typeSent(contentType: string | undefined): string {
  if (contentType === undefined || contentType.trim() === '') return 'application/octet-stream';
  if (contentType.length <= MOST_OF_TYPE && /^[\x20-\x7e]+$/.test(contentType)) return contentType;
  throw new BadRequest('This Content-Type cannot be kept');
}

/** GET of a file: whole, and never to be rendered on our origin, for it may be a page with a script. */
export async function fileAnswer(request: DavRequest, resource: ResourceOf<'object'>): Promise<DavAnswer> {
  const { calendar } = request.context;
  const object = await withOctets(calendar, resource);
  const headers = validatorsOf(object);
  checkRead(request.headers, object);
  if (notModified(request.headers, object)) return { status: 304, headers };
  const content = { 'Content-Type': await fileType(calendar, object), 'Content-Disposition': 'attachment' };
  return { status: 200, headers: { ...headers, ...content }, body: object.octets };
}

/** MKCOL of a plain collection, RFC 4918 §9.3, RFC 5689 §3. */
export async function makePlain(request: DavRequest): Promise<DavAnswer> {
  const { context, target, unchanged, locks } = request;
  requirePrivilege(target.privileges, 'bind', target.href);
  if (target.kind !== 'missing') throw new BadRequest('A resource exists at this URL', { status: 405 });
  if (target.parent?.kind !== 'plain') throw new BadRequest('The parent collection does not exist', { status: 409 });
  checkTarget(request);
  await createPlain(context.calendar, {
    ...{ actor: context.actor, parent: target.parent.collection, name: target.name, unchanged, locks },
    changes: await changesOf(request),
  });
  return { status: 201 };
}

async function changesOf(request: DavRequest) {
  const body = await readXml(request);
  if (body !== undefined && body.name !== dav('mkcol')) {
    // RFC 4918 §9.3: a body of a type that MKCOL does not know.
    throw new BadRequest('The body must be a DAV:mkcol', { status: 415 });
  }
  const instructions = body === undefined ? [] : instructionsOf(body);
  const type = instructions.find(({ name }) => name === dav('resourcetype'))?.node;
  if (type !== undefined && type.children.some(({ name }) => name !== dav('collection'))) {
    throw new Refusal('valid-resourcetype', 'Only plain collections can be made here');
  }
  const properties = instructions.filter(({ name }) => name !== dav('resourcetype'));
  const { limits } = request.context.calendar;
  const { changes, refusals } = planUpdate(properties, { kind: 'plain', creating: true, limits });
  const [refusal] = refusals;
  if (refusal !== undefined) throw refusal;
  return changes;
}

/** COPY and MOVE of a file or a plain collection, RFC 4918 §9.8, §9.9. */
export async function transferFileTo(request: DavRequest, how: 'copy' | 'move'): Promise<DavAnswer> {
  const { context, headers, unchanged, locks } = request;
  const source = requireResource(request.target, how === 'move' ? 'unbind' : 'read');
  if (source.kind !== 'object' && source.kind !== 'plain') throw new BadRequest('This is no file', { status: 403 });
  const depth = parseDepth(headers.depth, 'infinity');
  if (source.kind === 'plain' && (depth === 1 || (how === 'move' && depth === 0))) {
    throw new BadRequest('A collection goes with Depth: infinity');
  }
  checkTarget(request);
  const to = await destinationOf(request, await resolveDestination(request));
  const replaced = await transferFile(context.calendar, {
    ...{ actor: context.actor, how, unchanged, locks },
    from: { collection: source.collection, name: source.kind === 'object' ? source.object.name : undefined },
    to,
    whole: depth === 'infinity',
    overwrite: parseOverwrite(headers),
    check: writeCheck(request),
    checkCollection: collectionCheck(request),
  });
  return { status: replaced ? 204 : 201 };
}

/** RFC 4918 §9.8.4: what stands at the destination is replaced, a collection too. */
async function destinationOf({ context }: DavRequest, target: Target): Promise<PlainPlace> {
  requirePrivilege(target.privileges, 'bind', target.href);
  const place = filePlace(target);
  if (place !== undefined) return { collection: place.parent.collection, name: place.name };
  if (!isAmongFiles(target)) throw new BadRequest('Files and calendars do not mix', { status: 403 });
  if (target.kind === 'plain') return placeOfPlain(context.calendar, target.collection);
  throw new BadRequest('The parent of the destination does not exist', { status: 409 });
}
