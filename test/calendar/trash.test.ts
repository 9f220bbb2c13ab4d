import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DAY } from '../../src/base/clock.ts';
import { BadRequest, Refusal } from '../../src/base/refusal.ts';
import { auditLog } from '../../src/calendar/audit.ts';
import { collectionAt } from '../../src/calendar/collections.ts';
import { historyOf, versionOf } from '../../src/calendar/history.ts';
import { importObject } from '../../src/calendar/import-object.ts';
import { restoreAsOf } from '../../src/calendar/restore-collection.ts';
import { restoreObject } from '../../src/calendar/restore-object.ts';
import { emptyTrash, restoreFromTrash, trashOf } from '../../src/calendar/trash.ts';
import { plainBelow } from '../../src/store/plain-collections.ts';
import { setDelegates } from '../../src/store/principals.ts';
import { multistatus, propfind, syncCollection } from '../dav-client.ts';
import { CALENDAR_TYPE, event, startDavServer, START, XML, type DavServer } from '../dav-server.ts';

let server: DavServer;
beforeEach(async () => {
  server = await startDavServer({ settings: { historyDays: 90 } });
});
afterEach(() => server.close());

const actor = { id: 'alice' as never, admin: false, adminReadOnly: false, deviceId: undefined };
const BOB = { ...actor, id: 'bob' as never };
const HOME = '/dav/calendars/alice/';
const PATH = `${HOME}calendar/`;

async function put(path: string, uid: string, text = '', path2 = PATH): Promise<string> {
  server.time.now += 1000;
  const answer = await server.request('PUT', path2 + path, {
    headers: CALENDAR_TYPE,
    body: event(uid, `SUMMARY:${text}`),
  });
  expect(answer.status).toBeLessThan(300);
  return String(answer.headers['etag']);
}

async function remove(path: string, from = PATH): Promise<void> {
  server.time.now += 1000;
  expect((await server.request('DELETE', from + path)).status).toBe(204);
}

const get = (path: string) => server.request('GET', PATH + path);
const trash = () => trashOf(server.context, actor, 'alice');
const restore = (id: string) => restoreFromTrash(server.context, { actor, homeId: 'alice', id });

async function sync(path: string, token?: string) {
  const answer = await server.request('REPORT', path, syncCollection(token));
  const { entries, syncToken } = multistatus(answer.body);
  return {
    names: entries.map(({ href, status }) => `${href} ${status ?? 200}`),
    token: syncToken,
  };
}

