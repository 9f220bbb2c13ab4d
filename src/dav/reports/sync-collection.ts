import { BadRequest } from '../../base/refusal.ts';
import { changesSince, firstSync, type CollectionChanges, type SinceToken } from '../../calendar/changes-since.ts';
import { objectsByName } from '../../calendar/get-objects.ts';
import type { ObjectHead } from '../../calendar/model.ts';
import { floatingZoneOf } from '../../calendar/zone.ts';
import { parseCardWish } from '../card-data.ts';
import { encodeSegment } from '../hrefs.ts';
import { memberOf } from '../member.ts';
import { report, type ReportRequest } from '../report.ts';
import { dataContextOf, dataResponses, parseDataWish, withCalendarData, type DataWish } from '../report-data.ts';
import type { ResourceOf } from '../resource.ts';
import { syncDirectory } from '../sync-directory.ts';
import { syncHome } from '../sync-home.ts';
import type { DavResponse } from '../xml/multistatus.ts';
import { dav } from '../xml/names.ts';
import type { XmlNode } from '../xml/node.ts';
import { childOf, childText } from '../xml/parse.ts';
import { el, text } from '../xml/write.ts';

type Synced = ResourceOf<'calendar' | 'inbox' | 'outbox' | 'notification'>;

/** Members answered between two reads of the database. */
const PAGE = 200;

/**
 * DAV:sync-collection, RFC 6578 §3.2. The Depth header is not looked at where a sync-level is given: DAVx5 sends 0,
 * Thunderbird and Apple Calendar 1, tsdav none. Can raise: valid-sync-token, 400.
 */
export const syncCollection = report({
  name: dav('sync-collection'),
  // Not freebusy, which is a URL to ask and holds nothing, nor plain, which holds collections that no change tells of.
  on: ['home', 'calendar', 'inbox', 'outbox', 'notification', 'addressbook'],
  privilege: 'read',
  parse(body, request) {
    return {
      level: levelOf(childText(body, dav('sync-level')), request),
      // An absent or empty sync-token is the initial sync (§3.4), not an error.
      token: childText(body, dav('sync-token')) || undefined,
      limit: limitIn(childOf(body, dav('limit'))),
      wish: parseDataWish(body),
      body,
    };
  },
  async run(query, resource, request) {
    if (resource.kind === 'addressbook') {
      return syncDirectory({ ...query, wish: parseCardWish(query.body) }, resource, request);
    }
    if (resource.kind === 'home') return syncHome(query, resource, request);
    // A collection of objects has one level, so that 1 and infinite ask for the same.
    const { wish } = query;
    const changes = await answerTo(query, resource.collection, request);
    return {
      kind: 'multistatus',
      responses: responses({ resource, wish, changes }, request),
      tail: () => el(dav('sync-token'), text(changes.token)),
    };
  },
});

/**
 * DAV:sync-level. Without one the Depth header gives it, as in the drafts (RFC 6578 Appendix A); `infinity` is the
 * drafts' spelling too.
 */
function levelOf(level: string | undefined, { depth }: ReportRequest): '1' | 'infinite' {
  if (level === undefined && depth === 0) throw new BadRequest('DAV:sync-level is missing');
  const asked = level ?? String(depth ?? 1);
  if (asked === '1') return '1';
  if (asked === 'infinite' || asked === 'infinity') return 'infinite';
  throw new BadRequest('DAV:sync-level must be 1 or infinite');
}

/** DAV:limit, RFC 5323 §5.17. */
function limitIn(node: XmlNode | undefined): number | undefined {
  if (node === undefined) return undefined;
  const value = childText(node, dav('nresults')) ?? '';
  if (!/^\d{1,9}$/.test(value) || Number(value) === 0) throw new BadRequest('DAV:nresults must be a positive number');
  return Number(value);
}

interface Told extends Pick<CollectionChanges, 'removed' | 'token' | 'truncated'> {
  readonly changed: AsyncIterable<readonly ObjectHead[]> | Iterable<readonly ObjectHead[]>;
}

async function answerTo(
  { token, limit }: SinceToken,
  collection: Synced['collection'],
  { context: { calendar } }: ReportRequest,
): Promise<Told> {
  if (token === undefined && limit === undefined) {
    const first = firstSync(calendar, collection);
    return { token: first.token, changed: first.members, removed: [], truncated: false };
  }
  const changes = await changesSince(calendar, collection, { token, limit });
  return { ...changes, changed: pagesOf(changes.changed) };
}

function* pagesOf(heads: readonly ObjectHead[]): Generator<readonly ObjectHead[], void> {
  for (let from = 0; from < heads.length; from += PAGE) yield heads.slice(from, from + PAGE);
}

interface Answer {
  readonly resource: Synced;
  readonly wish: DataWish;
  readonly changes: Told;
}

async function* responses(
  { resource, wish, changes }: Answer,
  request: ReportRequest,
): AsyncGenerator<DavResponse | readonly DavResponse[], void> {
  const { context } = request;
  const floating = floatingZoneOf(context.calendar, resource.collection, resource.owner);
  const asked = withCalendarData(wish, await dataContextOf(context.calendar, resource.collection, wish, floating));
  for await (const heads of changes.changed) {
    const page = wish.octets ? await withOctets(heads, resource, request) : heads;
    const members = page.map((object) => memberOf(resource, object));
    yield await dataResponses(members, { wish, asked }, request);
  }
  for (const name of changes.removed) yield { href: `${resource.href}${encodeSegment(name)}`, status: 404 };
  // §3.6: more changes wait, and are asked for with the token of this answer.
  if (changes.truncated) {
    yield { href: resource.href, status: 507, error: el(dav('number-of-matches-within-limits')) };
  }
}

/** tsdav asks for calendar-data here. What was removed since is told by the next report. */
async function withOctets(
  heads: readonly ObjectHead[],
  { collection }: Synced,
  { context }: ReportRequest,
): Promise<readonly ObjectHead[]> {
  const objects = await objectsByName(
    context.calendar,
    collection,
    heads.map(({ name }) => name),
  );
  return heads.map((head) => objects.get(head.name) ?? head);
}
