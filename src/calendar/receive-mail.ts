import { createHash } from 'node:crypto';
import { createAtMost } from '../base/at-most.ts';
import { DAY } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import { createTurns, inTurns } from '../base/turns.ts';
import { MailFault, readMail } from '../mail/mime.ts';
import type { Mail } from '../mail/mail.ts';
import type { RawMail, Receipt, Receiver } from '../mail/raw-mail.ts';
import type { MailResolver } from '../mail/resolver.ts';
import type { Verdict } from '../mail/verdict.ts';
import { SenderNotYetKnown, verifySender } from '../mail/verify-sender.ts';
import {
  inboundByDigest,
  inboundMail,
  insertInboundMail,
  keptMails,
  updateInboundMail,
  type InboundState,
} from '../store/inbound-mails.ts';
import { StoreUnavailable } from '../store/errors.ts';
import type { CalendarContext } from './context.ts';
import { record, type MailEvent } from './flight-recorder.ts';
import { mailRecipient, organizerOfAnswer, type MailRecipient } from './mail-recipient.ts';
import { noteBounce } from './note-bounce.ts';
import { readingMessages, type ImipReading } from '../itip/imip.ts';
import { takeMessage, type TakenMessage } from './take-message.ts';

export interface MailReceiverOptions {
  readonly resolver: MailResolver;
  readonly log: Log;
  /** authserv-id of our own mail server, and domains whose signature vouches for every From; see verifySender. */
  readonly authserv?: string | undefined;
  readonly signers?: readonly string[] | undefined;
  /** Says who has sent a mail; by default verifySender. */
  readonly verify?: ((raw: RawMail, mail: Mail) => Promise<Verdict>) | undefined;
}

/** What a mail came to, for one recipient. */
export interface MailOutcome {
  readonly state: InboundState;
  /** One sentence for a person. */
  readonly reason: string;
  readonly homeId?: string | undefined;
  readonly uid?: string | undefined;
  readonly messageId?: string | undefined;
  readonly events: readonly MailEvent[];
}

/** Mails that are read at once: one of the largest takes twice its octets, and half a second. */
const MOST_READ = 2;

/**
 * Takes mails from elsewhere, for each recipient by itself: each is one row of `inbound_mails`, written when all that it says
 * is done. A crash before that lets it be handed in again, and what it says a second time is nothing new (RFC 5546 §2.1.5).
 */
export function createMailReceiver(context: CalendarContext, options: MailReceiverOptions): Receiver {
  const { log } = options;
  const atMost = createAtMost(MOST_READ);
  return async (raw) => {
    const receipts = new Map<string, Receipt>();
    const digest = createHash('sha256').update(raw.octets).digest();
    const reading = once(() => atMost(() => readOnce(context, raw)));
    const verifying = once(async () => verify(context, options, raw, await reading()));
    for (const address of new Set(raw.envelope.to)) {
      try {
        receipts.set(address, await receiveFor(context, { raw, digest, reading, verifying, log, address }));
      } catch (error) {
        log.error({ err: error, source: raw.source }, 'a mail could not be received');
        receipts.set(address, { kind: 'later', reason: 'it cannot be taken now' });
      }
    }
    return receipts;
  };
}

/** A mail, read once for all its recipients. */
interface Arrived {
  readonly raw: RawMail;
  readonly reading: () => Promise<Mail>;
  readonly verifying: () => Promise<Verdict>;
}

const once = <T>(make: () => Promise<T>): (() => Promise<T>) => {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
};

const readOnce = ({ limits }: CalendarContext, { octets }: RawMail): Promise<Mail> =>
  readMail(octets, { octets: limits.inboundMailOctets, parts: limits.inboundMailParts });

function verify(context: CalendarContext, options: MailReceiverOptions, raw: RawMail, mail: Mail): Promise<Verdict> {
  if (options.verify !== undefined) return options.verify(raw, mail);
  const { resolver, authserv, signers = [] } = options;
  return verifySender(raw, mail, { resolver, authserv, signers, now: context.clock() });
}

/** `digest`: SHA-256 of the octets. */
async function receiveFor(
  context: CalendarContext,
  { digest: ofOctets, ...arrived }: ArrivedAt & { readonly digest: Buffer },
): Promise<Receipt> {
  const { raw, address } = arrived;
  const digest = digestOf(ofOctets, address);
  const known = await inboundByDigest(context.store.db, digest);
  if (known !== undefined) return { kind: 'taken', reason: known.reason };
  const recipient = await mailRecipient(context, address);
  if (recipient.kind === 'unknown') return { kind: 'unknown-recipient', reason: 'nobody here has this address' };
  const outcome = await outcomeFor(context, recipient, arrived);
  if (outcome === undefined) return { kind: 'later', reason: 'it cannot be told now who has sent it, or be stored' };
  await writeDown(context, { raw, address, digest, outcome });
  return { kind: 'taken', reason: outcome.reason };
}

