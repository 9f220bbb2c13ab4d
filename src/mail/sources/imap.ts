import { setTimeout as wait } from 'node:timers/promises';
import { ImapFlow, type ImapFlowOptions } from 'imapflow';
import { MINUTE, SECOND } from '../../base/clock.ts';
import type { Limits } from '../../base/limits.ts';
import type { Log } from '../../base/log.ts';
import type { Receiver } from '../raw-mail.ts';
import { traceLinesOf, tracedRecipients } from './trace-lines.ts';

/** A mailbox that is read; see config/keys.ts `mail.imap`. */
export interface Mailbox {
  readonly host: string;
  readonly port: number;
  readonly secure: boolean;
  readonly tls: 'required' | 'offered' | 'off';
  readonly user: string;
  readonly password: string;
  readonly mailbox: string;
  readonly done: string;
}

export interface MailboxOptions {
  readonly mailbox: Mailbox;
  readonly receiver: Receiver;
  /** Whether mail to this address is ours: a mail for nobody here stays where it is. */
  readonly knows: (address: string) => Promise<boolean>;
  readonly limits: Pick<Limits, 'inboundMailOctets' | 'inboundMailRecipients'>;
  readonly log: Log;
  readonly random: () => number;
  /** Milliseconds; tests have shorter ones. */
  readonly pauses?: Partial<Pauses>;
}

interface Pauses {
  /** Before the first new attempt to connect; each further one waits twice as long, up to `longest`. */
  readonly first: number;
  readonly longest: number;
  /** Until mails are looked at again that are to be handed in later. */
  readonly again: number;
}

const PAUSES: Pauses = { first: SECOND, longest: 5 * MINUTE, again: MINUTE };
/** The connection is silent; a server says something every few minutes (RFC 2177: 29 at most). */
const IDLE = 4 * MINUTE;
/** Looks of a mailbox whose server tells nothing, or forgot to. */
const LOOK = 5 * MINUTE;

export interface MailboxReader {
  /** Lets the mail under way come to its end, and logs out. */
  close(): Promise<void>;
}

/**
 * Reads the mails of a mailbox (RFC 9051), and is told of new ones (IDLE, RFC 2177). A mail that was taken moves to `done`;
 * one that is to wait, that is for nobody here or that cannot be fetched stays, and stops no other. A connection that
 * breaks is made again. Several may read one mailbox: what comes twice is known.
 */
export function readMailbox(options: MailboxOptions): MailboxReader {
  const stop = new AbortController();
  const reading = keepReading(options, stop.signal);
  return {
    async close() {
      stop.abort();
      await reading;
    },
  };
}

async function keepReading(options: MailboxOptions, signal: AbortSignal): Promise<void> {
  const { log, random, mailbox } = options;
  const { first, longest } = { ...PAUSES, ...options.pauses };
  const left: Left = { validity: undefined, uids: new Set() };
  let pause = first;
  while (!signal.aborted) {
    try {
      await readOnce(options, { left, signal, onOpen: () => (pause = first) });
    } catch (err) {
      if (signal.aborted) return;
      log.warn({ err: reasonOf(err), host: mailbox.host, again: pause }, 'the mailbox cannot be read');
    }
    await passed(pause * (0.5 + random()), signal);
    pause = Math.min(pause * 2, longest);
  }
}

/** The reason alone: what the other side said may hold more than a log is to have. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  if ('authenticationFailed' in error) return 'the log-in was refused';
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message.slice(0, 200);
}

/** Resolves early where the wait is broken off. */
function passed(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return wait(milliseconds, undefined, { ref: false, ...(signal && { signal }) }).catch(() => undefined);
}

/** Mails that are for nobody here: they are not fetched again and again. */
interface Left {
  validity: bigint | undefined;
  readonly uids: Set<number>;
}

interface Reading {
  readonly left: Left;
  readonly signal: AbortSignal;
  readonly onOpen: () => void;
}

/** One connection, from its log-in until it breaks; rejects where it did not end by the signal. */
async function readOnce(options: MailboxOptions, { left, signal, onOpen }: Reading): Promise<void> {
  const client = new ImapFlow(clientOptions(options));
  const bell = createBell();
  let failure: unknown;
  client.on('error', (err) => (failure ??= err));
  client.on('close', () => bell.break());
  client.on('exists', () => bell.ring());
  const onAbort = (): void => bell.break();
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    await client.connect();
    const { uidValidity, permanentFlags } = await openMailbox(client, options.mailbox);
    if (left.validity !== uidValidity) left.uids.clear();
    left.validity = uidValidity;
    onOpen();
    const canFlag = permanentFlags?.has('\\*') ?? false;
    while (!bell.isBroken && !signal.aborted) {
      const waits = await readAll(client, options, { left, signal, canFlag });
      const pause = waits ? (options.pauses?.again ?? PAUSES.again) : LOOK;
      await bell.heard(pause);
    }
    if (!signal.aborted) throw failure ?? new Error('the connection was closed');
  } finally {
    signal.removeEventListener('abort', onAbort);
    await leave(client);
  }
}

