import { HOUR, MINUTE, SECOND } from '../base/clock.ts';
import type { Change } from '../itip/significance.ts';
import type { SendOutcome } from '../mail/outgoing.ts';
import {
  endMailLease,
  markOffered,
  nextDue,
  renewMailLease,
  sentSince,
  takeMails,
  type MailEnd,
  type TakenMail,
} from '../store/mail-queue.ts';
import type { Db } from '../store/store.ts';
import type { CalendarContext } from './context.ts';
import { oneLine, record, type Recorded } from './flight-recorder.ts';
import { isReached, lastsUntil, pause } from './mail-pause.ts';
import { deliveryStatusOf, undelivered } from './note-undelivered.ts';
import { publishAll } from './publish.ts';

/** A message that one process has alone, until its lease ends. */
export interface LeasedMail {
  /** The local part of its Message-ID. */
  readonly id: string;
  readonly homeId: string;
  readonly uid: string;
  /** Instance keys, with spaces between them; '' for the whole. */
  readonly instance: string;
  /** A calendar user address; of a NOTICE, the mail address of one of this server's own people, as mailto:. */
  readonly recipient: string;
  readonly domain: string;
  /** Of iTIP, or NOTICE: then see noticeOf of calendar/note-undelivered.ts. */
  readonly method: string;
  readonly sequence: number;
  /** How often the same was said before. */
  readonly resend: number;
  readonly why: string;
  readonly changes: readonly Change[];
  /** iCalendar; of a NOTICE, its JSON. */
  readonly octets: Uint8Array;
  /** The mail as it was offered before: it is to be offered octet for octet. */
  readonly offered: Uint8Array | undefined;
  /** How often it was offered. */
  readonly offers: number;
  /** How often a mail server has put it off. */
  readonly attempts: number;
  /** UTC milliseconds: when it was decided. */
  readonly createdAt: number;
  /** UTC milliseconds: until then no other process takes it. */
  readonly leaseUntil: number;
}

export interface TakeMail {
  readonly limit: number;
  /** Domains that have enough to do. */
  readonly exceptDomains?: readonly string[];
}

/** How long a process has a message unless it renews that: so long at most what a process that died had waits. */
const LEASE = 90 * SECOND;

/** When the next message is due (UTC milliseconds; it may be past); undefined: none waits. */
export async function dueMail({ store, clock }: CalendarContext): Promise<number | undefined> {
  const next = await nextDue(store.db, clock());
  return next === undefined ? undefined : Math.max(next, await lastsUntil(store.db));
}

/**
 * Takes messages that are due, each for this process alone: of those to one person about one UID only the first. Nothing
 * while the mail server cannot be reached.
 */
export function takeMail(
  context: CalendarContext,
  { limit, exceptDomains = [] }: TakeMail,
): Promise<readonly LeasedMail[]> {
  return context.store.write(
    async (tx) => {
      const now = context.clock();
      if ((await lastsUntil(tx)) > now) return [];
      const taken = await takeMails(tx, { now, until: now + LEASE, limit, exceptDomains });
      const free = await withoutCapped(context, tx, taken);
      const fresh = free.filter(({ wasHeld }) => wasHeld);
      await record(tx, ...fresh.map((row) => eventOf(row, now, 'queued', 'it cannot be undone any more')));
      return free.map(leasedOf);
    },
    { lane: LANE },
  );
}

/** What takes and ends leases waits for each other here, not in the database. */
const LANE = 'mail';

/** Puts off what is for domains that were sent enough within the hour. */
async function withoutCapped(
  { limits, clock }: CalendarContext,
  tx: Db,
  taken: readonly TakenMail[],
): Promise<readonly TakenMail[]> {
  if (taken.length === 0) return taken;
  const now = clock();
  const { mailsPerDomainPerHour: most } = limits;
  const sent = await sentSince(tx, [...new Set(taken.map(({ domain }) => domain))], now - HOUR);
  const counts = new Map([...sent].map(([domain, { count }]) => [domain, count]));
  const free: TakenMail[] = [];
  for (const row of taken) {
    const count = counts.get(row.domain) ?? 0;
    counts.set(row.domain, count + 1);
    if (count < most) {
      free.push(row);
      continue;
    }
    const dueAt = Math.max((sent.get(row.domain)?.first ?? now) + HOUR, now + MINUTE);
    const outcome = `more than ${most} messages were sent to ${row.domain} within an hour`;
    await endMailLease(tx, leaseOf(row), { state: 'queued', dueAt, attempts: row.attempts, outcome });
    await record(tx, eventOf(row, now, 'capped', outcome));
  }
  return free;
}

const leaseOf = (row: TakenMail) => ({ id: row.id, leaseUntil: row.lease_until });

