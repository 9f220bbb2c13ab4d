import { setTimeout as wait } from 'node:timers/promises';

import { SECOND } from '../../base/clock.ts';
import { mailOf } from '../../calendar/mail-of.ts';
import {
  concludeMail,
  dueMail,
  noteOffered,
  renewMail,
  takeMail,
  type LeasedMail,
} from '../../calendar/outgoing-mail.ts';
import type { ComposedMail, MailPolicy, SendOutcome, Transport } from '../../mail/outgoing.ts';
import { UnusableAddress } from '../../mail/unusable-address.ts';
import { StoreUnavailable } from '../../store/errors.ts';
import type { Job, JobContext } from '../job.ts';
import { createUnderWay, type UnderWay } from '../under-way.ts';

/** Mails under way at the same time, and of them those to one domain: whom a slow server makes wait waits alone. */
const AT_ONCE = 8;
const AT_ONCE_TO_ONE = 3;
/** Taken with one write. */
const TAKEN = 2 * AT_ONCE;
/** How long mails under way may take when the server closes down. */
const GRACE = 5 * SECOND;
/** A lease that ends sooner is not begun: another process could offer the same at the same time. */
const LEAST_LEASE = 5 * SECOND;
const RENEW_EVERY = 20 * SECOND;

/**
 * Sends the mails that are due. The rows are the queue: nothing that waits is in memory, a crash loses none, and on many
 * nodes a lease keeps each to one of them. What is offered is written down before, octet for octet.
 */
export const sendMail: Job = {
  name: 'send-mail',
  every: SECOND,
  first: 100,
  moment: 50,
  listen({ calendar, transport }, wake) {
    if (transport === undefined) return () => undefined;
    const stops = [calendar.hub.subscribe(wake), calendar.store.onForeignWrite(wake)];
    return () => stops.forEach((stop) => stop());
  },
  async run(context, signal) {
    const { transport, calendar } = context;
    const policy = calendar.settings.mail?.policy;
    if (transport === undefined || policy === undefined) return;
    const end = new AbortController();
    const onAbort = (): void => void setTimeout(() => end.abort(), GRACE).unref();
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      await sendDue({ ...context, transport, policy, end: end.signal }, signal);
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  },
};

interface Sending extends JobContext {
  readonly transport: Transport;
  readonly policy: MailPolicy;
  /** Breaks off what is under way. */
  readonly end: AbortSignal;
}

async function sendDue(sending: Sending, signal: AbortSignal): Promise<void> {
  const underWay = createUnderWay(AT_ONCE_TO_ONE);
  // Taken, and without a place as yet.
  let waiting: readonly LeasedMail[] = [];
  let nextTake = 0;
  while (!signal.aborted) {
    waiting = startSome(sending, underWay, waiting);
    const isShort = underWay.size() < AT_ONCE && !waiting.some(({ domain }) => underWay.to(domain) < AT_ONCE_TO_ONE);
    if (isShort && (performance.now() >= nextTake || underWay.size() === 0)) {
      const taken = await takeDue(sending, underWay.busy());
      // Looked for in vain, it is looked for again in a while: others may become due while a slow one is waited for.
      nextTake = taken.length > 0 ? 0 : performance.now() + SECOND;
      if (taken.length === 0 && underWay.size() === 0 && waiting.length === 0) break;
      waiting = startSome(sending, underWay, [...waiting, ...taken]);
    }
    await Promise.race([underWay.next(), wait(SECOND, undefined, { ref: false })]);
  }
  await underWay.all();
}

/** Looks before it takes: taking writes. */
async function takeDue({ calendar }: Sending, exceptDomains: readonly string[]): Promise<readonly LeasedMail[]> {
  const due = await dueMail(calendar);
  return due === undefined || due > calendar.clock() ? [] : takeMail(calendar, { limit: TAKEN, exceptDomains });
}

/** Starts those for whom there is a place; returns the others. */
function startSome(sending: Sending, underWay: UnderWay, mails: readonly LeasedMail[]): readonly LeasedMail[] {
  return mails.filter((mail) => {
    if (underWay.size() >= AT_ONCE || underWay.to(mail.domain) >= AT_ONCE_TO_ONE) return true;
    underWay.add(mail.domain, sendOne(sending, mail));
    return false;
  });
}

/** The log has ids and what came of it, and nobody's address. */
async function sendOne(sending: Sending, leased: LeasedMail): Promise<void> {
  const { calendar, log, random } = sending;
  const about = { mail: leased.id, method: leased.method };
  try {
    if (leased.leaseUntil - calendar.clock() < LEAST_LEASE) return;
    const mail = await mailToOffer(sending, leased);
    // Another process has it, if this one was asleep meanwhile.
    if (!('kind' in mail) && !(await noteOffered(calendar, leased, mail.octets))) return;
    const { outcome, held } = 'kind' in mail ? { outcome: mail, held: leased } : await offer(sending, leased, mail);
    await concludeMail(calendar, held, outcome, { random });
    if (outcome.kind === 'sent') log.debug({ ...about, ...outcome }, 'a mail was sent');
    else log.warn({ ...about, ...outcome }, 'a mail could not be sent');
  } catch (err) {
    // Its lease ends by itself.
    log.error({ err, ...about }, 'a mail was not dealt with');
  }
}

interface Offered {
  readonly outcome: SendOutcome;
  /** With the lease as it is by now. */
  readonly held: LeasedMail;
}

/** However long the mail server takes, no other process offers it meanwhile. */
async function offer({ calendar, transport, end }: Sending, leased: LeasedMail, mail: ComposedMail): Promise<Offered> {
  const lost = new AbortController();
  let held = leased;
  let renewing = Promise.resolve();
  const renew = async (): Promise<void> => {
    const renewed = await renewMail(calendar, held).catch(() => undefined);
    if (renewed === undefined) lost.abort();
    else held = renewed;
  };
  const timer = setInterval(() => (renewing = renewing.then(renew)), RENEW_EVERY).unref();
  const outcome = await transport.send(mail, AbortSignal.any([end, lost.signal])).finally(() => clearInterval(timer));
  await renewing;
  return { outcome, held };
}

/** An outcome where there is none: tried again, it would be no other. */
async function mailToOffer(sending: Sending, leased: LeasedMail): Promise<ComposedMail | SendOutcome> {
  try {
    return await composed(sending, leased);
  } catch (cause) {
    if (cause instanceof StoreUnavailable) throw cause;
    if (cause instanceof UnusableAddress)
      return { kind: 'refused', reason: 'no mail can be sent to this address', status: '5.1.3' };
    sending.log.error({ err: cause, mail: leased.id }, 'a mail could not be written');
    return { kind: 'refused', reason: 'no mail could be made of the message', status: '5.6.0' };
  }
}

/** What was offered before is offered again as it was: the other server knows it by its Message-ID. */
async function composed({ calendar, policy }: Sending, leased: LeasedMail): Promise<ComposedMail | SendOutcome> {
  const input = await mailOf(calendar, leased);
  if (input === undefined) return { kind: 'refused', reason: 'nothing is left to be told', status: '5.6.0' };
  // With the words of all languages: loaded by the first mail.
  const { composeMail } = await import('../../mail/compose.ts');
  const mail = await composeMail(input, policy);
  return leased.offered === undefined ? mail : { ...mail, octets: Buffer.from(leased.offered) };
}
