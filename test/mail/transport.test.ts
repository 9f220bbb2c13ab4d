import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ComposedMail, Transport } from '../../src/mail/outgoing.ts';
import type { SmtpServer } from '../../src/mail/smtp-session.ts';
import { createTransport, type TransportOptions } from '../../src/mail/transport.ts';
import { startSmtpSink, type SmtpSink } from '../smtp-sink.ts';

let sink: SmtpSink;
let transports: Transport[];
beforeEach(async () => {
  transports = [];
  sink = await startSmtpSink();
});
afterEach(async () => {
  for (const transport of transports) transport.close();
  await sink.close();
});

function transportTo(server: Partial<SmtpServer> = {}, options: TransportOptions = {}): Transport {
  const plain: SmtpServer = { host: '127.0.0.1', port: sink.port, secure: false, tls: 'off', login: undefined };
  const transport = createTransport({ ...plain, ...server }, options);
  transports.push(transport);
  return transport;
}

const mailTo = (to: string, text = 'Hello.\r\n', from = 'kalends@example.org'): ComposedMail => ({
  octets: Buffer.from(`Message-ID: <1@example.org>\r\nSubject: Meeting\r\n\r\n${text}`),
  envelope: { from, to },
});
const NEVER = new AbortController().signal;
const TIMEOUTS = { connect: 300, silence: 300 };

describe('a mail that the server takes', () => {
  test('arrives octet for octet, lines that begin with a dot too', async () => {
    const mail = mailTo('ann@example.com', '.\r\n..two\r\nGrüße\r\n');
    expect(await transportTo().send(mail, NEVER)).toEqual({ kind: 'sent', answer: '250 queued as 1' });
    expect(sink.mails).toMatchObject([{ from: 'kalends@example.org', to: 'ann@example.com', end: 'taken' }]);
    expect(sink.mails[0]!.text).toBe(mail.octets.toString());
  });

  test('may have the null sender', async () => {
    expect(await transportTo().send(mailTo('ann@example.com', 'x\r\n', ''), NEVER)).toMatchObject({ kind: 'sent' });
    expect(sink.mails[0]!.from).toBe('');
  });

  test('uses the connection of the one before', async () => {
    const transport = transportTo();
    for (let at = 0; at < 5; at += 1) await transport.send(mailTo('ann@example.com'), NEVER);
    expect([sink.taken().length, sink.connections()]).toEqual([5, 1]);
  });

  test('has no more connections than it may, however many are sent at once', async () => {
    sink.rule = () => ({ late: 10 });
    const transport = transportTo({}, { connections: 2 });
    await Promise.all(Array.from({ length: 8 }, () => transport.send(mailTo('ann@example.com'), NEVER)));
    expect([sink.taken().length, sink.connections(), sink.most()]).toEqual([8, 2, 2]);
  });

  test('goes over a new connection where the old one was closed while it was idle, and once only', async () => {
    const transport = transportTo();
    await transport.send(mailTo('ann@example.com'), NEVER);
    await sink.down();
    await sink.up();
    expect(await transport.send(mailTo('bob@example.com'), NEVER)).toMatchObject({ kind: 'sent' });
    expect(sink.mails.map(({ to }) => to)).toEqual(['ann@example.com', 'bob@example.com']);
  });
});

