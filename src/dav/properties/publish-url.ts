import { publishedIn } from '../../calendar/links.ts';
import { property, type DavContext } from '../property.ts';
import { linkUrl } from '../publish.ts';
import { cs } from '../xml/names.ts';
import { el, href } from '../xml/write.ts';

const NAME = cs('publish-url');

/** What is published in the homes that one request tells of: read once, not for each of their calendars. */
const read = new WeakMap<DavContext, Map<string, Promise<ReadonlyMap<string, string>>>>();

/**
 * CS:publish-url, of Apple's calendarserver: where a calendar is published, for who may end it (DAV:write-acl). Others are
 * not told: the address would go on showing them the calendar when they may not read it any more.
 */
export const publishUrl = property({
  name: NAME,
  on: ['calendar'],
  async get({ collection, privileges }, context) {
    if (!privileges.has('write-acl')) return undefined;
    const token = (await tokensFor(context, collection.homeId)).get(collection.id);
    return token === undefined ? undefined : el(NAME, href(linkUrl(context, token)));
  },
});

function tokensFor(context: DavContext, homeId: string): Promise<ReadonlyMap<string, string>> {
  const homes = read.get(context) ?? new Map<string, Promise<ReadonlyMap<string, string>>>();
  read.set(context, homes);
  const tokens = homes.get(homeId) ?? publishedIn(context.calendar, homeId);
  homes.set(homeId, tokens);
  return tokens;
}
