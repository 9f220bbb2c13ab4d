import { LOCK_ENTRIES } from '../lock-xml.ts';
import { property } from '../property.ts';
import { ALL_KINDS, isKind } from '../resource.ts';
import { dav } from '../xml/names.ts';
import { el } from '../xml/write.ts';

const NONE = el(dav('supportedlock'));
const BOTH = el(dav('supportedlock'), ...LOCK_ENTRIES);

/** DAV:supportedlock, RFC 4918 §15.10: write locks, alone and shared, on what LOCK works on. */
export const supportedlock = property({
  name: dav('supportedlock'),
  allprop: true,
  on: ALL_KINDS,
  get: (resource) => (isKind(resource, ['object', 'calendar', 'plain']) ? BOTH : NONE),
});
