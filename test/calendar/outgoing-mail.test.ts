import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { DAY, HOUR, MINUTE } from '../../src/base/clock.ts';
import { eventsOf } from '../../src/calendar/flight-recorder.ts';
import { forgetMail } from '../../src/calendar/forget-mail.ts';
import { noteUndelivered, noticeOf } from '../../src/calendar/note-undelivered.ts';
import { concludeMail, dueMail, noteOffered, takeMail, type LeasedMail } from '../../src/calendar/outgoing-mail.ts';
import type { SendOutcome } from '../../src/mail/outgoing.ts';
import { mailsOf } from '../../src/store/mail-messages.ts';
import { event, startDavServer, type DavServer, type DavServerOptions } from '../dav-server.ts';
import { onlyEvent, putEvent } from '../dav/meeting.ts';

const AT = '/dav/calendars/alice/calendar/m.ics';
const FAR = 'mailto:far@example.org';
const SENT: SendOutcome = { kind: 'sent', answer: '250 2.0.0 queued' };
const LATER: SendOutcome = { kind: 'later', reason: '451 4.7.1 greylisted' };
const DOWN: SendOutcome = { kind: 'unavailable', reason: 'connection refused' };
const REFUSED: SendOutcome = { kind: 'refused', reason: '550 5.1.1 no such user', status: '5.1.1' };
const random = (): number => 0.5;

let server: DavServer;
const start = async (options: DavServerOptions = {}): Promise<void> => {
  server = await startDavServer({ users: ['alice'], ...options });
};
beforeEach(() => start());
afterEach(() => server.close());

const meeting = (uid: string, summary = 'Plan', guests: readonly string[] = [FAR]): string =>
  event(
    ...[uid, 'DTSTART:20260310T090000Z', 'DURATION:PT1H', `SUMMARY:${summary}`, 'ORGANIZER:mailto:alice@example.com'],
    ...guests.map((guest) => `ATTENDEE:${guest}`),
  );
const put = (summary?: string, guests?: readonly string[]) => putEvent(server, AT, meeting('m', summary, guests));
const take = (limit = 10): Promise<readonly LeasedMail[]> => takeMail(server.context, { limit });
const conclude = (leased: LeasedMail, outcome: SendOutcome): Promise<void> =>
  concludeMail(server.context, leased, outcome, { random });

async function offer(outcome: SendOutcome): Promise<LeasedMail | undefined> {
  const [mail] = await take(1);
  if (mail === undefined) return undefined;
  await noteOffered(server.context, mail, Buffer.from(`mail ${mail.id}`));
  await conclude(mail, outcome);
  return mail;
}

const lines = async (): Promise<readonly string[]> =>
  (await eventsOf(server.context.store.db, 'alice', 'm')).map(({ what, detail }) => `${what}: ${detail}`);
const summaryOf = ({ octets }: LeasedMail): string | undefined =>
  /SUMMARY:(\w+)/.exec(Buffer.from(octets).toString())?.[1];
const rows = () => mailsOf(server.context.store.db, { homeId: 'alice', uid: 'm' });

describe('taking messages', () => {
  test('one is with one process alone, until its lease ends', async () => {
    await put();
    const [first] = await take();
    expect(first?.uid).toBe('m');
    expect(await take()).toEqual([]);
    server.time.now = first!.leaseUntil;
    const [again] = await take();
    expect(again?.id).toBe(first?.id);
    // Who has lost the lease offers nothing, and changes nothing.
    expect(await noteOffered(server.context, first!, Buffer.from('mail'))).toBe(false);
    await conclude(first!, REFUSED);
    expect((await rows())[0]?.state).toBe('queued');
    await conclude(again!, SENT);
    expect((await rows())[0]).toMatchObject({ state: 'sent', outcome: '250 2.0.0 queued' });
  });

  test('what a process offered when it died is offered again, octet for octet', async () => {
    await put();
    const [first] = await take();
    await noteOffered(server.context, first!, Buffer.from('as it was'));
    server.time.now = first!.leaseUntil;
    const [again] = await take();
    expect(Buffer.from(again!.offered!).toString()).toBe('as it was');
    await noteOffered(server.context, again!, Buffer.from('as it would be now'));
    await conclude(again!, SENT);
    expect((await rows())[0]).toMatchObject({ state: 'sent', offers: 2 });
    expect((await lines()).map((line) => line.split(':')[0])).toEqual(['planned', 'queued', 'offered-again', 'sent']);
    const { offered, shared_key } = await server.context.store.db
      .selectFrom('mail_messages')
      .select(['offered', 'shared_key'])
      .executeTakeFirstOrThrow();
    expect([offered, shared_key]).toEqual([null, null]);
  });

  test('a later message to somebody waits behind an earlier one of that meeting, and holds up nobody else', async () => {
    await put('One', [FAR, 'mailto:near@example.net']);
    await put('Two', [FAR, 'mailto:near@example.net']);
    const first = await take();
    expect(first.map((mail) => [mail.recipient, summaryOf(mail)])).toEqual([
      [FAR, 'One'],
      ['mailto:near@example.net', 'One'],
    ]);
    await conclude(first[0]!, LATER);
    await conclude(first[1]!, SENT);
    expect((await take()).map((mail) => [mail.recipient, summaryOf(mail)])).toEqual([
      ['mailto:near@example.net', 'Two'],
    ]);
    expect(await dueMail(server.context)).toBe(server.time.now + MINUTE);
    server.time.now += MINUTE;
    expect((await take()).filter(({ recipient }) => recipient === FAR).map(summaryOf)).toEqual(['One']);
  });

  test('domains that have enough to do are left out', async () => {
    await put('One', [FAR, 'mailto:near@example.net']);
    const taken = await takeMail(server.context, { limit: 5, exceptDomains: ['example.org'] });
    expect(taken.map(({ domain }) => domain)).toEqual(['example.net']);
  });

  test('a cancellation is sent though the meeting and its organizer are gone', async () => {
    await put();
    await offer(SENT);
    await server.request('DELETE', AT);
    await server.context.store.write((tx) => tx.deleteFrom('principals').where('id', '=', 'alice').execute());
    expect((await take()).map(({ method }) => method)).toEqual(['CANCEL']);
  });
});