describe('an object that was deleted', () => {
  test('complaint 35: its UID is free at once, under the same name and another', async () => {
    await put('a.ics', 'u', 'one');
    await remove('a.ics');
    await put('a.ics', 'u', 'two');
    await remove('a.ics');
    await put('b.ics', 'u', 'three');
    expect((await trash()).map(({ name, uid }) => [name, uid])).toEqual([
      ['a.ics', 'u'],
      ['a.ics', 'u'],
    ]);
  });

  test('comes back octet for octet, with its entity tag and dead properties, and every sync token tells of it', async () => {
    const begun = (await sync(PATH)).token;
    const etag = await put('a.ics', 'u', 'one');
    const set =
      '<D:propertyupdate xmlns:D="DAV:" xmlns:X="urn:x"><D:set><D:prop><X:note>kept</X:note></D:prop></D:set></D:propertyupdate>';
    await server.request('PROPPATCH', `${PATH}a.ics`, { body: set, headers: XML });
    const { token: before } = await sync(PATH);
    const original = (await get('a.ics')).body;
    await remove('a.ics');
    const { token: between } = await sync(PATH);
    const [item] = await trash();
    expect(item).toMatchObject({ kind: 'object', name: 'a.ics', uid: 'u', deletedAt: server.time.now });
    await restore(item!.id);
    const answer = await get('a.ics');
    expect([answer.status, answer.headers['etag'], answer.body.equals(original)]).toEqual([200, etag, true]);
    const ask = '<D:propfind xmlns:D="DAV:" xmlns:X="urn:x"><D:prop><X:note/></D:prop></D:propfind>';
    const found = await server.request('PROPFIND', `${PATH}a.ics`, { body: ask, headers: { ...XML, depth: '0' } });
    expect(found.body.toString()).toContain('kept');
    for (const token of [begun, before, between]) expect((await sync(PATH, token)).names).toEqual([`${PATH}a.ics 200`]);
    expect(await trash()).toEqual([]);
    await expect(restore(item!.id)).rejects.toThrow(BadRequest);
  });

  test('comes back where its UID is now, and under another name where something else took its place', async () => {
    await put('a.ics', 'u', 'one');
    await remove('a.ics');
    await put('b.ics', 'u', 'two');
    const [first] = await trash();
    expect(await restore(first!.id)).toMatchObject({ name: 'b.ics' });
    expect((await get('b.ics')).body.toString()).toContain('SUMMARY:one');
    await remove('b.ics');
    await put('b.ics', 'other');
    const [second] = await trash();
    const { name } = await restore(second!.id);
    expect(name).not.toBe('b.ics');
    expect((await get(name)).body.toString()).toContain('SUMMARY:one');
    expect((await get('b.ics')).body.toString()).toContain('UID:other');
  });

  test('by a move is not in the trash', async () => {
    await server.request('MKCALENDAR', `${HOME}other/`);
    await put('a.ics', 'u');
    await server.request('MOVE', `${PATH}a.ics`, { headers: { destination: `${HOME}other/a.ics` } });
    expect(await trash()).toEqual([]);
    const changes = await historyOf(server.context, actor, { homeId: 'alice', uid: 'u' });
    expect(changes.map(({ kind }) => kind)).toEqual(['created', 'moved', 'created']);
  });

  test('is nobody else’s to see or restore', async () => {
    await put('a.ics', 'u');
    await remove('a.ics');
    const [item] = await trash();
    const request = { actor: BOB, homeId: 'alice', id: item!.id };
    await expect(trashOf(server.context, BOB, 'alice')).rejects.toThrow(Refusal);
    await expect(restoreFromTrash(server.context, request)).rejects.toThrow(Refusal);
    await expect(restoreObject(server.context, { actor: BOB, key: Number(item!.id) })).rejects.toThrow(Refusal);
    await expect(emptyTrash(server.context, BOB, { homeId: 'alice' })).rejects.toThrow(Refusal);
    // What is in one's own trash says nothing of another's.
    await expect(restoreFromTrash(server.context, { ...request, homeId: 'bob' })).rejects.toThrow(BadRequest);
  });
});

