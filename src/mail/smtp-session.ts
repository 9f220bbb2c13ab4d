import { Readable } from 'node:stream';
import type SMTPConnection from 'nodemailer/lib/smtp-connection';

import { MINUTE, SECOND } from '../base/clock.ts';
import type { ComposedMail, SendOutcome } from './outgoing.ts';
import { failureOf, oneLine, outcomeOf, reasonOf } from './smtp-answer.ts';
import { needsUtf8 } from './smtp-address.ts';

/** The SMTP server that takes outgoing mail. */
export interface SmtpServer {
  readonly host: string;
  readonly port: number;
  /** TLS from the first octet instead of by STARTTLS. */
  readonly secure: boolean;
  /** TLS with a certificate that is valid; any TLS where there is any; none. */
  readonly tls: 'required' | 'offered' | 'off';
  readonly login: { readonly user: string; readonly password: string } | undefined;
  /** What we call ourselves; undefined: the name of the machine. */
  readonly name?: string | undefined;
}

/** Milliseconds. */
export interface SmtpTimeouts {
  /** Until the server has greeted, with TLS and all. */
  readonly connect: number;
  /** Without a word from the server. */
  readonly silence: number;
}

/** RFC 5321 §4.5.3.2.6 has a server think ten minutes about a mail; none does, and a process has it for five alone. */
export const SMTP_TIMEOUTS: SmtpTimeouts = { connect: 30 * SECOND, silence: 4 * MINUTE };

/** No session with the server. The message is a sentence for a person, without the password or anybody's address. */
export class NoSession extends Error {
  override readonly name = 'NoSession';
}

export interface Offer {
  readonly outcome: SendOutcome;
  /** Whether an octet of the mail was sent: only then can the server have it. */
  readonly hasBegun: boolean;
}

/** A connection over which one mail after the other is offered. */
export interface SmtpSession {
  isOpen(): boolean;
  /** How many were offered. */
  offers(): number;
  offer(mail: ComposedMail, signal: AbortSignal): Promise<Offer>;
  /** Takes leave of the server. */
  end(): void;
  /** At once: what is under way ends without an answer. */
  close(): void;
}

/** Connects and logs in. Throws NoSession. */
export async function openSession(
  server: SmtpServer,
  timeouts: SmtpTimeouts,
  signal: AbortSignal,
): Promise<SmtpSession> {
  const { default: Connection } = await import('nodemailer/lib/smtp-connection');
  const connection = new Connection(optionsOf(server, timeouts));
  // Each step listens for itself; between them an error ends the connection, and that is all that is to be known of it.
  connection.on('error', () => undefined);
  const where = `the mail server ${server.host}:${server.port}`;
  try {
    await step(connection, signal, (done) => connection.connect(done));
  } catch (cause) {
    connection.close();
    throw new NoSession(`${where} cannot be reached: ${reasonOf(failureOf(cause))}`, { cause });
  }
  // Of the answer to EHLO; the answer to a log-in has nothing of it.
  const takesUtf8 = /[ -]SMTPUTF8\b/im.test(connection.lastServerResponse || '');
  await logIn(connection, { server, signal, where });
  return sessionOver(connection, takesUtf8);
}

function optionsOf(server: SmtpServer, { connect, silence }: SmtpTimeouts): SMTPConnection.Options {
  const { host, port, secure, tls, name } = server;
  return {
    ...{ host, port, secure, name },
    ...{ requireTLS: tls === 'required' && !secure, ignoreTLS: tls === 'off', opportunisticTLS: tls === 'offered' },
    tls: { rejectUnauthorized: tls === 'required', minVersion: 'TLSv1.2' },
    ...{ connectionTimeout: connect, greetingTimeout: connect, dnsTimeout: connect, socketTimeout: silence },
    maxResponseSize: 64 * 1024,
    socketCloseTimeout: SECOND,
  };
}

interface LoggingIn {
  readonly server: SmtpServer;
  readonly signal: AbortSignal;
  readonly where: string;
}

async function logIn(connection: SMTPConnection, { server, signal, where }: LoggingIn): Promise<void> {
  const { login, tls } = server;
  if (login === undefined) return;
  if (!connection.secure && tls !== 'off') {
    connection.close();
    // Whoever stands between could have taken the offer of TLS away to read it.
    throw new NoSession(`${where} offers no TLS, without which the password is not sent; see mail.tls`);
  }
  try {
    await step(connection, signal, (done) => connection.login({ user: login.user, pass: login.password }, done));
  } catch (cause) {
    connection.close();
    throw new NoSession(`${where} does not let us in: ${reasonOf(failureOf(cause))}`, { cause });
  }
}

function sessionOver(connection: SMTPConnection, takesUtf8: boolean): SmtpSession {
  let offers = 0;
  return {
    isOpen: () => !connection.destroyed,
    offers: () => offers,
    async offer(mail, signal) {
      offers += 1;
      const { octets, envelope } = mail;
      if (!takesUtf8 && (needsUtf8(envelope.to) || needsUtf8(envelope.from)))
        return { outcome: NO_UTF8, hasBegun: false };
      const message = watched(octets);
      const asked = { ...envelope, size: octets.length, use8BitMime: octets.some((octet) => octet > 0x7f) };
      try {
        const { response } = await step<SMTPConnection.SentMessageInfo>(connection, signal, (done) =>
          connection.send(asked, message.stream, done),
        );
        return { outcome: { kind: 'sent', answer: oneLine(response) }, hasBegun: true };
      } catch (cause) {
        const outcome = outcomeOf(failureOf(cause));
        await leaveOver(connection, signal);
        return { outcome, hasBegun: message.hasBegun() };
      }
    },
    end() {
      if (connection.destroyed) return;
      connection.quit();
      // A server that does not answer to QUIT is not waited for.
      setTimeout(() => connection.close(), SECOND).unref();
    },
    close: () => connection.close(),
  };
}

const NO_UTF8: SendOutcome = {
  kind: 'refused',
  reason: 'the mail server takes no addresses but those in ASCII',
  status: '5.1.3',
};

/** The octets, and whether the client came so far as to read them. */
function watched(octets: Buffer): { readonly stream: Readable; hasBegun(): boolean } {
  let hasBegun = false;
  const stream = new Readable({
    read() {
      hasBegun = true;
      this.push(octets);
      this.push(null);
    },
  });
  return { stream, hasBegun: () => hasBegun };
}

/** After a mail that was not taken: the server forgets it, or the connection is of no use any more. */
async function leaveOver(connection: SMTPConnection, signal: AbortSignal): Promise<void> {
  if (connection.destroyed) return;
  try {
    await step(connection, signal, (done) => connection.reset(done));
  } catch {
    connection.close();
  }
}

type Done<T> = (error?: Error | null, value?: T) => void;

/** One step of the conversation: its end, or that of the connection. */
function step<T>(connection: SMTPConnection, signal: AbortSignal, start: (done: Done<T>) => void): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  // What is more to be said of it is said at once after it.
  const onEnd = (): void => void setImmediate(() => reject(new Error('the connection was closed')));
  const onAbort = (): void => {
    reject(new Error('it was broken off'));
    connection.close();
  };
  connection.on('error', reject);
  connection.on('end', onEnd);
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  else start((error, value) => (error ? reject(error) : resolve(value as T))); // a step without an error has its value
  return promise.finally(() => {
    connection.off('error', reject);
    connection.off('end', onEnd);
    signal.removeEventListener('abort', onAbort);
  });
}
