import { simpleParser } from 'mailparser';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { asPrincipalId } from '../../src/base/ids.ts';
import { mailOf, type MailToMake } from '../../src/calendar/mail-of.ts';
import {
  invitationByAnswerToken,
  invitationByReplyToken,
  rememberRecipient,
  replyTokenIn,
  tokensOf,
} from '../../src/calendar/mail-tokens.ts';
import { concludeMail, noteOffered, takeMail } from '../../src/calendar/outgoing-mail.ts';
import { removePrincipal } from '../../src/calendar/remove-principal.ts';
import { composeMail } from '../../src/mail/compose.ts';
import type { MailInput } from '../../src/mail/outgoing.ts';
import { savePrincipal } from '../../src/store/principals.ts';
import { ics, MAIL, startDavServer, type DavServer } from '../dav-server.ts';

const REPLY = 'answers@example.com';
const FAR = 'mailto:Far@example.org';
const AT_TEN = ['DTSTART;TZID=Asia/Tokyo:20260302T100000', 'DTEND;TZID=Asia/Tokyo:20260302T110000'];

let server: DavServer;
beforeEach(async () => {
  server = await startDavServer({
    settings: { mail: { ...MAIL, reply: REPLY, publicUrl: 'https://cal.example.com', language: 'fr' } },
  });
  await save({ name: 'Alice Adams' });
});
afterEach(() => server.close());

const save = (more: Partial<Parameters<typeof savePrincipal>[1]>, id = 'alice', kind: 'user' | 'room' = 'user') => {
  const spec = { id: asPrincipalId(id), kind, emails: [`${id}@example.com`, `${id}@other.test`], ...more };
  return server.context.store.write((tx) => savePrincipal(tx, spec, server.time.now));
};

interface Waiting extends Partial<Omit<MailToMake, 'octets'>> {
  readonly lines?: readonly string[];
  readonly text?: string;
}

function waiting({ lines = AT_TEN, method = 'REQUEST', text, ...more }: Waiting = {}): MailToMake {
  const people = ['ORGANIZER;CN=Boss:mailto:alice@example.com', `ATTENDEE;CN=Far Away;RSVP=TRUE:${FAR}`];
  const event = ['BEGIN:VEVENT', 'UID:m', 'DTSTAMP:20260302T080000Z', 'SEQUENCE:0', ...people, ...lines, 'END:VEVENT'];
  return {
    ...{ id: 'id-1', homeId: 'alice', uid: 'm', recipient: FAR, method, why: 'invited', changes: [] },
    octets: Buffer.from(text ?? ics(`METHOD:${method}`, ...event)),
    ...more,
  };
}

async function made(mail: Waiting = {}): Promise<MailInput> {
  const input = await mailOf(server.context, waiting(mail));
  if (input === undefined || 'notice' in input) throw new Error('a message was expected');
  return input;
}

