/** A mail as it arrives, before anybody has looked into it. */
export interface RawMail {
  readonly octets: Buffer;
  readonly source: 'smtp' | 'lmtp' | 'imap' | 'pipe';
  readonly envelope: {
    /** '' for the null sender of bounces. */
    readonly from: string;
    /** Whom it is delivered to; of a mailbox, whom its trace lines name. */
    readonly to: readonly string[];
  };
  /** Who has handed it in, where it came by SMTP straight from outside: SPF can be asked for it. */
  readonly client?: { readonly address: string; readonly helo: string } | undefined;
}

/** What became of a mail for one recipient. */
export type Receipt =
  /** Dealt with, or kept for a person: who handed it in is rid of it. */
  | { readonly kind: 'taken'; readonly reason: string }
  /** Nobody here has this address. */
  | { readonly kind: 'unknown-recipient'; readonly reason: string }
  /** It is to be handed in again later. */
  | { readonly kind: 'later'; readonly reason: string };

/** Takes a mail; the receipts are by recipient. It resolves when what became of it is on disk, and never throws. */
export type Receiver = (mail: RawMail) => Promise<ReadonlyMap<string, Receipt>>;
