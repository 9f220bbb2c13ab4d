import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as after } from 'node:timers/promises';
import { SMTPServer, type SMTPServerOptions, type SMTPServerSession } from 'smtp-server';

/** A mail that came in whole; whether its sender heard of it is another thing. */
export interface Sunk {
  readonly from: string;
  readonly to: string;
  readonly text: string;
  readonly messageId: string;
  /** `taken`: answered 250; `lost`: the connection ended before the answer; `refused`: answered with an error. */
  readonly end: 'taken' | 'lost' | 'refused';
}

/** What the sink does with a mail instead of taking it. */
export type Rule =
  | { readonly code: number; readonly text: string; readonly at?: 'rcpt' | 'data' }
  /** The connection ends where the answer to the mail should come; it has the mail nevertheless. */
  | { readonly drop: 'after-data' }
  /** Milliseconds until it answers to the mail. */
  | { readonly late: number }
  /** It answers when the promise is fulfilled. */
  | { readonly until: Promise<unknown> };

/** A mail server on loopback that keeps what it gets. */
export interface SmtpSink {
  readonly port: number;
  /** In the order in which they came. */
  readonly mails: readonly Sunk[];
  taken(): readonly Sunk[];
  /** Connections so far, and those that are open. */
  connections(): number;
  open(): number;
  /** How many mails were under way at the same time at most. */
  most(): number;
  /** Asked for each recipient and each mail; undefined: it is taken. */
  rule: ((to: string, from: string) => Rule | undefined) | undefined;
  /** Ends all connections and listens no more; `up` listens at the same port again. */
  down(): Promise<void>;
  up(): Promise<void>;
  /** Resolves when so many were taken. */
  reached(count: number): Promise<void>;
  close(): Promise<void>;
}

export async function startSmtpSink(options: SMTPServerOptions = {}): Promise<SmtpSink> {
  const mails: Sunk[] = [];
  const sockets = new Map<number, Socket>();
  const waiting: { readonly count: number; readonly resolve: () => void }[] = [];
  const counts = { connections: 0, underWay: 0, most: 0 };
  const keep = (mail: Omit<Sunk, 'messageId'>): void => {
    const messageId = /^message-id:\s*<([^>]*)>/im.exec(mail.text)?.[1] ?? '';
    mails.push({ ...mail, messageId });
    for (const { count, resolve } of waiting) if (sink.taken().length >= count) resolve();
  };
  const ruleOf = (session: SMTPServerSession, to: string): Rule | undefined => sink.rule?.(to, fromOf(session));

  const make = (): SMTPServer =>
    new SMTPServer({
      disabledCommands: ['STARTTLS', 'AUTH'],
      disableReverseLookup: true,
      closeTimeout: 100,
      ...options,
      onConnect(session, done) {
        counts.connections += 1;
        if (options.onConnect === undefined) done();
        else options.onConnect.call(server, session, done);
      },
      onRcptTo({ address }, session, done) {
        const rule = ruleOf(session, address);
        done(rule !== undefined && 'code' in rule && rule.at !== 'data' ? errorOf(rule) : null);
      },
      onData(stream, session, done) {
        counts.underWay += 1;
        counts.most = Math.max(counts.most, counts.underWay);
        const to = session.envelope.rcptTo[0]?.address ?? '';
        const ended = stream.toArray().then(async (chunks) => {
          const mail = { from: fromOf(session), to, text: Buffer.concat(chunks as Buffer[]).toString('utf8') };
          const rule = ruleOf(session, to);
          if (rule !== undefined && 'late' in rule) await after(rule.late, undefined, { ref: false });
          if (rule !== undefined && 'until' in rule) await rule.until;
          const socket = sockets.get(session.remotePort);
          if (socket === undefined || socket.destroyed || (rule !== undefined && 'drop' in rule)) {
            keep({ ...mail, end: 'lost' });
            socket?.destroy();
          } else if (rule !== undefined && 'code' in rule) {
            keep({ ...mail, end: 'refused' });
            done(errorOf(rule));
          } else {
            keep({ ...mail, end: 'taken' });
            done(null, 'queued as 1');
          }
        });
        // A mail that did not come whole was not sent.
        void ended.catch(() => undefined).finally(() => (counts.underWay -= 1));
      },
    });

  let server = make();
  let port = 0;
  const up = async (): Promise<void> => {
    server = make();
    // What clients do to it is theirs to tell.
    server.on('error', () => undefined);
    server.server.on('connection', (socket: Socket) => {
      const from = socket.remotePort ?? 0;
      sockets.set(from, socket);
      socket.once('close', () => sockets.delete(from));
    });
    server.listen(port, '127.0.0.1');
    await once(server.server, 'listening');
    port = (server.server.address() as AddressInfo).port;
  };
  const down = async (): Promise<void> => {
    for (const socket of sockets.values()) socket.destroy();
    await new Promise<void>((done) => server.close(() => done()));
  };
  const sink: SmtpSink = {
    get port() {
      return port;
    },
    mails,
    taken: () => mails.filter(({ end }) => end === 'taken'),
    connections: () => counts.connections,
    open: () => sockets.size,
    most: () => counts.most,
    rule: undefined,
    down,
    up,
    reached: (count) =>
      sink.taken().length >= count ? Promise.resolve() : new Promise((resolve) => waiting.push({ count, resolve })),
    close: down,
  };
  await up();
  return sink;
}

const fromOf = ({ envelope }: SMTPServerSession): string =>
  envelope.mailFrom === false ? '' : envelope.mailFrom.address;

const errorOf = ({ code, text }: { readonly code: number; readonly text: string }): Error =>
  Object.assign(new Error(text), { responseCode: code });
