import type { Lock } from '../calendar/locks.ts';
import { collectionHref, objectHref } from './hrefs.ts';
import { dav } from './xml/names.ts';
import type { Xml } from './xml/node.ts';
import { el, href, storedXml, text } from './xml/write.ts';

const WRITE = el(dav('locktype'), el(dav('write')));
const EXCLUSIVE = el(dav('lockscope'), el(dav('exclusive')));
const SHARED = el(dav('lockscope'), el(dav('shared')));

/** Content of DAV:supportedlock (RFC 4918 §15.10): write locks, alone and shared. */
export const LOCK_ENTRIES: readonly Xml[] = [
  el(dav('lockentry'), EXCLUSIVE, WRITE),
  el(dav('lockentry'), SHARED, WRITE),
];

/** DAV:activelock, RFC 4918 §14.1; `now` in UTC milliseconds. Not everybody needs to see the token (§6.8). */
export function activelock(lock: Lock, now: number, showsToken: boolean): Xml {
  const { homeId, uri, object, isShared, isDeep, owner, token, expiresAt } = lock;
  const root = object === undefined ? collectionHref({ homeId, uri }) : objectHref({ homeId, uri }, object);
  return el(
    dav('activelock'),
    WRITE,
    isShared ? SHARED : EXCLUSIVE,
    el(dav('depth'), text(isDeep ? 'infinity' : '0')),
    owner === undefined ? undefined : storedXml(owner),
    el(dav('timeout'), text(`Second-${Math.max(0, Math.ceil((expiresAt - now) / 1000))}`)),
    showsToken ? el(dav('locktoken'), href(token)) : undefined,
    el(dav('lockroot'), href(root)),
  );
}
