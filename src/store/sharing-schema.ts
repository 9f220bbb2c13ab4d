/** An entry of a collection's access control list (RFC 3744 §5.5). */
export interface AceTable {
  home_id: string;
  collection_id: string;
  /** They count in this order. */
  place: number;
  /** null: everybody who is logged in. */
  principal_id: string | null;
  deny: number;
  /** JSON list of privileges. */
  privileges: string;
}

/** What a sharee may do with a calendar, from the least to the most. */
export type ShareAccess = 'free-busy' | 'read' | 'read-write' | 'manage';
export type ShareStatus = 'noresponse' | 'accepted' | 'declined';

/** A calendar offered to a person or a group (caldav-sharing §5.3). */
export interface ShareTable {
  /** The uid of the invitation. */
  id: string;
  /** Of the calendar. */
  home_id: string;
  collection_id: string;
  /** A person or a group. Unique with the collection. */
  sharee_id: string;
  access: ShareAccess;
  /** As the sharer wrote them. */
  common_name: string | null;
  summary: string | null;
  created_at: number;
  modified_at: number;
}

/** What a person who is offered a calendar made of it: the sharee, or each member of a group that is. */
export interface ShareAnswerTable {
  share_id: string;
  member_id: string;
  status: ShareStatus;
  /** Where it stands in the home of the member, once it is accepted. */
  mount_id: string | null;
  answered_at: number | null;
}

/** What a sharee last wrote of an object for themselves: the whole object (see calendar/personal-forms.ts). */
export interface PersonalObjectTable {
  object_id: string;
  /** Where the calendar stands in the home of the sharee. */
  mount_id: string;
  /** Of the sharee. */
  home_id: string;
  /** Names what others saw of the object when this was written: while it is the same, this is what the sharee sees. */
  shared_etag: string;
  /** Strong entity tag without quotes: a digest of the octets. */
  etag: string;
  size: number;
  /** In the sequence of the sharer's home. */
  seq: number;
  modified_at: number;
  octets: Uint8Array;
}

/** What others see of an object whose owner has since changed nothing but what is the owner's own. */
export interface SharedFormTable {
  object_id: string;
  home_id: string;
  /** Entity tag and change sequence of the object for which this holds. */
  base_etag: string;
  base_seq: number;
  /** Entity tag and change sequence of the object as it was when what others see last changed. */
  shared_etag: string;
  seq: number;
  octets: Uint8Array;
}

/** A link by which people without a log-in see something of a collection (see links.ts). */
export interface LinkTable {
  id: string;
  home_id: string;
  collection_id: string;
  creator_id: string;
  /** SHA-256 of the token. */
  digest: string;
  /** The token itself, of a published calendar alone. */
  token: string | null;
  name: string | null;
  /** JSON list of strings. */
  categories: string | null;
  busy_only: number;
  people: number;
  days_back: number | null;
  days_ahead: number | null;
  from_at: number | null;
  until_at: number | null;
  /** JSON list of strings. */
  formats: string | null;
  password_hash: string | null;
  expires_at: number | null;
  most_uses: number | null;
  uses: number;
  /** When it was counted last. */
  used_at: number | null;
  created_at: number;
}