describe('a calendar that was deleted', () => {
  const WORK = `${HOME}work/`;
  const PROPS = ['displayname', 'A:calendar-color', 'X:note', 'C:supported-calendar-component-set'];

  async function deletedCalendar() {
    const body =
      '<C:mkcalendar xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav" xmlns:A="http://apple.com/ns/ical/" xmlns:X="urn:x"><D:set><D:prop>' +
      '<D:displayname>Work</D:displayname><A:calendar-color>#ff0000</A:calendar-color><X:note>kept</X:note>' +
      '<C:supported-calendar-component-set><C:comp name="VEVENT"/></C:supported-calendar-component-set>' +
      '</D:prop></D:set></C:mkcalendar>';
    expect((await server.request('MKCALENDAR', WORK, { body, headers: XML })).status).toBe(201);
    for (const name of ['a', 'b', 'c']) await put(`${name}.ics`, name, name, WORK);
    await remove('c.ics', WORK);
    const properties = await propertiesOf(WORK);
    const { token } = await sync(WORK);
    const { names } = await sync(WORK);
    await remove('', WORK);
    return { properties, token, names };
  }

  async function propertiesOf(path: string): Promise<string> {
    const ask =
      '<D:propfind xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav" xmlns:A="http://apple.com/ns/ical/" xmlns:X="urn:x"><D:prop>' +
      PROPS.map((name) => `<${name.includes(':') ? name : `D:${name}`}/>`).join('') +
      '</D:prop></D:propfind>';
    const { body } = await server.request('PROPFIND', path, { body: ask, headers: { ...XML, depth: '0' } });
    return /<D:prop>.*<\/D:prop>/s.exec(body.toString())?.[0] ?? '';
  }

  test('comes back with its properties and what it held, and the home’s sync tells of it', async () => {
    const { token: home } = await sync(HOME);
    const { properties, token, names } = await deletedCalendar();
    const { token: gone } = await sync(HOME, home);
    const [item, inside] = await trash();
    expect(item).toMatchObject({ kind: 'calendar', name: 'work', members: 2 });
    // What had been deleted in it before stays in the trash by itself.
    expect(inside).toMatchObject({ kind: 'object', name: 'c.ics' });
    expect(await restore(item!.id)).toMatchObject({ name: 'work', left: [] });
    expect(properties).toContain('kept');
    expect(await propertiesOf(WORK)).toBe(properties);
    expect((await sync(WORK)).names.sort()).toEqual(names.toSorted());
    expect((await sync(HOME, gone)).names.join()).toContain(WORK);
    // Nobody knows any more what a token from before would miss.
    expect((await server.request('REPORT', WORK, syncCollection(token))).status).toBe(403);
    expect((await trash()).map(({ name }) => name)).toEqual(['c.ics']);
    await restore(inside!.id);
    expect((await server.request('GET', `${WORK}c.ics`)).status).toBe(200);
  });

  test('comes back beside another at its URL, and its history and times go on', async () => {
    await deletedCalendar();
    const before = server.time.now - 1;
    expect((await server.request('MKCALENDAR', WORK)).status).toBe(201);
    const [item] = await trash();
    expect(await restore(item!.id)).toMatchObject({ name: 'work-2' });
    const back = `${HOME}work-2/`;
    server.time.now += 1000;
    await put('a.ics', 'a', 'changed', back);
    const collection = (await collectionAt(server.context, 'alice', 'work-2'))!;
    server.time.now += 1000;
    await restoreAsOf(server.context, { actor, collection, at: before });
    expect((await server.request('GET', `${back}a.ics`)).body.toString()).toContain('SUMMARY:a');
    const kinds = (await historyOf(server.context, actor, { homeId: 'alice', uid: 'a' })).map(({ kind }) => kind);
    expect(kinds).toEqual(['updated', 'updated', 'created', 'deleted-with-collection', 'created']);
  });

  test('an object of it is restored after its calendar only', async () => {
    await deletedCalendar();
    const inside = (await trash()).find(({ kind }) => kind === 'object');
    await expect(restore(inside!.id)).rejects.toThrow('restore the calendar from the trash first');
  });
});

describe('the trash', () => {
  test('is emptied for ever: no restore as of a time before brings it back', async () => {
    await put('a.ics', 'u', 'one');
    await put('a.ics', 'u', 'two');
    const at = server.time.now;
    await put('kept.ics', 'kept');
    await remove('a.ics');
    expect(await emptyTrash(server.context, actor, { homeId: 'alice' })).toEqual({ objects: 1, calendars: 0 });
    expect(await trash()).toEqual([]);
    expect(await historyOf(server.context, actor, { homeId: 'alice', uid: 'u' })).toEqual([]);
    const collection = (await collectionAt(server.context, 'alice', 'calendar'))!;
    const { restored, removed } = await restoreAsOf(server.context, { actor, collection, at });
    expect([restored, removed]).toEqual([[], ['kept.ics']]);
  });

  test('as of a time that is still to come, or longer ago than versions are kept, nothing is known', async () => {
    const collection = (await collectionAt(server.context, 'alice', 'calendar'))!;
    const at = (time: number) => restoreAsOf(server.context, { actor, collection, at: time });
    await expect(at(START + 1)).rejects.toThrow('still to come');
    await expect(at(START - 91 * DAY)).rejects.toThrow('kept for 90 days');
    await expect(restoreAsOf(server.context, { actor: BOB, collection, at: START })).rejects.toThrow(Refusal);
  });

  test('as of a time, what somebody has locked stays as it is, and is told', async () => {
    await put('a.ics', 'a', 'old');
    const at = server.time.now;
    await put('a.ics', 'a', 'new');
    await put('b.ics', 'b', 'new');
    await put('c.ics', 'c', 'new');
    const body =
      '<D:lockinfo xmlns:D="DAV:"><D:lockscope><D:exclusive/></D:lockscope><D:locktype><D:write/></D:locktype></D:lockinfo>';
    for (const name of ['a.ics', 'b.ics']) {
      const headers = { ...XML, depth: '0', timeout: 'Second-3600' };
      expect((await server.request('LOCK', PATH + name, { body, headers })).status).toBe(200);
    }
    const collection = (await collectionAt(server.context, 'alice', 'calendar'))!;
    const { restored, removed, left } = await restoreAsOf(server.context, { actor, collection, at });
    expect([restored, removed, left.map(({ name }) => name).toSorted()]).toEqual([[], ['c.ics'], ['a.ics', 'b.ics']]);
    expect(left[0]?.reason).toContain('locked');
  });

  test('as of a time, one object alone: by its UID', async () => {
    await put('a.ics', 'a', 'old');
    await put('b.ics', 'b', 'old');
    const at = server.time.now;
    await put('a.ics', 'a', 'new');
    await put('b.ics', 'b', 'new');
    const collection = (await collectionAt(server.context, 'alice', 'calendar'))!;
    expect((await restoreAsOf(server.context, { actor, collection, at, uid: 'a' })).restored).toEqual(['a.ics']);
    expect((await get('b.ics')).body.toString()).toContain('SUMMARY:new');
  });
});

