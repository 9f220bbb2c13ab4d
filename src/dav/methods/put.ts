import { BadRequest, Refusal } from '../../base/refusal.ts';
import { putObject } from '../../calendar/put-object.ts';
import { requirePrivilege } from '../../calendar/access.ts';
import { formatOf, ICALENDAR, icalendarOf, type CalendarFormat } from '../calendar-format.ts';
import { preferredAnswer, scheduleHeaders, validatorsOf } from '../representation.ts';
import type { DavAnswer, DavRequest, Method } from '../method.ts';
import { checkTarget, writeCheck } from '../write-check.ts';
import { isKind, type ResourceOf } from '../resource.ts';

/**
 * PUT of a calendar object resource, RFC 4791 §5.3.2. Can raise: supported-calendar-data, valid-calendar-data,
 * valid-calendar-object-resource, supported-calendar-component, no-uid-conflict, max-resource-size,
 * max-attendees-per-instance, no-external-entities, quota-not-exceeded, need-privileges, 409 without a parent, 412.
 */
export const put: Method = {
  name: 'PUT',
  on: ['object'],
  creates: true,
  async run(request) {
    const { context, headers } = request;
    const { calendar, name } = memberOf(request);
    const format = formatSent(headers['content-type']);
    // RFC 9110 §14.5: a part must not be taken for the whole.
    if (headers['content-range'] !== undefined) throw new BadRequest('A part of a resource cannot be put');
    checkTarget(request);
    const octets = await icalendarOf(await octetsOf(request), format, context.calendar.limits);
    const written = await putObject(context.calendar, {
      actor: context.actor,
      owner: calendar.owner,
      collection: calendar.collection,
      name,
      octets,
      check: writeCheck(request),
      unchanged: request.unchanged,
    });
    return answer(request, written, { octets, isAsSent: format === ICALENDAR });
  },
};

/** The body, read no further than an object may be long. */
async function octetsOf({ context, body }: DavRequest): Promise<Uint8Array> {
  const { resourceOctets } = context.calendar.limits;
  try {
    return await body(resourceOctets);
  } catch (cause) {
    if (!(cause instanceof BadRequest) || cause.status !== 413) throw cause;
    throw new Refusal('max-resource-size', `At most ${resourceOctets} octets are accepted`, { cause });
  }
}

interface Member {
  readonly calendar: ResourceOf<'calendar'>;
  readonly name: string;
}

/** The calendar and the name that the URL means; the answers for a URL where no object can be. */
function memberOf({ target }: DavRequest): Member {
  requirePrivilege(target.privileges, 'write-content', target.href);
  if (target.kind === 'object') {
    const { collection, owner, privileges, href } = target;
    if (collection.kind !== 'calendar') throw new BadRequest('Objects are put into calendars only', { status: 403 });
    return { calendar: { kind: 'calendar', collection, owner, privileges, href }, name: target.object.name };
  }
  if (target.kind !== 'missing') throw new BadRequest('A collection cannot be replaced by PUT', { status: 405 });
  if (target.parent === undefined) throw new BadRequest('The parent collection does not exist', { status: 409 });
  if (!isKind(target.parent, ['calendar']))
    throw new BadRequest('Objects are put into calendars only', { status: 403 });
  requirePrivilege(target.privileges, 'bind', target.href);
  return { calendar: target.parent, name: target.name };
}

/**
 * RFC 4791 §5.3.2.1 supported-calendar-data: iCalendar, or what is converted to it, in UTF-8; a client that names no
 * type means iCalendar.
 */
function formatSent(contentType: string | undefined): CalendarFormat {
  if (contentType === undefined) return ICALENDAR;
  const [, ...parameters] = contentType.split(';').map((part) => part.trim().toLowerCase());
  const charset = parameters
    .find((parameter) => parameter.startsWith('charset='))
    ?.slice(8)
    .replaceAll('"', '');
  const known = charset === undefined || charset === 'utf-8' || charset === 'utf8' || charset === 'us-ascii';
  const format = formatOf(contentType);
  if (format !== undefined && known) return format;
  throw new Refusal('supported-calendar-data', 'Only iCalendar, jCal and xCal in UTF-8 are accepted here');
}

interface Stored {
  readonly octets: Uint8Array;
  /** Whether they are the octets of the body. */
  readonly isAsSent: boolean;
}

/**
 * 201 or 204. Validators only where the stored octets are the sent ones (RFC 4791 §5.3.4, RFC 9110 §9.3.4), or go with
 * the representation that the client preferred.
 */
async function answer(
  request: DavRequest,
  { outcome, head }: Awaited<ReturnType<typeof putObject>>,
  { octets, isAsSent }: Stored,
): Promise<DavAnswer> {
  const isNew = outcome === 'created';
  if (request.preferences.representation) return preferredAnswer(request, { ...head, octets }, isNew ? 201 : 200);
  return { status: isNew ? 201 : 204, headers: { ...(isAsSent && validatorsOf(head)), ...scheduleHeaders(head) } };
}
