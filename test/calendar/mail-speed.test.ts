import { afterEach, beforeEach, expect, test } from 'vitest';

import { newId } from '../../src/base/ids.ts';
import { takeMail } from '../../src/calendar/outgoing-mail.ts';
import { insertMails, mailsOf, type NewMail } from '../../src/store/mail-messages.ts';
import { keyOfShared } from '../../src/store/shared-octets.ts';
import { event, startDavServer, type DavServer } from '../dav-server.ts';
import { putEvent } from '../dav/meeting.ts';
import { cpu, idleMilliseconds, leastOf } from '../yardstick.ts';

let server: DavServer;
beforeEach(async () => {
  server = await startDavServer({ users: ['alice'] });
});
afterEach(() => server.close());

let count = 0;

/** CPU milliseconds of a PUT that invites so many people elsewhere. */
async function inviting(guests: number): Promise<number> {
  const uid = `m${(count += 1)}`;
  const people = Array.from({ length: guests }, (_, at) => `ATTENDEE;RSVP=TRUE:mailto:guest${at}@example.org`);
  const body = event(uid, 'ORGANIZER:mailto:alice@example.com', 'SUMMARY:Review', ...people);
  const before = cpu();
  expect((await putEvent(server, `/dav/calendars/alice/calendar/${uid}.ics`, body)).status).toBe(201);
  return cpu() - before;
}

/** Messages that wait, so many of one of the homes each. */
async function wait(homes: Readonly<Record<string, number>>): Promise<void> {
  const octets = new Uint8Array(Buffer.from('BEGIN:VCALENDAR'));
  await server.context.store.write(async (tx) => {
    const sharedKey = await keyOfShared(tx, { digest: 'waits', octets }, server.time.now);
    for (const [homeId, many] of Object.entries(homes)) {
      const rows = Array.from({ length: many }, (_, at): NewMail => {
        const address = `mailto:waits${at}@example.net`;
        return {
          ...{ id: newId(), homeId, uid: `waits${at % 50}`, instance: '', recipient: address, recipientKey: address },
          ...{ domain: 'example.net', method: 'REQUEST', sequence: 0, digest: 'd', resend: 0, state: 'queued' },
          ...{ why: 'invited', changes: '[]', told: '{}', baseline: undefined, sharedKey },
          ...{ createdAt: server.time.now, dueAt: server.time.now + at },
        };
      });
      await insertMails(tx, rows);
    }
  });
}

test('a meeting of 100 people elsewhere is queued in little time, with one copy of what they get', async () => {
  await inviting(100);
  const limit = idleMilliseconds(60);
  expect(await leastOf(8, limit / 2, () => inviting(100))).toBeLessThan(limit);
  const rows = await mailsOf(server.context.store.db, { homeId: 'alice', uid: `m${count}` });
  expect(rows).toHaveLength(100);
  const keys = await server.context.store.db
    .selectFrom('mail_messages')
    .select('shared_key')
    .where('uid', '=', `m${count}`)
    .distinct()
    .execute();
  expect(keys).toHaveLength(1);
});

test('10,000 messages that wait do not slow a PUT that makes one more, nor what takes them', async () => {
  const some = async (): Promise<number> => {
    let milliseconds = 0;
    for (let run = 0; run < 40; run++) milliseconds += await inviting(1);
    return milliseconds;
  };
  await some();
  const few = await leastOf(5, 0, some);
  await wait({ alice: 2500, bob: 4000, carol: 3500 });
  const many = await leastOf(8, 1.1 * few, some);
  expect(many).toBeLessThan(1.2 * few);
  server.time.now += 10_000;
  const limit = idleMilliseconds(100);
  const taking = async (): Promise<number> => {
    const before = cpu();
    for (let at = 0; at < 10; at++) expect(await takeMail(server.context, { limit: 20 })).toHaveLength(20);
    return cpu() - before;
  };
  expect(await leastOf(5, limit / 2, taking)).toBeLessThan(limit);
});
