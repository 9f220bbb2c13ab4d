import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { forgetInboundMails, inboundMail, inboundMails, type InboundHead } from '../../src/calendar/inbound-mails.ts';
import { tokensFor } from '../../src/calendar/mail-tokens.ts';
import { createMailReceiver, retryMail, type MailReceiverOptions } from '../../src/calendar/receive-mail.ts';
import type { RawMail } from '../../src/mail/raw-mail.ts';
import { SenderNotYetKnown } from '../../src/mail/verify-sender.ts';
import { StoreUnavailable } from '../../src/store/errors.ts';
import { meeting, onlyEvent, putEvent } from '../dav/meeting.ts';
import { MAIL, SILENT_LOG, startDavServer, type DavServer } from '../dav-server.ts';

const BEA = 'bea@gmail.example';
const DAY = 24 * 3_600_000;
let server: DavServer;

const start = async (limits: Parameters<typeof startDavServer>[0] = {}): Promise<void> => {
  server = await startDavServer({ users: ['alice', 'bob'], ...limits });
  await putEvent(server, '/dav/calendars/alice/calendar/m.ics', meeting('m', [`ATTENDEE:mailto:${BEA}`]));
};
beforeEach(() => start());
afterEach(() => server.close());

const reply = (...lines: readonly string[]): string =>
  [
    ...[
      'BEGIN:VCALENDAR',
      'VERSION:2.0',
      'METHOD:REPLY',
      'BEGIN:VEVENT',
      'UID:m',
      'DTSTAMP:20260302T090000Z',
      'SEQUENCE:0',
    ],
    ...['ORGANIZER:mailto:alice@example.com', ...lines, 'END:VEVENT', 'END:VCALENDAR', ''],
  ].join('\r\n');
const ACCEPTED = reply(`ATTENDEE;PARTSTAT=ACCEPTED:mailto:${BEA}`);

const rawMail = (
  body: string,
  to: readonly string[] = ['alice@example.com'],
  type = 'text/calendar; method=REPLY',
): RawMail => ({
  octets: Buffer.from(
    [`From: ${BEA}`, 'Message-ID: <x@gmail.example>', `Content-Type: ${type}`, '', body].join('\r\n'),
  ),
  source: 'lmtp',
  envelope: { from: BEA, to },
});

const receiver = (options: Partial<MailReceiverOptions> = {}) =>
  createMailReceiver(server.context, {
    resolver: () => Promise.resolve([]),
    log: SILENT_LOG,
    verify: () => Promise.resolve({ result: 'pass', from: BEA, reason: 'DKIM' }),
    ...options,
  });

const listed = async (): Promise<readonly InboundHead[]> => Array.fromAsync(inboundMails(server.context));

