import { readFileSync, unwatchFile, watchFile } from 'node:fs';
import type { AddressInfo, Socket } from 'node:net';
import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from 'smtp-server';
import { MINUTE, SECOND } from '../../base/clock.ts';
import type { Limits } from '../../base/limits.ts';
import type { Log } from '../../base/log.ts';
import { octetsOf, isPublic } from '../../net/address.ts';
import type { RawMail, Receipt, Receiver } from '../raw-mail.ts';

export interface MailListenerOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly protocol: 'lmtp' | 'smtp';
  /** PEM files, for STARTTLS; read again when one changes. */
  readonly tls?: { readonly certFile: string; readonly keyFile: string } | undefined;
  readonly receiver: Receiver;
  /** Whether mail to this address is ours: there is no relay. Where it rejects, the recipient is put off. */
  readonly knows: (address: string) => Promise<boolean>;
  readonly limits: Pick<Limits, 'inboundMailOctets' | 'inboundMailRecipients' | 'inboundMailConnections'>;
  readonly log: Log;
}

export interface MailListener {
  readonly port: number;
  /** Answers the mails that are there, and cuts what is left after 10 seconds. */
  close(): Promise<void>;
}

/** Silence of who is to speak. */
const IDLE = MINUTE;
/** No session is longer: who sends an octet a minute is cut off. A mail server connects anew. */
const SESSION = 15 * MINUTE;
const GRACE = 10 * SECOND;
/** For the last answer to be on its way. */
const FAREWELL = 50;

/**
 * Takes mail of a mail server by LMTP (RFC 2033), with an answer for each recipient, or by SMTP (RFC 5321), with one for
 * all. An answer is given when what became of the mail is on disk. Rejects where the port is taken.
 */
export async function listenForMail(options: MailListenerOptions): Promise<MailListener> {
  const { host, port, log } = options;
  const underWay = new Set<Promise<void>>();
  const server = createServer(options, underWay);
  // What a client does to its connection is nothing that an administrator mends.
  server.on('error', (err) => log.debug({ err }, 'a connection that brings mail failed'));
  server.server.on('connection', limitSession);
  await new Promise<void>((resolve, reject) => {
    server.server.once('error', reject);
    server.listen(port, host, () => {
      server.server.off('error', reject);
      resolve();
    });
  });
  const stopWatching = watchTls(server, options);
  return {
    port: (server.server.address() as AddressInfo).port, // a TCP server that listens has one
    async close() {
      stopWatching();
      server.server.close();
      await Promise.race([Promise.all(underWay), graceOver()]);
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

function graceOver(): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, GRACE).unref());
}

function limitSession(socket: Socket): void {
  const timer = setTimeout(() => socket.destroy(), SESSION).unref();
  socket.once('close', () => clearTimeout(timer));
}

function createServer(options: MailListenerOptions, underWay: Set<Promise<void>>): SMTPServer {
  const { protocol, tls, limits } = options;
  return new SMTPServer({
    lmtp: protocol === 'lmtp',
    // Nobody logs in: what may be done follows from the mail and its recipient.
    authOptional: true,
    disabledCommands: tls === undefined ? ['AUTH', 'STARTTLS'] : ['AUTH'],
    ...(tls !== undefined && { ...readTls(tls), minVersion: 'TLSv1.2' as const }),
    size: limits.inboundMailOctets,
    rejectOversized: true,
    maxClients: limits.inboundMailConnections,
    socketTimeout: IDLE,
    closeTimeout: FAREWELL,
    disableReverseLookup: true,
    logger: false,
    onRcptTo({ address }, session, callback) {
      void judgeRecipient(address, session, options).then(callback);
    },
    onData(stream, session, callback) {
      const work = takeMail(stream, session, options).then(
        (answers) => callback(null, answers),
        (err: unknown) => {
          options.log.error({ err }, 'a mail could not be taken');
          callback(answer(451, '4.3.0 this cannot be taken now'));
        },
      );
      underWay.add(work);
      void work.finally(() => underWay.delete(work));
    },
  });
}

