import { afterEach, beforeEach, expect, test } from 'vitest';

import { startDavServer, type DavServer } from '../dav-server.ts';
import { meeting, onlyEvent, pathsIn, putEvent } from './meeting.ts';
import { shareCalendar } from './shared-calendar.ts';

let server: DavServer;
beforeEach(async () => {
  server = await startDavServer({ users: ['alice', 'bob', 'dele'], limits: { resourcesPerCollection: 1 } });
});
afterEach(() => server.close());

test('who may write in a shared calendar invites in its owner’s name, and reads what was stored', async () => {
  const seen = await shareCalendar(server, { sharer: 'alice', sharee: 'dele', access: 'read-write' });
  const answer = await putEvent(server, `${seen}m.ics`, meeting('m', ['bob']), { as: 'dele' });
  expect([answer.status, answer.headers.etag]).toEqual([201, undefined]);
  expect((await onlyEvent(server, 'bob')).text).toContain('ORGANIZER:mailto:alice@example.com');
  const { text } = await onlyEvent(server, 'alice');
  expect(text).toMatch(/SCHEDULE-STATUS="?1\.2"?[^:]*:mailto:bob/);
  const read = await server.request('GET', `${seen}m.ics`, { as: 'dele' });
  expect(read.body.toString().replaceAll('\r\n ', '')).toBe(text);
  expect(read.headers['schedule-tag']).toBe(answer.headers['schedule-tag']);
  expect((await server.request('DELETE', `${seen}m.ics`, { as: 'dele' })).status).toBe(204);
  expect((await onlyEvent(server, 'bob')).text).toContain('STATUS:CANCELLED');
});

test('neither a lock nor a full calendar of who is invited holds an invitation up', async () => {
  const lock =
    '<D:lockinfo xmlns:D="DAV:"><D:lockscope><D:exclusive/></D:lockscope><D:locktype><D:write/></D:locktype></D:lockinfo>';
  const own = meeting('own', [])
    .replaceAll('alice@', 'bob@')
    .replace(/ORGANIZER[^\r]*\r\n/, '');
  expect((await putEvent(server, '/dav/calendars/bob/calendar/own.ics', own, { as: 'bob' })).status).toBe(201);
  const locked = await server.request('LOCK', '/dav/calendars/bob/calendar/', {
    as: 'bob',
    body: lock,
    headers: { 'content-type': 'application/xml' },
  });
  expect(locked.status).toBe(200);
  const answer = await putEvent(server, '/dav/calendars/alice/calendar/m.ics', meeting('m', ['bob']));
  expect(answer.status).toBe(201);
  expect(await pathsIn(server, 'bob', 'calendar')).toHaveLength(2);
  expect(await pathsIn(server, 'bob', 'inbox')).toHaveLength(1);
});
