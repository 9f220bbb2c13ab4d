import type { Generated } from 'kysely';

/**
 * `held`: within the time in which it can be undone; `queued`: to be offered; `offered`: a process offers it, or died while it
 * did; `sent`: taken by the mail server; `failed`: given up; `undone`: what it said was taken back before it was sent.
 */
export type MailState = 'held' | 'queued' | 'offered' | 'sent' | 'failed' | 'undone';

/** A message to one calendar user elsewhere: queue and ledger are one table, so that a row is there before each call. */
export interface MailMessageTable {
  /** Grows: what is told later has the higher one. */
  key: Generated<number>;
  /** The local part of its Message-ID. */
  id: string;
  /** In whose name, who may be gone by now: what a removal tells is still to be sent. */
  home_id: string;
  uid: string;
  /** Instance keys that it is about, with spaces between them; '' for the whole. */
  instance: string;
  /** A calendar user address, as ATTENDEE or ORGANIZER has it. */
  recipient: string;
  /** addressKey of it. */
  recipient_key: string;
  /** Of the recipient, in lower case. */
  domain: string;
  /** Of iTIP; NOTICE for what this server tells one of its own people by mail. */
  method: string;
  sequence: number;
  /** Of the scheduling content: without stamps, and answers of others. */
  digest: string;
  /** How often the same was said before, by another change or by hand; less than 0: it never was, and says nothing (`undone`). */
  resend: number;
  state: MailState;
  /** Why it is sent: Step['why'] of itip/organizer-messages.ts, or `answer`. */
  why: string;
  /** JSON of itip/significance.ts Change[]: what the text of the mail says. */
  changes: string;
  /** JSON: what the recipient knows after it, a digest by instance key; see itip/told.ts. */
  told: string;
  /** JSON: what the recipient knew and had answered before a change that can still be undone; see calendar/held-mail.ts. */
  baseline: string | null;
  /** Of shared_octets, where its iCalendar is: many get the same. null when nothing is to be made of it any more. */
  shared_key: number | null;
  /** The mail as it was offered first, octet for octet, until its end is known. */
  offered: Uint8Array | null;
  /** How often it was offered. */
  offers: number;
  /** How often the mail server has put it off; that nobody answered is not among them. */
  attempts: number;
  created_at: number;
  /** Before this instant it is not offered. */
  due_at: number;
  /** Until then a process has it. */
  lease_until: number;
  ended_at: number | null;
  /** What the mail server has said at last, or why it failed: one line without an address. */
  outcome: string | null;
}

/** What binds an invitation by mail to whom it was sent: one row for each (home, UID, recipient). */
export interface MailedInvitationTable {
  home_id: string;
  uid: string;
  recipient_key: string;
  recipient: string;
  /** Grows where its tokens are revoked. */
  generation: number;
  /** SHA-256 of the token in its reply address. */
  reply_digest: string;
  /** SHA-256 of the token in the link to its answer page. */
  answer_digest: string;
  /** IANA zone and language of the recipient, as the answer page was told. */
  zone: string | null;
  language: string | null;
  created_at: number;
}

/** The flight recorder: what happened to an invitation, an answer, a message of one recipient. */
export interface MailEventTable {
  key: Generated<number>;
  home_id: string;
  uid: string;
  recipient_key: string;
  recipient: string;
  /** mail_messages.id; null where it is about none of them. */
  message_id: string | null;
  at: number;
  /** See calendar/flight-recorder.ts. */
  what: string;
  /** One line. */
  detail: string;
}

/** A mail that came in, for one recipient. */
export interface InboundMailTable {
  key: Generated<number>;
  id: string;
  /** SHA-256 of the octets and the recipient: the same is not taken twice. */
  digest: string;
  received_at: number;
  /** smtp, lmtp, imap or pipe. */
  source: string;
  envelope_from: string;
  envelope_to: string;
  message_id: string | null;
  /** `taken`, `unread` (cannot be processed), `tray`, `refused`, `bounce`. */
  state: string;
  /** One sentence for a person. */
  reason: string;
  /** Whose it is, where that is known. */
  home_id: string | null;
  uid: string | null;
  /** The mail, where it was not taken. */
  octets: Uint8Array | null;
}

/** What came for somebody from a sender that is not known for sure: outside the calendar until it is accepted. */
export interface TrayItemTable {
  key: Generated<number>;
  id: string;
  home_id: string;
  uid: string;
  method: string;
  received_at: number;
  /** Address of From. */
  sender: string;
  /** As which calendar user it was sent: whom it says it comes from. */
  sent_as: string;
  /** `pending`, `accepted`, `declined`, or `refused`: not to be accepted, shown with its reason alone. */
  state: string;
  reason: string;
  /** JSON of mail/verdict.ts Verdict. */
  verdict: string;
  /** iCalendar. */
  octets: Uint8Array;
}

/** Whom somebody trusts though their mail proves nothing. */
export interface TrustedSenderTable {
  home_id: string;
  /** Mail address in lower case, or @domain. */
  sender: string;
  created_at: number;
}