const digestOf = (digest: Buffer, address: string): string =>
  createHash('sha256').update(digest).update(address.trim().toLowerCase()).digest('base64url');

interface ArrivedAt extends Arrived {
  readonly address: string;
  readonly log: Log;
}

/** What a mail comes to, whatever it is; undefined: it is to be handed in again. */
async function outcomeFor(
  context: CalendarContext,
  recipient: MailRecipient,
  arrived: ArrivedAt,
): Promise<MailOutcome | undefined> {
  try {
    return await processMail(context, recipient, arrived);
  } catch (error) {
    if (isTemporary(error)) return undefined;
    if (error instanceof MailFault) return { state: 'unread', reason: error.message, events: [] };
    // The next mail must not wait for this one for ever.
    arrived.log.error({ err: error, source: arrived.raw.source }, 'a mail could not be processed');
    return { state: 'unread', reason: 'an error of this server: its log knows which', events: [] };
  }
}

/** Of SQLite by their names, of PostgreSQL by their classes; and the way to it. */
const TEMPORARY =
  /^(?:SQLITE_(?:BUSY|LOCKED|FULL|IOERR|CANTOPEN|READONLY|NOMEM|PROTOCOL)|ECONN|EPIPE|ETIMEDOUT|(?:08|40|53|57|58)[0-9A-Z]{3}$)/;

/** Whether the database, or the DNS, can be there again. */
function isTemporary(error: unknown): boolean {
  if (error instanceof SenderNotYetKnown) return true;
  if (error instanceof StoreUnavailable) return error.temporary;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return TEMPORARY.test(code);
}

async function processMail(
  context: CalendarContext,
  recipient: MailRecipient,
  arrived: ArrivedAt,
): Promise<MailOutcome> {
  const mail = await arrived.reading();
  const { messageId } = mail;
  if (mail.report !== undefined) {
    const { reason, homeId, uid } = await noteBounce(context, mail);
    return { state: 'bounce', reason, homeId, uid, messageId, events: [] };
  }
  const own = recipient.kind === 'user' ? recipient : undefined;
  const unread = (reason: string): MailOutcome => ({
    ...{ state: 'unread', reason, homeId: own?.user.id, uid: own?.token?.uid, messageId, events: [] },
  });
  if (mail.calendars.length === 0) {
    if (mail.hasTnef)
      return unread('it holds a winmail.dat, which only Outlook can read: its sender is to send plain mail');
    const isByProgram = mail.isAutomatic || isOfNobody(arrived.raw);
    const reason = 'there is no calendar in it';
    return isByProgram ? { ...unread(`${reason}, and a program has sent it`), state: 'taken' } : unread(reason);
  }
  if (recipient.kind === 'expired')
    return { ...unread('the invitation that it answers is not valid any more'), state: 'refused' };
  const reading = await messagesIn(context, mail, { recipient: own, address: arrived.address });
  const found: TakenMessage[] = [];
  for (const message of reading.messages) {
    const of = own ?? (await organizerOfAnswer(context, message));
    if (of.kind !== 'user') {
      found.push({ state: 'unread', reason: 'it is for nobody here', events: [] });
      continue;
    }
    const verdict = await verdictFor(of, arrived);
    const isAutomatic = mail.isAutomatic || isOfNobody(arrived.raw);
    found.push(await takeMessage(context, { recipient: of, message, verdict, isAutomatic }));
  }
  return {
    ...summaryOf(found, reading.faults),
    homeId: own?.user.id,
    uid: reading.messages[0]?.uid ?? own?.token?.uid,
    messageId,
  };
}

/** A token proves who answers: nobody waits, while the DNS is away, for what else there is to say of the sender. */
async function verdictFor(
  { token }: MailRecipient & { readonly kind: 'user' },
  { verifying }: Arrived,
): Promise<Verdict> {
  try {
    return await verifying();
  } catch (error) {
    if (token === undefined || !(error instanceof SenderNotYetKnown)) throw error;
    return { result: 'none', from: undefined, reason: error.message };
  }
}

/**
 * Reads a mail again that was kept, after what stood in its way has changed.
 *
 * @returns undefined: it is not kept, or cannot be read now
 */
