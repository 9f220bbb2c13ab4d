import type { ObjectHead } from '../calendar/model.ts';
import { encodeSegment } from './hrefs.ts';
import type { CollectionResourceKind, ResourceOf } from './resource.ts';

/** A member of a collection as a resource: the parent's owner and privileges are its own. */
export function memberOf(parent: ResourceOf<CollectionResourceKind>, object: ObjectHead): ResourceOf<'object'> {
  const { href, owner, collection, privileges } = parent;
  return { kind: 'object', href: `${href}${encodeSegment(object.name)}`, owner, collection, object, privileges };
}
