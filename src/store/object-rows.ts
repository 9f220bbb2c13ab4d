import type { Selectable } from 'kysely';

import type { CollectionId, ObjectId, PrincipalId } from '../base/ids.ts';
import type { Author } from './author.ts';
import { octetsIn } from './shared-octets.ts';
import type { ObjectTable } from './object-schema.ts';

/** What the index knows of an object, for questions about time; instants are UTC milliseconds. */
export interface ObjectIndex {
  /** First instant that any instance touches; undefined: not known. */
  readonly firstAt: number | undefined;
  /** Last instant that any instance touches; undefined: endless, or none. */
  readonly lastAt: number | undefined;
  /** Has floating or all-day times, so that its instants depend on the zone that the question is asked in. */
  readonly floating: boolean;
  /**
   * Whether the occurrences decide a time-range: alone, or where they are floating, in the zone that is asked in.
   */
  readonly exact: boolean;
  /** The instants between which the occurrences are complete; undefined: everywhere. */
  readonly indexedFrom: number | undefined;
  readonly indexedUntil: number | undefined;
  /** Floating ones as read in UTC. */
  readonly occurrences: readonly Occurrence[];
  /** What a text is looked for in before the octets decide; left out: not known. */
  readonly searchText?: string | undefined;
}

/** Of what takes nobody's time: a file, a message, a notice. */
export const NO_INDEX = {
  ...{ firstAt: undefined, lastAt: undefined, floating: false, exact: false },
  ...{ indexedFrom: undefined, indexedUntil: undefined, occurrences: [], searchText: undefined },
} as const satisfies ObjectIndex;

/** One instance, half open. */
export interface Occurrence {
  readonly start: number;
  readonly end: number;
  /** How it counts in free-busy; undefined: only the octets tell. */
  readonly busy?: OccurrenceBusy | undefined;
}

/** Busy time types (RFC 5545 §3.2.9). */
export type OccurrenceBusy = 'FREE' | 'BUSY' | 'BUSY-UNAVAILABLE' | 'BUSY-TENTATIVE';

/** An object without its octets, and without what only the index knows: each column of a long list costs. */
export interface ObjectHead {
  readonly id: ObjectId;
  readonly homeId: PrincipalId;
  readonly collectionId: CollectionId;
  /** Last path segment, decoded. */
  readonly name: string;
  readonly uid: string;
  /** VEVENT, VTODO, …; '' for a resource that is not a calendar object. */
  readonly component: string;
  /** Without quotes. */
  readonly etag: string;
  /** Octets. */
  readonly size: number;
  readonly scheduleTag: string | undefined;
  /** The collection's change sequence when this was last written, and when it was created. */
  readonly seq: number;
  readonly createdSeq: number;
  readonly createdAt: number;
  readonly modifiedAt: number;
}

export interface CalendarObject extends ObjectHead {
  readonly octets: Uint8Array;
}

export interface NewObject extends ObjectIndex {
  readonly id: ObjectId;
  readonly homeId: PrincipalId;
  readonly collectionId: CollectionId;
  readonly name: string;
  readonly uid: string;
  readonly component: string;
  readonly etag: string;
  readonly octets: Uint8Array;
  readonly scheduleTag?: string | undefined;
  readonly seq: number;
  readonly createdSeq: number;
  /** Who wrote it; left out: the server itself. */
  readonly by?: Author | undefined;
  /** Of an inbox item, see ObjectTable. */
  readonly scheduleChanges?: string | undefined;
}

/** A field left out or undefined stays as it is; null clears it. Index fields go together with occurrences. */
export type ObjectPatch = {
  readonly uid?: string;
  readonly component?: string;
  readonly etag?: string;
  readonly octets?: Uint8Array;
  readonly scheduleTag?: string | null | undefined;
  readonly seq?: number;
  /** Who wrote the octets, where they are given; left out: the server itself. */
  readonly by?: Author | undefined;
} & (ObjectIndex | { readonly [field in keyof ObjectIndex]?: undefined });

export const HEAD_COLUMNS = [
  'objects.id',
  'objects.home_id',
  'objects.collection_id',
  'objects.name',
  'objects.uid',
  'objects.component',
  'objects.etag',
  'objects.size',
  'objects.schedule_tag',
  'objects.seq',
  'objects.created_seq',
  'objects.created_at',
  'objects.modified_at',
] as const;

/** The octets of an object, its own or those that it shares. */
const OCTETS = octetsIn('objects').as('octets');

export const OBJECT_COLUMNS = [...HEAD_COLUMNS, OCTETS] as const;

type Written = 'written_seq' | 'written_at' | 'written_by' | 'written_device' | 'written_origin';
type ObjectRow = Omit<
  Selectable<ObjectTable>,
  'key' | keyof IndexColumns | 'fault' | 'schedule_changes' | 'shared_key' | Written
>;
export type HeadRow = Omit<ObjectRow, 'octets'>;

export function toHead(row: HeadRow): ObjectHead {
  return {
    // Rows hold the ids as they were given: this is where they become ids of their kind again.
    id: row.id as ObjectId,
    homeId: row.home_id as PrincipalId,
    collectionId: row.collection_id as CollectionId,
    name: row.name,
    uid: row.uid,
    component: row.component,
    etag: row.etag,
    size: row.size,
    scheduleTag: row.schedule_tag ?? undefined,
    seq: row.seq,
    createdSeq: row.created_seq,
    createdAt: row.created_at,
    modifiedAt: row.modified_at,
  };
}

export function toObject(row: ObjectRow): CalendarObject {
  return { ...toHead(row), octets: row.octets };
}

export type IndexColumns = Pick<
  Selectable<ObjectTable>,
  'first_at' | 'last_at' | 'floating' | 'exact' | 'indexed_from' | 'indexed_until' | 'search_text'
>;

/** Index fields as columns. */
export function indexColumns(index: ObjectIndex): IndexColumns {
  return {
    first_at: index.firstAt ?? null,
    last_at: index.lastAt ?? null,
    floating: index.floating ? 1 : 0,
    exact: index.exact ? 1 : 0,
    indexed_from: index.indexedFrom ?? null,
    indexed_until: index.indexedUntil ?? null,
    search_text: index.searchText ?? null,
  };
}

/** The index columns of a row: one by one, as what stands for a row in a prepared query cannot be spread. */
export const indexColumnsOf = (row: IndexColumns): IndexColumns => ({
  first_at: row.first_at,
  last_at: row.last_at,
  floating: row.floating,
  exact: row.exact,
  indexed_from: row.indexed_from,
  indexed_until: row.indexed_until,
  search_text: row.search_text,
});
