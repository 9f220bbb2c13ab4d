import { PRIVILEGES, type Privilege } from '../auth/privileges.ts';
import { privilegeName } from './error-body.ts';
import type { Kind } from './resource.ts';
import { dav } from './xml/names.ts';
import type { Xml } from './xml/node.ts';
import { el, elWith, join, text } from './xml/write.ts';

const DESCRIPTIONS: Readonly<Record<Privilege, string>> = {
  all: 'Any operation',
  read: 'Read',
  write: 'Change',
  'read-free-busy': 'See when its owner is busy',
  'read-acl': 'Read who may do what',
  'read-current-user-privilege-set': 'Read what one may do oneself',
  'write-acl': 'Change who may do what',
  unlock: 'Take away the lock of another',
  'write-properties': 'Change properties',
  'write-content': 'Change content',
  bind: 'Add members',
  unbind: 'Remove members',
  'schedule-deliver': 'Deliver scheduling messages',
  'schedule-deliver-invite': 'Deliver invitations',
  'schedule-deliver-reply': 'Deliver replies',
  'schedule-query-freebusy': 'Ask for free-busy',
  'schedule-send': 'Send scheduling messages',
  'schedule-send-invite': 'Send invitations',
  'schedule-send-reply': 'Send replies',
  'schedule-send-freebusy': 'Ask others for free-busy',
};

/** Of people's calendars there is free-busy (RFC 4791 §6.1.1). */
const BUSY_KINDS: readonly Kind[] = ['home', 'calendar', 'inbox', 'freebusy', 'object'];

/** RFC 6638 §6.1: schedule-deliver is the inbox's; §6.2: schedule-send is the outbox's. */
export function isSupported(kind: Kind, privilege: Privilege): boolean {
  if (privilege === 'read-free-busy') return BUSY_KINDS.includes(kind);
  if (privilege.startsWith('schedule-deliver') || privilege === 'schedule-query-freebusy') return kind === 'inbox';
  if (privilege.startsWith('schedule-send')) return kind === 'outbox';
  return true;
}

const privilegeElement = (privilege: Privilege): Xml => el(dav('privilege'), el(privilegeName(privilege)));

// A listing has one set of privileges for all its members: the text of the last ones is kept.
const shown = new WeakMap<ReadonlySet<Privilege>, Map<Kind, Xml>>();

/** The DAV:privilege elements of those granted that the kind of resource supports. */
export function privilegesShown(kind: Kind, granted: ReadonlySet<Privilege>): Xml {
  let byKind = shown.get(granted);
  if (byKind === undefined) shown.set(granted, (byKind = new Map<Kind, Xml>()));
  let xml = byKind.get(kind);
  if (xml === undefined) {
    xml = join(...[...granted].filter((privilege) => isSupported(kind, privilege)).map(privilegeElement));
    byKind.set(kind, xml);
  }
  return xml;
}

const supported = new Map<Kind, Xml>();

/** The tree of privileges that the kind of resource supports, from DAV:all down (RFC 3744 §5.3). */
export function supportedPrivileges(kind: Kind): Xml {
  let xml = supported.get(kind);
  if (xml === undefined) supported.set(kind, (xml = supportedPrivilege(kind, 'all')));
  return xml;
}

function supportedPrivilege(kind: Kind, privilege: Privilege): Xml {
  const contained: readonly Privilege[] = PRIVILEGES[privilege];
  return el(
    dav('supported-privilege'),
    privilegeElement(privilege),
    elWith(dav('description'), { 'xml:lang': 'en' }, text(DESCRIPTIONS[privilege])),
    ...contained.filter((inner) => isSupported(kind, inner)).map((inner) => supportedPrivilege(kind, inner)),
  );
}
