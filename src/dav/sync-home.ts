import { accessIn, type HomeAccess } from '../calendar/access.ts';
import { headsByName, objectsByName } from '../calendar/get-objects.ts';
import { homeChangesSince, type HomeChanges, type MemberChanges } from '../calendar/home-changes-since.ts';
import { floatingZoneOf } from '../calendar/zone.ts';
import { encodeSegment } from './hrefs.ts';
import { memberOf } from './member.ts';
import type { ReportAnswer, ReportRequest } from './report.ts';
import { dataContextOf, dataResponses, withCalendarData, type DataWish } from './report-data.ts';
import { collectionResource } from './resolve.ts';
import type { Resource, ResourceOf } from './resource.ts';
import type { DavResponse } from './xml/multistatus.ts';
import { dav } from './xml/names.ts';
import { el, text } from './xml/write.ts';

/** Members answered between two reads of the database. */
const PAGE = 200;

export interface HomeQuery {
  readonly token: string | undefined;
  readonly level: '1' | 'infinite';
  readonly limit: number | undefined;
  readonly wish: DataWish;
}

/**
 * DAV:sync-collection on a calendar home (RFC 6578 §3.3): level 1 tells of the collections in it, infinite of what
 * they hold as well. Can raise: valid-sync-token.
 */
export async function syncHome(
  { wish, ...asked }: HomeQuery,
  home: ResourceOf<'home'>,
  request: ReportRequest,
): Promise<ReportAnswer> {
  const { calendar, actor } = request.context;
  const changes = await homeChangesSince(calendar, home.collection, asked);
  const access = await accessIn(calendar, actor, home.owner.id);
  return {
    kind: 'multistatus',
    responses: responses({ home, wish, access, changes }, request),
    tail: () => el(dav('sync-token'), text(changes.token)),
  };
}

interface Answer {
  readonly home: ResourceOf<'home'>;
  readonly wish: DataWish;
  readonly access: HomeAccess;
  readonly changes: HomeChanges;
}

/** Collections before what they hold: no member is told of whose collection the client has not heard of. */
async function* responses(answer: Answer, request: ReportRequest): AsyncGenerator<DavResponse, void> {
  const { home, wish, changes, access } = answer;
  for (const uri of changes.removed) yield { href: `${home.href}${encodeSegment(uri)}/`, status: 404 };
  const collections = changes.changed.map(({ collection, isNew }) => ({
    resource: collectionResource(home.owner, collection, access.on(collection)),
    isNew,
  }));
  const [synced, others] = partition(collections, ({ resource }) => isSynced(resource, request));
  const resources = synced.map(({ resource }) => resource);
  yield* await dataResponses(resources, { wish, asked: wish.request }, request);
  // §3.3: said once, when the collection is first told of.
  for (const { resource, isNew } of others) {
    if (isNew) yield { href: resource.href, status: 403, error: el(dav('supported-report')) };
  }
  for (const members of changes.members) yield* memberResponses(members, answer, request);
  // §3.6: more changes wait, and are asked for with the token of this answer.
  if (changes.truncated) {
    yield { href: home.href, status: 507, error: el(dav('number-of-matches-within-limits')) };
  }
}

const isSynced = ({ kind }: Resource, { context }: ReportRequest): boolean =>
  context.reports.get(dav('sync-collection'))?.on.includes(kind) === true;

function partition<T>(list: readonly T[], test: (value: T) => boolean): readonly [T[], T[]] {
  return [list.filter(test), list.filter((value) => !test(value))];
}

async function* memberResponses(
  { uri, collection, changed, removed }: MemberChanges,
  { home, wish, access }: Answer,
  request: ReportRequest,
): AsyncGenerator<DavResponse, void> {
  const { calendar } = request.context;
  if (collection !== undefined) {
    const parent = collectionResource(home.owner, collection, access.on(collection));
    const floating = floatingZoneOf(calendar, collection, home.owner);
    const asked = withCalendarData(wish, await dataContextOf(calendar, collection, wish, floating));
    const read = wish.octets ? objectsByName : headsByName;
    for (let from = 0; from < changed.length; from += PAGE) {
      const found = await read(calendar, parent.collection, changed.slice(from, from + PAGE));
      // In no order; what was removed meanwhile is told by the next report.
      const members = [...found.values()].map((object) => memberOf(parent, object));
      yield* await dataResponses(members, { wish, asked }, request);
    }
  }
  for (const name of removed) {
    yield { href: `${home.href}${encodeSegment(uri)}/${encodeSegment(name)}`, status: 404 };
  }
}
