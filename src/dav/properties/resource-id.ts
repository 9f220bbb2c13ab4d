import { createHash } from 'node:crypto';

import { property } from '../property.ts';
import { COLLECTION_KINDS, type ResourceOf } from '../resource.ts';
import { dav } from '../xml/names.ts';
import { el, href } from '../xml/write.ts';

const ON = [...COLLECTION_KINDS, 'principal', 'proxy', 'object'] as const;
const UUID = /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

/** DAV:resource-id, RFC 5842 §3.1: a URI that stays with the resource when it is renamed or moved. */
export const resourceId = property({
  name: dav('resource-id'),
  on: ON,
  get: (resource) => el(dav('resource-id'), href(`urn:uuid:${uuidOf(resource)}`)),
});

function uuidOf(resource: ResourceOf<(typeof ON)[number]>): string {
  if (resource.kind === 'object') return derived(resource.object.id);
  if (resource.kind === 'proxy') return derived(`${resource.owner.guid}:${resource.access}`);
  if (resource.kind !== 'principal') return derived(resource.collection.id);
  const { guid, id } = resource.principal;
  return UUID.test(guid) ? guid.toLowerCase() : derived(id);
}

/** A UUID of version 8 (RFC 9562 §5.8): 122 bits of a digest of our id, which itself stays unknown. */
function derived(id: string): string {
  const octets = createHash('sha256').update(`kalends:resource-id:${id}`).digest().subarray(0, 16);
  octets.writeUInt8((octets.readUInt8(6) & 0x0f) | 0x80, 6);
  octets.writeUInt8((octets.readUInt8(8) & 0x3f) | 0x80, 8);
  return octets.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