export async function retryMail(
  context: CalendarContext,
  id: string,
  options: MailReceiverOptions,
): Promise<MailOutcome | undefined> {
  const kept = await inboundMail(context.store.db, id);
  if (kept?.octets === undefined) return undefined;
  const { octets, envelopeFrom, envelopeTo: address } = kept;
  // Whence it came by SMTP is not kept: SPF says nothing of it any more, and its sender has written all of it.
  const source = OF_OURS.find((each) => each === kept.source) ?? 'smtp';
  const raw: RawMail = { octets: Buffer.from(octets), source, envelope: { from: envelopeFrom, to: [address] } };
  const reading = once(() => readOnce(context, raw));
  const verifying = once(async () => verify(context, options, raw, await reading()));
  const recipient = await mailRecipient(context, address);
  if (recipient.kind === 'unknown') return undefined;
  const outcome = await outcomeFor(context, recipient, { raw, reading, verifying, address, log: options.log });
  if (outcome === undefined) return undefined;
  await context.store.write(async (tx) => {
    await updateInboundMail(tx, { ...kept, ...outcome, octets: KEPT.has(outcome.state) ? octets : undefined });
    if (outcome.events.length > 0) await record(tx, ...outcome.events);
  });
  return outcome;
}

/** Ways by which our own mail server hands in. */
const OF_OURS = ['lmtp', 'imap', 'pipe'] as const;

/** RFC 3834 §2: what has the null sender is not to be answered. Of a mailbox it may only be that nobody has written it down. */
const isOfNobody = ({ envelope, source }: RawMail): boolean =>
  envelope.from === '' && (source === 'smtp' || source === 'lmtp');

/** Who answers is whom the token names; else it is taken from the From line, and judged later. */
function messagesIn(
  { clock }: CalendarContext,
  mail: Mail,
  {
    recipient,
    address,
  }: { readonly recipient: (MailRecipient & { readonly kind: 'user' }) | undefined; readonly address: string },
): Promise<ImipReading> {
  const [from, other] = mail.from;
  const sender = from === undefined || other !== undefined ? undefined : `mailto:${from.address}`;
  const envelope = {
    sender: recipient?.token?.recipient ?? sender,
    recipient: recipient?.address ?? `mailto:${address}`,
    at: clock(),
  };
  return inTurns(readingMessages(mail.calendars, envelope), createTurns());
}

/** The worst of what became of its messages counts for the mail. */
const WORST: readonly InboundState[] = ['unread', 'refused', 'tray', 'taken'];

function summaryOf(
  found: readonly TakenMessage[],
  faults: readonly string[],
): Pick<MailOutcome, 'state' | 'reason' | 'events'> {
  const worst = WORST.find((each) => found.some((one) => one.state === each));
  const state = faults.length > 0 ? 'unread' : (worst ?? 'unread');
  const reasons = [...new Set([...found.map(({ reason }) => reason), ...faults])];
  return { state, reason: reasons.join('; ').slice(0, 1000), events: found.flatMap(({ events }) => events) };
}

const KEPT: ReadonlySet<InboundState> = new Set(['unread', 'refused']);
/** A text of strangers in a column of its own; PostgreSQL keeps no NUL in one. */
const columnText = (text: string): string => text.slice(0, 500).replaceAll('\0', ' ');

interface Row {
  readonly raw: RawMail;
  readonly address: string;
  readonly digest: string;
  readonly outcome: MailOutcome;
}

async function writeDown(context: CalendarContext, { raw, address, digest, outcome }: Row): Promise<void> {
  const { store, clock, limits } = context;
  const now = clock();
  await store.write(async (tx) => {
    const kept = KEPT.has(outcome.state) ? await keptMails(tx, now - DAY) : undefined;
    const hasRoom =
      kept !== undefined &&
      kept.count < limits.keptMailsPerDay &&
      kept.octets + raw.octets.length <= limits.keptMailOctets &&
      raw.octets.length <= limits.inboundMailOctets;
    const isNew = await insertInboundMail(tx, {
      ...{ digest, receivedAt: now, source: raw.source, envelopeTo: columnText(address) },
      ...{ envelopeFrom: columnText(raw.envelope.from), messageId: outcome.messageId && columnText(outcome.messageId) },
      ...{ state: outcome.state, reason: outcome.reason, homeId: outcome.homeId },
      uid: outcome.uid && columnText(outcome.uid),
      octets: hasRoom ? raw.octets : undefined,
    });
    if (isNew && outcome.events.length > 0) await record(tx, ...outcome.events);
  });
}