describe('a mail that comes in', () => {
  test('is dealt with for each recipient by itself, and is listed for each', async () => {
    const receipts = await receiver()(
      rawMail(ACCEPTED, ['alice@example.com', 'nobody@example.com', 'bob@example.com']),
    );
    expect([...receipts].map(([to, { kind }]) => [to, kind])).toEqual([
      ['alice@example.com', 'taken'],
      ['nobody@example.com', 'unknown-recipient'],
      ['bob@example.com', 'taken'],
    ]);
    expect((await onlyEvent(server, 'alice')).text).toMatch(/PARTSTAT=ACCEPTED[^:]*:mailto:bea@/);
    expect((await listed()).map(({ envelopeTo, state }) => [envelopeTo, state])).toEqual([
      ['bob@example.com', 'taken'],
      ['alice@example.com', 'taken'],
    ]);
  });

  test('is processed once, however often it is handed in, and at the same time', async () => {
    const receive = receiver();
    await Promise.all([receive(rawMail(ACCEPTED)), receive(rawMail(ACCEPTED)), receive(rawMail(ACCEPTED))]);
    const { text } = await onlyEvent(server, 'alice');
    await receive(rawMail(ACCEPTED));
    expect((await onlyEvent(server, 'alice')).text).toBe(text);
    expect((await listed()).length).toBe(1);
  });

  test('says the same once more after a crash before it was written down, and that changes nothing', async () => {
    await receiver()(rawMail(ACCEPTED));
    const { text } = await onlyEvent(server, 'alice');
    await server.context.store.write((tx) => tx.deleteFrom('inbound_mails').execute());
    const receipts = await receiver()(rawMail(ACCEPTED));
    expect([...receipts.values()]).toMatchObject([
      { kind: 'taken', reason: expect.stringContaining('nothing new') as string },
    ]);
    expect((await onlyEvent(server, 'alice')).text).toBe(text);
  });

  test.each([
    ['the DNS does not answer', () => new SenderNotYetKnown('DNS')],
    ['the database is gone', () => new StoreUnavailable('gone', { temporary: true })],
    ['the database is busy', () => Object.assign(new Error('busy'), { code: 'SQLITE_BUSY' })],
    ['PostgreSQL has ended the connection', () => Object.assign(new Error('bye'), { code: '57P01' })],
  ])('is to be handed in again where %s', async (_, failure) => {
    const receipts = await receiver({ verify: () => Promise.reject(failure()) })(rawMail(ACCEPTED));
    expect([...receipts.values()]).toMatchObject([{ kind: 'later' }]);
    expect(await listed()).toEqual([]);
    // Then it is taken.
    expect([...(await receiver()(rawMail(ACCEPTED))).values()]).toMatchObject([{ kind: 'taken' }]);
  });

  test('does not wait for the DNS where a token names who answers', async () => {
    const mail = { ...MAIL, reply: 'reply@example.com' };
    await server.close();
    await start({ settings: { mail } });
    const { replyAddress = '' } = await server.context.store.write((tx) =>
      tokensFor(server.context, tx, { homeId: 'alice', uid: 'm', recipient: `mailto:${BEA}` }),
    );
    const away = receiver({ verify: () => Promise.reject(new SenderNotYetKnown('the DNS does not answer')) });
    expect([...(await away(rawMail(ACCEPTED, [replyAddress]))).values()]).toMatchObject([{ kind: 'taken' }]);
    expect((await onlyEvent(server, 'alice')).text).toMatch(/PARTSTAT=ACCEPTED[^:]*:mailto:bea@/);
  });

  test('that an error of ours stops is kept, and does not stop the next', async () => {
    const receipts = await receiver({ verify: () => Promise.reject(new TypeError('ours')) })(rawMail(ACCEPTED));
    expect([...receipts.values()]).toMatchObject([{ kind: 'taken' }]);
    const [kept] = await listed();
    expect(kept).toMatchObject({
      state: 'unread',
      isKept: true,
      reason: 'an error of this server: its log knows which',
    });
    // What stood in its way is gone.
    const again = {
      resolver: () => Promise.resolve([]),
      log: SILENT_LOG,
      verify: () => Promise.resolve({ result: 'pass', from: BEA, reason: '' } as const),
    };
    expect(await retryMail(server.context, kept?.id ?? '', again)).toMatchObject({ state: 'taken' });
    expect((await onlyEvent(server, 'alice')).text).toMatch(/PARTSTAT=ACCEPTED[^:]*:mailto:bea@/);
    expect(await inboundMail(server.context, kept?.id ?? '')).toMatchObject({ state: 'taken', octets: undefined });
    expect(await retryMail(server.context, 'none', again)).toBeUndefined();
  });
});

describe('a mail that cannot be processed', () => {
  test('is kept octet for octet with its reason, up to so many a day', async () => {
    await server.close();
    await start({ limits: { keptMailsPerDay: 2 } });
    const mails = [1, 2, 3].map((number) => rawMail(`BEGIN:NOTHING${number}\r\n`));
    for (const mail of mails) await receiver()(mail);
    const found = await listed();
    expect(found.map(({ state, isKept }) => [state, isKept])).toEqual([
      ['unread', false],
      ['unread', true],
      ['unread', true],
    ]);
    expect(found[2]?.reason).toContain('cannot be read');
    const { octets } = (await inboundMail(server.context, found[2]?.id ?? ''))!;
    expect(Buffer.from(octets!)).toEqual(mails[0]!.octets);
    server.time.now += 2 * DAY;
    await receiver()(rawMail('BEGIN:NOTHING4\r\n'));
    expect((await listed())[0]).toMatchObject({ isKept: true });
  });

  test('is not kept above so many octets a day, or where it is larger than a mail may be', async () => {
    await server.close();
    await start({ limits: { keptMailOctets: 1000, inboundMailOctets: 5000 } });
    await receiver()(rawMail(`no ${'x'.repeat(2000)}`));
    await receiver()(rawMail(`no ${'x'.repeat(9000)}`));
    expect((await listed()).map(({ state, isKept }) => [state, isKept])).toEqual([
      ['unread', false],
      ['unread', false],
    ]);
    expect((await listed())[0]?.reason).toContain('larger than');
  });

  test('is forgotten after its time', async () => {
    await receiver()(rawMail('nothing'));
    expect(await Array.fromAsync(forgetInboundMails(server.context, server.time.now))).toEqual([0]);
    expect(await Array.fromAsync(forgetInboundMails(server.context, server.time.now + 1))).toEqual([1]);
    expect(await listed()).toEqual([]);
  });

  test('is for nobody where it came to the address of bounces and names no organizer of this server', async () => {
    const stray = ACCEPTED.replace('alice@example.com', 'someone@far.example');
    await receiver()(rawMail(stray, ['calendar@example.com']));
    expect((await listed())[0]).toMatchObject({ state: 'unread', reason: 'it is for nobody here', homeId: undefined });
    // But an answer to the organizer that it names is his.
    await receiver()(rawMail(ACCEPTED, ['calendar@example.com']));
    expect((await onlyEvent(server, 'alice')).text).toMatch(/PARTSTAT=ACCEPTED[^:]*:mailto:bea@/);
  });
});
