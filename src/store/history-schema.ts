import type { Generated } from 'kysely';

import type { CollectionKind } from './collection-schema.ts';

/** What an object was from one instant (inclusive) until another (exclusive), when it was replaced or removed. */
export interface VersionTable {
  key: Generated<number>;
  home_id: string;
  collection_id: string;
  object_id: string;
  name: string;
  uid: string;
  component: string;
  etag: string;
  size: number;
  /** Dead properties at its removal: JSON object of Clark name to XML; null: none, or it was only replaced. */
  dead: string | null;
  /** 1: the object was created with it. */
  first: number;
  /** The change sequence, instant and author that made it. */
  from_seq: number;
  from_at: number;
  from_by: string | null;
  from_device: string | null;
  from_origin: string | null;
  /** The change that ended it. */
  until_kind: VersionEndKind;
  until_seq: number;
  until_at: number;
  until_by: string | null;
  until_device: string | null;
  until_origin: string | null;
  /** 1: it is in the trash by itself, not with its collection. */
  trashed: number;
  octets: Uint8Array;
  /** As of an object. */
  shared_key: Generated<number | null>;
  /** Of a file; null: of a calendar object. */
  content_type: string | null;
}

export type VersionEndKind = 'updated' | 'deleted' | 'moved' | 'deleted-with-collection';

/** An act that is no version of an object. Outlives whom it is about; never holds text of an object, nor a password. */
export interface AuditTable {
  key: Generated<number>;
  at: number;
  /** Whose home it happened in, or who it is about. */
  home_id: string | null;
  /** The id of what was acted on. */
  subject: string | null;
  act: string;
  /** JSON: ids, names of properties and numbers. */
  detail: string;
  done_by: string | null;
  done_device: string | null;
  done_origin: string | null;
}

/** A device that may not delete or rewrite in a home, since it did so with too much of it. */
export interface GuardHoldTable {
  id: string;
  home_id: string;
  /** Where it was held. */
  collection_id: string;
  device_id: string;
  principal_id: string | null;
  /** The first change of the burst. */
  began_at: number;
  began_seq: number;
  held_at: number;
  /** Objects that it had changed by then, and how many the collection had before. */
  objects: number;
  members: number;
  released_at: number | null;
  rolled_back_at: number | null;
}

/** Something that the owner of a home is to be told. */
export interface NoticeTable {
  id: string;
  home_id: string;
  at: number;
  kind: string;
  /** JSON: ids and numbers. */
  detail: string;
  seen_at: number | null;
}

/** A collection in the trash; what it held are versions that ended with it. */
export interface RemovedCollectionTable {
  id: string;
  home_id: string;
  kind: CollectionKind;
  uri: string;
  /** Its fields as JSON, those that a client may set. */
  properties: string;
  /** Dead properties: JSON object of '' to an object of Clark name to XML. */
  dead: string;
  /** How many objects it held. */
  members: number;
  /** The home's change sequence at its removal. */
  seq: number;
  removed_at: number;
  removed_by: string | null;
  removed_device: string | null;
  removed_origin: string | null;
}
