/** A managed attachment (RFC 8607). Those of a home that nothing holds any more are removed after a while. */
export interface AttachmentTable {
  id: string;
  home_id: string;
  filename: string;
  /** As it was sent. */
  content_type: string;
  size: number;
  /** Strong entity tag without quotes: a digest of the octets. */
  etag: string;
  created_at: number;
}

/** The octets of an attachment, piece by piece: no value is larger than one piece. */
export interface AttachmentChunkTable {
  attachment_id: string;
  home_id: string;
  place: number;
  octets: Uint8Array;
}

/** That an object names an attachment, or did when it was what a kept version says. */
export interface AttachmentHolderTable {
  attachment_id: string;
  /** It need not exist any more. */
  object_id: string;
  /** The home of the object. */
  home_id: string;
  uid: string;
  /** When the object ceased to name it; null: its octets do, if it still exists. */
  dropped_at: number | null;
}
