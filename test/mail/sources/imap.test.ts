import { afterEach, expect, test } from 'vitest';

import type { RawMail, Receipt } from '../../../src/mail/raw-mail.ts';
import { readMailbox } from '../../../src/mail/sources/imap.ts';
import { SILENT_LOG } from '../../dav-server.ts';
import { until } from '../../mail-server/until.ts';
import { startFakeMailbox, type FakeMailbox } from './imap-server.ts';

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

interface World {
  readonly box: FakeMailbox;
  readonly taken: RawMail[];
  /** How the receiver answers mails whose subject is a key. */
  readonly answers: Map<string, Receipt['kind']>;
  read(): { close(): Promise<void> };
}

const mail = (subject: string, to = 'bob@here.example'): string =>
  [`Return-Path: <a@there.example>`, `Delivered-To: ${to}`, `Subject: ${subject}`, '', 'x', ''].join('\r\n');
const subjectOf = ({ octets }: RawMail): string => /^Subject: (.*)$/m.exec(octets.toString())?.[1]?.trim() ?? '';

async function start(mails: Readonly<Record<number, string>> = {}): Promise<World> {
  const box = await startFakeMailbox();
  closing.push(() => box.close());
  for (const [uid, text] of Object.entries(mails)) box.inbox.set(Number(uid), text);
  const taken: RawMail[] = [];
  const answers = new Map<string, Receipt['kind']>();
  const read: World['read'] = () => {
    const reader = readMailbox({
      mailbox: {
        ...{ host: '127.0.0.1', port: box.port, secure: false, tls: 'off', user: 'kalends', password: 'secret' },
        ...{ mailbox: 'INBOX', done: 'Kalends' },
      },
      receiver: (raw) => {
        taken.push(raw);
        const kind = answers.get(subjectOf(raw)) ?? 'taken';
        return Promise.resolve(new Map(raw.envelope.to.map((address) => [address, { kind, reason: 'so' }])));
      },
      knows: (address) => Promise.resolve(address.endsWith('@here.example')),
      limits: { inboundMailOctets: 10_000, inboundMailRecipients: 10 },
      ...{ log: SILENT_LOG, random: () => 0.5, pauses: { first: 5, longest: 20, again: 20 } },
    });
    closing.push(() => reader.close());
    return reader;
  };
  return { box, taken, answers, read };
}

const moved = (box: FakeMailbox, ...uids: readonly number[]): Promise<true> =>
  until(`the mails ${uids.join(', ')} to be moved`, () => uids.every((uid) => box.done.has(uid)) || undefined);

test('what is there is taken in order, with the envelope of its trace lines, and moves away', async () => {
  const { box, taken, read } = await start({ 3: mail('third'), 1: mail('first'), 2: mail('second') });
  read();
  await moved(box, 1, 2, 3);
  expect(taken.map(subjectOf)).toEqual(['first', 'second', 'third']);
  expect(taken[0]).toMatchObject({ source: 'imap', envelope: { from: 'a@there.example', to: ['bob@here.example'] } });
  expect(taken[0]?.octets.toString()).toBe(mail('first'));
  expect(box.inbox.size).toBe(0);
});

test('a new mail is taken when the server tells of it', async () => {
  const { box, taken, read } = await start({ 1: mail('first') });
  read();
  await moved(box, 1);
  box.arrive(2, mail('second'));
  await moved(box, 2);
  expect(taken.map(subjectOf)).toEqual(['first', 'second']);
});

test('a mail that is to wait stays, and is handed in again until it is taken', async () => {
  const { box, taken, answers, read } = await start({ 1: mail('waits'), 2: mail('goes') });
  answers.set('waits', 'later');
  read();
  await moved(box, 2);
  await until('the second look', () => taken.filter((raw) => subjectOf(raw) === 'waits').length > 1 || undefined);
  expect(box.inbox.has(1)).toBe(true);
  answers.delete('waits');
  await moved(box, 1);
});

