import { afterEach, beforeEach, expect, test } from 'vitest';

import { asPrincipalId } from '../../src/base/ids.ts';
import { setAccessControlList, type Ace } from '../../src/calendar/access-control.ts';
import { collectionsOf } from '../../src/calendar/collections.ts';
import { savePrincipal, setDelegates } from '../../src/store/principals.ts';
import { queuedMessages } from '../../src/store/mail-messages.ts';
import { startDavServer, type DavServer } from '../dav-server.ts';
import { meeting, onlyEvent, pathsIn, putEvent } from './meeting.ts';

const PATH = '/dav/calendars/alice/calendar/m.ics';

let server: DavServer;
beforeEach(async () => {
  server = await startDavServer({ users: ['alice', 'bob', 'sec', 'eve'] });
  await server.context.store.write((tx) => setDelegates(tx, 'alice', { read: ['eve'], write: ['sec'] }, 0));
});
afterEach(() => server.close());

/** Makes the list of one of somebody's collections this one. */
async function grant(owner: string, uri: string, aces: readonly Omit<Ace, 'principal'>[], to = 'eve'): Promise<void> {
  const id = asPrincipalId(owner);
  const collection = (await collectionsOf(server.context, id)).find((each) => each.uri === uri);
  if (collection === undefined) throw new Error(`${owner} has no ${uri}`);
  await setAccessControlList(server.context, {
    ...{ actor: { id, admin: false, adminReadOnly: false, deviceId: undefined }, collection, check: () => undefined },
    aces: aces.map((ace) => ({ ...ace, principal: { kind: 'principal', id: to } })),
  });
}

const answered = (text: string, partstat: string): string =>
  text.replace(/ATTENDEE([^\n]*):mailto:bob@/, `ATTENDEE;PARTSTAT=${partstat}:mailto:bob@`);

test('a delegate invites in the manager’s name, and the message says who has sent it', async () => {
  expect((await putEvent(server, PATH, meeting('m', ['bob', 'x']), { as: 'sec' })).status).toBe(201);
  const { text } = await onlyEvent(server, 'bob');
  expect(text).toContain('ORGANIZER;SENT-BY="mailto:sec@example.com":mailto:alice@example.com');
  const own = (await onlyEvent(server, 'alice')).text;
  expect(own).toContain('ORGANIZER:mailto:alice@example.com');
  const [mail] = await queuedMessages(server.context.store.db, 'alice');
  expect(Buffer.from(mail?.octets ?? []).toString()).toContain('SENT-BY="mailto:sec@example.com"');
  expect(await pathsIn(server, 'sec', 'calendar')).toEqual([]);
});

test('a meeting that the delegate’s program makes the delegate’s is the manager’s, but not a copy of the delegate’s own', async () => {
  const mine = (uid: string) => meeting(uid, ['bob']).replaceAll('mailto:alice@', 'mailto:sec@');
  expect((await putEvent(server, PATH, mine('m'), { as: 'sec' })).status).toBe(201);
  const organizer = /ORGANIZER[^\n]*SENT-BY="mailto:sec@example\.com"[^\n]*:mailto:alice@example\.com/;
  expect((await onlyEvent(server, 'alice')).text).toMatch(organizer);
  expect((await onlyEvent(server, 'bob')).text).toMatch(organizer);
  const own = '/dav/calendars/sec/calendar/own.ics';
  expect((await putEvent(server, own, mine('own'), { as: 'sec' })).status).toBe(201);
  const before = await pathsIn(server, 'bob', 'inbox');
  const copy = '/dav/calendars/alice/calendar/own.ics';
  expect((await putEvent(server, copy, mine('own'), { as: 'sec' })).status).toBe(201);
  const read = await server.request('GET', copy, { as: 'alice' });
  expect(read.body.toString()).toContain('ORGANIZER:mailto:sec@example.com');
  expect(await pathsIn(server, 'bob', 'inbox')).toEqual(before);
});

