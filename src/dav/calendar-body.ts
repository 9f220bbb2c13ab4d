import { BadRequest, Refusal } from '../base/refusal.ts';
import type { ObjectHead } from '../calendar/model.ts';
import type { WrittenObject } from '../calendar/write-object.ts';
import { formatOf, ICALENDAR, icalendarOf, type CalendarFormat } from './calendar-format.ts';
import type { DavAnswer, DavRequest } from './method.ts';
import { preferredAnswer, scheduleHeaders, validatorsOf } from './representation.ts';

/** Calendar data that a request brought. */
export interface SentData {
  /** iCalendar. */
  readonly octets: Uint8Array;
  /** Whether they are the octets of the body. */
  readonly isAsSent: boolean;
}

/**
 * The one calendar object of a body. Throws supported-calendar-data, max-resource-size, valid-calendar-data, and
 * BadRequest for a part of a body.
 */
export async function readCalendarBody(request: DavRequest): Promise<SentData> {
  const { context, headers } = request;
  const format = formatSent(headers['content-type']);
  // RFC 9110 §14.5: a part must not be taken for the whole.
  if (headers['content-range'] !== undefined) throw new BadRequest('A part of a resource cannot be stored');
  const { limits } = context.calendar;
  const octets = await bodyWithin(request, limits.resourceOctets, 'max-resource-size');
  return { octets: await icalendarOf(octets, format, limits), isAsSent: format === ICALENDAR };
}

/** The body, read no further than it may be long. */
export async function bodyWithin(
  { body }: Pick<DavRequest, 'body'>,
  most: number,
  code: 'max-resource-size' | 'max-bytes',
): Promise<Uint8Array> {
  try {
    return await body(most);
  } catch (cause) {
    if (!(cause instanceof BadRequest) || cause.status !== 413) throw cause;
    throw new Refusal(code, `At most ${most} octets are accepted`, { cause });
  }
}

/**
 * RFC 4791 §5.3.2.1 supported-calendar-data: iCalendar, or what is converted to it, in UTF-8; a client that names no
 * type means iCalendar.
 */
export function formatSent(contentType: string | undefined): CalendarFormat {
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

/** RFC 6638 §3.2.10: who asks by the schedule tag leaves it to the server what others have answered since. */
export const attendeeStateOf = ({ headers }: Pick<DavRequest, 'headers'>): 'client' | 'server' =>
  headers['if-schedule-tag-match'] === undefined ? 'client' : 'server';

/**
 * 201 or 204. Validators only where the stored octets are the sent ones (RFC 4791 §5.3.4, RFC 9110 §9.3.4), or go with
 * the representation that the client preferred.
 */
export async function writtenAnswer(
  request: DavRequest,
  { outcome, head, rewritten }: Pick<WrittenObject, 'outcome' | 'rewritten'> & { readonly head: ObjectHead },
  { octets, isAsSent }: SentData,
): Promise<DavAnswer> {
  const isNew = outcome === 'created';
  if (request.preferences.representation)
    return preferredAnswer(request, { ...head, octets: rewritten ?? octets }, isNew ? 201 : 200);
  const validators = isAsSent && rewritten === undefined && validatorsOf(head);
  return { status: isNew ? 201 : 204, headers: { ...validators, ...scheduleHeaders(head) } };
}
