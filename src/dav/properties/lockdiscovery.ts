import { locksIn } from '../../calendar/lock.ts';
import { locksOn, type Lock } from '../../calendar/locks.ts';
import { activelock } from '../lock-xml.ts';
import { property, type DavContext } from '../property.ts';
import { ALL_KINDS, isKind, type Resource } from '../resource.ts';
import { dav } from '../xml/names.ts';
import type { Xml } from '../xml/node.ts';
import { el } from '../xml/write.ts';

const NONE = el(dav('lockdiscovery'));

/** The locks of the homes that one request tells of: they are read once, not for each of a thousand members. */
const read = new WeakMap<DavContext, Map<string, readonly Lock[] | Promise<readonly Lock[]>>>();

/** DAV:lockdiscovery, RFC 4918 §15.8. A token is told to who made the lock, and to who may end it. */
export const lockdiscovery = property({
  name: dav('lockdiscovery'),
  allprop: true,
  on: ALL_KINDS,
  get(resource, context) {
    if (!isKind(resource, ['object', 'calendar', 'plain'])) return NONE;
    const locks = locksFor(context, resource.collection.homeId);
    return locks instanceof Promise
      ? locks.then((all) => told(resource, context, all))
      : told(resource, context, locks);
  },
});

function locksFor(context: DavContext, homeId: string): readonly Lock[] | Promise<readonly Lock[]> {
  const homes = read.get(context) ?? new Map<string, readonly Lock[] | Promise<readonly Lock[]>>();
  read.set(context, homes);
  const known = homes.get(homeId);
  if (known !== undefined) return known;
  const reading = locksIn(context.calendar, homeId).then((locks) => {
    homes.set(homeId, locks);
    return locks;
  });
  homes.set(homeId, reading);
  return reading;
}

type Lockable = Extract<Resource, { kind: 'object' | 'calendar' | 'plain' }>;

function told(resource: Lockable, { actor, calendar }: DavContext, locks: readonly Lock[]): Xml {
  if (locks.length === 0) return NONE;
  const { collection, privileges } = resource;
  const here = locksOn(locks, { collection, object: resource.kind === 'object' ? resource.object : undefined });
  const now = calendar.clock();
  return el(
    dav('lockdiscovery'),
    ...here.map((lock) => activelock(lock, now, lock.principalId === actor?.id || privileges.has('unlock'))),
  );
}
