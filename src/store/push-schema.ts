/** A push subscription to a collection (WebDAV-Push; see push.ts). */
export interface PushSubscriptionTable {
  /** Last segment of its registration URL. */
  id: string;
  principal_id: string;
  /** Of the collection, which need not exist any more. */
  home_id: string;
  collection_id: string;
  /** Where it stands in the home of a sharee, if it was subscribed to there: what is the sharee's own counts too. */
  mount_id: string | null;
  device_id: string | null;
  /** The push resource: a URL that whoever knows it may send to. */
  endpoint: string;
  endpoint_digest: string;
  /** Name and port of the push service. */
  host: string;
  public_key: string;
  auth_secret: string;
  /** Whether it is told of content updates, and of property updates. */
  content: number;
  properties: number;
  /** What was told: the collection's seq and properties_version. */
  told_seq: number;
  told_properties: number;
  /** The last run of changes that are not to be told: after `from`, up to `to`. */
  quiet_from: number;
  quiet_to: number;
  quiet_properties_from: number;
  quiet_properties_to: number;
  created_at: number;
  expires_at: number;
  /** Messages that failed since the last that did not. */
  attempts: number;
  next_at: number;
  /** Of the process that sends now; null: of none. */
  lease: string | null;
  leased_until: number;
}
