import { BadRequest, Refusal } from '../base/refusal.ts';
import { requirePrivilege } from '../calendar/access.ts';
import type { PropertyChanges } from '../calendar/collection-patch.ts';
import { createCollection } from '../calendar/create-collection.ts';
import type { DavAnswer, DavRequest } from './method.ts';
import { XML_TYPE } from './multistatus-answer.ts';
import { instructionsOf, planUpdate, type PropertyUpdate } from './property-update.ts';
import { isKind, type ResourceOf } from './resource.ts';
import type { Target } from './resolve.ts';
import { checkTarget } from './write-check.ts';
import { caldav, cs, dav, type ClarkName } from './xml/names.ts';
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

/**
 * Whether a DAV:resourcetype is that of a calendar (RFC 4791 §4.2), or of one whose members the server fetches (Apple's
 * CS:subscribed, with or without CALDAV:calendar): the types that can be made here.
 */
export const isCalendarType = (type: XmlNode): boolean =>
  CALENDAR_TYPES.some((names) => type.children.length === names.length && names.every((name) => has(type, name)));

const CALENDAR_TYPES = [
  [dav('collection'), caldav('calendar')],
  [dav('collection'), cs('subscribed')],
  [dav('collection'), caldav('calendar'), cs('subscribed')],
];

const has = ({ children }: XmlNode, name: ClarkName): boolean => children.some((child) => child.name === name);

/** What is fetched needs somewhere to be fetched from; and it blocks no time of the owner's, unless they want it to. */
function subscribed(changes: PropertyChanges, isSubscribed: boolean): PropertyChanges {
  const { source, transparent = true } = changes.live;
  if (source !== undefined) return { ...changes, live: { ...changes.live, transparent } };
  if (!isSubscribed) return changes;
  throw new Refusal('valid-resourcetype', 'A subscribed calendar is made with its CS:source');
}

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
    changes: subscribed(update.changes, instructions.some(asksForSubscribed)),
    unchanged,
  });
  return { status: 201, headers: { 'Cache-Control': 'no-cache' } };
}

const asksForSubscribed = ({ name, node }: ReturnType<typeof instructionsOf>[number]): boolean =>
  name === dav('resourcetype') && node !== undefined && has(node, cs('subscribed'));

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
