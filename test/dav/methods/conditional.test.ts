import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import type { Answer, DavRequest } from '../../dav-client.ts';
import { multistatus, propfind } from '../../dav-client.ts';
import { CALENDAR_TYPE, event, startDavServer, XML, type DavServer } from '../../dav-server.ts';

let server: DavServer;
beforeAll(async () => {
  server = await startDavServer();
  await put(`${CALENDAR}a.ics`, event('a'));
  await server.request('MKCALENDAR', `${HOME}other/`);
});
afterAll(() => server.close());

const HOME = '/dav/calendars/alice/';
const CALENDAR = `${HOME}calendar/`;
const put = (path: string, body: string, headers: Record<string, string> = {}): Promise<Answer> =>
  server.request('PUT', path, { body, headers: { ...CALENDAR_TYPE, ...headers } });
const proppatch = (value: string): DavRequest => ({
  headers: XML,
  body: `<D:propertyupdate xmlns:D="DAV:"><D:set><D:prop><x xmlns="urn:x">${value}</x></D:prop></D:set></D:propertyupdate>`,
});
const send = (method: string, path: string, headers: Record<string, string>, request: DavRequest = {}) =>
  server.request(method, path, { ...request, headers: { ...request.headers, ...headers } });

async function propertyOf(path: string, name: string): Promise<string> {
  const { entries } = multistatus((await server.request('PROPFIND', path, propfind('0', [name]))).body);
  return entries[0]?.props.get(name) ?? '';
}
const etagOf = (path: string): Promise<string> => propertyOf(path, 'getetag');
const tokenOf = (path: string): Promise<string> => propertyOf(path, 'sync-token');

/** Conditions that do not hold for any resource of ours that exists. */
const FAILING = [
  ['If-Match', { 'if-match': '"stale"' }],
  ['If-Match with a list', { 'if-match': '"stale", "older"' }],
  ['If-Match with an unquoted word', { 'if-match': 'nothing' }],
  ['If-Unmodified-Since', { 'if-unmodified-since': 'Thu, 01 Jan 2004 00:00:00 GMT' }],
  ['If with an entity tag', { if: '(["stale"])' }],
  ['If with a state token', { if: '(<data:,stale>)' }],
] as const;

const DESTINATION = { destination: `${HOME}elsewhere/` };

/** A method on something that exists, and what it is sent with. */
const WRITES: readonly (readonly [string, string, DavRequest])[] = [
  ['PUT', `${CALENDAR}a.ics`, { body: event('a', 'SUMMARY:changed'), headers: CALENDAR_TYPE }],
  ['DELETE', `${CALENDAR}a.ics`, {}],
  ['DELETE', `${HOME}tasks/`, {}],
  ['PROPPATCH', `${CALENDAR}a.ics`, proppatch('1')],
  ['PROPPATCH', `${HOME}tasks/`, proppatch('1')],
  ['PROPPATCH', '/dav/principals/users/alice/', proppatch('1')],
  ['COPY', `${CALENDAR}a.ics`, { headers: { destination: `${HOME}other/a.ics` } }],
  ['MOVE', `${CALENDAR}a.ics`, { headers: { destination: `${CALENDAR}b.ics` } }],
  ['MOVE', `${HOME}tasks/`, { headers: DESTINATION }],
];

describe('a condition that fails is a 412 before anything is done (RFC 9110 §13.1)', () => {
  for (const [method, path, request] of WRITES) {
    const here = path.includes('principals') ? FAILING.filter(([name]) => name !== 'If-Unmodified-Since') : FAILING;
    test.each(here)(`${method} ${path} with %s`, async (_name, headers) => {
      const before = path.includes('principals') ? '' : await etagOf(path);
      expect((await send(method, path, headers, request)).status).toBe(412);
      if (before !== '') expect(await etagOf(path)).toBe(before);
    });
  }

  test.each(['GET', 'HEAD'])('%s of an object and of collections', async (method) => {
    for (const path of [`${CALENDAR}a.ics`, CALENDAR, HOME, `${HOME}inbox/`]) {
      for (const [name, headers] of FAILING) {
        expect((await send(method, path, headers)).status, `${path} ${name}`).toBe(412);
      }
    }
  });

  test('an If-None-Match that matches, on each method that writes', async () => {
    for (const [method, path, request] of WRITES) {
      for (const tag of path.includes('principals')
        ? ['*']
        : ['*', await etagOf(path), `"q", W/${await etagOf(path)}`]) {
        const answer = await send(method, path, { 'if-none-match': tag }, request);
        expect(answer.status, `${method} ${path} ${tag}`).toBe(412);
      }
    }
  });

  test('If-Match on what is not there yet', async () => {
    for (const value of ['*', '"x"']) {
      const headers = { 'if-match': value };
      expect((await put(`${CALENDAR}new.ics`, event('new'), headers)).status).toBe(412);
      expect((await send('MKCALENDAR', `${HOME}new/`, headers)).status).toBe(412);
    }
    expect((await server.request('GET', `${HOME}new/`)).status).toBe(404);
  });

  test('a stale tag is told before a body that is wrong', async () => {
    expect((await put(`${CALENDAR}a.ics`, 'no calendar', { 'if-match': '"stale"' })).status).toBe(412);
  });
});

