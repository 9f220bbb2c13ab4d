import { property } from '../property.ts';
import { ALL_KINDS } from '../resource.ts';
import { dav } from '../xml/names.ts';
import { el } from '../xml/write.ts';

/** DAV:supported-live-property-set, RFC 3253 §3.1.4: what the registry has for this kind of resource (RFC 5995 §3.2.1). */
export const supportedLivePropertySet = property({
  name: dav('supported-live-property-set'),
  on: ALL_KINDS,
  get({ kind }, { properties }) {
    const names = [...properties].filter(([, { on }]) => on.includes(kind)).map(([name]) => name);
    return el(
      dav('supported-live-property-set'),
      ...names.map((name) => el(dav('supported-live-property'), el(dav('prop'), el(name)))),
    );
  },
});
