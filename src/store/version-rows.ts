import type { Selectable } from 'kysely';

import type { CollectionId, ObjectId, PrincipalId } from '../base/ids.ts';
import { toAuthor, type Author } from './author.ts';
import type { VersionEndKind, VersionTable } from './history-schema.ts';

/** One change of an object: when, in which order, and by whom; undefined: by nobody who is known. */
export interface VersionChange {
  /** UTC milliseconds. */
  readonly at: number;
  readonly seq: number;
  readonly by: Author | undefined;
}

/** What an object was, from one change (inclusive) until another (exclusive); without the octets. */
export interface VersionHead {
  readonly key: number;
  readonly homeId: PrincipalId;
  readonly collectionId: CollectionId;
  readonly objectId: ObjectId;
  readonly name: string;
  readonly uid: string;
  /** '' for a resource that is not a calendar object. */
  readonly component: string;
  readonly etag: string;
  /** Octets. */
  readonly size: number;
  readonly dead: Readonly<Record<string, string>>;
  /** Of a file; undefined of a calendar object. */
  readonly contentType: string | undefined;
  /** Whether the object was created with it. */
  readonly isFirst: boolean;
  readonly from: VersionChange;
  /** How and when it ended; undefined: it is what the object is now. */
  readonly until: (VersionChange & { readonly kind: VersionEndKind }) | undefined;
  readonly isInTrash: boolean;
}

export interface Version extends VersionHead {
  readonly octets: Uint8Array;
}

/** The columns of a row without its octets. */
export const VERSION_HEAD = [
  ...(['key', 'home_id', 'collection_id', 'object_id', 'name', 'uid', 'component', 'etag', 'size', 'dead'] as const),
  ...(['first', 'from_seq', 'from_at', 'from_by', 'from_device', 'from_origin'] as const),
  ...(['until_kind', 'until_seq', 'until_at', 'until_by', 'until_device', 'until_origin', 'trashed'] as const),
  'content_type',
] as const;

type Row = Omit<Selectable<VersionTable>, 'octets' | 'shared_key'>;

export function toVersion(row: Row): VersionHead {
  return {
    key: row.key,
    // Rows hold the ids as they were given: this is where they become ids of their kind again.
    homeId: row.home_id as PrincipalId,
    collectionId: row.collection_id as CollectionId,
    objectId: row.object_id as ObjectId,
    name: row.name,
    uid: row.uid,
    component: row.component,
    etag: row.etag,
    size: row.size,
    dead: row.dead === null ? {} : (JSON.parse(row.dead) as Record<string, string>),
    contentType: row.content_type ?? undefined,
    isFirst: row.first === 1,
    from: {
      at: row.from_at,
      seq: row.from_seq,
      by: toAuthor(row.from_by, row.from_device, row.from_origin),
    },
    until: {
      kind: row.until_kind,
      at: row.until_at,
      seq: row.until_seq,
      by: toAuthor(row.until_by, row.until_device, row.until_origin),
    },
    isInTrash: row.trashed === 1,
  };
}