test('a condition that holds lets the request through, be it on an object or a collection', async () => {
  await server.request('MKCALENDAR', `${HOME}made/`, { headers: { 'if-none-match': '*' } });
  for (const path of [`${HOME}made/`, `${CALENDAR}a.ics`]) {
    const headers = { 'if-match': `"other", ${await etagOf(path)}` };
    expect((await send('PROPPATCH', path, headers, proppatch('2'))).status).toBe(207);
    expect((await send('GET', path, { 'if-match': await etagOf(path) })).status).toBe(200);
  }
  const moved = await send('MOVE', `${HOME}made/`, {
    'if-match': await etagOf(`${HOME}made/`),
    destination: `${HOME}moved/`,
  });
  expect(moved.status).toBe(201);
  expect((await send('DELETE', `${HOME}moved/`, { if: `([${await etagOf(`${HOME}moved/`)}])` })).status).toBe(204);
});

describe('a sync token is a state token of its collection (RFC 6578 §5)', () => {
  test('what it guards is done as long as the collection has not changed', async () => {
    const headers = { if: `<${CALENDAR}> (<${await tokenOf(CALENDAR)}>)` };
    expect((await put(`${CALENDAR}guarded-1.ics`, event('guarded-1'), headers)).status).toBe(201);
    expect((await put(`${CALENDAR}guarded-2.ics`, event('guarded-2'), headers)).status).toBe(412);
  });

  test('with an absolute URL, and beside an entity tag', async () => {
    const url = `${server.url}${CALENDAR.slice(1)}`;
    const both = { if: `<${url}> (<${await tokenOf(CALENDAR)}> [${await etagOf(CALENDAR)}])` };
    expect((await send('DELETE', `${CALENDAR}guarded-1.ics`, both)).status).toBe(204);
    expect((await send('DELETE', `${CALENDAR}a.ics`, both)).status).toBe(412);
  });

  test('of many that were sent with one token exactly one is done', async () => {
    const headers = { if: `<${CALENDAR}> (<${await tokenOf(CALENDAR)}>)` };
    const names = Array.from({ length: 12 }, (_, n) => `race-${n}`);
    const answers = await Promise.all(names.map((name) => put(`${CALENDAR}${name}.ics`, event(name), headers)));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([201, ...Array<number>(11).fill(412)]);
  });

  test('of deletions, copies and moves as well', async () => {
    const names = ['a', 'b', 'c', 'd'].map((name) => `mixed-${name}`);
    for (const name of names) await put(`${CALENDAR}${name}.ics`, event(name));
    await server.request('MKCALENDAR', `${HOME}mixed/`);
    const headers = { if: `<${CALENDAR}> (<${await tokenOf(CALENDAR)}>)` };
    const answers = await Promise.all(
      names.map((name, n) => {
        const method = n % 2 === 0 ? 'DELETE' : 'MOVE';
        return send(method, `${CALENDAR}${name}.ics`, { ...headers, destination: `${HOME}mixed/${name}.ics` });
      }),
    );
    expect(answers.filter(({ status }) => status === 412)).toHaveLength(3);
  });
});

describe('of many requests with one entity tag exactly one wins', () => {
  test('PUT with If-Match', async () => {
    const headers = { 'if-match': await etagOf(`${CALENDAR}a.ics`) };
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, n) => put(`${CALENDAR}a.ics`, event('a', `SUMMARY:${n}`), headers)),
    );
    expect(answers.filter(({ status }) => status === 204)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 412)).toHaveLength(19);
  });

  test('PUT with If-None-Match: *, and PUT of one UID under many names', async () => {
    const same = await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        put(`${CALENDAR}once.ics`, event('once', `SUMMARY:${n}`), { 'if-none-match': '*' }),
      ),
    );
    expect(same.map(({ status }) => status).toSorted()).toEqual([201, ...Array<number>(19).fill(412)]);
    const names = await Promise.all(
      Array.from({ length: 20 }, (_, n) => put(`${CALENDAR}name-${n}.ics`, event('many names'))),
    );
    expect(names.map(({ status }) => status).toSorted()).toEqual([201, ...Array<number>(19).fill(409)]);
  });

  test('PROPPATCH of a calendar with If-Match', async () => {
    const headers = { 'if-match': await etagOf(CALENDAR) };
    const patch = (n: number): DavRequest => ({
      headers: XML,
      body: `<D:propertyupdate xmlns:D="DAV:"><D:set><D:prop><D:displayname>${n}</D:displayname></D:prop></D:set></D:propertyupdate>`,
    });
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, n) => send('PROPPATCH', CALENDAR, headers, patch(n))),
    );
    expect(answers.map(({ status }) => status).toSorted()).toEqual([207, ...Array<number>(9).fill(412)]);
  });

  test('MKCALENDAR and MOVE of one calendar', async () => {
    const made = await Promise.all(Array.from({ length: 8 }, () => server.request('MKCALENDAR', `${HOME}raced/`)));
    expect(made.map(({ status }) => status).toSorted()).toEqual([201, ...Array<number>(7).fill(403)]);
    const moved = await Promise.all(
      Array.from({ length: 6 }, (_, n) => send('MOVE', `${HOME}raced/`, { destination: `${HOME}raced-${n}/` })),
    );
    expect(moved.map(({ status }) => status).toSorted()).toEqual([201, ...Array<number>(5).fill(404)]);
  });
});

test('properties set while the object is being removed are set on it or on nothing', async () => {
  await put(`${CALENDAR}going.ics`, event('going'));
  const answers = await Promise.all([
    server.request('DELETE', `${CALENDAR}going.ics`),
    ...Array.from({ length: 5 }, () => server.request('PROPPATCH', `${CALENDAR}going.ics`, proppatch('late'))),
  ]);
  expect(answers[0].status).toBe(204);
  for (const { status } of answers.slice(1)) expect([207, 404]).toContain(status);
  await put(`${CALENDAR}going.ics`, event('going'));
  const { body } = await server.request('PROPFIND', `${CALENDAR}going.ics`, { headers: { depth: '0' } });
  expect(body.toString()).not.toContain('late');
});
