import { withContained } from '../../src/auth/privileges.ts';
import { asPrincipalId, type CollectionId, type ObjectId } from '../../src/base/ids.ts';
import { defaultLimits } from '../../src/base/limits.ts';
import type { CalendarContext } from '../../src/calendar/context.ts';
import type { CalendarObject, Collection, ObjectHead, Principal } from '../../src/calendar/model.ts';
import { collectionHref, homeHref, principalHref } from '../../src/dav/hrefs.ts';
import { memberOf } from '../../src/dav/member.ts';
import type { DavContext } from '../../src/dav/property.ts';
import type { CollectionResourceKind, Resource, ResourceOf } from '../../src/dav/resource.ts';
import { dav, type ClarkName } from '../../src/dav/xml/names.ts';
import type { XmlNode } from '../../src/dav/xml/node.ts';
import { parseXml } from '../../src/dav/xml/parse.ts';

/** Resources without a database behind them, for what is decided from the resource alone. */

export const NOW = Date.UTC(2026, 2, 2, 9, 0, 0);
export const OWNER = withContained(['all']);

export const principal = (fields: Partial<Principal> = {}): Principal => ({
  id: asPrincipalId('alice'),
  kind: 'user',
  guid: '10000000-0000-0000-0000-000000000001',
  name: 'Alice',
  emails: ['Alice@example.com', 'al@example.org'],
  admin: false,
  adminReadOnly: false,
  timezone: undefined,
  locale: undefined,
  autoSchedule: undefined,
  autoAcceptGroup: undefined,
  capacity: undefined,
  roomPolicy: undefined,
  features: [],
  version: 1,
  createdAt: NOW,
  modifiedAt: NOW,
  ...fields,
});

export const collection = (fields: Partial<Collection> = {}): Collection => ({
  id: 'c1' as CollectionId,
  homeId: asPrincipalId('alice'),
  kind: 'calendar',
  uri: 'work',
  displayname: undefined,
  description: undefined,
  color: undefined,
  colorAttributes: undefined,
  order: undefined,
  timezone: undefined,
  timezoneId: undefined,
  sharedId: undefined,
  components: undefined,
  transparent: false,
  availability: undefined,
  source: undefined,
  refreshRate: undefined,
  stripAlarms: false,
  stripAttachments: false,
  stripTodos: false,
  alarmVeventDatetime: undefined,
  alarmVeventDate: undefined,
  alarmVtodoDatetime: undefined,
  alarmVtodoDate: undefined,
  defaultCalendar: undefined,
  seq: 7,
  homeSeq: 9,
  propertiesVersion: 2,
  prunedSeq: 0,
  createdAt: NOW,
  modifiedAt: NOW + 1500,
  ...fields,
});

export const head = (fields: Partial<ObjectHead> = {}): ObjectHead => ({
  id: 'o1' as ObjectId,
  homeId: asPrincipalId('alice'),
  collectionId: 'c1' as CollectionId,
  name: 'one.ics',
  uid: 'one',
  component: 'VEVENT',
  etag: 'abc',
  size: 321,
  scheduleTag: undefined,
  seq: 7,
  createdSeq: 7,
  createdAt: NOW,
  modifiedAt: NOW + 2000,
  ...fields,
});

export const object = (octets: string, fields: Partial<ObjectHead> = {}): CalendarObject => ({
  ...head(fields),
  octets: Buffer.from(octets),
});

export function collectionResource(
  kind: CollectionResourceKind,
  fields: Partial<Collection> = {},
): ResourceOf<CollectionResourceKind> {
  const uri = kind === 'home' ? '' : kind === 'calendar' ? 'work' : kind;
  const own = collection({ kind, uri, ...fields });
  return { kind, href: collectionHref(own), owner: principal(), collection: own, privileges: OWNER };
}

export const objectResource = (fields: Partial<ObjectHead> = {}): ResourceOf<'object'> =>
  memberOf(collectionResource('calendar'), head(fields));

export const principalResource = (fields: Partial<Principal> = {}): ResourceOf<'principal'> => {
  const own = principal(fields);
  return { kind: 'principal', href: principalHref(own), principal: own, privileges: OWNER };
};

export const folder = (kind: 'root' | 'dav-root' | 'principals' | 'homes'): Resource => ({
  kind,
  href: { root: '/', 'dav-root': '/dav/', principals: '/dav/principals/', homes: homeHref('').slice(0, -1) }[kind],
  privileges: OWNER,
});

/** A context without a database: whoever reaches for it fails. */
export function context(overrides: Partial<DavContext> & { readonly db?: unknown } = {}): DavContext {
  const { db, ...rest } = overrides;
  const calendar = {
    store: { epoch: 'epoch', db },
    clock: () => NOW,
    limits: defaultLimits(),
    settings: {
      timezone: 'UTC',
      freeBusyForAll: true,
      files: false,
      directory: 'all',
      indexPastDays: 365,
      indexFutureDays: 730,
    },
  };
  return {
    actor: { id: asPrincipalId('alice'), admin: false, adminReadOnly: false, deviceId: undefined },
    // Tests of this file's users need these four alone.
    calendar: calendar as unknown as CalendarContext,
    publicUrl: 'https://calendar.example.com',
    reports: new Map(),
    properties: new Map(),
    ...rest,
  };
}

const BOUNDS = { octets: 1 << 20, depth: 64, elements: 10_000 };

/** An element in which the prefixes of the answers are declared. */
export function node(xml: string): XmlNode {
  const names = 'xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav" xmlns:CS="http://calendarserver.org/ns/"';
  const wrapped = `<wrap ${names} xmlns:A="http://apple.com/ns/ical/" xmlns:X="urn:x">${xml}</wrap>`;
  const [found] = parseXml(Buffer.from(wrapped), BOUNDS).children;
  if (found === undefined) throw new TypeError('no element');
  return found;
}

export const names = (...locals: readonly string[]): readonly ClarkName[] => locals.map(dav);
