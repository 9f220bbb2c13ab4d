import { BadRequest, Refusal } from '../base/refusal.ts';
import { requirePrivilege } from '../calendar/access.ts';
import type { CalendarContext } from '../calendar/context.ts';
import { getPrincipal } from '../calendar/principals.ts';
import { splitObject, type SplitObjects } from '../calendar/split-object.ts';
import { floatingZoneOf } from '../calendar/zone.ts';
import { newMemberName } from './add-member.ts';
import { ICALENDAR } from './calendar-format.ts';
import { encodeSegment } from './hrefs.ts';
import type { DavAnswer, DavRequest } from './method.ts';
import { multistatusAnswer } from './multistatus-answer.ts';
import { preferenceHeaders } from './prefer.ts';
import { userAddresses } from './principal-addresses.ts';
import { dataContextOf, dataResponses, withCalendarData, type DataWish } from './report-data.ts';
import { scheduleHeaders, validatorsOf } from './representation.ts';
import type { ResourceOf } from './resource.ts';
import { checkTarget, writeCheck } from './write-check.ts';
import { caldav, dav } from './xml/names.ts';

/**
 * POST with `action=split` to a calendar object resource, caldav-recursplit §3: the resource keeps the instances from the
 * split point on, those before it go to a new one, whose URI is in Split-Component-URL.
 */
export async function splitResource(request: DavRequest, resource: ResourceOf<'object'>): Promise<DavAnswer> {
  const { context, query, unchanged, locks } = request;
  requirePrivilege(resource.privileges, 'write-content', resource.href);
  if (resource.collection.kind !== 'calendar') throw new BadRequest('Only events can be split', { status: 403 });
  const rid = query.get('rid');
  if (rid === null) throw new Refusal('valid-rid-parameter', 'The rid is missing');
  checkTarget(request);
  const newName = newMemberName();
  const split = await splitObject(context.calendar, {
    ...{ actor: context.actor, collection: resource.collection, name: resource.object.name, newName },
    ...{ rid: rid.trim(), uid: query.get('uid') ?? undefined, unchanged, locks },
    isOrganizer: await organizerTest(context.calendar, resource),
    check: writeCheck(request),
  });
  const { href } = resource;
  const newHref = `${href.slice(0, href.lastIndexOf('/') + 1)}${encodeSegment(newName)}`;
  const headers = { ...validatorsOf(split.later), ...scheduleHeaders(split.later), 'Split-Component-URL': newHref };
  if (!request.preferences.representation) return { status: 204, headers };
  const answer = await bothObjects(request, resource, { ...split, newHref });
  const preferred = preferenceHeaders(request.preferences, ['return=representation']);
  return { ...answer, headers: { ...answer.headers, ...headers, ...preferred } };
}

/** Whether an ORGANIZER is the one whose calendar it is, by any of the owner's addresses. */
async function organizerTest(
  context: CalendarContext,
  { owner, collection }: ResourceOf<'object'>,
): Promise<(address: string) => boolean> {
  // In the home of a sharee, it is still the calendar of who shares it.
  const whose = collection.homeId === owner.id ? owner : await getPrincipal(context, collection.homeId);
  const known = new Set(whose === undefined ? [] : userAddresses(whose).map(normalized));
  return (address) => known.has(normalized(address));
}

/** Without case, without the origin and the last slash of a URL. */
const normalized = (address: string): string =>
  address
    .toLowerCase()
    .replace(/^https?:\/\/[^/]*/, '')
    .replace(/\/$/, '');

const WISH: DataWish = {
  request: { kind: 'prop', names: [dav('getetag'), caldav('calendar-data')] },
  octets: true,
  data: undefined,
  format: ICALENDAR,
};

/** The multistatus of both: DAV:getetag and CALDAV:calendar-data of each. */
async function bothObjects(
  request: DavRequest,
  resource: ResourceOf<'object'>,
  { later, earlier, newHref }: SplitObjects & { readonly newHref: string },
): Promise<DavAnswer> {
  const { collection, owner } = resource;
  const { calendar } = request.context;
  const zone = floatingZoneOf(calendar, collection, owner);
  const asked = withCalendarData(WISH, await dataContextOf(calendar, collection, WISH, zone));
  const members = [
    { ...resource, object: later },
    { ...resource, href: newHref, object: earlier },
  ];
  return multistatusAnswer(request, await dataResponses(members, { wish: WISH, asked }, request));
}
