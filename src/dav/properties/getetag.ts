import { cardTag } from '../card.ts';
import { collectionTag } from '../entity-tag.ts';
import { property, type DavContext } from '../property.ts';
import { COLLECTION_KINDS, type ResourceOf } from '../resource.ts';
import { dav } from '../xml/names.ts';
import { elQuoted } from '../xml/write.ts';

const NAME = dav('getetag');
const ON = [...COLLECTION_KINDS, 'object', 'card', 'attachment'] as const;

/** DAV:getetag, RFC 4918 §15.6: the ETag of GET, strong. */
export const getetag = property({
  name: NAME,
  allprop: true,
  on: ON,
  get: (resource, context) => elQuoted(NAME, tagOf(resource, context)),
});

function tagOf(resource: ResourceOf<(typeof ON)[number]>, { calendar }: DavContext): string {
  if (resource.kind === 'object') return resource.object.etag;
  if (resource.kind === 'attachment') return resource.attachment.etag;
  return resource.kind === 'card' ? cardTag(resource.principal) : collectionTag(calendar, resource.collection);
}
