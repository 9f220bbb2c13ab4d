import { afterEach, beforeEach, expect, test } from 'vitest';

import { collectionAt } from '../../src/calendar/collections.ts';
import { getPrincipal } from '../../src/calendar/principals.ts';
import { putObject } from '../../src/calendar/put-object.ts';
import { event, startDavServer, type DavServer } from '../dav-server.ts';

let server: DavServer;
beforeEach(async () => {
  server = await startDavServer();
  await server.request('MKCALENDAR', '/dav/calendars/alice/work/');
});
afterEach(() => server.close());

/** A PUT that has been read and checked when something else happens, and is written after it. */
async function putWhile(meanwhile: () => Promise<unknown>): Promise<void> {
  const write: typeof server.context.store.write = async (work, options) => {
    await meanwhile();
    return server.context.store.write(work, options);
  };
  const context = { ...server.context, store: { ...server.context.store, write } };
  const actor = { id: 'alice' as never, admin: false, adminReadOnly: false, deviceId: undefined };
  const owner = (await getPrincipal(context, 'alice'))!;
  const collection = (await collectionAt(context, 'alice', 'work'))!;
  const octets = Buffer.from(event('kept'));
  const request = { actor, owner, collection, name: 'a.ics', octets, unchanged: [] };
  await putObject(context, { ...request, check: () => undefined });
}

test('an object that is put into a calendar while that is renamed goes along with it', async () => {
  const headers = { destination: '/dav/calendars/alice/renamed/' };
  await putWhile(() => server.request('MOVE', '/dav/calendars/alice/work/', { headers }));
  expect((await server.request('GET', '/dav/calendars/alice/renamed/a.ics')).body.toString()).toBe(event('kept'));
});

test('one that is put into a calendar while that is deleted is refused, and nothing is left of it', async () => {
  await expect(putWhile(() => server.request('DELETE', '/dav/calendars/alice/work/'))).rejects.toThrow(
    'does not exist any more',
  );
  const rows = await server.context.store.db.selectFrom('objects').select('name').where('name', '=', 'a.ics').execute();
  expect(rows).toEqual([]);
});