test('M1: the audit log tells each change once, in order, without a word of what was written', async () => {
  await put('a.ics', 'u', 'secret');
  await put('a.ics', 'u', 'secret2');
  const patch =
    '<D:propertyupdate xmlns:D="DAV:"><D:set><D:prop><D:displayname>secret</D:displayname></D:prop></D:set></D:propertyupdate>';
  server.time.now += 1000;
  await server.request('PROPPATCH', PATH, { body: patch, headers: XML });
  await remove('a.ics');
  const [item] = await trash();
  server.time.now += 1000;
  await restore(item!.id);
  await server.request('MKCALENDAR', `${HOME}x/`);
  await server.request('MOVE', `${HOME}x/`, { headers: { destination: `${HOME}y/` } });
  await server.request('DELETE', `${HOME}y/`);
  const lines = [];
  for await (const line of auditLog(server.context, { actor, homeId: 'alice', since: START })) lines.push(line);
  expect(lines.map(({ act }) => act)).toEqual([
    ...['object-created', 'object-updated', 'calendar-changed', 'object-deleted'],
    ...['object-created', 'object-restored', 'calendar-created', 'calendar-renamed', 'calendar-removed'],
  ]);
  expect(lines.map(({ at }) => at)).toEqual(lines.map(({ at }) => at).toSorted((one, other) => one - other));
  expect(JSON.stringify(lines)).not.toContain('secret');
  expect(lines.every(({ by }) => by?.principalId === 'alice')).toBe(true);
  await expect(auditLog(server.context, { actor: BOB, homeId: 'alice', since: 0 }).next()).rejects.toThrow(Refusal);
  await expect(auditLog(server.context, { actor, since: 0 }).next()).rejects.toThrow(Refusal);
  expect((await server.request('PROPFIND', PATH, propfind('0', ['displayname']))).status).toBe(207);
});

test('a calendar that is being restored is not emptied away with the trash: what is still to come, comes', async () => {
  await server.request('MKCALENDAR', `${HOME}work/`);
  await put('w.ics', 'w', 'kept', `${HOME}work/`);
  expect((await server.request('DELETE', `${HOME}work/`)).status).toBe(204);
  const [item] = await trash();
  let writes = 0;
  // The calendar is there again, and then the process ends.
  const store = {
    ...server.context.store,
    write: ((work, options) => {
      writes += 1;
      return writes === 1 ? server.context.store.write(work, options) : Promise.reject(new Error('the end'));
    }) as typeof server.context.store.write,
  };
  const dying = { ...server.context, store };
  await expect(restoreFromTrash(dying, { actor, homeId: 'alice', id: item!.id })).rejects.toThrow('the end');
  await emptyTrash(server.context, actor, { homeId: 'alice' });
  await restore(item!.id);
  expect((await server.request('GET', `${HOME}work/w.ics`)).body.toString()).toContain('SUMMARY:kept');
});