test('what the delegate’s client says in SENT-BY stays, and the manager’s own messages name nobody else', async () => {
  const sent = meeting('m', ['bob']).replace('ORGANIZER:', 'ORGANIZER;SENT-BY="mailto:sec@example.com":');
  expect((await putEvent(server, PATH, sent, { as: 'sec' })).status).toBe(201);
  const own = (await onlyEvent(server, 'alice')).text;
  expect(own).toContain('ORGANIZER;SENT-BY="mailto:sec@example.com":mailto:alice@example.com');
  const moved = own.replace('SENT-BY="mailto:sec@example.com"', 'CN=Alice').replace('T090000Z', 'T100000Z');
  expect((await putEvent(server, PATH, moved)).status).toBe(204);
  expect((await onlyEvent(server, 'bob')).text).toContain('ORGANIZER;CN=Alice:mailto:alice@example.com');
});

test('a delegate answers in the manager’s name, and the organizer sees who has done so', async () => {
  await server.context.store.write((tx) => setDelegates(tx, 'bob', { read: [], write: ['sec'] }, 0));
  await putEvent(server, PATH, meeting('m', ['bob']));
  const { path, text } = await onlyEvent(server, 'bob');
  expect((await putEvent(server, path, answered(text, 'ACCEPTED'), { as: 'sec' })).status).toBe(204);
  const own = (await onlyEvent(server, 'alice')).text;
  expect(own).toMatch(/ATTENDEE[^\n]*PARTSTAT=ACCEPTED[^\n]*:mailto:bob@/);
  expect(own).toMatch(/ATTENDEE[^\n]*SENT-BY="mailto:sec@example.com"[^\n]*:mailto:bob@/);
  const again = (await onlyEvent(server, 'bob')).text;
  expect((await putEvent(server, path, answered(again, 'DECLINED'), { as: 'bob' })).status).toBe(204);
  const then = (await onlyEvent(server, 'alice')).text;
  expect(then).toMatch(/PARTSTAT=DECLINED[^\n]*:mailto:bob@/);
  expect(then).not.toContain('SENT-BY');
});

test('a delegate may keep a copy of the manager’s meeting; who may only read may not', async () => {
  const copy = (who: string) =>
    putEvent(server, `/dav/calendars/${who}/calendar/c.ics`, meeting('c', ['bob']), { as: who });
  expect((await copy('sec')).status).toBe(201);
  const refused = await copy('eve');
  expect(refused.status).toBe(403);
  expect(refused.body.toString()).toContain('allowed-organizer-scheduling-object-change');
  expect(await pathsIn(server, 'bob', 'inbox')).toEqual([]);
  expect((await putEvent(server, PATH, meeting('m', ['bob']), { as: 'eve' })).status).toBe(403);
  expect(await pathsIn(server, 'alice', 'calendar')).toEqual([]);
});

test('who may write in a calendar and not send in its owner’s name changes no meeting that others are told of', async () => {
  await grant('alice', 'calendar', [{ deny: false, privileges: ['write', 'read'] }]);
  const refused = await putEvent(server, PATH, meeting('m', ['bob']), { as: 'eve' });
  expect(refused.status).toBe(403);
  const body = refused.body.toString();
  expect(body).toContain('need-privileges');
  expect(body).toContain('/dav/calendars/alice/outbox/<');
  expect(body).toContain('schedule-send-invite');
  expect(await pathsIn(server, 'bob', 'inbox')).toEqual([]);
  expect((await putEvent(server, PATH, meeting('m', []), { as: 'eve' })).status).toBe(201);
  await grant('alice', 'outbox', [{ deny: false, privileges: ['schedule-send-invite'] }]);
  expect((await putEvent(server, PATH, meeting('m', ['bob']), { as: 'eve' })).status).toBe(204);
  expect((await onlyEvent(server, 'bob')).text).toContain('SENT-BY="mailto:eve@example.com"');
  await grant('alice', 'outbox', [{ deny: false, privileges: ['schedule-send-reply'] }]);
  expect((await server.request('DELETE', PATH, { as: 'eve' })).status).toBe(403);
  expect((await onlyEvent(server, 'bob')).text).not.toContain('CANCELLED');
});