test('a mail that cannot be fetched stops no other', async () => {
  const { box, taken, read } = await start({ 1: mail('poison'), 2: mail('good') });
  box.poisoned.add(1);
  read();
  await moved(box, 2);
  expect(taken.map(subjectOf)).toEqual(['good']);
  expect(box.inbox.has(1)).toBe(true);
});

test('a mail for nobody here stays, is marked, and is not fetched again', async () => {
  const { box, answers, read } = await start({ 1: mail('other', 'c@there.example'), 2: mail('gone'), 3: mail('good') });
  answers.set('gone', 'unknown-recipient');
  read();
  await moved(box, 3);
  await until('marks', () => box.keywords.size === 2 || undefined);
  expect([...box.keywords]).toEqual([
    [1, 'KalendsLeft'],
    [2, 'KalendsLeft'],
  ]);
  box.arrive(4, mail('more'));
  await moved(box, 4);
  expect(box.fetched).toEqual([1, 2, 3, 4]);
  expect([...box.inbox.keys()]).toEqual([1, 2]);
});

test('of a mail that is too large so much is fetched that the receiver sees it', async () => {
  const { box, taken, read } = await start({ 1: mail('large') + 'x'.repeat(50_000) });
  read();
  await moved(box, 1);
  expect(taken.map(({ octets }) => octets.length)).toEqual([10_001]);
});

test('a connection that breaks is made again', async () => {
  const { box, read } = await start({ 1: mail('first') });
  read();
  await moved(box, 1);
  box.cut();
  box.inbox.set(2, mail('second'));
  await moved(box, 2);
  expect(box.logins.length).toBeGreaterThan(1);
});

test('a log-in that is refused is tried again', async () => {
  const { box, read } = await start({ 1: mail('first') });
  box.refuse(true);
  read();
  await until('two attempts', () => box.refused.length > 1 || undefined);
  expect(box.done.size).toBe(0);
  box.refuse(false);
  await moved(box, 1);
});

test('two readers of one mailbox do no harm', async () => {
  const mails = Object.fromEntries(Array.from({ length: 20 }, (_, at) => [at + 1, mail(`m${at}`)]));
  const { box, read } = await start(mails);
  read();
  read();
  await moved(box, ...Object.keys(mails).map(Number));
  expect(box.inbox.size).toBe(0);
});

test('closing ends also where the server is away', async () => {
  const { box, read } = await start();
  const reader = read();
  await until('a log-in', () => box.logins.length > 0 || undefined);
  await box.close();
  closing.shift();
  await reader.close();
  expect(box.logins.length).toBeGreaterThan(0);
});

test('where the server cannot move, a mail is copied and then deleted, and nothing that others have marked', async () => {
  const { box, read } = await start({ 1: mail('first'), 2: mail('marked by somebody') });
  box.lacks.add('MOVE');
  box.deleted.add(2);
  read();
  await until('the mail to be gone', () => !box.inbox.has(1) || undefined);
  expect([[...box.done.keys()], [...box.inbox.keys()], [...box.deleted]]).toEqual([[1], [2], [2]]);
});

test('where one mail cannot be expunged alone, it stays as deleted, and is not read again', async () => {
  const { box, read } = await start({ 1: mail('first'), 2: mail('marked by somebody') });
  for (const name of ['MOVE', 'UIDPLUS']) box.lacks.add(name);
  box.deleted.add(2);
  read();
  await until('the mail to be marked', () => box.deleted.has(1) || undefined);
  expect([[...box.done.keys()], [...box.inbox.keys()]]).toEqual([[1], [1, 2]]);
});

test('a mail whose copy was refused is not deleted', async () => {
  const { box, taken, read } = await start({ 1: mail('first'), 2: mail('second') });
  for (const name of ['MOVE', 'COPY']) box.lacks.add(name);
  const reader = read();
  await until('both to be taken', () => taken.length === 2 || undefined);
  await reader.close();
  expect([[...box.done.keys()], [...box.inbox.keys()], [...box.deleted]]).toEqual([[], [1, 2], []]);
});