test('who may read the home, and not write it, is told no past of what is private', async () => {
  server.time.now += 1000;
  for (const [name, more] of [
    ['open', []],
    ['closed', ['CLASS:PRIVATE']],
  ] as const) {
    for (const text of ['one', 'two']) {
      const body = event(name, `SUMMARY:${text}`, ...more);
      await server.request('PUT', `${PATH}${name}.ics`, { headers: CALENDAR_TYPE, body });
    }
  }
  await server.context.store.write((tx) => setDelegates(tx, 'alice', { read: ['bob'], write: [] }, server.time.now));
  const differencesOf = async (who: typeof actor, uid: string) => {
    const [last] = await historyOf(server.context, who, { homeId: 'alice', uid });
    return { differences: last!.differences.length, before: last!.before! };
  };
  const open = await differencesOf(BOB, 'open');
  const closed = await differencesOf(BOB, 'closed');
  expect([open.differences, closed.differences]).toEqual([1, 0]);
  expect((await differencesOf(actor, 'closed')).differences).toBe(1);
  expect(Buffer.from((await versionOf(server.context, BOB, open.before)).octets).toString()).toContain('SUMMARY:one');
  await expect(versionOf(server.context, BOB, closed.before)).rejects.toThrow(Refusal);
  expect((await versionOf(server.context, actor, closed.before)).uid).toBe('closed');
});

test('a line of the audit log is bounded, whatever the names are that a client makes up', async () => {
  const names = Array.from({ length: 150 }, (_, at) => `<X:${'n'.repeat(500)}${at}>x</X:${'n'.repeat(500)}${at}>`);
  const body = `<D:propertyupdate xmlns:D="DAV:" xmlns:X="urn:x"><D:set><D:prop>${names.join('')}</D:prop></D:set></D:propertyupdate>`;
  expect((await server.request('PROPPATCH', PATH, { body, headers: XML })).status).toBe(207);
  const lines = await Array.fromAsync(auditLog(server.context, { actor, homeId: 'alice', since: 0 }));
  const changed = lines.find(({ act }) => act === 'calendar-changed');
  expect(JSON.stringify(changed?.detail).length).toBeGreaterThan(10_000);
  expect(JSON.stringify(changed?.detail).length).toBeLessThan(30_000);
});

describe('files', () => {
  const FILES = '/dav/files/alice/';
  const HTML = { 'content-type': 'text/html; charset=iso-8859-1' };
  beforeEach(async () => {
    await server.close();
    server = await startDavServer({ settings: { historyDays: 90, files: true } });
    for (const folder of ['a/', 'a/b/']) await server.request('MKCOL', FILES + folder);
    for (const name of ['a/x.html', 'a/b/y.html']) {
      await server.request('PUT', FILES + name, { headers: HTML, body: name });
    }
  });
  const typeAndText = async (path: string) => {
    const answer = await server.request('GET', FILES + path);
    return [answer.status, answer.headers['content-type'], answer.body.toString()];
  };

  test('one that was deleted, or overwritten, comes back as what it was', async () => {
    await remove('x.html', `${FILES}a/`);
    const [item] = await trash();
    await restore(item!.id);
    expect(await typeAndText('a/x.html')).toEqual([200, HTML['content-type'], 'a/x.html']);
    const before = server.time.now;
    server.time.now += 1000;
    await server.request('PUT', `${FILES}a/x.html`, { headers: { 'content-type': 'text/plain' }, body: 'other' });
    const folder = (await collectionsBelow()).find(({ uri }) => uri === '/a')!;
    await restoreAsOf(server.context, { actor, collection: folder, at: before });
    expect(await typeAndText('a/x.html')).toEqual([200, HTML['content-type'], 'a/x.html']);
  });

  const collectionsBelow = () => plainBelow(server.context.store.db, 'alice', '/');

  test.each([
    ['a folder that is deleted', () => server.request('DELETE', `${FILES}a/`)],
    [
      'one that something else replaces',
      async () => {
        await server.request('PUT', `${FILES}a-new`, { headers: HTML, body: 'new' });
        await server.request('MOVE', `${FILES}a-new`, { headers: { destination: `${FILES}a` } });
        return server.request('DELETE', `${FILES}a`);
      },
    ],
  ] as const)('%s goes to the trash with all below it, and comes back so', async (_, act) => {
    server.time.now += 1000;
    expect((await act()).status).toBe(204);
    const items = (await trash()).filter(({ kind }) => kind === 'folder');
    expect(items.map(({ name, members }) => [name, members]).sort()).toEqual([
      ['/a', 1],
      ['/a/b', 1],
    ]);
    const inner = items.find(({ name }) => name === '/a/b')!;
    await expect(restore(inner.id)).rejects.toThrow('restore that first');
    await restore(items.find(({ name }) => name === '/a')!.id);
    expect(await typeAndText('a/x.html')).toEqual([200, HTML['content-type'], 'a/x.html']);
    expect(await typeAndText('a/b/y.html')).toEqual([200, HTML['content-type'], 'a/b/y.html']);
    expect((await trash()).filter(({ kind }) => kind === 'folder')).toEqual([]);
  });

  test('a folder does not come back over what stands there', async () => {
    await server.request('DELETE', `${FILES}a/`);
    await server.request('PUT', `${FILES}a`, { headers: HTML, body: 'new' });
    const item = (await trash()).find(({ name }) => name === '/a')!;
    await expect(restore(item.id)).rejects.toThrow('Something stands where it was');
    expect(await typeAndText('a')).toEqual([200, HTML['content-type'], 'new']);
  });
});

