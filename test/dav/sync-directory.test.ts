import { describe, expect, test } from 'vitest';

import { forgetRemoved } from '../../src/calendar/forget-removed.ts';
import { removePrincipal } from '../../src/calendar/remove-principal.ts';
import { setPasswordHash } from '../../src/store/principals.ts';
import { startDavServer, type DavServer } from '../dav-server.ts';
import { BOOK, savePeople, startWithPeople } from './directory-people.ts';
import { report, statuses } from './reports/report-client.ts';

const DAY = 86_400_000;

interface Sync {
  readonly status: number;
  /** Id to status. */
  readonly told: Readonly<Record<string, number>>;
  readonly token: string;
  readonly text: string;
}

async function sync(server: DavServer, token = '', limit?: number, props = '<D:getetag/>'): Promise<Sync> {
  const bound = limit === undefined ? '' : `<D:limit><D:nresults>${limit}</D:nresults></D:limit>`;
  const { status, text } = await report(
    server,
    BOOK,
    '<D:sync-collection xmlns:D="DAV:" xmlns:CR="urn:ietf:params:xml:ns:carddav">' +
      `<D:sync-token>${token}</D:sync-token><D:sync-level>1</D:sync-level>${bound}<D:prop>${props}</D:prop>` +
      '</D:sync-collection>',
  );
  const told = Object.fromEntries(
    Object.entries(statuses(text)).map(([href, each]) => [href.slice(BOOK.length).replace('.vcf', ''), each]),
  );
  return { status, told, token: /<D:sync-token>([^<]*)</.exec(text)?.[1] ?? '', text };
}

async function withServer(work: (server: DavServer) => Promise<void>, start = startWithPeople): Promise<void> {
  const server = await start();
  try {
    await work(server);
  } finally {
    await server.close();
  }
}

const remove = (server: DavServer, id: string) => removePrincipal(server.context, { id: id as never });

test('begins with everybody, and then tells nothing', () =>
  withServer(async (server) => {
    const first = await sync(server);
    expect(first.told).toEqual({ ada: 200, alice: 200, 'big%20room': 200, bob: 200, team: 200 });
    expect(first.token).toMatch(/^data:,/);
    const second = await sync(server, first.token);
    expect([second.status, second.told, second.token]).toEqual([207, {}, first.token]);
  }));

test('tells who came, changed and went, each once, and groups whose members did', () =>
  withServer(async (server) => {
    const { token } = await sync(server);
    await savePeople(server, { id: 'carol', kind: 'user' }, { id: 'bob', kind: 'user', name: 'Bob B.' });
    await savePeople(server, { id: 'bob', kind: 'user', name: 'Bob C.' });
    await remove(server, 'ada');
    const next = await sync(server, token);
    expect(next.told).toEqual({ carol: 200, bob: 200, ada: 404, team: 200 });
    expect((await sync(server, next.token)).told).toEqual({});
  }));

test('tells of one who went and came again as a change', () =>
  withServer(async (server) => {
    const { token } = await sync(server);
    await remove(server, 'ada');
    await savePeople(server, { id: 'ada', kind: 'user', name: 'Another Ada' });
    expect((await sync(server, token)).told).toEqual({ team: 200, ada: 200 });
  }));

test('says nothing of a password', () =>
  withServer(async (server) => {
    const { token } = await sync(server);
    await server.context.store.write((tx) => setPasswordHash(tx, 'alice', 'hash', server.time.now));
    expect(await sync(server, token)).toMatchObject({ told: {}, token });
  }));

test('gives the cards themselves where they are asked for', () =>
  withServer(async (server) => {
    const { text } = await sync(server, '', undefined, '<CR:address-data version="4.0"/>');
    expect(text.match(/VERSION:4\.0/g)?.length).toBe(5);
  }));

describe('in parts', () => {
  test('an initial list comes whole, and what changes meanwhile comes after it', () =>
    withServer(async (server) => {
      const first = await sync(server, '', 2);
      expect(first.told).toEqual({ ada: 200, alice: 200, '': 507 });
      await savePeople(server, { id: 'aaron', kind: 'user' });
      await remove(server, 'ada');
      const second = await sync(server, first.token, 2);
      expect(second.told).toEqual({ 'big%20room': 200, bob: 200, '': 507 });
      const third = await sync(server, second.token, 2);
      expect(third.told).toEqual({ team: 200 });
      const fourth = await sync(server, third.token);
      expect(fourth.told).toEqual({ aaron: 200, ada: 404, team: 200 });
    }));

  test('so do changes, however small the parts', () =>
    withServer(async (server) => {
      let { token } = await sync(server);
      await savePeople(server, ...['x', 'y', 'z'].map((id) => ({ id, kind: 'user' as const })));
      await remove(server, 'bob');
      const told: string[] = [];
      for (let more = true; more;) {
        const part = await sync(server, token, 1);
        told.push(...Object.keys(part.told).filter((id) => id !== ''));
        more = part.told[''] === 507;
        token = part.token;
      }
      expect(told).toEqual(['x', 'y', 'z', 'bob']);
      expect((await sync(server, token)).told).toEqual({});
    }));
});

describe('a token', () => {
  test('of another collection, another database, another form, the future or nobody is not valid', () =>
    withServer(async (server) => {
      const { token } = await sync(server);
      const wrong = [
        'data:,',
        'nonsense',
        token.replace(/directory-\d+/, 'other'),
        token.replace(/directory-\d+/, 'directory-999'),
        token.replace(/,[^:]+/, ',epoch'),
        `${token}0`,
        `${token}:%00`,
        `${token}:%E0`,
        token.replace(/\d+$/, '-1'),
      ];
      for (const each of wrong) {
        const { status, text } = await sync(server, each);
        expect([status, text.includes('<D:valid-sync-token/>')], each).toEqual([403, true]);
      }
    }));

  test('is good until what it does not know was forgotten', () =>
    withServer(async (server) => {
      const { token: old } = await sync(server);
      await savePeople(server, { id: 'carol', kind: 'user' });
      server.time.now += 100 * DAY;
      await savePeople(server, { id: 'dora', kind: 'user' });
      const { token: recent } = await sync(server, old);
      await Array.fromAsync(forgetRemoved(server.context, server.time.now - 50 * DAY));
      expect((await sync(server, old)).status).toBe(403);
      expect((await sync(server, recent)).told).toEqual({});
      expect((await sync(server)).told).toMatchObject({ carol: 200, dora: 200 });
    }));
});

test('an address book of several pages is told whole, and so is a group', () =>
  withServer(
    async (server) => {
      const many = Array.from({ length: 2600 }, (_, at) => ({
        id: `p${at}`,
        kind: 'user' as const,
        name: `Person ${at}`,
      }));
      for (let from = 0; from < many.length; from += 1000) await savePeople(server, ...many.slice(from, from + 1000));
      const { told } = await sync(server);
      expect(Object.keys(told).length).toBe(2602);
      await savePeople(server, { id: 'everybody', kind: 'group', members: many.map(({ id }) => id) });
      const group = (await server.request('GET', `${BOOK}everybody.vcf`)).body.toString();
      expect(new Set(group.match(/(?<=MEMBER:urn:uuid:)[0-9a-f-]{36}/g)).size).toBe(2600);
    },
    () => startDavServer(),
  ));