const answer = (responseCode: number, text: string): Error => Object.assign(new Error(text), { responseCode });

/** null: accepted. */
async function judgeRecipient(
  address: string,
  { envelope }: SMTPServerSession,
  { knows, protocol, limits, log }: MailListenerOptions,
): Promise<Error | null> {
  const { rcptTo } = envelope;
  if (rcptTo.length >= limits.inboundMailRecipients) return answer(452, '4.5.3 these are enough recipients');
  // RFC 2033 §4.2: an answer for each RCPT that was accepted; the same one twice would have one answer.
  const isTwice = rcptTo.some((each) => each.address.toLowerCase() === address.toLowerCase());
  if (isTwice && protocol === 'lmtp') return answer(452, '4.5.3 this recipient was named already');
  try {
    return (await knows(address)) ? null : answer(550, '5.1.1 nobody here has this address');
  } catch (err) {
    log.error({ err }, 'a recipient could not be looked up');
    return answer(451, '4.3.0 this cannot be looked up now');
  }
}

/** The answers: of LMTP one for each recipient, of SMTP one. */
async function takeMail(
  stream: SMTPServerDataStream,
  session: SMTPServerSession,
  { protocol, receiver }: MailListenerOptions,
): Promise<(string | Error)[]> {
  const octets = await gather(stream);
  // What is too large is answered by the server before this.
  if (octets === undefined) return [answer(552, '5.3.4 this is too large')];
  const { mailFrom, rcptTo } = session.envelope;
  const to = rcptTo.map(({ address }) => address);
  const envelope = { from: mailFrom === false ? '' : mailFrom.address, to };
  const receipts = await receiver({ octets, source: protocol, envelope, client: clientOf(session, protocol) });
  const kinds = to.map((address): Receipt['kind'] => receipts.get(address)?.kind ?? 'later');
  return protocol === 'lmtp' ? kinds.map(answerTo) : [answerTo(together(kinds))];
}

/** What was taken already is known when it comes again. */
function together(kinds: readonly Receipt['kind'][]): Receipt['kind'] {
  if (kinds.includes('later')) return 'later';
  return kinds.includes('taken') ? 'taken' : 'unknown-recipient';
}

/** Nothing of what became of it: that concerns the recipient alone. */
function answerTo(kind: Receipt['kind']): string | Error {
  if (kind === 'taken') return '2.0.0 taken';
  if (kind === 'later') return answer(451, '4.3.0 this cannot be taken now');
  return answer(550, '5.1.1 nobody here has this address');
}

/** SPF asks for who comes straight from the Internet; of a mail server on our side it knows nothing. */
function clientOf(session: SMTPServerSession, protocol: MailListenerOptions['protocol']): RawMail['client'] {
  const { remoteAddress: address, hostNameAppearsAs: helo } = session;
  const octets = octetsOf(address);
  const isOutside = protocol === 'smtp' && octets !== undefined && isPublic(octets);
  return isOutside ? { address, helo: helo || '' } : undefined;
}

async function gather(stream: SMTPServerDataStream): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    if (stream.sizeExceeded) chunks.length = 0;
    else chunks.push(chunk);
  }
  return stream.sizeExceeded ? undefined : Buffer.concat(chunks);
}

function readTls({ certFile, keyFile }: NonNullable<MailListenerOptions['tls']>): { cert: Buffer; key: Buffer } {
  return { cert: readFileSync(certFile), key: readFileSync(keyFile) };
}

function watchTls(server: SMTPServer, { tls, log }: MailListenerOptions): () => void {
  if (tls === undefined) return () => undefined;
  const reload = (): void => {
    try {
      server.updateSecureContext({ ...readTls(tls), minVersion: 'TLSv1.2' });
    } catch (err) {
      // One file is written before the other: the pair fits at the next look, and until then the old one serves.
      log.warn({ err }, 'the TLS certificate could not be read again for mail');
    }
  };
  const files = [tls.certFile, tls.keyFile];
  for (const file of files) watchFile(file, { interval: 10 * SECOND, persistent: false }, reload);
  return () => {
    for (const file of files) unwatchFile(file, reload);
  };
}
