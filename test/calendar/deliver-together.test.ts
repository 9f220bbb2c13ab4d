import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import { asPrincipalId } from '../../src/base/ids.ts';
import { deliver, startDelivery, type Sending } from '../../src/calendar/deliver.ts';
import { deliverAll } from '../../src/calendar/deliver-together.ts';
import { refreshCopies } from '../../src/calendar/refresh-copies.ts';
import { parseCalendars } from '../../src/ical/parse.ts';
import { organizerChanges } from '../../src/itip/organizer-changes.ts';
import { copiesToRefresh, noteCopiesToRefresh } from '../../src/store/copies-to-refresh.ts';
import { memoryOf, objectsOfUid } from '../../src/store/scheduling.ts';
import { meeting, onlyEvent, pathsIn, putEvent } from '../dav/meeting.ts';
import { startDavServer, type DavServer } from '../dav-server.ts';

const GUESTS = Array.from({ length: 14 }, (_, at) => `guest${at}`);
const AT = '/dav/calendars/alice/calendar/m.ics';

let server: DavServer;
beforeEach(async () => {
  server = await startDavServer({ users: ['alice', ...GUESTS] });
});
afterEach(() => server.close());

async function answer(who: string, partstat: string): Promise<number> {
  const { path, text } = await onlyEvent(server, who);
  const own = new RegExp(`ATTENDEE[^:\\r]*:mailto:${who}@example\\.com`);
  const body = text.replace(own, `ATTENDEE;PARTSTAT=${partstat}:mailto:${who}@example.com`);
  return (await putEvent(server, path, body, { as: who })).status;
}

/** All that a person has of the meeting, and has been told. */
async function stateOf(who: string): Promise<unknown> {
  const { db } = server.context.store;
  const objects = await objectsOfUid(db, who, 'm');
  const items = await Promise.all(
    (await pathsIn(server, who, 'inbox')).map(async (path) =>
      (await server.request('GET', path, { as: who })).body.toString(),
    ),
  );
  const { past, used } = await db
    .selectFrom('collections')
    .select((eb) => [eb.fn.sum<number>('past').as('past'), eb.fn.sum<number>('used').as('used')])
    .where('home_id', '=', who)
    .executeTakeFirstOrThrow();
  return {
    objects: objects.map(({ octets, etag, scheduleTag, seq, createdSeq }) => ({
      ...{ octets: Buffer.from(octets).toString(), etag, isScheduled: scheduleTag !== undefined, seq, createdSeq },
    })),
    indexed: await db
      .selectFrom('objects')
      .select(['first_at', 'last_at', 'floating', 'exact'])
      .where('home_id', '=', who)
      .where('uid', '=', 'm')
      .execute(),
    ...{ items: items.sort(), memory: await memoryOf(db, who, 'm'), past, used },
  };
}
const states = () => Promise.all(GUESTS.map(stateOf));

describe('one message to many', () => {
  const ME = (address: string): boolean => address === 'mailto:alice@example.com';
  const calendarOf = (more: string) => parseCalendars(Buffer.from(meeting('m', GUESTS.slice(0, 6), more))).calendars[0];
  /** An invitation, a change, an answer, a change that asks anew, the end, and an invitation again. */
  const steps = [undefined, '', 'LOCATION:Room 1', 'RRULE:FREQ=DAILY;COUNT=3', 'STATUS:CANCELLED', ''];

  async function told(way: 'together' | 'alone', upTo: number): Promise<unknown> {
    const { context } = server;
    for (let at = 1; at <= upTo; at += 1) {
      const [before, after] = [steps[at - 1], steps[at]].map((more) => (more === undefined ? more : calendarOf(more)));
      const { messages } = organizerChanges(before, after, { me: ME, now: context.clock() });
      await context.store.write(async (tx) => {
        const by = { principalId: asPrincipalId('alice'), deviceId: undefined, origin: 'client' as const };
        const delivery = startDelivery(context, tx, { by, senderId: 'alice' });
        const sendings: Sending[] = messages.map(({ to, message, quiet }) => ({
          to,
          message,
          quiet,
          senderId: 'alice',
        }));
        if (way === 'together') await deliverAll(delivery, sendings);
        else for (const sending of sendings) await deliver(delivery, sending);
      });
      server.time.now += 60_000;
      // One of them has answered by then, and another has thrown it away.
      if (at === 2) {
        await answer('guest1', 'ACCEPTED');
        await server.request('DELETE', (await onlyEvent(server, 'guest2')).path, { as: 'guest2' });
      }
    }
    return states();
  }

  test.each(steps.map((_, at) => at).slice(1))('does to each what it does to one alone: step %i', async (upTo) => {
    const start = server.time.now;
    const alone = await told('alone', upTo);
    await server.close();
    server = await startDavServer({ users: ['alice', ...GUESTS] });
    server.time.now = start;
    expect(await told('together', upTo)).toEqual(alone);
  });

  test('is stored once', async () => {
    await putEvent(server, AT, meeting('m', GUESTS));
    const { db } = server.context.store;
    const shared = await db.selectFrom('shared_octets').select('key').execute();
    const using = await db.selectFrom('objects').select('id').where('shared_key', 'is not', null).execute();
    expect([shared.length, using.length]).toEqual([2, GUESTS.length * 2]);
  });
});

