import { describe, expect, test } from 'vitest';
import { homesOfUid } from '../../src/store/homes-of-uid.ts';
import { openStore } from '../../src/store/store.ts';
import { startDavServer, type DavServerOptions } from '../dav-server.ts';
import { meeting, putEvent } from '../dav/meeting.ts';
import { postgresForTests } from '../postgres/database.ts';

function knowsHomes(engine: string, open?: DavServerOptions['open']): void {
  test(`the homes that have a UID, or have said something about it, on ${engine}`, async () => {
    const server = await startDavServer({ users: ['alice', 'bob'], ...(open && { open }) });
    try {
      const at = '/dav/calendars/alice/calendar/m.ics';
      await putEvent(server, at, meeting('m', ['bob', 'ATTENDEE:mailto:far@example.org']));
      const { db } = server.context.store;
      expect(await homesOfUid(db, 'm')).toEqual(['alice', 'bob']);
      await server.request('DELETE', at);
      expect(await homesOfUid(db, 'm')).toEqual(['alice', 'bob']);
      expect(await homesOfUid(db, 'other')).toEqual([]);
    } finally {
      await server.close();
    }
  });
}

knowsHomes('SQLite');
const postgres = await postgresForTests();
if ('missing' in postgres) {
  describe.skip(`homes of a UID on PostgreSQL: not installed are ${postgres.missing}`, () => undefined);
} else {
  knowsHomes('PostgreSQL', async (services) => openStore({ postgres: await postgres.create() }, services));
}
