import { Refusal } from '../../base/refusal.ts';
import { objectAt } from '../../calendar/get-objects.ts';
import type { ObjectHead } from '../../calendar/model.ts';
import { matchesQuery, queryObjects } from '../../calendar/query.ts';
import { floatingZoneOf } from '../../calendar/zone.ts';
import type { CompFilter } from '../../ical/filter.ts';
import type { Zone } from '../../ical/timezone.ts';
import { memberOf } from '../member.ts';
import { report, type ReportRequest } from '../report.ts';
import { dataContextOf, dataResponses, parseDataWish, withCalendarData, type DataWish } from '../report-data.ts';
import type { ResourceOf } from '../resource.ts';
import type { DavResponse } from '../xml/multistatus.ts';
import { caldav, dav } from '../xml/names.ts';
import { childOf } from '../xml/parse.ts';
import { el } from '../xml/write.ts';
import { parseFilter } from './filter-xml.ts';
import { parseTimezone } from './timezone-xml.ts';

interface Query {
  readonly filter: CompFilter;
  /** CALDAV:timezone or timezone-id of the request; without one, the calendar's own zone. */
  readonly zone: Zone | undefined;
  readonly wish: DataWish;
}

type Queried = ResourceOf<'calendar' | 'inbox'>;

/** Matches gathered before their properties are looked up. */
const PAGE = 100;

/**
 * CALDAV:calendar-query, RFC 4791 §7.8. Without a Depth header the members are searched: the RFC takes it for 0, which
 * would find nothing, and clients leave it out. Can raise: valid-filter, supported-filter, supported-collation,
 * supported-calendar-data, valid-calendar-data, valid-timezone, 400.
 */
export const calendarQuery = report({
  name: caldav('calendar-query'),
  on: ['calendar', 'inbox', 'object'],
  privilege: 'read',
  parse(body): Query {
    const filter = childOf(body, caldav('filter'));
    if (filter === undefined) throw new Refusal('valid-filter', 'CALDAV:calendar-query must hold a CALDAV:filter');
    const timezone = childOf(body, caldav('timezone')) ?? childOf(body, caldav('timezone-id'));
    return { filter: parseFilter(filter), zone: timezone && parseTimezone(timezone), wish: parseDataWish(body) };
  },
  run(query, resource, request) {
    if (resource.kind === 'object')
      return { kind: 'multistatus', responses: answerForObject(query, resource, request) };
    // The collection is no calendar object: with Depth 0 there is nothing to match.
    if (request.depth === 0) return { kind: 'multistatus', responses: [] };
    return { kind: 'multistatus', responses: answerForMembers(query, resource, request) };
  },
});

async function* answerForMembers(
  { filter, zone, wish }: Query,
  resource: Queried,
  request: ReportRequest,
): AsyncGenerator<DavResponse, void> {
  const { calendar } = request.context;
  const floating = zone ?? floatingZoneOf(calendar, resource.collection, resource.owner);
  const asked = withCalendarData(wish, await dataContextOf(calendar, resource.collection, wish, floating));
  const answer = (page: readonly ObjectHead[]): Promise<readonly DavResponse[]> =>
    dataResponses(
      page.map((object) => memberOf(resource, object)),
      { wish, asked },
      request,
    );

  let page: ObjectHead[] = [];
  let count = 0;
  for await (const object of queryObjects(calendar, resource.collection, { filter, floating, octets: wish.octets })) {
    if (++count > calendar.limits.reportMatches) {
      yield* await answer(page);
      yield { href: resource.href, status: 507, error: el(dav('number-of-matches-within-limits')) };
      return;
    }
    page.push(object);
    if (page.length < PAGE) continue;
    yield* await answer(page);
    page = [];
  }
  yield* await answer(page);
}

async function* answerForObject(
  { filter, zone, wish }: Query,
  resource: ResourceOf<'object'>,
  request: ReportRequest,
): AsyncGenerator<DavResponse, void> {
  const { calendar } = request.context;
  const { collection, owner } = resource;
  const object = await objectAt(calendar, collection, resource.object.name);
  if (object === undefined) return;
  const floating = zone ?? floatingZoneOf(calendar, collection, owner);
  if (!(await matchesQuery(calendar, collection, { filter, floating, octets: wish.octets }, object))) return;
  const asked = withCalendarData(wish, await dataContextOf(calendar, collection, wish, floating));
  yield* await dataResponses([{ ...resource, object }], { wish, asked }, request);
}