test('a subscription comes back within the bound of them', async () => {
  await server.close();
  server = await startDavServer({ settings: { historyDays: 90 }, limits: { subscriptionsPerHome: 1 } });
  const subscribe = (name: string) =>
    server.request('MKCALENDAR', `${HOME}${name}/`, {
      headers: XML,
      body: `<C:mkcalendar xmlns:C="urn:ietf:params:xml:ns:caldav" xmlns:D="DAV:" xmlns:CS="http://calendarserver.org/ns/"><D:set><D:prop><D:resourcetype><D:collection/><CS:subscribed/></D:resourcetype><CS:source><D:href>https://feed.example/a.ics</D:href></CS:source></D:prop></D:set></C:mkcalendar>`,
    });
  expect((await subscribe('one')).status).toBe(201);
  expect((await server.request('DELETE', `${HOME}one/`)).status).toBe(204);
  expect((await subscribe('two')).status).toBe(201);
  const [item] = await trash();
  await expect(restore(item!.id)).rejects.toThrow('at most 1 subscribed');
  expect((await server.request('DELETE', `${HOME}two/`)).status).toBe(204);
  await restore(item!.id);
  expect((await server.request('PROPFIND', `${HOME}one/`, propfind('0', ['displayname']))).status).toBe(207);
});

test('a large calendar is restored page by page, also where two have changed places from one page to another', async () => {
  const calendar = (await collectionAt(server.context, 'alice', 'calendar'))!;
  const count = 2100;
  const nameOf = (number: number): string => `${String(number).padStart(4, '0')}.ics`;
  const fill = (number: number, uid: string) =>
    importObject(server.context, { collection: calendar, name: nameOf(number), octets: Buffer.from(event(uid)) });
  for (let from = 0; from < count; from += 100) {
    await Promise.all(Array.from({ length: 100 }, (_, at) => fill(from + at, `u${from + at}`)));
  }
  const at = server.time.now;
  const last = count - 1;
  for (const number of [0, 1, last]) await remove(nameOf(number));
  await fill(0, `u${last}`);
  await fill(last, 'u0');
  await fill(count, 'new');
  server.time.now += 1000;
  const { restored, removed, left } = await restoreAsOf(server.context, { actor, collection: calendar, at });
  expect([restored.toSorted(), removed, left]).toEqual([[nameOf(0), nameOf(1), nameOf(last)], [nameOf(count)], []]);
  expect((await get(nameOf(0))).body.toString()).toBe(event('u0'));
  expect((await get(nameOf(last))).body.toString()).toBe(event(`u${last}`));
}, 60_000);