function clientOptions({ mailbox, limits }: MailboxOptions): ImapFlowOptions {
  const { host, port, tls, user, password } = mailbox;
  const secure = mailbox.secure && tls !== 'off';
  return {
    ...{ host, port, secure },
    // Required: STARTTLS or nothing. Offered: where it is there, with any certificate, as it would be read without, too.
    ...(tls !== 'offered' && !secure && { doSTARTTLS: tls === 'required' }),
    tls: { rejectUnauthorized: tls === 'required', minVersion: 'TLSv1.2' },
    auth: { user, pass: password },
    ...{ logger: false, clientInfo: { name: 'Kalends' } },
    ...{ connectionTimeout: 30 * SECOND, autoIdleDelay: 100, maxIdleTime: IDLE },
    // What a server may make us hold: a mail and what is around it.
    ...{ maxLiteralSize: limits.inboundMailOctets + MARGIN, maxResponseSize: limits.inboundMailOctets + 2 * MARGIN },
    maxLineLength: MARGIN,
  };
}

const MARGIN = 1024 * 1024;

/** Makes the mailbox for what was dealt with, where there is none. */
async function openMailbox(client: ImapFlow, { mailbox, done }: Mailbox) {
  // Some servers say of one that is there that it cannot be made.
  await client.mailboxCreate(done).catch(() => undefined);
  return client.mailboxOpen(mailbox);
}

async function leave(client: ImapFlow): Promise<void> {
  if (client.usable) await Promise.race([client.logout().catch(() => undefined), passed(2 * SECOND)]);
  client.close();
}

interface Bell {
  readonly isBroken: boolean;
  ring(): void;
  /** It rings for ever from now on. */
  break(): void;
  /** Resolves when it rings, or has rung since it was heard last, or the time is over. */
  heard(milliseconds: number): Promise<void>;
}

function createBell(): Bell {
  let isBroken = false;
  let rung = new AbortController();
  return {
    get isBroken() {
      return isBroken;
    },
    ring: () => rung.abort(),
    break() {
      isBroken = true;
      rung.abort();
    },
    async heard(milliseconds) {
      await passed(milliseconds, rung.signal);
      if (!isBroken) rung = new AbortController();
    },
  };
}

interface Round {
  readonly left: Left;
  readonly signal: AbortSignal;
  /** Whether mails can have a keyword of ours. */
  readonly canFlag: boolean;
}

/** A keyword (RFC 9051 §2.3.2) on mails that are for nobody here. */
const LEFT = 'KalendsLeft';

/** Hands in all mails of the mailbox, the oldest first; whether some are to be handed in again later. */
async function readAll(client: ImapFlow, options: MailboxOptions, round: Round): Promise<boolean> {
  const query = { unKeyword: LEFT, deleted: false };
  const found = (await client.search(query, { uid: true })) || [];
  let waits = false;
  for (const uid of found.toSorted((one, other) => one - other)) {
    if (round.signal.aborted || !client.usable) return true;
    if (round.left.uids.has(uid)) continue;
    const became = await readOne(client, uid, options).catch((err: unknown) => {
      // A connection that broke is no fault of the mail.
      if (!client.usable) throw err;
      options.log.error({ err: reasonOf(err), uid }, 'a mail of the mailbox cannot be read');
      return 'later' as const;
    });
    if (became === 'later') waits = true;
    else if (became !== 'gone') await putAway(client, { uid, became }, { ...options, ...round });
  }
  return waits;
}

interface PutAway {
  readonly uid: number;
  readonly became: 'taken' | 'unknown';
}

/** Where that cannot be done, the mail is not looked at again by this process: what was taken is known to the next one. */
async function putAway(
  client: ImapFlow,
  { uid, became }: PutAway,
  { mailbox, log, left, canFlag }: MailboxOptions & Round,
) {
  left.uids.add(uid);
  try {
    if (became === 'taken') await move(client, uid, mailbox.done);
    else if (canFlag) await client.messageFlagsAdd(String(uid), [LEFT], { uid: true });
  } catch (err) {
    if (!client.usable) throw err;
    log.error({ err: reasonOf(err), uid }, 'a mail of the mailbox cannot be put away');
  }
}

/**
 * Where the server cannot move (RFC 6851), it is copied and deleted: only when the copy is there, and alone, as EXPUNGE
 * without UIDPLUS would take whatever others have marked. Rejects where it stays.
 */
async function move(client: ImapFlow, uid: number, done: string): Promise<void> {
  const [range, byUid] = [String(uid), { uid: true }];
  const can = (name: string): boolean => client.capabilities.has(name) || client.enabled.has('IMAP4REV2');
  const made = await (can('MOVE') ? client.messageMove(range, done, byUid) : client.messageCopy(range, done, byUid));
  if (made === false) throw new Error(`the server does not put it into ${done}`);
  if (can('MOVE')) return;
  if (can('UIDPLUS')) await client.messageDelete(range, byUid);
  else await client.messageFlagsAdd(range, ['\\Deleted'], byUid);
}

/** `gone`: another has taken it meanwhile. */
async function readOne(
  client: ImapFlow,
  uid: number,
  { receiver, knows, limits }: MailboxOptions,
): Promise<'taken' | 'later' | 'unknown' | 'gone'> {
  // One octet more than may be: so the receiver sees that it is too large.
  const source = { maxLength: limits.inboundMailOctets + 1 };
  const fetched = await client.fetchOne(String(uid), { source }, { uid: true });
  if (fetched === false || fetched.source === undefined) return 'gone';
  const { source: octets } = fetched;
  const traced = traceLinesOf(octets);
  const to = await tracedRecipients(traced, knows, limits.inboundMailRecipients);
  if (to.length === 0) return 'unknown';
  const receipts = await receiver({ octets, source: 'imap', envelope: { from: traced.from, to } });
  const kinds = to.map((address) => receipts.get(address)?.kind ?? 'later');
  if (kinds.includes('later')) return 'later';
  return kinds.includes('taken') ? 'taken' : 'unknown';
}