const eventOf = (
  row: Pick<TakenMail, 'id' | 'home_id' | 'uid' | 'recipient'>,
  at: number,
  what: Recorded,
  detail: string,
) => ({ homeId: row.home_id, uid: row.uid, recipient: row.recipient, messageId: row.id, at, what, detail });

const leasedOf = (row: TakenMail): LeasedMail => ({
  ...{ id: row.id, homeId: row.home_id, uid: row.uid, instance: row.instance, recipient: row.recipient },
  ...{ domain: row.domain, method: row.method, sequence: row.sequence, resend: row.resend, why: row.why },
  // Written by queue-mail.ts.
  changes: JSON.parse(row.changes) as readonly Change[],
  ...{ octets: row.octets, offered: row.offered ?? undefined, offers: row.offers, attempts: row.attempts },
  ...{ createdAt: row.created_at, leaseUntil: row.lease_until },
});

/**
 * Writes down, before a mail is offered, that it is: the octets of the first time are those of every time. False where the
 * lease was lost: another process offers it, or has.
 */
export function noteOffered(
  { store, clock }: CalendarContext,
  leased: Pick<LeasedMail, 'id' | 'leaseUntil'>,
  octets: Uint8Array,
): Promise<boolean> {
  return store.write(
    async (tx) => {
      const row = await markOffered(tx, leased, octets);
      if (row?.isAgain === true) {
        const detail = 'what the mail server said the last time is not known: the same mail is offered once more';
        await record(tx, eventOf(row, clock(), 'offered-again', detail));
      }
      return row !== undefined;
    },
    { lane: LANE },
  );
}

/** The message with a lease that has just begun; undefined: it was lost. */
export async function renewMail(
  { store, clock }: CalendarContext,
  leased: LeasedMail,
): Promise<LeasedMail | undefined> {
  const leaseUntil = clock() + LEASE;
  const isRenewed = await store.write((tx) => renewMailLease(tx, leased, leaseUntil), { lane: LANE });
  return isRenewed ? { ...leased, leaseUntil } : undefined;
}

/** How often a message is put off before it is given up: about three days. */
const MOST_ATTEMPTS = 25;
const LONGEST_WAIT = 4 * HOUR;

/** Twice as long each time, up to some hours; not all at the same instant. */
const waitAfter = (attempts: number, random: () => number): number =>
  Math.min(MINUTE * 2 ** (attempts - 1), LONGEST_WAIT) * (0.75 + random() / 2);

/** Writes down what came of offering a message; a lease that was lost meanwhile changes nothing. */
export async function concludeMail(
  context: CalendarContext,
  leased: LeasedMail,
  outcome: SendOutcome,
  { random }: { readonly random: () => number },
): Promise<void> {
  const changes = await context.store.write(
    async (tx) => {
      const now = context.clock();
      if (outcome.kind === 'unavailable') await pause(tx, now, random);
      else await isReached(tx);
      const { end, what } = endOf(leased, outcome, { now, random });
      if (!(await endMailLease(tx, leased, end))) return [];
      const { homeId, uid, recipient, id: messageId, method } = leased;
      await record(tx, { homeId, uid, recipient, messageId, at: now, what, detail: end.outcome });
      // That its own notice does not arrive is told nobody.
      if (what !== 'failed' || method === 'NOTICE') return [];
      const status = outcome.kind === 'refused' ? deliveryStatusOf(outcome.status) : '5.1';
      return undelivered(context, tx, { homeId, uid, recipient, messageId, method, status, reason: end.outcome });
    },
    { lane: LANE },
  );
  publishAll(context, changes);
}

interface Ended {
  readonly end: MailEnd;
  readonly what: Recorded;
}

function endOf(
  { attempts }: LeasedMail,
  outcome: SendOutcome,
  { now, random }: { readonly now: number; readonly random: () => number },
): Ended {
  const said = oneLine(outcome.kind === 'sent' ? outcome.answer : outcome.reason);
  if (outcome.kind === 'sent') return { end: { state: 'sent', at: now, outcome: said }, what: 'sent' };
  if (outcome.kind === 'refused') return { end: { state: 'failed', at: now, outcome: said }, what: 'failed' };
  if (outcome.kind === 'unavailable') {
    return { end: { state: 'queued', dueAt: now, attempts, outcome: said }, what: 'deferred' };
  }
  const tries = attempts + 1;
  if (tries >= MOST_ATTEMPTS) {
    return { end: { state: 'failed', at: now, outcome: `given up after ${tries} times: ${said}` }, what: 'failed' };
  }
  const dueAt = Math.ceil(now + waitAfter(tries, random));
  return { end: { state: 'queued', dueAt, attempts: tries, outcome: said }, what: 'deferred' };
}
