/** What DKIM, SPF, DMARC and ARC say of who has sent a mail (RFC 7489 §3.1). */
export interface Verdict {
  /**
   * `pass`: the domain of From vouches for the mail, or a service that knows its people does; `fail`: the domain says that it
   * is not its own; `none`: nobody can tell.
   */
  readonly result: 'pass' | 'fail' | 'none';
  /** The mail address of From, in lower case; undefined where there is none, or more than one. */
  readonly from: string | undefined;
  readonly by?: 'dkim' | 'spf' | 'arc' | 'authserv' | 'signer' | undefined;
  /** One sentence for a person. */
  readonly reason: string;
}
