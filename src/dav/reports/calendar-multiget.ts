import { BadRequest, Refusal } from '../../base/refusal.ts';
import { headsByName, objectsByName } from '../../calendar/get-objects.ts';
import type { ObjectHead } from '../../calendar/model.ts';
import { floatingZoneOf } from '../../calendar/zone.ts';
import { memberOf } from '../member.ts';
import { namesBelow } from '../member-name.ts';
import type { PropRequest } from '../prop-request.ts';
import { report, type ReportRequest } from '../report.ts';
import { dataContextOf, dataResponses, parseDataWish, withCalendarData, type DataWish } from '../report-data.ts';
import type { ResourceOf } from '../resource.ts';
import type { DavResponse } from '../xml/multistatus.ts';
import { caldav, dav } from '../xml/names.ts';
import { childrenOf } from '../xml/parse.ts';

interface Query {
  /** As sent: paths or absolute URIs, percent-encoded; each once. */
  readonly hrefs: readonly string[];
  readonly wish: DataWish;
}

type Collection = ResourceOf<'calendar' | 'inbox'>;

/** Objects read from the database at a time. */
const PAGE = 100;

/**
 * CALDAV:calendar-multiget, RFC 4791 §7.9; the Depth header is ignored, as it says. Hrefs that name no object of the
 * collection are answered with 404, one by one. Can raise: supported-calendar-data, number-of-matches-within-limits,
 * 400.
 */
export const calendarMultiget = report({
  name: caldav('calendar-multiget'),
  on: ['calendar', 'inbox', 'object'],
  privilege: 'read',
  parse(body, { context }): Query {
    const hrefs = childrenOf(body, dav('href')).map((node) => node.text.trim());
    if (hrefs.length === 0) throw new BadRequest('CALDAV:calendar-multiget must hold a DAV:href');
    const { multigetHrefs } = context.calendar.limits;
    if (hrefs.length > multigetHrefs) {
      throw new Refusal('number-of-matches-within-limits', `At most ${multigetHrefs} hrefs can be asked for at once`);
    }
    return { hrefs: [...new Set(hrefs)], wish: parseDataWish(body) };
  },
  run({ hrefs, wish }, resource, request) {
    if (resource.kind === 'object' && hrefs.length > 1) {
      throw new BadRequest('On an object, CALDAV:calendar-multiget names that object alone');
    }
    return { kind: 'multistatus', responses: responses({ hrefs, wish }, collectionOf(resource), request) };
  },
});

/** On an object the one href is the Request-URI: the same as asking its calendar for it. */
function collectionOf(resource: Collection | ResourceOf<'object'>): Collection {
  if (resource.kind !== 'object') return resource;
  const { owner, collection, privileges, href } = resource;
  return { kind: 'calendar', owner, collection, privileges, href: href.slice(0, href.lastIndexOf('/') + 1) };
}

async function* responses(
  { hrefs, wish }: Query,
  collection: Collection,
  request: ReportRequest,
): AsyncGenerator<readonly DavResponse[], void> {
  const { calendar } = request.context;
  const floating = floatingZoneOf(calendar, collection.collection, collection.owner);
  const asked = withCalendarData(wish, await dataContextOf(calendar, collection.collection, wish, floating));
  const names = hrefs.map(namesBelow(collection.href));
  for (let from = 0; from < hrefs.length; from += PAGE) {
    const page = names.slice(from, from + PAGE);
    const objects = await read(page, { collection, octets: wish.octets, request });
    yield await pageOf(
      { hrefs: hrefs.slice(from, from + PAGE), names: page, objects, collection, wish, asked },
      request,
    );
  }
}

interface Read {
  readonly collection: Collection;
  readonly octets: boolean;
  readonly request: ReportRequest;
}

function read(
  names: readonly (string | undefined)[],
  { collection, octets, request }: Read,
): Promise<ReadonlyMap<string, ObjectHead>> {
  const wanted = names.filter((name) => name !== undefined);
  const byName = octets ? objectsByName : headsByName;
  return byName(request.context.calendar, collection.collection, wanted);
}

interface Page {
  readonly hrefs: readonly string[];
  readonly names: readonly (string | undefined)[];
  readonly objects: ReadonlyMap<string, ObjectHead>;
  readonly collection: Collection;
  readonly wish: DataWish;
  readonly asked: PropRequest;
}

/** The answers in the order of the hrefs. */
async function pageOf(
  { hrefs, names, objects, collection, wish, asked }: Page,
  request: ReportRequest,
): Promise<readonly DavResponse[]> {
  const found = names.map((name) => (name === undefined ? undefined : objects.get(name)));
  const members = found.flatMap((object) => (object === undefined ? [] : memberOf(collection, object)));
  const answered = (await dataResponses(members, { wish, asked }, request)).values();
  return found.map((object, index) => {
    const next = object === undefined ? undefined : answered.next().value;
    return next ?? { href: hrefs[index] ?? '', status: 404 };
  });
}
