/** A part of a mail that is, or may be, iCalendar. */
export interface CalendarPart {
  /** In lower case, without parameters. */
  readonly contentType: string;
  /** The method parameter of Content-Type (RFC 6047 §2.4), in upper case. */
  readonly method: string | undefined;
  readonly filename: string | undefined;
  /** Decoded from its transfer encoding, in UTF-8. */
  readonly octets: Buffer;
}

export interface MailAddress {
  readonly address: string;
  readonly name: string;
}

/** A mail that was read; all of it is text of strangers. */
export interface Mail {
  readonly messageId: string | undefined;
  readonly from: readonly MailAddress[];
  readonly sender: MailAddress | undefined;
  readonly to: readonly MailAddress[];
  readonly subject: string;
  /** What its trace lines say of whom it was delivered to: Delivered-To, X-Original-To, Envelope-To. */
  readonly deliveredTo: readonly string[];
  /** Message-IDs of In-Reply-To and References. */
  readonly references: readonly string[];
  /** Auto-Submitted other than `no` (RFC 3834 §5), Precedence: bulk, list or junk, and the like. */
  readonly isAutomatic: boolean;
  readonly calendars: readonly CalendarPart[];
  /** It holds a winmail.dat (TNEF), which we do not read. */
  readonly hasTnef: boolean;
  readonly report: DeliveryReport | undefined;
}

/** A delivery status notification (RFC 3464), of one recipient. */
export interface DeliveryReport {
  readonly recipients: readonly {
    readonly address: string;
    readonly action: 'failed' | 'delayed' | 'delivered' | 'relayed' | 'expanded';
    /** Such as 5.1.1 (RFC 3463). */
    readonly status: string;
    /** One line of what the other server said, without addresses. */
    readonly said: string;
  }[];
  /** Message-ID of what was sent, where the report repeats it. */
  readonly about: string | undefined;
}