describe('a mail that the server does not take', () => {
  test.each([
    [{ code: 550, text: '5.1.1 <ann@example.com>: no such user' }, '5.1.1', '550 5.1.1 …: no such user'],
    [{ code: 550, text: 'no such user' }, '5.1.1', '550 no such user'],
    [{ code: 552, text: 'mailbox full' }, '5.2.2', '552 mailbox full'],
    [{ code: 553, text: 'what is this?' }, '5.1.3', '553 what is this?'],
    [{ code: 550, text: 'we do not like it', at: 'data' as const }, '5.7.1', '550 we do not like it'],
    [{ code: 554, text: '5.7.1 spam', at: 'data' as const }, '5.7.1', '554 5.7.1 spam'],
    [{ code: 571, text: 'whatever', at: 'data' as const }, '5.0.0', '571 whatever'],
  ])('%o is refused with %s', async (rule, status, reason) => {
    sink.rule = () => rule;
    expect(await transportTo().send(mailTo('ann@example.com'), NEVER)).toEqual({ kind: 'refused', status, reason });
  });

  test.each(['rcpt', 'data'] as const)('a greylisting 451 to %s is for later', async (at) => {
    sink.rule = () => ({ code: 451, text: '4.7.1 come again', at });
    const outcome = await transportTo().send(mailTo('ann@example.com'), NEVER);
    expect(outcome).toEqual({ kind: 'later', reason: '451 4.7.1 come again' });
  });

  test('a 421 to its recipient is of this mail, one before of the server', async () => {
    sink.rule = () => ({ code: 421, text: 'closing' });
    expect(await transportTo().send(mailTo('ann@example.com'), NEVER)).toMatchObject({ kind: 'later' });
    const busy = await startSmtpSink({
      onMailFrom: (_address, _session, done) => done(Object.assign(new Error('busy'), { responseCode: 421 })),
    });
    const outcome = await transportTo({ port: busy.port }).send(mailTo('ann@example.com'), NEVER);
    expect(outcome).toEqual({ kind: 'unavailable', reason: '421 busy' });
    await busy.close();
  });

  test('one that is refused does not spoil the connection for the next', async () => {
    const transport = transportTo();
    sink.rule = (to) => (to === 'ann@example.com' ? { code: 550, text: 'no' } : undefined);
    expect(await transport.send(mailTo('ann@example.com'), NEVER)).toMatchObject({ kind: 'refused' });
    expect(await transport.send(mailTo('bob@example.com'), NEVER)).toMatchObject({ kind: 'sent' });
    expect(sink.connections()).toBe(1);
  });

  test('the reason is one bounded line without an address or a control character', async () => {
    sink.rule = () => ({ code: 550, text: `5.1.1 "a b"@example.com bob@example.com\u0007 ${'x'.repeat(400)}` });
    const outcome = await transportTo().send(mailTo('ann@example.com'), NEVER);
    if (outcome.kind !== 'refused') throw new Error(outcome.kind);
    expect(outcome.reason).toHaveLength(300);
    expect(outcome.reason).not.toMatch(/@|example|\p{Cc}/u);
  });

  test('where the connection ends between DATA and its answer, nobody knows, and it is not offered again here', async () => {
    sink.rule = () => ({ drop: 'after-data' });
    expect(await transportTo().send(mailTo('ann@example.com'), NEVER)).toEqual({
      kind: 'later',
      reason: 'the connection was closed',
    });
    expect(sink.mails.map(({ end }) => end)).toEqual(['lost']);
  });

  test('nor over a connection that was used before', async () => {
    const transport = transportTo();
    await transport.send(mailTo('ann@example.com'), NEVER);
    sink.rule = () => ({ drop: 'after-data' });
    expect(await transport.send(mailTo('bob@example.com'), NEVER)).toMatchObject({ kind: 'later' });
    expect(sink.mails.map(({ end }) => end)).toEqual(['taken', 'lost']);
  });
});

describe('a server that cannot be reached', () => {
  test('is told by its name, without the log-in', async () => {
    const { port } = sink;
    await sink.down();
    const transport = transportTo({ port, login: { user: 'kalends', password: 'geheim' } });
    const reason = `the mail server 127.0.0.1:${port} cannot be reached: the connection is refused`;
    expect(await transport.send(mailTo('ann@example.com'), NEVER)).toEqual({ kind: 'unavailable', reason });
    await expect(transport.verify()).rejects.toThrow(reason);
    await sink.up();
  });

  test('one that says nothing is given up in time', async () => {
    sink.rule = () => ({ late: 5000 });
    const outcome = await transportTo({}, { timeouts: TIMEOUTS }).send(mailTo('ann@example.com'), NEVER);
    expect(outcome).toEqual({ kind: 'later', reason: 'it does not answer' });
  });

  test('is one that lets nobody in', async () => {
    const closed = await startSmtpSink({
      onConnect: (_session, done) => done(Object.assign(new Error('no'), { responseCode: 554 })),
    });
    const outcome = await transportTo({ port: closed.port }).send(mailTo('ann@example.com'), NEVER);
    expect(outcome).toMatchObject({ kind: 'unavailable' });
    await closed.close();
  });

  test('where it lets in only so many, the others go over their connections', async () => {
    const narrow = await startSmtpSink({ maxClients: 1 });
    narrow.rule = () => ({ late: 20 });
    const transport = transportTo({ port: narrow.port }, { connections: 4 });
    await transport.send(mailTo('ann@example.com'), NEVER);
    const sent = Array.from({ length: 6 }, () => transport.send(mailTo('ann@example.com'), NEVER));
    expect((await Promise.all(sent)).map(({ kind }) => kind)).toEqual(Array(6).fill('sent'));
    transport.close();
    await narrow.close();
  });

  test('what is under way is broken off when it is asked for', async () => {
    const stop = new AbortController();
    sink.rule = () => {
      setImmediate(() => stop.abort());
      return { late: 5000 };
    };
    const outcome = await transportTo().send(mailTo('ann@example.com'), stop.signal);
    expect(outcome).toEqual({ kind: 'later', reason: 'it was broken off' });
  });
});

