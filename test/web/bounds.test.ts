import { afterEach, expect, test } from 'vitest';

import { createInTurn } from '../../src/web/in-turn.ts';
import { startDavServer, type DavServer } from '../dav-server.ts';
import { link, store, visit } from './link-server.ts';

let server: DavServer;
afterEach(() => server?.close());

const DAILY = ['SUMMARY:Daily', 'DTSTART:20260301T090000Z', 'DURATION:PT1H', 'RRULE:FREQ=MINUTELY'];

test.each(['ics', 'json', 'ifb', 'html'])('more instances than one answer may hold are 507 as .%s', async (suffix) => {
  server = await startDavServer({ users: ['alice'], limits: { expandInstances: 100 } });
  await store(server, 'daily', DAILY);
  const { token } = await link(server, { daysBack: 10, daysAhead: 10 });
  const { status, text } = await visit(server, `/link/${token}.${suffix}`);
  expect([status, text]).toEqual([507, expect.stringMatching(/too (much|many)/)]);
});

test.each(['ics', 'json', 'html'])('more octets than one answer may hold are 507 as .%s', async (suffix) => {
  server = await startDavServer({ users: ['alice'], limits: { linkOctets: 1000 } });
  await store(server, 'long', [`DESCRIPTION:${'x'.repeat(2000)}`]);
  const { token } = await link(server);
  expect((await visit(server, `/link/${token}.${suffix}`)).status).toBe(507);
});

test('an endless rule of a link without a window is told by its rule, and shown for a while', async () => {
  server = await startDavServer({ users: ['alice'] });
  await store(server, 'daily', [...DAILY.slice(0, 3), 'RRULE:FREQ=DAILY']);
  const { token } = await link(server);
  expect((await visit(server, `/link/${token}.ics`)).text).toContain('RRULE:FREQ=DAILY\r\n');
  const { events } = JSON.parse((await visit(server, `/link/${token}.json`)).text) as { events: unknown[] };
  expect(events).toHaveLength(183);
});

test('what is stored and cannot be used is not shown, and hides nothing', async () => {
  server = await startDavServer({ users: ['alice'] });
  await store(server, 'good', ['SUMMARY:Good']);
  await store(server, 'bad', ['SUMMARY:Bad']);
  await server.context.store.write((tx) =>
    tx
      .updateTable('objects')
      .set({ octets: Buffer.from('BEGIN:VCALENDAR\r\nnonsense') })
      .where('uid', '=', 'bad')
      .execute(),
  );
  const { token } = await link(server);
  for (const suffix of ['ics', 'json', 'html']) {
    const { status, text } = await visit(server, `/link/${token}.${suffix}`);
    expect([status, text.includes('Good'), text.includes('Bad')]).toEqual([200, true, false]);
  }
});

test('so many work at once, so many wait in their order, and the next is sent away', async () => {
  const inTurn = createInTurn(2, 3);
  const done: number[] = [];
  const ends: (() => void)[] = [];
  const work = (name: number) => () =>
    new Promise<number>((resolve) => {
      ends.push(() => {
        done.push(name);
        resolve(name);
      });
    });
  const all = [1, 2, 3, 4, 5].map((name) => inTurn(work(name)));
  await expect(inTurn(work(6))).rejects.toMatchObject({ status: 503, headers: { 'Retry-After': '5' } });
  expect(ends).toHaveLength(2);
  for (let end = ends.shift(); end !== undefined; end = ends.shift()) {
    end();
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(await Promise.all(all)).toEqual([1, 2, 3, 4, 5]);
  expect(done).toEqual([1, 2, 3, 4, 5]);
  await expect(inTurn(() => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
  expect(await inTurn(() => Promise.resolve('again'))).toBe('again');
});
