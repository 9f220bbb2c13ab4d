import { withOctets } from '../calendar/get-objects.ts';
import type { ObjectHead } from '../calendar/model.ts';
import type { DavAnswer, DavRequest } from './method.ts';
import { preferenceHeaders, type Preferences } from './prefer.ts';
import type { ResourceOf } from './resource.ts';

/** As DAV:getcontenttype has it. */
export const CALENDAR_TYPE = 'text/calendar;charset=utf-8';

/** Headers of a body of iCalendar. Text of a stranger must never be rendered by a browser on our origin. */
export const CALENDAR_BODY = { 'Content-Type': CALENDAR_TYPE, 'Content-Disposition': 'attachment' } as const;

/** ETag and Last-Modified; `etag` without quotes, `modifiedAt` in UTC milliseconds. */
export const validatorsOf = ({
  etag,
  modifiedAt,
}: Pick<ObjectHead, 'etag' | 'modifiedAt'>): Record<string, string> => ({
  ETag: `"${etag}"`,
  'Last-Modified': new Date(modifiedAt).toUTCString(),
});

/** The validators of an object, and its Schedule-Tag where it has one (RFC 6638 §8.2). */
export const objectHeaders = (object: ObjectHead): Record<string, string> => ({
  ...validatorsOf(object),
  ...(object.scheduleTag === undefined ? {} : { 'Schedule-Tag': `"${object.scheduleTag}"` }),
});

/** Headers of a body that is there because the client preferred it (RFC 8144 §3). */
export const representationHeaders = (preferences: Preferences, path: string): Record<string, string> => ({
  ...CALENDAR_BODY,
  'Content-Location': path,
  ...preferenceHeaders(preferences, ['return=representation']),
});

/** The object as it is, as the answer of another method than GET. */
export async function representation(
  { context, preferences, path }: DavRequest,
  resource: ResourceOf<'object'>,
  status: number,
): Promise<DavAnswer> {
  const object = await withOctets(context.calendar, resource);
  const headers = { ...objectHeaders(object), ...representationHeaders(preferences, path) };
  return { status, headers, body: object.octets };
}