test('to answer in the owner’s name needs the privilege to send answers', async () => {
  await putEvent(server, PATH, meeting('m', ['bob']));
  const { path, text } = await onlyEvent(server, 'bob');
  await grant('bob', 'calendar', [{ deny: false, privileges: ['write', 'read'] }]);
  await grant('bob', 'outbox', [{ deny: false, privileges: ['schedule-send-invite'] }]);
  const refused = await putEvent(server, path, answered(text, 'ACCEPTED'), { as: 'eve' });
  expect([refused.status, refused.body.toString().includes('need-privileges')]).toEqual([403, true]);
  expect((await onlyEvent(server, 'alice')).text).not.toMatch(/PARTSTAT=ACCEPTED[^\n]*bob/);
  await grant('bob', 'outbox', [{ deny: false, privileges: ['schedule-send-reply'] }]);
  expect((await putEvent(server, path, answered(text, 'ACCEPTED'), { as: 'eve' })).status).toBe(204);
  expect((await onlyEvent(server, 'alice')).text).toMatch(/PARTSTAT=ACCEPTED[^\n]*bob/);
});

test('an inbox that denies somebody’s invitations gets none, and the organizer sees so', async () => {
  await grant('bob', 'inbox', [{ deny: true, privileges: ['schedule-deliver-invite'] }], 'alice');
  expect((await putEvent(server, PATH, meeting('m', ['bob', 'eve']))).status).toBe(201);
  expect((await onlyEvent(server, 'alice')).text).toMatch(/ATTENDEE[^\n]*SCHEDULE-STATUS=3\.8:mailto:bob@/);
  expect(await pathsIn(server, 'bob', 'calendar')).toEqual([]);
  expect(await pathsIn(server, 'bob', 'inbox')).toEqual([]);
  const { path, text } = await onlyEvent(server, 'eve');
  const accepted = text.replace(/ATTENDEE([^\n]*):mailto:eve@/, 'ATTENDEE;PARTSTAT=ACCEPTED:mailto:eve@');
  expect((await putEvent(server, path, accepted, { as: 'eve' })).status).toBe(204);
  expect(await pathsIn(server, 'bob', 'calendar')).toEqual([]);
});

test('an inbox that denies answers does not lose the invitation', async () => {
  await grant('alice', 'inbox', [{ deny: true, privileges: ['schedule-deliver-reply'] }], 'bob');
  await putEvent(server, PATH, meeting('m', ['bob']));
  const { path, text } = await onlyEvent(server, 'bob');
  expect((await putEvent(server, path, answered(text, 'ACCEPTED'), { as: 'bob' })).status).toBe(204);
  expect((await onlyEvent(server, 'bob')).text).toMatch(/ORGANIZER[^\n]*SCHEDULE-STATUS=3\.8/);
  expect((await onlyEvent(server, 'alice')).text).not.toMatch(/PARTSTAT=ACCEPTED[^\n]*bob/);
});

test('one person with several addresses is one, whichever a client writes', async () => {
  const { store, clock } = server.context;
  const two = { emails: ['alice@example.com', 'ally@example.com'] };
  await store.write((tx) => savePrincipal(tx, { id: 'alice', kind: 'user', ...two }, clock()));
  const body = meeting('m', ['ATTENDEE:/dav/principals/users/bob/', 'eve']).replace(
    'ORGANIZER:mailto:alice@',
    'ORGANIZER:mailto:ally@',
  );
  expect((await putEvent(server, PATH, body)).status).toBe(201);
  const { path, text } = await onlyEvent(server, 'bob');
  const guid = (await store.db.selectFrom('principals').select('guid').where('id', '=', 'eve').executeTakeFirst())
    ?.guid;
  // Apple's client names others as it knows them.
  const sent = answered(text, 'ACCEPTED')
    .replace('mailto:eve@example.com', `urn:uuid:${guid}`)
    .replace('mailto:ally@example.com', 'mailto:alice@example.com');
  expect((await putEvent(server, path, sent, { as: 'bob' })).status).toBe(204);
  const own = (await onlyEvent(server, 'alice')).text;
  expect(own).toMatch(/PARTSTAT=ACCEPTED[^\n]*bob/);
  const inboxes = [await pathsIn(server, 'bob', 'inbox'), await pathsIn(server, 'eve', 'inbox')];
  const rewritten = own
    .replace(/mailto:bob@example.com/, '/dav/principals/users/bob/')
    .replace('mailto:eve@example.com', `urn:x-uid:${guid}`);
  expect((await putEvent(server, PATH, rewritten)).status).toBe(204);
  expect((await onlyEvent(server, 'alice')).text).toMatch(/PARTSTAT=ACCEPTED[^\n]*bob/);
  expect([await pathsIn(server, 'bob', 'inbox'), await pathsIn(server, 'eve', 'inbox')]).toEqual(inboxes);
});
