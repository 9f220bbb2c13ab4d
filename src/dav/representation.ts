import { createTurns, inTurns } from '../base/turns.ts';
import { withOctets } from '../calendar/get-objects.ts';
import type { CalendarObject, ObjectHead } from '../calendar/model.ts';
import { formatOf, formatting, ICALENDAR, negotiated, type CalendarFormat } from './calendar-format.ts';
import { formatTag } from './entity-tag.ts';
import type { DavAnswer, DavRequest } from './method.ts';
import { preferenceHeaders, type Preferences } from './prefer.ts';
import type { ResourceOf } from './resource.ts';
import { withZonesAsked } from './timezones-asked.ts';

/** As DAV:getcontenttype has it. */
export const CALENDAR_TYPE = ICALENDAR.contentType;

/** Headers of a body of calendar data. Text of a stranger must never be rendered by a browser on our origin. */
export const calendarBody = ({ contentType }: CalendarFormat): Readonly<Record<string, string>> => ({
  'Content-Type': contentType,
  'Content-Disposition': 'attachment',
});

/** A time to the second, as HTTP writes it (RFC 9110 §5.6.7). What was written together has one, and is asked for together. */
function httpDate(instant: number): string {
  const second = Math.floor(instant / 1000);
  let text = dates.get(second);
  if (text !== undefined) return text;
  text = new Date(instant).toUTCString();
  if (dates.size >= MOST_DATES) dates.clear();
  dates.set(second, text);
  return text;
}

const MOST_DATES = 1000;
const dates = new Map<number, string>();

/** ETag and Last-Modified; `etag` without quotes, `modifiedAt` in UTC milliseconds. */
export const validatorsOf = ({
  etag,
  modifiedAt,
}: Pick<ObjectHead, 'etag' | 'modifiedAt'>): Record<string, string> => ({
  ETag: `"${etag}"`,
  'Last-Modified': httpDate(modifiedAt),
});

/** The Schedule-Tag of an object where it has one (RFC 6638 §8.2). */
export const scheduleHeaders = ({ scheduleTag }: ObjectHead): Record<string, string> =>
  scheduleTag === undefined ? {} : { 'Schedule-Tag': `"${scheduleTag}"` };

/** One form of an object. */
export interface Representation {
  /** Of this form alone, without quotes. */
  readonly etag: string;
  /** Its validators, and its Schedule-Tag. */
  readonly validators: Readonly<Record<string, string>>;
  /** What the body is. */
  readonly content: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
}

/** The object in a format, with the VTIMEZONEs that are asked for; in iCalendar where it cannot be read. */
export async function represent(
  object: CalendarObject,
  asked: CalendarFormat,
  preferences: Preferences,
): Promise<Representation> {
  const { format, data: body } = await inTurns(
    formatting(withZonesAsked(object.octets, preferences), asked),
    createTurns(),
  );
  const etag = formatTag(object.etag, format.form?.name);
  const validators = { ...validatorsOf({ ...object, etag }), ...scheduleHeaders(object) };
  return { etag, validators, content: calendarBody(format), body };
}

/** The format of an answer that the client preferred: what it accepts, or else what it sent itself. */
export function formatOfAnswer({ headers }: DavRequest): CalendarFormat {
  return negotiated(headers.accept, formatOf(headers['content-type'] ?? '') ?? ICALENDAR);
}

/** The object as the body of another method than GET, because the client preferred that (RFC 8144 §3). */
export async function preferredAnswer(request: DavRequest, object: CalendarObject, status: number): Promise<DavAnswer> {
  const { preferences, path } = request;
  const { validators, content, body } = await represent(object, formatOfAnswer(request), preferences);
  const preferred = preferenceHeaders(preferences, ['return=representation']);
  const about = { 'Content-Location': path, ...preferred, Vary: `Accept, ${preferred['Vary'] ?? ''}` };
  return { status, headers: { ...validators, ...content, ...about }, body };
}

/** The object as it is, as the answer of another method than GET. */
export async function representation(
  request: DavRequest,
  resource: ResourceOf<'object'>,
  status: number,
): Promise<DavAnswer> {
  return preferredAnswer(request, await withOctets(request.context.calendar, resource), status);
}
