import { afterEach, beforeEach, expect, test } from 'vitest';
import { changesSince, firstSync } from '../../src/calendar/changes-since.ts';
import { collectionAt } from '../../src/calendar/collections.ts';
import type { Collection } from '../../src/calendar/model.ts';
import { CALENDAR_HEADERS } from '../dav-client.ts';
import { event, startDavServer, type DavServer } from '../dav-server.ts';

/** More than one page. */
const MANY = 250;
const nameOf = (at: number): string => `e${String(at).padStart(3, '0')}.ics`;

let server: DavServer;
beforeEach(async () => {
  server = await startDavServer({ users: ['alice'] });
  for (let at = 0; at < MANY; at += 1) await put(nameOf(at), event(`${at}`));
});
afterEach(() => server.close());

const path = (name: string): string => `/dav/calendars/alice/calendar/${name}`;
const put = (name: string, body: string) => server.request('PUT', path(name), { headers: CALENDAR_HEADERS, body });
const calendar = async (): Promise<Collection> => (await collectionAt(server.context, 'alice', 'calendar'))!;

test('what is written while a first sync is read is told by it or by the next one', async () => {
  const first = firstSync(server.context, await calendar());
  const held = new Map<string, string>();
  let isFirst = true;
  for await (const page of first.members) {
    for (const { name, etag } of page) held.set(name, etag);
    if (!isFirst) continue;
    isFirst = false;
    const [told, untold] = [nameOf(0), nameOf(MANY - 1)];
    await put(told, event('0', 'SUMMARY:changed when it was told'));
    await put(untold, event(`${MANY - 1}`, 'SUMMARY:changed before it was told'));
    await server.request('DELETE', path(nameOf(1)));
    await server.request('DELETE', path(nameOf(MANY - 2)));
    await put('a-before.ics', event('before'));
    await put('z-behind.ics', event('behind'));
  }
  const next = await changesSince(server.context, await calendar(), { token: first.token, limit: undefined });
  for (const { name, etag } of next.changed) held.set(name, etag);
  for (const name of next.removed) held.delete(name);
  const now = await changesSince(server.context, await calendar(), { token: undefined, limit: undefined });
  expect(held).toEqual(new Map(now.changed.map(({ name, etag }) => [name, etag])));
  expect(held.size).toBe(MANY);
});

test('a first sync holds what a calendar holds, and its token that of one with a limit', async () => {
  const { token, members } = firstSync(server.context, await calendar());
  const names: string[] = [];
  for await (const page of members) names.push(...page.map(({ name }) => name));
  const limited = await changesSince(server.context, await calendar(), { token: undefined, limit: MANY });
  expect(names).toEqual(limited.changed.map(({ name }) => name).toSorted());
  expect(token).toBe(limited.token);
});
