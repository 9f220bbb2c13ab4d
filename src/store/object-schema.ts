import type { Generated } from 'kysely';

export interface ObjectTable {
  /** Short form of the id, for the tables that have very many rows. */
  key: Generated<number>;
  id: string;
  home_id: string;
  collection_id: string;
  /** Last path segment, decoded. Unique in the collection. */
  name: string;
  /** Unique in the collection; for non-calendar resources the same as the name. */
  uid: string;
  /** VEVENT, VTODO, …; '' for a resource that is not a calendar object. */
  component: string;
  /** Strong entity tag without quotes: a digest of the octets. */
  etag: string;
  octets: Uint8Array;
  size: number;
  schedule_tag: string | null;
  /** The collection's change sequence when this was last written. */
  seq: number;
  /** The collection's change sequence when this was created. */
  created_seq: number;
  /** First instant that any instance touches (padded for floating time); null: none, matches by other rules. */
  first_at: number | null;
  /** Last instant that any instance touches; null: endless. */
  last_at: number | null;
  /** 1: has floating or all-day times, so instants depend on the zone that the question is asked in. */
  floating: number;
  /** 1: occurrence rows alone decide a VEVENT time-range; 0: the octets must be read. */
  exact: number;
  /** Instants between which the occurrence rows are complete; null, null: complete everywhere. */
  indexed_from: number | null;
  indexed_until: number | null;
  /** What a text is looked for in (see ical/search-text.ts); null: not known, so that the octets decide. */
  search_text: string | null;
  created_at: number;
  modified_at: number;
  /** Why it cannot be used (any more), so that it has no occurrence rows; null: it can. */
  fault: string | null;
  /** The change sequence and instant at which these octets were written; null, null: when it was created. */
  written_seq: number | null;
  written_at: number | null;
  /** Who wrote these octets (see author.ts); null: nobody who is known. */
  written_by: string | null;
  written_device: string | null;
  written_origin: string | null;
  /** Of an inbox item: what its message has changed (see itip/schedule-changes.ts) as JSON; null: nothing. */
  schedule_changes: string | null;
  /** Key of the octets in shared_octets, of an object that has none of its own; null: it has. */
  shared_key: Generated<number | null>;
}

/**
 * A half-open range of instants in which an object touches: one instance of it, or a stretch of time about which the
 * rows know no better than that it may (see occurrences.ts). Keys instead of ids, as there are many rows an object.
 */
export interface OccurrenceTable {
  /** principals.key of the owner. */
  home_key: number;
  collection_key: number;
  object_key: number;
  /**
   * Class of length, so that a range is found by its start alone: 0 up to a day, 1 up to 8 days, 2 up to 64,
   * 3 up to 512, 4 longer. A question looks back by the class's longest length.
   */
  span: number;
  start_at: number;
  end_at: number;
  /** 1: an instance, which alone proves that the object touches a range; 0: the octets must be read. */
  proof: number;
  /** How the instance counts in free-busy (see busy-rows.ts); null: the octets must be read. */
  busy: number | null;
}

/** What a file is: an object that is none of a calendar. */
export interface ContentTypeTable {
  object_id: string;
  home_id: string;
  /** As it was sent. */
  content_type: string;
}

export interface SetAsideTable {
  id: string;
  home_id: string;
  /** Where it was to be imported. */
  collection_id: string;
  /** Of the octets: the same file imported twice is set aside once. */
  digest: string;
  octets: Uint8Array;
  /** Why it cannot be used. */
  reason: string;
  /** JSON list of sentences: what a repair would do; empty where none is known. */
  proposal: string;
  created_at: number;
}
