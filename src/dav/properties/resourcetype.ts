import type { DelegateAccess } from '../../calendar/delegates.ts';
import { PROXY_NAMES } from '../hrefs.ts';
import { property } from '../property.ts';
import { ALL_KINDS, type Kind } from '../resource.ts';
import { caldav, carddav, cs, dav } from '../xml/names.ts';
import type { Xml } from '../xml/node.ts';
import { el } from '../xml/write.ts';

const TYPE = dav('resourcetype');
const COLLECTION = el(dav('collection'));
const FOLDER = el(TYPE, COLLECTION);

const TYPES: Readonly<Record<Exclude<Kind, 'proxy'>, Xml>> = {
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
  calendar: el(TYPE, COLLECTION, el(caldav('calendar'))),
  inbox: el(TYPE, COLLECTION, el(caldav('schedule-inbox'))),
  outbox: el(TYPE, COLLECTION, el(caldav('schedule-outbox'))),
  notification: el(TYPE, COLLECTION, el(cs('notification'))),
  // Not a collection: clients that list the home then do not look inside.
  freebusy: el(TYPE, el(cs('free-busy-url'))),
  attachments: FOLDER,
  attachment: el(TYPE),
  object: el(TYPE),
};

/** Apple's CS:subscribed, and a calendar: for a client that does not know the one, the members are there to be read. */
const SUBSCRIBED = el(TYPE, COLLECTION, el(caldav('calendar')), el(cs('subscribed')));

const proxyType = (access: DelegateAccess): Xml =>
  el(TYPE, COLLECTION, el(dav('principal')), el(cs(PROXY_NAMES[access])));
const PROXIES: Readonly<Record<DelegateAccess, Xml>> = { read: proxyType('read'), write: proxyType('write') };

/**
 * DAV:resourcetype, RFC 4918 §15.9; calendar: RFC 4791 §4.2; schedule-inbox, -outbox: RFC 6638 §2.1, §2.2;
 * addressbook: RFC 6352 §5.2; calendar-proxy-read, -write: caldav-proxy §5.2.
 */
export const resourcetype = property({
  name: TYPE,
  allprop: true,
  on: ALL_KINDS,
  get(resource) {
    if (resource.kind === 'proxy') return PROXIES[resource.access];
    return resource.kind === 'calendar' && resource.collection.source !== undefined ? SUBSCRIBED : TYPES[resource.kind];
  },
});
