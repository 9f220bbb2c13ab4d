import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import { removePrincipal } from '../../src/calendar/remove-principal.ts';
import { asPrincipalId } from '../../src/base/ids.ts';
import { queuedMessages } from '../../src/store/mail-messages.ts';
import { openStore } from '../../src/store/store.ts';
import { startDavServer, type DavServer, type DavServerOptions } from '../dav-server.ts';
import { postgresForTests } from '../postgres/database.ts';
import { meeting, onlyEvent, pathsIn, putEvent } from './meeting.ts';

const GUESTS = ['bob', 'carol', 'dora', 'emil'];
const AT = '/dav/calendars/alice/calendar/m.ics';

function together(engine: string, open: DavServerOptions['open']): void {
  describe(`everybody's copies are written together or not at all, on ${engine}`, () => {
    let server: DavServer;
    beforeEach(async () => {
      server = await startDavServer({ users: ['alice', ...GUESTS], ...(open && { open }) });
    });
    afterEach(async () => {
      vi.restoreAllMocks();
      await server.close();
    });

    const inbox = async (owner: string): Promise<number> => (await pathsIn(server, owner, 'inbox')).length;
    async function answer(as: string, partstat: string): Promise<number> {
      const { path, text } = await onlyEvent(server, as);
      const own = new RegExp(`ATTENDEE[^:\\r]*:mailto:${as}@example\\.com`);
      const body = text.replace(own, `ATTENDEE;PARTSTAT=${partstat}:mailto:${as}@example.com`);
      return (await putEvent(server, path, body, { as })).status;
    }

    test('answers at the same time: none is lost, none is told twice, and all copies agree', async () => {
      await putEvent(server, AT, meeting('m', GUESTS));
      const statuses = await Promise.all(GUESTS.map((guest) => answer(guest, 'ACCEPTED')));
      expect(statuses).toEqual(GUESTS.map(() => 204));
      for (const owner of ['alice', ...GUESTS]) {
        const { text } = await onlyEvent(server, owner);
        expect(text.match(/PARTSTAT=ACCEPTED/g)).toHaveLength(GUESTS.length + 1);
      }
      expect(await inbox('alice')).toBe(GUESTS.length);
      for (const guest of GUESTS) expect(await inbox(guest)).toBe(1);
    });

    test('two who invite each other at the same time both get through', async () => {
      const other = meeting('n', ['alice'])
        .replaceAll('ORGANIZER:mailto:alice', 'ORGANIZER:mailto:bob')
        .replace('ATTENDEE;PARTSTAT=ACCEPTED:mailto:alice@', 'ATTENDEE;PARTSTAT=ACCEPTED:mailto:bob@');
      const rounds = [0, 1, 2, 3, 4];
      const answers = await Promise.all(
        rounds.flatMap((round) => [
          putEvent(server, `/dav/calendars/alice/calendar/m${round}.ics`, meeting(`m${round}`, ['bob'])),
          putEvent(server, `/dav/calendars/bob/calendar/n${round}.ics`, other.replace('UID:n', `UID:n${round}`), {
            as: 'bob',
          }),
        ]),
      );
      expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 201));
      for (const owner of ['alice', 'bob']) {
        expect(await pathsIn(server, owner, 'calendar')).toHaveLength(2 * rounds.length);
        expect(await inbox(owner)).toBe(rounds.length);
      }
    });

    test('where a later step fails, nobody has anything of it', async () => {
      const write = server.context.store.write.bind(server.context.store);
      vi.spyOn(server.context.store, 'write').mockImplementationOnce((work, options) =>
        write(async (tx) => {
          await work(tx);
          throw new Error('The disk is full');
        }, options),
      );
      const guests = [...GUESTS, 'ATTENDEE:mailto:far@example.org'];
      expect((await putEvent(server, AT, meeting('m', guests))).status).toBe(500);
      for (const owner of ['alice', ...GUESTS]) {
        expect(await pathsIn(server, owner, 'calendar')).toEqual([]);
        expect(await inbox(owner)).toBe(0);
      }
      expect(await queuedMessages(server.context.store.db, 'alice')).toEqual([]);
      expect((await putEvent(server, AT, meeting('m', guests))).status).toBe(201);
      expect(await inbox('bob')).toBe(1);
    });

    test('the removal of a calendar cancels the meetings in it, and declines those of others', async () => {
      await putEvent(server, AT, meeting('m', ['bob']));
      await server.request('DELETE', '/dav/calendars/alice/calendar/');
      expect((await onlyEvent(server, 'bob')).text).toContain('STATUS:CANCELLED');
      const theirs = meeting('n', ['dora']).replaceAll('mailto:alice@', 'mailto:carol@');
      await putEvent(server, '/dav/calendars/carol/calendar/n.ics', theirs, { as: 'carol' });
      await server.request('DELETE', '/dav/calendars/dora/calendar/', { as: 'dora' });
      expect((await onlyEvent(server, 'carol')).text).toMatch(/PARTSTAT=DECLINED[^:]*:mailto:dora/);
    });

    test('so does the removal of an account, and what is to be mailed stays', async () => {
      await putEvent(server, AT, meeting('m', ['bob', 'ATTENDEE:mailto:far@example.org']));
      await removePrincipal(server.context, { id: asPrincipalId('alice') });
      expect((await onlyEvent(server, 'bob')).text).toContain('STATUS:CANCELLED');
      const queued = await queuedMessages(server.context.store.db, 'alice');
      expect(queued.map(({ method }) => method).toSorted()).toEqual(['CANCEL', 'REQUEST']);
    });

    test('a move to another calendar of the same person tells nobody, and keeps the schedule tag', async () => {
      await server.request('MKCALENDAR', '/dav/calendars/alice/more/');
      await putEvent(server, AT, meeting('m', ['bob']));
      const { tag } = await onlyEvent(server, 'alice');
      const headers = { destination: '/dav/calendars/alice/more/m.ics' };
      const moved = await server.request('MOVE', AT, { headers });
      expect([moved.status, moved.headers['schedule-tag']]).toEqual([201, tag]);
      expect(await inbox('bob')).toBe(1);
      expect((await onlyEvent(server, 'bob')).text).not.toContain('CANCELLED');
      const copy = { destination: '/dav/calendars/alice/calendar/copy.ics' };
      const copied = await server.request('COPY', '/dav/calendars/alice/more/m.ics', { headers: copy });
      expect(copied.status).toBe(403);
      expect(copied.body.toString()).toContain('unique-scheduling-object-resource');
    });
  });
}

together('SQLite', undefined);

const postgres = await postgresForTests();
if ('missing' in postgres) {
  describe.skip(`scheduling on PostgreSQL: not installed are ${postgres.missing}`, () => undefined);
} else {
  together('PostgreSQL', async (services) => openStore({ postgres: await postgres.create() }, services));
}
