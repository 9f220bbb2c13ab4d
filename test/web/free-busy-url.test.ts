import { afterEach, describe, expect, test } from 'vitest';

import { DAY } from '../../src/base/clock.ts';
import type { CalendarSettings } from '../../src/calendar/context.ts';
import { startDavServer, type DavServer } from '../dav-server.ts';
import { link, store, visit } from './link-server.ts';

let server: DavServer;
afterEach(() => server.close());

async function started(settings: Partial<CalendarSettings> = {}): Promise<void> {
  server = await startDavServer({ users: ['alice', 'bob'], settings });
  await store(server, 'one', ['SUMMARY:Secret']);
}
const ask = (path: string, as = 'bob') => server.request('GET', path, { as });
const textOf = async (path: string): Promise<string> => (await ask(path)).body.toString();

describe('complaint 22: the free-busy URL, for Outlook and others', () => {
  test('of a person is found by id and by address, with the suffixes that programs append', async () => {
    await started();
    for (const name of [
      'alice',
      'alice.ifb',
      'alice.vfb',
      'alice@example.com',
      'ALICE@example.com.vfb',
      'alice%40example.com',
    ]) {
      const { status, headers, body } = await ask(`/freebusy/${name}`);
      expect([name, status]).toEqual([name, 200]);
      expect(headers['content-type']).toBe('text/calendar; charset=utf-8; method=PUBLISH; component=VFREEBUSY');
      const text = body.toString();
      for (const line of [
        ...['METHOD:PUBLISH', 'BEGIN:VFREEBUSY', 'ORGANIZER:mailto:alice@example.com', 'DTSTART:20260302T000000Z'],
        ...['DTEND:20260503T000000Z', 'FREEBUSY:20260302T090000Z/20260302T100000Z', 'DTSTAMP:20260302T080000Z'],
      ]) {
        expect(text).toContain(`${line}\r\n`);
      }
      expect(text).not.toContain('Secret');
    }
  });

  test.each([
    ['start=20260302T091500Z&end=20260302T093000Z', '20260302T091500Z', '20260302T093000Z'],
    ['start=2026-03-02T10:15:00%2B01:00&end=2026-03-02T09:30:00Z', '20260302T091500Z', '20260302T093000Z'],
    ['start=2026-03-02T10:15:00+01:00&period=PT15M', '20260302T091500Z', '20260302T093000Z'],
    ['start=2026-03-02&period=P1W', '20260302T000000Z', '20260309T000000Z'],
    ['start=20260302&end=20260303', '20260302T000000Z', '20260303T000000Z'],
    ['period=P1D', '20260302T000000Z', '20260303T000000Z'],
    ['end=2026-03-05', '20260302T000000Z', '20260305T000000Z'],
  ])('the range %s', async (query, start, end) => {
    await started();
    const text = await textOf(`/freebusy/alice?${query}`);
    expect(text).toContain(`DTSTART:${start}\r\nDTEND:${end}\r\n`);
    expect(text).toMatch(/^FREEBUSY:/m);
  });

  test.each([
    'start=2026-03-02&end=2026-03-03&period=P1D',
    'start=2026-03-02&end=2026-03-02',
    'start=2026-03-02&period=-P1D',
    'start=tomorrow',
    'period=week',
    'start=2026-03-02&period=P900000W',
  ])('%s is no range', async (query) => {
    await started();
    expect((await ask(`/freebusy/alice?${query}`)).status).toBe(400);
  });

  test('tells nobody who may not read it, and says no other than of nobody', async () => {
    await started({ freeBusyForAll: false });
    const refused = await ask('/freebusy/alice');
    const nobody = await ask('/freebusy/nobody');
    expect([refused.status, refused.body.toString()]).toEqual([404, 'There is no free-busy here\n']);
    expect([nobody.status, nobody.body.toString()]).toEqual([404, 'There is no free-busy here\n']);
    expect((await ask('/freebusy/alice', 'alice')).status).toBe(200);
    expect((await ask('/freebusy/%E0', 'alice')).status).toBe(400);
    expect((await server.request('POST', '/freebusy/alice')).status).toBe(405);
  });

  test('has a tag that stays while the time does, and 304', async () => {
    await started();
    const { etag = '' } = (await ask('/freebusy/alice')).headers;
    server.time.now += DAY / 4;
    const again = await server.request('GET', '/freebusy/alice', { as: 'bob', headers: { 'if-none-match': etag } });
    expect([again.status, again.headers.etag]).toEqual([304, etag]);
    await store(server, 'two', ['DTSTART:20260302T120000Z', 'DURATION:PT1H']);
    expect((await ask('/freebusy/alice')).headers.etag).not.toBe(etag);
  });

  test('without a log-in is a link, which names nobody', async () => {
    await started();
    const { token } = await link(server, {}, { uri: '' });
    const { status, text } = await visit(server, `/link/${token}.ifb?period=P1D`);
    expect([status, text]).toEqual([200, expect.stringContaining('FREEBUSY:20260302T090000Z/20260302T100000Z\r\n')]);
    expect(text).toMatch(/^METHOD:PUBLISH\r\n[^]*^ORGANIZER:urn:uuid:[\da-f-]{36}\r\n/m);
    expect(text).not.toMatch(/alice|Secret/);
  });
});
