import { SECOND } from '../base/clock.ts';
import type { ComposedMail, SendOutcome, Transport } from './outgoing.ts';
import { envelopeAddress } from './smtp-address.ts';
import { createSessionPool, type SessionPool } from './smtp-pool.ts';
import { NoSession, SMTP_TIMEOUTS, openSession, type SmtpServer, type SmtpTimeouts } from './smtp-session.ts';

export interface TransportOptions {
  /** Connections at the same time. */
  readonly connections?: number;
  /** Milliseconds that a connection is kept for the next mail. */
  readonly idle?: number;
  readonly timeouts?: SmtpTimeouts;
}

/** The way to the SMTP server, over a few connections that are kept for a while. It tells nobody what it carries. */
export function createTransport(server: SmtpServer, options: TransportOptions = {}): Transport {
  const { connections = 8, idle = 10 * SECOND, timeouts = SMTP_TIMEOUTS } = options;
  const closing = new AbortController();
  const open = (signal: AbortSignal) => openSession(server, timeouts, signal);
  const pool = createSessionPool({ open, connections, idle });
  return {
    async send(mail, signal) {
      const sendable = withEnvelope(mail);
      if (sendable === undefined) return NO_ADDRESS;
      try {
        return await offerOver(pool, sendable, AbortSignal.any([signal, closing.signal]));
      } catch (failure) {
        if (failure instanceof NoSession) return { kind: 'unavailable', reason: failure.message };
        throw failure;
      }
    },
    async verify() {
      const session = await open(closing.signal);
      session.end();
    },
    close() {
      closing.abort();
      pool.close();
    },
  };
}

const NO_ADDRESS: SendOutcome = { kind: 'refused', reason: 'no mail can be sent to this address', status: '5.1.3' };

/** undefined: to no such address. '' from: a mail that nobody answers to (RFC 5321 §4.5.5). */
function withEnvelope({ octets, envelope }: ComposedMail): ComposedMail | undefined {
  const from = envelope.from === '' ? '' : envelopeAddress(envelope.from);
  const to = envelopeAddress(envelope.to);
  return from === undefined || to === undefined ? undefined : { octets, envelope: { from, to } };
}

/**
 * A server ends a connection that has been idle, now and then at the moment in which it is used again: then the mail is
 * offered over a new one, as long as no octet of it was sent.
 */
async function offerOver(pool: SessionPool, mail: ComposedMail, signal: AbortSignal): Promise<SendOutcome> {
  for (;;) {
    const session = await pool.take(signal);
    const isUsed = session.offers() > 0;
    try {
      const { outcome, hasBegun } = await session.offer(mail, signal);
      const isStale = isUsed && !hasBegun && !session.isOpen() && !signal.aborted;
      if (!isStale || outcome.kind === 'refused') return outcome;
    } finally {
      pool.giveBack(session);
    }
  }
}
