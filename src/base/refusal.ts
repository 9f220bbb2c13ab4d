/**
 * Why a request is refused, in the words of the RFC that names the precondition. Rooms throw the word; each door
 * says it in its own language (dav/preconditions.ts, later api/problems.ts), where the compiler asks for every key.
 */
export type RefusalCode =
  // RFC 4791 §5.3.1, §5.3.2.1
  | 'resource-must-be-null'
  | 'calendar-collection-location-ok'
  | 'initialize-calendar-collection'
  | 'supported-calendar-data'
  | 'valid-calendar-data'
  | 'valid-calendar-object-resource'
  | 'supported-calendar-component'
  | 'no-uid-conflict'
  | 'max-resource-size'
  | 'min-date-time'
  | 'max-date-time'
  | 'max-instances'
  | 'max-attendees-per-instance'
  // RFC 4791 §7.8, §7.5.1
  | 'valid-filter'
  | 'supported-filter'
  | 'supported-collation'
  | 'number-of-matches-within-limits'
  // RFC 6352 §5.1.1.1, §8.6: the last is supported-collation in the namespace of CardDAV
  | 'supported-address-data'
  | 'supported-address-data-conversion'
  | 'supported-card-collation'
  // RFC 7529 §10
  | 'supported-rscale'
  // RFC 7809 §3.1.4
  | 'valid-timezone'
  // RFC 6578 §3.2
  | 'valid-sync-token'
  | 'sync-traversal-supported'
  // RFC 3744 §7.1.1
  | 'need-privileges'
  // RFC 3744 §8.1.1
  | 'no-ace-conflict'
  | 'no-protected-ace-conflict'
  | 'no-inherited-ace-conflict'
  | 'limited-number-of-aces'
  | 'no-invert'
  | 'not-supported-privilege'
  | 'recognized-principal'
  | 'allowed-principal'
  // RFC 4918 §16
  | 'propfind-finite-depth'
  | 'cannot-modify-protected-property'
  | 'no-external-entities'
  | 'lock-token-submitted'
  | 'no-conflicting-lock'
  | 'lock-token-matches-request-uri'
  // RFC 5689 §3.3
  | 'valid-resourcetype'
  // RFC 3253 §3.6
  | 'supported-report'
  // calendarserver.org bulk requests
  | 'max-resources'
  | 'max-bytes'
  // The guard against devices that destroy much (docs/adr/0013)
  | 'device-held'
  // Rooms and resources that answer by their time (docs/rooms.md)
  | 'room-is-free'
  // RFC 8607 §3.11
  | 'max-attachment-size'
  | 'max-attachments-per-resource'
  | 'valid-action-parameter'
  | 'valid-rid-parameter'
  | 'valid-managed-id-parameter'
  | 'valid-managed-id'
  // caldav-recursplit §3
  | 'invalid-split'
  // RFC 6638 §5.2.1, §5.2.2
  | 'valid-scheduling-message'
  | 'valid-organizer'
  // WebDAV-Push
  | 'invalid-subscription'
  | 'push-not-available'
  | 'no-supported-trigger'
  // RFC 6638 §3.2.4
  | 'unique-scheduling-object-resource'
  | 'same-organizer-in-all-components'
  | 'allowed-organizer-scheduling-object-change'
  | 'valid-attendee-comment-change' // caldav-privatecomments §4.2.3
  | 'default-calendar-needed' // RFC 6638 §4.3.1.1
  | 'valid-schedule-default-calendar-URL' // RFC 6638 §4.3.1.2
  | 'allowed-attendee-scheduling-object-change'
  // RFC 4331 §6
  | 'quota-not-exceeded';

interface CollectionAddress {
  readonly homeId: string;
  readonly uri: string;
}

/** A member of a collection, where the one who refuses knows no URLs: the door makes the href. */
export interface MemberAddress {
  readonly collection: CollectionAddress & { readonly mount?: CollectionAddress | undefined };
  readonly name: string;
}

export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly code: RefusalCode;
  /** The resource that stands in the way, where the RFC asks for its href. */
  readonly href: string | undefined;
  /** As href, for rooms that know no URLs. */
  readonly member: MemberAddress | undefined;
  /** The privilege that is missing, with need-privileges (RFC 3744 §7.1.1). */
  readonly privilege: string | undefined;
  constructor(
    code: RefusalCode,
    message: string,
    options: ErrorOptions & { href?: string; privilege?: string; member?: MemberAddress } = {},
  ) {
    super(message, options);
    this.code = code;
    this.href = options.href;
    this.member = options.member;
    this.privilege = options.privilege;
  }
}

/** The request itself is wrong: 400, or the more precise status of the 4xx class that is given. */
export class BadRequest extends Error {
  override readonly name = 'BadRequest';
  readonly status: number;
  /** Response headers that the status calls for, such as Allow with 405. */
  readonly headers: Readonly<Record<string, string>>;
  constructor(
    message: string,
    {
      status = 400,
      headers = {},
      ...options
    }: ErrorOptions & { status?: number; headers?: Record<string, string> } = {},
  ) {
    super(message, options);
    this.status = status;
    this.headers = headers;
  }
}

/** A condition that the client stated does not hold: 412 (RFC 9110 §15.5.13). */
export class ConditionFailed extends Error {
  override readonly name = 'ConditionFailed';
}