describe('what comes of an offer', () => {
  test('a message that is put off is offered again, each time later, and given up after about three days', async () => {
    await put();
    const from = server.time.now;
    const waits: number[] = [];
    for (;;) {
      const due = await dueMail(server.context);
      if (due === undefined) break;
      waits.push(due - server.time.now);
      server.time.now = due;
      if ((await offer(LATER)) === undefined) break;
      if ((await rows())[0]?.state === 'failed') break;
    }
    expect(waits.slice(0, 5)).toEqual([0, MINUTE, 2 * MINUTE, 4 * MINUTE, 8 * MINUTE]);
    expect(Math.max(...waits)).toBe(4 * HOUR);
    expect((server.time.now - from) / DAY).toBeGreaterThan(2.5);
    expect((server.time.now - from) / DAY).toBeLessThan(3.5);
    expect((await onlyEvent(server, 'alice')).text).toMatch(/SCHEDULE-STATUS="?5\.1"?:mailto:far/);
    expect((await rows())[0]?.outcome).toBe('given up after 25 times: 451 4.7.1 greylisted');
  });

  test('a mail server that cannot be reached delays all, and is the fault of none', async () => {
    await put('One', [FAR, 'mailto:near@example.net']);
    await offer(DOWN);
    expect(await take()).toEqual([]);
    const due = await dueMail(server.context);
    expect(due! - server.time.now).toBe(30_000);
    for (let at = 0; at < 12; at++) {
      server.time.now = (await dueMail(server.context))!;
      await offer(DOWN);
    }
    expect((await dueMail(server.context))! - server.time.now).toBe(10 * MINUTE);
    server.time.now = (await dueMail(server.context))!;
    expect((await rows()).map(({ attempts }) => attempts)).toEqual([0, 0]);
    await offer(SENT);
    expect(await take()).toHaveLength(1);
  });

  test('a refusal is in the object, in a notice and in a mail to who has sent it, once', async () => {
    await put();
    const before = await onlyEvent(server, 'alice');
    await offer(REFUSED);
    const after = await onlyEvent(server, 'alice');
    expect(after.text).toMatch(/SCHEDULE-STATUS="?5\.2"?:mailto:far/);
    expect(after.tag).toBe(before.tag);
    const folder = await server.request('PROPFIND', '/dav/calendars/alice/notification/', { headers: { depth: '1' } });
    const [path = ''] = folder.body.toString().match(/\/dav\/calendars\/alice\/notification\/[^<]+\.xml/) ?? [];
    const notice = (await server.request('GET', path)).body.toString();
    expect(notice).toContain('message-undelivered');
    expect(notice).toContain(FAR);
    expect(notice).toContain('550 5.1.1 no such user');
    expect(notice).toContain(AT);
    const [mail, ...more] = await take();
    expect(more).toEqual([]);
    expect(mail).toMatchObject({ method: 'NOTICE', recipient: 'mailto:alice@example.com' });
    expect(noticeOf(mail!.octets)).toMatchObject({ recipient: FAR, status: '5.2', summary: 'Plan', method: 'REQUEST' });
    const [message] = await rows();
    await noteUndelivered(server.context, {
      ...{ homeId: 'alice', uid: 'm', recipient: FAR, status: '5.1', reason: 'bounced', messageId: message!.id },
    });
    expect(await rows()).toHaveLength(2);
    // That this notice does not arrive is told nobody.
    await conclude(mail!, REFUSED);
    expect(await take()).toEqual([]);
  });

  test('what was sent and then comes back counts as never told', async () => {
    await put();
    const mail = await offer(SENT);
    await noteUndelivered(server.context, {
      ...{ homeId: 'alice', uid: 'm', recipient: FAR, status: '5.1', reason: 'mailbox\r\nfull', messageId: mail!.id },
    });
    expect((await rows())[0]).toMatchObject({ state: 'failed', outcome: 'mailbox full' });
    expect((await onlyEvent(server, 'alice')).text).toMatch(/SCHEDULE-STATUS="?5\.1"?:mailto:far/);
  });
});

