import { Readable } from 'node:stream';

import { BadRequest, Refusal } from '../base/refusal.ts';
import { requirePrivilege } from '../calendar/access.ts';
import {
  addAttachment,
  removeAttachment,
  updateAttachment,
  type Attach,
  type Attached,
  type AttachmentSent,
} from '../calendar/attach.ts';
import { attachmentOctets } from '../calendar/attachment-octets.ts';
import type { Attachment } from '../calendar/linked-attachments.ts';
import { checkRead, notModified } from './conditions.ts';
import { filenameIn, savedAs } from './content-disposition.ts';
import { attachmentHref } from './hrefs.ts';
import type { DavAnswer, DavRequest } from './method.ts';
import type { DavContext } from './property.ts';
import { preferredAnswer, scheduleHeaders, validatorsOf } from './representation.ts';
import type { ResourceOf } from './resource.ts';
import { checkTarget, writeCheck } from './write-check.ts';

/**
 * POST to a calendar object resource, RFC 8607 §3.3: its managed attachments, or those of some instances.
 */
export async function changeAttachments(request: DavRequest, resource: ResourceOf<'object'>): Promise<DavAnswer> {
  const { context, query } = request;
  requirePrivilege(resource.privileges, 'write-content', resource.href);
  if (resource.collection.kind !== 'calendar') throw new BadRequest('Only events have attachments', { status: 403 });
  const action = query.get('action');
  const id = query.get('managed-id');
  checkTarget(request);
  const attach = attachTo(request, resource);
  switch (action) {
    case 'attachment-add':
      if (id !== null) throw new Refusal('valid-managed-id-parameter', 'An attachment that is added gets its id here');
      return changed(request, 201, await addAttachment(context.calendar, attach, sentIn(request)));
    case 'attachment-update':
      return changed(
        request,
        200,
        await updateAttachment(context.calendar, attach, { id: given(id), ...sentIn(request) }),
      );
    case 'attachment-remove':
      return changed(request, 200, await removeAttachment(context.calendar, attach, given(id)));
    default:
      throw new Refusal('valid-action-parameter', 'action is one of attachment-add, -update and -remove');
  }
}

/** RFC 8607 §3.3.2: `M` and recurrence ids, with commas between them. */
function ridsIn(query: URLSearchParams): readonly string[] | undefined {
  const rids = query.getAll('rid').flatMap((rid) => rid.split(','));
  return rids.length === 0 ? undefined : rids.map((rid) => rid.trim());
}

function given(id: string | null): string {
  if (id !== null && id !== '') return id;
  throw new Refusal('valid-managed-id-parameter', 'The managed-id is missing');
}

function attachTo(request: DavRequest, { owner, collection, object }: ResourceOf<'object'>): Attach {
  const { context, unchanged, locks } = request;
  return {
    ...{ actor: context.actor, owner, collection, name: object.name, unchanged, locks },
    check: writeCheck(request),
    rids: ridsIn(request.query),
    urlOf: (attachment) => urlOf(attachment, context),
  };
}

/** Absolute where it is known how the server is called; never made of what the request says (see publicUrl). */
function urlOf(attachment: Attachment, { publicUrl }: DavContext): string {
  const path = attachmentHref(attachment);
  return publicUrl === undefined ? path : new URL(path, publicUrl).href;
}

function sentIn({ context, headers, stream }: DavRequest): AttachmentSent {
  // RFC 9110 §14.5: a part must not be taken for the whole.
  if (headers['content-range'] !== undefined) throw new BadRequest('A part of an attachment cannot be stored');
  const most = context.calendar.limits.attachmentSize;
  const length = headers['content-length'];
  return {
    filename: filenameIn(headers['content-disposition']),
    contentType: typeIn(headers['content-type']),
    announced: length === undefined ? undefined : Number(length),
    octets: within(stream(most), most),
  };
}

async function* within(octets: AsyncIterable<Uint8Array>, most: number): AsyncGenerator<Uint8Array, void> {
  try {
    yield* octets;
  } catch (cause) {
    if (!(cause instanceof BadRequest) || cause.status !== 413) throw cause;
    throw new Refusal('max-attachment-size', `At most ${most} octets are accepted`, { cause });
  }
}

const MOST_OF_TYPE = 255;
/** RFC 9110 §8.3.1; what is none cannot be said again by GET, nor by FMTTYPE. */
const MEDIA_TYPE = /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+\s*(;[\x20-\x7e]*)?$/;

function typeIn(contentType: string | undefined): string {
  const type = contentType?.trim() ?? '';
  return type.length <= MOST_OF_TYPE && MEDIA_TYPE.test(type) ? type : 'application/octet-stream';
}

/** RFC 8607 §3.4 to §3.6, §5.1; 204 in the place of 200 where there is nothing to be sent. */
async function changed(request: DavRequest, status: 200 | 201, { object, attachment }: Attached): Promise<DavAnswer> {
  const about: Record<string, string> =
    attachment === undefined ? {} : { 'Cal-Managed-ID': attachment.id, Location: urlOf(attachment, request.context) };
  if (!request.preferences.representation) {
    const validators = { ...validatorsOf(object), ...scheduleHeaders(object) };
    return { status: status === 200 ? 204 : status, headers: { ...validators, ...about } };
  }
  // The type that was sent is the attachment's, and says nothing of how the event is to be written.
  const { 'content-type': _, ...headers } = request.headers;
  const answer = await preferredAnswer({ ...request, headers }, object, status);
  return { ...answer, headers: { ...answer.headers, ...about } };
}

/** GET of an attachment: to be saved, never to be rendered on our origin, for it may be a page with a script. */
export function attachmentAnswer(
  { context, headers }: DavRequest,
  { attachment }: ResourceOf<'attachment'>,
): DavAnswer {
  const state = { etag: attachment.etag, modifiedAt: attachment.createdAt };
  const validators = validatorsOf(state);
  checkRead(headers, state);
  if (notModified(headers, state)) return { status: 304, headers: validators };
  const content = {
    'Content-Type': attachment.contentType,
    'Content-Disposition': savedAs(attachment.filename),
    'Content-Length': String(attachment.size),
  };
  const body = Readable.from(attachmentOctets(context.calendar, attachment.id), { objectMode: false });
  return { status: 200, headers: { ...validators, ...content }, body };
}