describe('an answer to a large meeting', () => {
  const refreshAll = async () => (await Array.fromAsync(refreshCopies(server.context))).map(({ fault }) => fault);
  const noted = () => copiesToRefresh(server.context.store.db, { limit: 9 });
  const seenBy = async (who: string): Promise<string> => (await onlyEvent(server, who)).text;

  test('is with the organizer at once, and with the others in one go', async () => {
    await putEvent(server, AT, meeting('m', GUESTS));
    expect(await answer('guest0', 'ACCEPTED')).toBe(204);
    expect(await answer('guest1', 'DECLINED')).toBe(204);
    const atOrganizer = (await onlyEvent(server, 'alice')).text;
    expect(atOrganizer).toMatch(/ATTENDEE[^\r]*PARTSTAT=ACCEPTED[^\r]*guest0@/);
    expect(await noted()).toEqual([{ homeId: 'alice', uid: 'm' }]);
    expect(await seenBy('guest5')).not.toContain('DECLINED');
    const { tag, etag } = await onlyEvent(server, 'guest5');
    expect(await refreshAll()).toEqual([undefined]);
    for (const who of GUESTS) {
      const text = await seenBy(who);
      expect(text).toMatch(/ATTENDEE[^\r]*PARTSTAT=ACCEPTED[^\r]*guest0@/);
      expect(text).toMatch(/ATTENDEE[^\r]*PARTSTAT=DECLINED[^\r]*guest1@/);
      expect((await pathsIn(server, who, 'inbox')).length).toBe(1);
    }
    const after = await onlyEvent(server, 'guest5');
    expect([after.tag, after.etag === etag]).toEqual([tag, false]);
    expect(await noted()).toEqual([]);
  });

  test('brings nothing back to who has thrown it away, and tells nobody of a meeting that is gone', async () => {
    await putEvent(server, AT, meeting('m', GUESTS));
    await server.request('DELETE', (await onlyEvent(server, 'guest3')).path, { as: 'guest3' });
    await refreshAll();
    expect(await pathsIn(server, 'guest3', 'calendar')).toEqual([]);
    await answer('guest0', 'ACCEPTED');
    await server.request('DELETE', AT);
    const before = await states();
    await refreshAll();
    expect(await states()).toEqual(before);
    expect(await noted()).toEqual([]);
  });

  test('that cannot be shown holds up no other, and is shown the next time', async () => {
    for (const uid of ['m', 'n']) {
      await putEvent(server, `/dav/calendars/alice/calendar/${uid}.ics`, meeting(uid, GUESTS));
      const { store } = server.context;
      await store.write((tx) => noteCopiesToRefresh(tx, { homeId: 'alice', uid }, server.time.now));
    }
    const fault = new Error('The disk is full');
    vi.spyOn(server.context.store, 'write').mockRejectedValueOnce(fault);
    expect(await refreshAll()).toEqual([fault, undefined]);
    expect(await noted()).toEqual([{ homeId: 'alice', uid: 'm' }]);
    expect(await refreshAll()).toEqual([undefined]);
    expect(await noted()).toEqual([]);
  });

  test('of a small one is with all at once', async () => {
    await putEvent(server, AT, meeting('m', GUESTS.slice(0, 5)));
    await answer('guest0', 'ACCEPTED');
    expect(await seenBy('guest4')).toContain('ACCEPTED');
    expect(await noted()).toEqual([]);
  });
});