describe('too much', () => {
  const guests = (count: number): readonly string[] =>
    Array.from({ length: count }, (_, at) => `mailto:guest${at}@example.org`);
  const again = async (limits: DavServerOptions['limits']): Promise<void> => {
    await server.close();
    await start({ ...(limits && { limits }) });
  };

  test('of an account within an hour, and within a day, waits, and is written down', async () => {
    await again({ mailsPerPersonPerHour: 4, mailsPerPersonPerDay: 6 });
    await put('One', guests(9));
    expect(await take()).toHaveLength(4);
    expect(await dueMail(server.context)).toBe(server.time.now + HOUR);
    server.time.now += HOUR;
    expect((await take()).filter(({ offers }) => offers === 0)).toHaveLength(4 + 2);
    server.time.now += DAY - 2 * HOUR;
    expect(new Set((await take(20)).map(({ recipient }) => recipient)).size).toBe(6);
    server.time.now += HOUR;
    expect(new Set((await take(20)).map(({ recipient }) => recipient)).size).toBe(9);
    expect((await lines()).filter((line) => line.startsWith('capped'))).toHaveLength(5);
  });

  test('to a domain within an hour waits', async () => {
    await again({ mailsPerDomainPerHour: 3 });
    await put('One', [...guests(5), 'mailto:near@example.net']);
    const taken = await take(20);
    expect(taken.map(({ domain }) => domain).toSorted()).toEqual([
      'example.net',
      ...['example.org', 'example.org', 'example.org'],
    ]);
    for (const mail of taken) await conclude(mail, SENT);
    expect(await take()).toEqual([]);
    server.time.now += HOUR + MINUTE;
    expect(await take()).toHaveLength(2);
  });

  test('that waits already: no message is made, and SCHEDULE-STATUS says so', async () => {
    await again({ mailsWaitingPerPerson: 2 });
    await put('One', guests(3));
    expect(await rows()).toHaveLength(2);
    const { text } = await onlyEvent(server, 'alice');
    expect(text.match(/SCHEDULE-STATUS="?1\.0/g)).toHaveLength(2);
    expect(text).toMatch(/SCHEDULE-STATUS="?5\.1"?:mailto:guest2/);
    expect((await lines()).at(-1)).toMatch(/^(capped|queued)/);
  });

  test('in an address that could break a command is no address', async () => {
    await put('One', ['mailto:a%0d%0aRCPT@example.org', 'mailto:nowhere', 'mailto:a@b@c', FAR]);
    expect((await rows()).map(({ recipient }) => recipient)).toEqual([FAR]);
    expect((await onlyEvent(server, 'alice')).text.match(/SCHEDULE-STATUS="?3\.7/g)).toHaveLength(3);
  });
});

test('octets of a message to many are stored once, and what is over and old is forgotten', async () => {
  await put('One', [FAR, 'mailto:near@example.net']);
  const { db } = server.context.store;
  const keys = await db.selectFrom('mail_messages').select('shared_key').distinct().execute();
  expect(keys).toHaveLength(1);
  for (const mail of await take()) await conclude(mail, SENT);
  await put('Two', [FAR, 'mailto:near@example.net']);
  for (const mail of await take()) await conclude(mail, SENT);
  server.time.now += DAY;
  const { signal } = new AbortController();
  // What each was told last stays while the meeting does.
  expect(await forgetMail(server.context, server.time.now, signal)).toBeGreaterThan(2);
  expect((await rows()).map(({ state }) => state)).toEqual(['sent', 'sent']);
  expect(await lines()).toEqual([]);
  await server.context.store.write((tx) => tx.deleteFrom('objects').execute());
  expect(await forgetMail(server.context, server.time.now, signal)).toBe(2);
});
