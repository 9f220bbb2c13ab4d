import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { multistatus, propfind, syncCollection } from '../dav-client.ts';
import { CALENDAR_TYPE, event, startDavServer, type DavServer } from '../dav-server.ts';

let server: DavServer;
beforeAll(async () => {
  server = await startDavServer();
});
afterAll(() => server.close());

const CAL = '/dav/calendars/alice/calendar/';
const sync = (token: string | undefined, path = CAL, as = 'alice') =>
  server.request('REPORT', path, { as, ...syncCollection(token) });
const put = (name: string, body = event(name)) =>
  server.request('PUT', `${CAL}${name}.ics`, { body, headers: CALENDAR_TYPE });
const tokenOf = async (path = CAL, as = 'alice') => multistatus((await sync(undefined, path, as)).body).syncToken ?? '';

describe('security 20: a token that is not ours, or not of this calendar, is valid-sync-token', () => {
  test.each([
    ['another server', () => 'http://invalid.example/ns/sync/1'],
    ['text', () => 'garbage'],
    ['the future', async () => (await tokenOf()).replace(/\d+$/, '999999')],
    ['a negative number', async () => (await tokenOf()).replace(/\d+$/, '-1')],
    [
      'another epoch, as after a restore',
      async () => (await tokenOf()).replace(server.context.store.epoch, 'other-epoch'),
    ],
    ["another calendar's", () => tokenOf('/dav/calendars/alice/tasks/')],
    ["another user's", () => tokenOf('/dav/calendars/bob/calendar/', 'bob')],
  ])('%s', async (_name, make) => {
    await put('any');
    const answer = await sync(await make());
    expect(answer.status).toBe(403);
    expect(answer.body.toString()).toContain('valid-sync-token');
  });
});

test('complaint 32: every change is reported once, and getctag and sync-token move together', async () => {
  const state = async () => {
    const { props } =
      multistatus((await server.request('PROPFIND', CAL, propfind('0', ['CS:getctag', 'sync-token']))).body)
        .entries[0] ?? {};
    return [props?.get('getctag'), props?.get('sync-token')];
  };
  const start = await tokenOf();
  const seen = [await state()];
  await put('one');
  seen.push(await state());
  await put('one', event('one', 'SUMMARY:again'));
  seen.push(await state());
  await put('two');
  await server.request('DELETE', `${CAL}two.ics`);
  seen.push(await state());
  await put('three');
  await server.request('MKCALENDAR', '/dav/calendars/alice/target/');
  await server.request('MOVE', `${CAL}three.ics`, {
    headers: { destination: '/dav/calendars/alice/target/three.ics' },
  });
  seen.push(await state());
  expect(new Set(seen.map(([ctag]) => ctag)).size).toBe(seen.length);
  expect(new Set(seen.map(([, token]) => token)).size).toBe(seen.length);
  const { entries, syncToken } = multistatus((await sync(start)).body);
  const changed = entries.filter(({ status }) => status !== 404).map(({ href }) => href);
  expect(changed).toEqual([`${CAL}one.ics`]);
  expect(multistatus((await sync(syncToken)).body).entries).toEqual([]);
});

test('a removed member is reported to every token from before, also when its name was used again', async () => {
  await put('again');
  const before = await tokenOf();
  await server.request('DELETE', `${CAL}again.ics`);
  const between = await tokenOf();
  expect(multistatus((await sync(before)).body).entries.map(({ href, status }) => [href, status])).toEqual([
    [`${CAL}again.ics`, 404],
  ]);
  await put('again', event('again-2'));
  for (const token of [before, between]) {
    const { entries } = multistatus((await sync(token)).body);
    expect(entries.map(({ href, status }) => [href, status])).toEqual([[`${CAL}again.ics`, undefined]]);
  }
});
