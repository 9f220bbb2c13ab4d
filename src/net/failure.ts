/** Why an outbound request has no answer. */
export type OutboundReason =
  /** The URL, or one that was redirected to, is not of http or https. */
  | 'not-http'
  /** An address that is not for the public: loopback, private, link-local and the like. */
  | 'refused-address'
  /** A port on which something else than HTTP is spoken. */
  | 'refused-port'
  /** A redirect that would carry the body on to another origin. */
  | 'refused-redirect'
  | 'too-many-redirects'
  /** The name has no address. */
  | 'dns'
  /** No connection, or it broke; also a certificate that is not the host's. */
  | 'unreachable'
  | 'timeout'
  /** Headers, or the body after decompression. */
  | 'too-large'
  /** What came is not HTTP, or its compression is broken. */
  | 'bad-answer'
  /** For callers: an answer with a status that they cannot use. */
  | 'bad-status';

const TEMPORARY: ReadonlySet<OutboundReason> = new Set(['dns', 'unreachable', 'timeout', 'bad-answer']);
const TEMPORARY_STATUSES: ReadonlySet<number> = new Set([408, 425, 429]);

export interface OutboundDetails {
  /** Name and port of the other side, without anything else of the URL: paths hold secrets as well as user names do. */
  readonly host: string;
  readonly says: string;
  readonly status?: number;
}

/** An outbound request failed. The message names the host, and never a path, a query, a user name or a header. */
export class OutboundFailure extends Error {
  override readonly name = 'OutboundFailure';
  readonly reason: OutboundReason;
  readonly status: number | undefined;
  /** Whether the same request may succeed later. */
  readonly temporary: boolean;
  constructor(reason: OutboundReason, { host, says, status }: OutboundDetails) {
    super(`${host}: ${says}`);
    this.reason = reason;
    this.status = status;
    this.temporary = status === undefined ? TEMPORARY.has(reason) : status >= 500 || TEMPORARY_STATUSES.has(status);
  }
}
