import { property } from '../property.ts';
import { COLLECTION_KINDS, DIRECTORY_KINDS, type ResourceOf } from '../resource.ts';
import { dav } from '../xml/names.ts';
import { el, text } from '../xml/write.ts';

const NAME = dav('displayname');
// Objects have none of their own: there it is a dead property, should a client set it.
const ON = [
  'root',
  'dav-root',
  'principals',
  'principal-kind',
  'principal',
  'proxy',
  'homes',
  ...DIRECTORY_KINDS,
  ...COLLECTION_KINDS,
] as const;

/** DAV:displayname, RFC 4918 §15.2. A calendar has the one it was given; what every home has gets a name of ours. */
export const displayname = property({
  name: NAME,
  allprop: true,
  on: ON,
  get(resource) {
    const name = nameOf(resource);
    return name === undefined ? undefined : el(NAME, text(name));
  },
  change: (node) => ({ displayname: node?.text ?? null }),
});

function nameOf(resource: ResourceOf<(typeof ON)[number]>): string | undefined {
  switch (resource.kind) {
    case 'root':
    case 'dav-root':
      return 'Kalends';
    case 'principals':
      return 'Principals';
    case 'principal-kind':
      return FOLDERS[resource.of];
    case 'addressbooks':
      return 'Address books';
    case 'addressbook':
      return 'Directory';
    case 'card':
    case 'principal':
      return resource.principal.name;
    case 'proxy':
      return `${resource.owner.name} (${PROXIES[resource.access]})`;
    case 'homes':
      return 'Calendars';
    case 'home':
      return resource.collection.displayname ?? resource.owner.name;
    default:
      return resource.collection.displayname ?? FIXED[resource.kind];
  }
}

const FOLDERS = { user: 'Users', group: 'Groups', room: 'Rooms', resource: 'Resources' } as const;

const PROXIES = { read: 'delegates, read only', write: 'delegates, read and write' } as const;

const FIXED = {
  calendar: undefined,
  plain: undefined,
  inbox: 'Inbox',
  outbox: 'Outbox',
  notification: 'Notifications',
  freebusy: 'Free/busy',
} as const;