describe('TLS', () => {
  let guarded: SmtpSink;
  const seen: string[] = [];
  beforeEach(async () => {
    seen.length = 0;
    guarded = await startSmtpSink({
      disabledCommands: [],
      authOptional: true,
      onAuth({ username = '', password = '' }, session, done) {
        seen.push(`${username}:${password}:${session.secure}`);
        if (password === 'geheim') done(null, { user: username });
        else done(new Error(`no log-in for ${username}`));
      },
    });
  });
  afterEach(() => guarded.close());
  const login = { user: 'kalends@example.org', password: 'geheim' };
  const send = (server: Partial<SmtpServer>) =>
    transportTo({ port: guarded.port, ...server }).send(mailTo('ann@example.com'), NEVER);

  test('required: not over a certificate that nobody vouches for', async () => {
    const outcome = await send({ tls: 'required', login });
    expect(outcome).toMatchObject({ kind: 'unavailable', reason: expect.stringContaining('certificate') });
    expect(seen).toEqual([]);
  });

  test('required: not where none is offered', async () => {
    expect(await send({ port: sink.port, tls: 'required' })).toMatchObject({ kind: 'unavailable' });
    expect(sink.mails).toEqual([]);
  });

  test('offered: over whatever certificate there is, with the log-in', async () => {
    expect(await send({ tls: 'offered', login })).toMatchObject({ kind: 'sent' });
    expect(seen).toEqual(['kalends@example.org:geheim:true']);
  });

  test('offered: in the clear where there is none, but never the password', async () => {
    expect(await send({ port: sink.port, tls: 'offered' })).toMatchObject({ kind: 'sent' });
    const outcome = await send({ port: sink.port, tls: 'offered', login });
    expect(outcome).toEqual({
      kind: 'unavailable',
      reason: `the mail server 127.0.0.1:${sink.port} offers no TLS, without which the password is not sent; see mail.tls`,
    });
  });

  test('a log-in that is wrong is of the server, and its reason has neither password nor address', async () => {
    const outcome = await send({ tls: 'offered', login: { ...login, password: 'falsch' } });
    expect(outcome).toMatchObject({ kind: 'unavailable', reason: expect.stringContaining('does not let us in: 535') });
    expect(JSON.stringify(outcome)).not.toMatch(/falsch|kalends@/);
  });
});

describe('addresses', () => {
  test('a domain is sent in ASCII', async () => {
    await transportTo().send(mailTo('ann@bücher.example'), NEVER);
    expect(sink.mails[0]!.to).toMatch(/^ann@(xn--bcher-kva|bücher)\.example$/);
  });

  test('a local part beyond ASCII goes to a server that knows SMTPUTF8', async () => {
    expect(await transportTo().send(mailTo('jürgen@example.com'), NEVER)).toMatchObject({ kind: 'sent' });
    const old = await startSmtpSink({ hideSMTPUTF8: true });
    const outcome = await transportTo({ port: old.port }).send(mailTo('jürgen@example.com'), NEVER);
    expect(outcome).toMatchObject({ kind: 'refused', status: '5.1.3' });
    expect(old.mails).toEqual([]);
    await old.close();
  });

  test.each([
    '',
    'ann',
    '@example.com',
    'ann@',
    'ann@example.com>',
    'ann@exa mple.com',
    'a\r\nRCPT TO:<b@c.example>',
    'ann@b\r\n.example',
    `${'a'.repeat(65)}@example.com`,
  ])('%j is refused with 5.1.3, and nobody is asked', async (to) => {
    const outcome = await transportTo().send(mailTo(to), NEVER);
    expect(outcome).toEqual({ kind: 'refused', reason: 'no mail can be sent to this address', status: '5.1.3' });
    expect(sink.connections()).toBe(0);
  });
});