describe('people', () => {
  test('the sender is who has the home, as this server knows him; the recipient as the message has him', async () => {
    const input = await made();
    expect(input.sender).toEqual({ name: 'Alice Adams', address: 'alice@example.com' });
    expect(input.recipient).toEqual({ name: 'Far Away', address: 'Far@example.org' });
    expect(input).toMatchObject({ id: 'id-1', at: server.time.now, why: 'invited', isAutomatic: false });
  });

  test('the sender writes from the address that the message has, where it is one of his', async () => {
    const as = async (address: string) =>
      (await made({ text: Buffer.from(waiting().octets).toString().replace('alice@example.com', address) })).sender
        .address;
    expect(await as('alice@other.test')).toBe('alice@other.test');
    expect(await as('ceo@example.com')).toBe('alice@example.com');
  });

  test('a sender who is gone is who the message says', async () => {
    const { replyAddress } = await made();
    await removePrincipal(server.context, { id: asPrincipalId('alice') });
    const input = await made({ method: 'CANCEL', lines: [...AT_TEN, 'STATUS:CANCELLED'] });
    expect(input.sender).toEqual({ name: 'Boss', address: 'alice@example.com' });
    expect(input.replyAddress).toBe(replyAddress);
    expect(input.answerUrl).toBeUndefined();
    expect(await server.context.store.db.selectFrom('mailed_invitations').selectAll().execute()).toEqual([]);
    expect((await composeMail(input, MAIL.policy)).envelope.to).toBe('Far@example.org');
  });

  test('an answer is of the guest who has the home, also where he passes it on', async () => {
    const lines = [
      'ATTENDEE;PARTSTAT=NEEDS-ACTION;DELEGATED-FROM="mailto:alice@other.test":mailto:carol@example.org',
      'ATTENDEE;PARTSTAT=DELEGATED;DELEGATED-TO="mailto:carol@example.org";CN=Al:mailto:alice@other.test',
    ];
    const event = ['BEGIN:VEVENT', 'UID:m', 'DTSTAMP:20260302T080000Z', 'ORGANIZER;CN=Far Away:mailto:Far@example.org'];
    const text = ics('METHOD:REPLY', ...event, ...lines, 'END:VEVENT');
    const input = await made({ method: 'REPLY', why: 'answer', text });
    expect(input.sender).toEqual({ name: 'Alice Adams', address: 'alice@other.test' });
    expect(input.recipient).toEqual({ name: 'Far Away', address: 'Far@example.org' });
    expect([input.replyAddress, input.answerUrl]).toEqual([undefined, undefined]);
  });

  test('what a room answers, and what brings a copy up to date, nobody has asked for', async () => {
    expect((await made({ why: 'answers' })).isAutomatic).toBe(true);
    await save({}, 'aula', 'room');
    expect((await made({ homeId: 'aula' })).isAutomatic).toBe(true);
  });

  test('to an address that is none, the mail is made and cannot be composed', async () => {
    const input = await made({ recipient: 'mailto:far@example.org%0d%0aBcc:eve@evil.test' });
    await expect(composeMail(input, MAIL.policy)).rejects.toThrow('not one that mail can be sent to');
  });
});

describe('tokens', () => {
  test('those of an invitation open it', async () => {
    const { answerUrl = '', replyAddress = '' } = await made();
    const [, token = ''] = /^https:\/\/cal\.example\.com\/invitation\/([0-9a-z]{26})$/.exec(answerUrl) ?? [];
    expect(await invitationByAnswerToken(server.context, token)).toMatchObject({ uid: 'm', recipient: FAR });
    expect(await invitationByReplyToken(server.context, replyTokenIn(REPLY, replyAddress)!)).toMatchObject({
      uid: 'm',
    });
  });

  test('a cancellation has the same address for answers, so that programs know the organizer, and no link', async () => {
    const { replyAddress } = await made();
    const cancel = await made({ method: 'CANCEL', lines: [...AT_TEN, 'STATUS:CANCELLED'] });
    expect([cancel.replyAddress, cancel.answerUrl]).toEqual([replyAddress, undefined]);
  });

  test('one thread holds all that is sent to one recipient of one meeting', async () => {
    const { thread } = await made();
    expect((await made({ id: 'id-2', why: 'changed' })).thread).toBe(thread);
    expect((await made({ recipient: 'mailto:other@example.org' })).thread).not.toBe(thread);
    expect(thread).toMatch(/^thread-[0-9a-f]{32}$/);
  });
});

