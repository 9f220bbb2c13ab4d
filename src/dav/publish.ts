import { requirePrivilege } from '../calendar/access.ts';
import { publishCalendar, unpublishCalendar } from '../calendar/links.ts';
import type { DavAnswer, DavRequest } from './method.ts';
import type { DavContext } from './property.ts';
import type { ResourceOf } from './resource.ts';
import { cs } from './xml/names.ts';
import type { XmlNode } from './xml/node.ts';

/** Root elements of a POST to a calendar, with which Apple Calendar publishes it, and ends that. */
export const PUBLISH = cs('publish-calendar');
export const UNPUBLISH = cs('unpublish-calendar');

export const isPublishing = (body: XmlNode | undefined): boolean => body?.name === PUBLISH || body?.name === UNPUBLISH;

/** 202 is what Apple's own server answers; the address is in CS:publish-url from then on. Can raise: need-privileges. */
export async function publish(
  { context: { actor, calendar } }: DavRequest,
  { collection, privileges, href }: ResourceOf<'calendar'>,
  body: XmlNode | undefined,
): Promise<DavAnswer> {
  requirePrivilege(privileges, 'write-acl', href);
  if (body?.name === PUBLISH) await publishCalendar(calendar, { actor, collection });
  else await unpublishCalendar(calendar, { actor, collection });
  return { status: 202 };
}

/** Where a link is, as everybody reaches it: of the configured address; without one, the path alone. */
export const linkUrl = ({ publicUrl }: Pick<DavContext, 'publicUrl'>, token: string): string =>
  `${publicUrl ?? ''}/link/${token}.ics`;
