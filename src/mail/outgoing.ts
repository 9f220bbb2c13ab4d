import type { Change } from '../itip/significance.ts';
import type { ItipMessage } from '../itip/message.ts';

export type Language = 'en' | 'de' | 'fr' | 'es';

/** All that one mail of iTIP is made of: the same makes the same octets. */
export interface MailInput {
  /** The local part of its Message-ID. */
  readonly id: string;
  /** One for all that is sent to this recipient of this UID: the root of the thread. */
  readonly thread: string;
  /** UTC milliseconds: its Date. */
  readonly at: number;
  readonly sender: { readonly name: string; readonly address: string };
  readonly recipient: { readonly name: string; readonly address: string };
  /** The address whose mail reaches this server, with the token of this invitation. */
  readonly replyAddress: string | undefined;
  /** Of an invitation: its answer page. */
  readonly answerUrl: string | undefined;
  readonly message: ItipMessage;
  readonly changes: readonly Change[];
  readonly why: string;
  /** IANA zone in which times are told. */
  readonly zone: string;
  readonly language: Language;
  /** Nobody has asked for it: Auto-Submitted: auto-generated (RFC 3834 §5). */
  readonly isAutomatic: boolean;
}

/** What this server tells one of its own people by itself: a message of theirs did not arrive. */
export interface NoticeInput extends Omit<
  MailInput,
  'replyAddress' | 'answerUrl' | 'message' | 'changes' | 'why' | 'isAutomatic'
> {
  readonly notice: {
    /** Of the message that did not arrive. */
    readonly method: string;
    /** SUMMARY of what it is about; '' where it has none. */
    readonly summary: string;
    /** Whom it did not reach. */
    readonly name: string;
    readonly address: string;
    /** As of RFC 3463 or RFC 6638 §3.2.9, such as 5.1.1. */
    readonly status: string;
    /** What the other server has said, one line. */
    readonly reason: string;
  };
}

/** Whose address stands where; see config/keys.ts `mail`. */
export interface MailPolicy {
  readonly from: string;
  readonly bounce: string;
  readonly domains: readonly string[];
  readonly organizer: 'auto' | 'own' | 'reply';
  readonly dkim: { readonly domain: string; readonly selector: string; readonly privateKey: string } | undefined;
}

export interface ComposedMail {
  readonly octets: Buffer;
  readonly envelope: { readonly from: string; readonly to: string };
}

/** What came of offering a mail to the server. */
export type SendOutcome =
  /** `answer`: what the server said, one line. */
  | { readonly kind: 'sent'; readonly answer: string }
  /** Nobody can be reached, or everybody is to wait: the fault is not of this mail. */
  | { readonly kind: 'unavailable'; readonly reason: string }
  /** 4xx to this mail. */
  | { readonly kind: 'later'; readonly reason: string }
  /** 5xx to this mail; `status` as of RFC 3463. */
  | { readonly kind: 'refused'; readonly reason: string; readonly status: string };

/** The way to the SMTP server; one a process. */
export interface Transport {
  send(mail: ComposedMail, signal: AbortSignal): Promise<SendOutcome>;
  /** Says whether the server can be reached and lets us in: throws with a sentence for a person. */
  verify(): Promise<void>;
  close(): void;
}
