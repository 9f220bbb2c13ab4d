import type { DelegateAccess } from '../../calendar/delegates.ts';
import { sharedIn } from '../../calendar/share-list.ts';
import { PROXY_NAMES } from '../hrefs.ts';
import { property, type DavContext } from '../property.ts';
import { ALL_KINDS, type Kind, type ResourceOf } from '../resource.ts';
import { caldav, carddav, cs, dav } from '../xml/names.ts';
import type { Xml } from '../xml/node.ts';
import { el } from '../xml/write.ts';

const TYPE = dav('resourcetype');
const COLLECTION = el(dav('collection'));
const FOLDER = el(TYPE, COLLECTION);

const TYPES: Readonly<Record<Exclude<Kind, 'proxy' | 'calendar'>, Xml>> = {
  root: FOLDER,
  'dav-root': FOLDER,
  principals: FOLDER,
  'principal-kind': FOLDER,
  principal: el(TYPE, COLLECTION, el(dav('principal'))),
  homes: FOLDER,
  addressbooks: FOLDER,
  addressbook: el(TYPE, COLLECTION, el(carddav('addressbook'))),
  card: el(TYPE),
  home: FOLDER,
  plain: FOLDER,
  inbox: el(TYPE, COLLECTION, el(caldav('schedule-inbox'))),
  outbox: el(TYPE, COLLECTION, el(caldav('schedule-outbox'))),
  notification: el(TYPE, COLLECTION, el(cs('notification'))),
  // Not a collection: clients that list the home then do not look inside.
  freebusy: el(TYPE, el(cs('free-busy-url'))),
  attachments: FOLDER,
  attachment: el(TYPE),
  object: el(TYPE),
};

/** Apple's, on a calendar: for a client that does not know the one, the members are there to be read. */
const SUBSCRIBED = el(cs('subscribed'));

/** A calendar with what else it is: CS:subscribed, CS:shared-owner, CS:shared. */
const calendarType = (...marks: readonly Xml[]): Xml => el(TYPE, COLLECTION, el(caldav('calendar')), ...marks);
const MOUNTED = calendarType(el(cs('shared')));
const OWN = { shared: calendarType(el(cs('shared-owner'))), alone: calendarType() };
const FETCHED = { shared: calendarType(SUBSCRIBED, el(cs('shared-owner'))), alone: calendarType(SUBSCRIBED) };

type Ids = ReadonlySet<string>;

/** The calendars that are shared, of the homes that one request tells of: read once. */
const read = new WeakMap<DavContext, Map<string, Ids | Promise<Ids>>>();

function sharedOf(homeId: string, context: DavContext): Ids | Promise<Ids> {
  const homes = read.get(context) ?? new Map<string, Ids | Promise<Ids>>();
  read.set(context, homes);
  const known = homes.get(homeId);
  if (known !== undefined) return known;
  const asked = sharedIn(context.calendar, homeId).then((ids) => {
    homes.set(homeId, ids);
    return ids;
  });
  homes.set(homeId, asked);
  return asked;
}

function typeOfCalendar({ collection, privileges }: ResourceOf<'calendar'>, context: DavContext): Xml | Promise<Xml> {
  const { id, homeId, source, mount } = collection;
  if (mount !== undefined) return MOUNTED;
  const types = source === undefined ? OWN : FETCHED;
  // With whom a calendar is shared is for those who may see who has access.
  if (!privileges.has('read-acl')) return types.alone;
  const typeIn = (shared: Ids): Xml => (shared.has(id) ? types.shared : types.alone);
  const shared = sharedOf(homeId, context);
  return shared instanceof Promise ? shared.then(typeIn) : typeIn(shared);
}

const proxyType = (access: DelegateAccess): Xml =>
  el(TYPE, COLLECTION, el(dav('principal')), el(cs(PROXY_NAMES[access])));
const PROXIES: Readonly<Record<DelegateAccess, Xml>> = { read: proxyType('read'), write: proxyType('write') };

/**
 * DAV:resourcetype, RFC 4918 §15.9; calendar: RFC 4791 §4.2; schedule-inbox, -outbox: RFC 6638 §2.1, §2.2;
 * addressbook: RFC 6352 §5.2; calendar-proxy-read, -write: caldav-proxy §5.2; shared-owner, shared: caldav-sharing §5.2.1.
 */
export const resourcetype = property({
  name: TYPE,
  allprop: true,
  on: ALL_KINDS,
  get(resource, context) {
    if (resource.kind === 'proxy') return PROXIES[resource.access];
    return resource.kind === 'calendar' ? typeOfCalendar(resource, context) : TYPES[resource.kind];
  },
});
