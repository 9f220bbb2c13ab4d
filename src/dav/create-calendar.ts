import { BadRequest, Refusal } from '../base/refusal.ts';
import { requirePrivilege } from '../calendar/access.ts';
import { createCollection } from '../calendar/create-collection.ts';
import type { DavAnswer, DavRequest } from './method.ts';
import { XML_TYPE } from './multistatus-answer.ts';
import { instructionsOf, planUpdate, type PropertyUpdate } from './property-update.ts';
import { isKind, type ResourceOf } from './resource.ts';
import type { Target } from './resolve.ts';
import { checkTarget } from './write-check.ts';
import { caldav, dav, type ClarkName } from './xml/names.ts';
import type { XmlNode } from './xml/node.ts';
import { multistatusText, propstatElement } from './xml/multistatus.ts';
import { document, el } from './xml/write.ts';

/** A free URL in a home. */
export interface Place {
  readonly home: ResourceOf<'home'>;
  readonly uri: string;
}

/**
 * The place that a MKCALENDAR or MKCOL names; the refusals of RFC 4791 §5.3.1.1 for a URL that is none. Throws
 * ConditionFailed as well.
 */
export function requirePlace(request: DavRequest): Place {
  const { target } = request;
  requirePrivilege(target.privileges, 'bind', target.href);
  if (target.kind !== 'missing') throw new Refusal('resource-must-be-null', 'A resource exists at this URL');
  if (target.parent === undefined) throw new BadRequest('The parent collection does not exist', { status: 409 });
  if (!isKind(target.parent, ['home'])) {
    throw new Refusal('calendar-collection-location-ok', 'Calendars are made directly in a calendar home');
  }
  checkTarget(request);
  return { home: target.parent, uri: target.name };
}

/** Whether a DAV:resourcetype is that of a calendar (RFC 4791 §4.2), the one type that can be made here. */
export const isCalendarType = ({ children }: XmlNode): boolean =>
  children.length === 2 && CALENDAR_TYPE.every((type) => children.some(({ name }) => name === type));

const CALENDAR_TYPE = [dav('collection'), caldav('calendar')];

export interface CreateRequest {
  readonly body: XmlNode | undefined;
  /** Root of the answer that says which property was refused; undefined: a multistatus. */
  readonly answerElement: ClarkName | undefined;
}

/** Creates the calendar with all its properties, or nothing (RFC 4791 §5.3.1, RFC 5689 §3). */
export async function createCalendarAt(
  { context, target, unchanged }: DavRequest,
  { home, uri }: Place,
  { body, answerElement }: CreateRequest,
): Promise<DavAnswer> {
  const instructions = body === undefined ? [] : instructionsOf(body);
  if (instructions.some(({ name, node }) => name === dav('resourcetype') && !(node && isCalendarType(node)))) {
    throw new Refusal('valid-resourcetype', 'Only calendars can be made here: DAV:collection and CALDAV:calendar');
  }
  const properties = instructions.filter(({ name }) => name !== dav('resourcetype'));
  const update = planUpdate(properties, { kind: 'calendar', creating: true, limits: context.calendar.limits });
  if (!update.accepted) {
    // A value that is a precondition of the method itself (RFC 4791 §5.3.1) is the whole answer.
    const refusal = update.refusals.find(({ code }) => code !== 'cannot-modify-protected-property');
    if (refusal !== undefined) throw refusal;
    return answerElement === undefined ? refusedByProperty(target, update) : refusedAnswer(update, answerElement);
  }
  await createCollection(context.calendar, {
    actor: context.actor,
    owner: home.owner,
    uri,
    kind: 'calendar',
    changes: update.changes,
    unchanged,
  });
  return { status: 201, headers: { 'Cache-Control': 'no-cache' } };
}

/** RFC 4791 §5.3.1.1: 207, and nothing was created. */
function refusedByProperty({ href }: Target, { propstats }: PropertyUpdate): DavAnswer {
  return {
    status: 207,
    headers: { 'Content-Type': XML_TYPE, 'Cache-Control': 'no-cache' },
    body: multistatusText([{ href, propstats }]),
  };
}

/** RFC 5689 §3.1, §5.2: the status of the first refusal, and a propstat for each property. */
function refusedAnswer({ propstats }: PropertyUpdate, element: ClarkName): DavAnswer {
  const status = propstats.find((propstat) => propstat.status !== 424 && propstat.status !== 200)?.status ?? 403;
  return {
    status,
    headers: { 'Content-Type': XML_TYPE },
    body: document(el(element, ...propstats.map(propstatElement))),
  };
}
