import { withOctets } from '../calendar/get-objects.ts';
import { notificationKind, readNotification, type Notification } from '../calendar/notifications.ts';
import { CALENDAR_COMPONENTS } from '../ical/component.ts';
import { componentSet } from './component-set-xml.ts';
import { checkRead, notModified } from './conditions.ts';
import { collectionHref, objectHref } from './hrefs.ts';
import type { DavAnswer, DavRequest } from './method.ts';
import { XML_TYPE } from './multistatus-answer.ts';
import type { DavContext } from './property.ts';
import { validatorsOf } from './representation.ts';
import type { ResourceOf } from './resource.ts';
import { accessElement, addressElement, hostUrl, organizerElement, statusElement } from './share-xml.ts';
import { cs, kalends } from './xml/names.ts';
import type { Xml } from './xml/node.ts';
import { document, el, elWith, href, text } from './xml/write.ts';

/** The element that tells the kind, with its attributes (caldav-notifications §4.2.1). */
const KINDS = {
  invite: { name: cs('invite-notification'), attributes: { 'shared-type': 'calendar' } },
  reply: { name: cs('invite-reply'), attributes: { 'shared-type': 'calendar' } },
  held: { name: kalends('device-held'), attributes: {} },
  undelivered: { name: kalends('message-undelivered'), attributes: {} },
} as const;

/** Whether a resource is a notice to the owner of the home. */
export const isNotification = ({ collection }: ResourceOf<'object'>): boolean => collection.kind === 'notification';

/** What CS:notificationtype holds; undefined for what is no notice of ours. */
export function notificationType({ object }: ResourceOf<'object'>): Xml | undefined {
  const kind = notificationKind(object);
  return kind && elWith(KINDS[kind].name, KINDS[kind].attributes);
}

/** The document of a notice: CS:notification, caldav-notifications §4.3.2. */
export async function notificationText(
  { calendar }: Pick<DavContext, 'calendar'>,
  resource: ResourceOf<'object'>,
): Promise<string> {
  const notice = readNotification(await withOctets(calendar, resource));
  const { name, attributes } = KINDS[notice.kind];
  const stamp = el(cs('dtstamp'), text(compact(notice.at)));
  return document(el(cs('notification'), stamp, elWith(name, attributes, ...contentOf(notice))));
}

/** RFC 3339 without `-` and `:` (caldav-notifications §4.3.3). */
const compact = (at: number): string => new Date(at).toISOString().replace(/[-:]|\.\d+/g, '');

function contentOf(notice: Notification): readonly (Xml | undefined)[] {
  if (notice.kind === 'undelivered') return undeliveredContent(notice);
  const host = hostUrl(notice.calendar);
  if (notice.kind === 'held') return heldContent(notice);
  const summary = notice.summary === undefined ? undefined : el(cs('summary'), text(notice.summary));
  const address = addressElement(notice.sharee);
  const status = statusElement(notice.status);
  if (notice.kind === 'reply') {
    const name = el(cs('common-name'), text(notice.sharee.name));
    return [address, status, host, el(cs('in-reply-to'), text(notice.shareId)), summary, name];
  }
  return [
    ...[el(cs('uid'), text(notice.shareId)), address, status, accessElement(notice.access), host],
    ...[organizerElement(notice.organizer), summary, componentSet(notice.components ?? CALENDAR_COMPONENTS)],
  ];
}

/** Whom something did not reach, and where SCHEDULE-STATUS says so. */
const undeliveredContent = (notice: Extract<Notification, { kind: 'undelivered' }>): (Xml | undefined)[] => [
  notice.object && href(objectHref(notice.object, notice.object)),
  el(cs('uid'), text(notice.uid)),
  el(kalends('recipient'), text(notice.recipient)),
  el(kalends('schedule-status'), text(notice.status)),
  el(kalends('reason'), text(notice.reason)),
  notice.method === undefined ? undefined : el(kalends('method'), text(notice.method)),
  notice.summary === undefined ? undefined : el(cs('summary'), text(notice.summary)),
];

/** What a person can do about a device that is held. */
const heldContent = ({ holdId, calendar, objects, members }: Extract<Notification, { kind: 'held' }>): Xml[] => [
  href(collectionHref(calendar)),
  el(kalends('objects'), text(String(objects))),
  el(kalends('members'), text(String(members))),
  el(kalends('release'), text(`kalends guard release ${holdId}`)),
  el(kalends('roll-back'), text(`kalends guard rollback ${holdId}`)),
];

/** GET of a notice. */
export async function notificationAnswer(request: DavRequest, resource: ResourceOf<'object'>): Promise<DavAnswer> {
  const headers = { ...validatorsOf(resource.object), 'Cache-Control': 'private, no-cache' };
  checkRead(request.headers, resource.object);
  if (notModified(request.headers, resource.object)) return { status: 304, headers };
  const body = await notificationText(request.context, resource);
  return { status: 200, headers: { ...headers, 'Content-Type': XML_TYPE }, body };
}