describe('zone and language', () => {
  const place = async (mail: Waiting = {}) => {
    const { zone, language } = await made(mail);
    return [zone, language];
  };
  const UTC_START = ['DTSTART:20260302T100000Z'];

  test('are the recipient’s own, else those of the meeting, else the sender’s, else the installation’s', async () => {
    expect(await place({ lines: UTC_START })).toEqual(['UTC', 'fr']);
    await save({ timezone: 'America/New_York', locale: 'es-MX' });
    expect(await place({ lines: UTC_START })).toEqual(['America/New_York', 'es']);
    expect(await place({ lines: [...AT_TEN, 'SUMMARY;LANGUAGE=de-AT:Plan'] })).toEqual(['Asia/Tokyo', 'de']);
    await tokensOf(server.context, { homeId: 'alice', uid: 'm', recipient: FAR });
    const told = { zone: 'Europe/Paris', language: 'en-GB' };
    await server.context.store.write((tx) =>
      rememberRecipient(tx, { homeId: 'alice', uid: 'm', recipient: FAR }, told),
    );
    expect(await place({ lines: [...AT_TEN, 'SUMMARY;LANGUAGE=de-AT:Plan'] })).toEqual(['Europe/Paris', 'en']);
  });

  test('of a zone that nobody knows nothing comes', async () => {
    expect(await place({ lines: ['DTSTART;TZID=Nowhere/Land:20260302T100000'] })).toEqual(['UTC', 'fr']);
  });
});

describe('what waits', () => {
  test('and cannot be read any more is nothing', async () => {
    expect(await mailOf(server.context, waiting({ text: 'BEGIN:VCALENDAR' }))).toBeUndefined();
    expect(await mailOf(server.context, waiting({ text: ics('METHOD:REQUEST') }))).toBeUndefined();
  });

  test('as a notice is told in the language of who gets it', async () => {
    await save({ name: 'Alice Adams', locale: 'de', timezone: 'Europe/Berlin' });
    const notice = { kind: 'undelivered', recipient: FAR, status: '5.1', reason: 'no such user', summary: 'Plan' };
    const input = await mailOf(
      server.context,
      waiting({ method: 'NOTICE', recipient: 'mailto:alice@example.com', text: JSON.stringify(notice) }),
    );
    expect(input).toMatchObject({
      ...{ language: 'de', zone: 'Europe/Berlin', recipient: { name: 'Alice Adams', address: 'alice@example.com' } },
      notice: { summary: 'Plan', address: 'Far@example.org', status: '5.1', reason: 'no such user' },
    });
    expect((await composeMail(input!, MAIL.policy)).envelope).toEqual({ from: '', to: 'alice@example.com' });
  });
});

test('what somebody saves is a mail that says what was there before', async () => {
  const put = (...lines: readonly string[]) =>
    server.request('PUT', '/dav/calendars/alice/calendar/m.ics', {
      headers: { 'Content-Type': 'text/calendar' },
      body: ics(
        ...['BEGIN:VEVENT', 'UID:m', 'DTSTAMP:20260302T080000Z', 'SUMMARY:Plan', ...lines],
        ...['ORGANIZER:mailto:alice@example.com', `ATTENDEE;CN=Far Away:${FAR}`, 'END:VEVENT'],
      ),
    });
  const mails = async () => {
    const taken = await takeMail(server.context, { limit: 10 });
    const made = await Promise.all(taken.map((leased) => mailOf(server.context, leased)));
    for (const leased of taken) {
      await noteOffered(server.context, leased, Buffer.from('x'));
      await concludeMail(server.context, leased, { kind: 'sent', answer: '250' }, { random: () => 0.5 });
    }
    const composed = await Promise.all(made.map((input) => composeMail(input!, MAIL.policy)));
    return Promise.all(composed.map(({ octets }) => simpleParser(octets)));
  };
  expect((await put('DTSTART:20260310T100000Z', 'LOCATION:Room 1')).status).toBe(201);
  server.time.now += 60_000;
  expect(await mails()).toMatchObject([
    { subject: 'Invitation : Plan', from: { text: '"Alice Adams" <alice@example.com>' } },
  ]);
  server.time.now += 60_000;
  expect((await put('DTSTART:20260311T100000Z', 'LOCATION:Room 2')).status).toBe(204);
  server.time.now += 60_000;
  const [update] = await mails();
  expect(update?.subject).toBe('Invitation modifiée : Plan');
  expect(update?.text).toContain('(avant : mardi 10 mars 2026, 10:00 (UTC))');
  expect(update?.text).toContain('(avant : Room 1)');
});
