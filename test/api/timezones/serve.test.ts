import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { ACTIONS } from '../../../src/api/timezones/actions/index.ts';
import { parseCalendar } from '../../../src/ical/parse.ts';
import { tzdataRelease, zoneNames, zoneOfVtimezone } from '../../../src/ical/timezone.ts';
import { zoneByName } from '../../../src/ical/timezone-table.ts';
import type { Answer } from '../../dav-client.ts';
import { startDavServer, type DavServer } from '../../dav-server.ts';

let server: DavServer;
beforeAll(async () => {
  server = await startDavServer();
});
afterAll(() => server.close());

/** Without a log-in, as whoever looks for a time zone has none. */
const ask = (path: string, headers: Readonly<Record<string, string>> = {}, method = 'GET'): Promise<Answer> =>
  server.request(method, `/timezones${path}`, { headers: { Authorization: '', ...headers } });

const json = (answer: Answer): Record<string, unknown> =>
  JSON.parse(answer.body.toString('utf8')) as Record<string, unknown>;

interface Listed {
  readonly synctoken: string;
  readonly timezones: readonly {
    readonly tzid: string;
    readonly etag: string;
    readonly 'last-modified': string;
    readonly publisher: string;
    readonly version: string;
    readonly aliases?: readonly string[];
  }[];
}
const listed = async (query = ''): Promise<Listed> => json(await ask(`/zones${query}`)) as unknown as Listed;

/** Status and type of a refusal, without the prefix of all of them. */
async function refusal(path: string, headers?: Readonly<Record<string, string>>): Promise<string> {
  const answer = await ask(path, headers);
  expect(answer.headers['content-type']).toBe('application/problem+json; charset=utf-8');
  const { type, status, title } = json(answer);
  expect(status).toBe(answer.status);
  expect(title).toMatch(/./);
  return `${answer.status} ${String(type).replace('urn:ietf:params:tzdist:error:', '')}`;
}

test('/.well-known/timezone leads to the service, without a log-in (RFC 7808 §4.2.1.3)', async () => {
  const answer = await server.request('GET', '/.well-known/timezone', { headers: { Authorization: '' } });
  expect([answer.status, answer.headers['location']]).toEqual([301, '/timezones']);
});

describe('capabilities (RFC 7808 §5.1, §6.1)', () => {
  test('tell the release, the formats and every action', async () => {
    const answer = await ask('/capabilities');
    expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
    const { version, info, actions } = json(answer);
    expect(version).toBe(1);
    expect(info).toEqual({
      'primary-source': `IANA:${tzdataRelease}`,
      formats: ['text/calendar', 'application/calendar+xml', 'application/calendar+json'],
      truncated: { any: true, untruncated: true },
    });
    expect(actions).toContainEqual({
      name: 'expand',
      'uri-template': '/timezones/zones{/tzid}/observances{?start,end}',
      parameters: [
        { name: 'start', required: true, multi: false },
        { name: 'end', required: true, multi: false },
      ],
    });
    expect((actions as { name: string }[]).map(({ name }) => name)).toEqual(ACTIONS.map(({ name }) => name));
  });

  test('are what the context path itself answers', async () => {
    expect(json(await ask(''))).toEqual(json(await ask('/capabilities')));
    expect((await ask('/')).status).toBe(200);
  });
});

describe('list (RFC 7808 §5.2)', () => {
  test('has every zone once, with its other names, publisher and release', async () => {
    const { timezones } = await listed();
    expect(timezones.flatMap(({ tzid, aliases = [] }) => [tzid, ...aliases]).sort()).toEqual(zoneNames());
    const kyiv = timezones.find(({ tzid }) => tzid === 'Europe/Kyiv');
    expect(kyiv?.aliases).toContain('Europe/Kiev');
    expect(kyiv).toMatchObject({ publisher: 'IANA', version: tzdataRelease });
    for (const each of timezones) expect(each['last-modified']).toMatch(/^20\d\d-01-\d\dT00:00:00Z$/);
  });

  test('since the token of now has nothing, since any other all', async () => {
    const { synctoken, timezones } = await listed();
    expect(await listed(`?changedsince=${encodeURIComponent(synctoken)}`)).toEqual({ synctoken, timezones: [] });
    expect((await listed('?changedsince=2009-10-11T09:32:11Z')).timezones).toHaveLength(timezones.length);
    expect(await refusal('/zones?changedsince=a&changedsince=b')).toBe('400 invalid-changedsince');
  });

  test('gives for each zone the entity tag that get has', async () => {
    const { timezones } = await listed();
    for (const { tzid, etag } of timezones.filter((_, i) => i % 50 === 0)) {
      expect((await ask(`/zones/${encodeURIComponent(tzid)}`)).headers['etag']).toBe(`"${etag}"`);
    }
    expect(new Set(timezones.map(({ etag }) => etag)).size).toBe(timezones.length);
  });
});

describe('get (RFC 7808 §5.3)', () => {
  const textOf = async (path: string): Promise<string> => (await ask(path)).body.toString('utf8');

  test('answers the VTIMEZONE with its history, for a slash that is encoded or not', async () => {
    const answer = await ask('/zones/America%2FNew_York', { Accept: 'text/calendar' });
    expect(answer.status).toBe(200);
    expect(answer.headers['content-type']).toBe('text/calendar; charset=utf-8');
    const text = answer.body.toString('utf8');
    expect(text).toContain('DTSTART:18831118T120358\r\n');
    const read = zoneOfVtimezone(parseCalendar(text).components[0]!)!;
    expect(read.offsetAt(Date.UTC(1974, 0, 7))).toBe(-4 * 3_600_000);
    expect(await textOf('/zones/America/New_York')).toBe(text);
  });

  test('under another name of the zone that is the TZID', async () => {
    const text = await textOf('/zones/US%2FEastern');
    expect(text).toContain('TZID:US/Eastern\r\nTZID-ALIAS-OF:America/New_York\r\n');
  });

  test('cuts it to the span that is asked for (§5.3.4)', async () => {
    const text = await textOf('/zones/America%2FNew_York?start=2010-01-01T00:00:00Z&end=2020-01-01T00:00:00Z');
    expect(text).toContain('TZUNTIL:20200101T000000Z\r\nBEGIN:STANDARD\r\nDTSTART:20091231T190000\r\n');
    const open = await textOf('/zones/Europe%2FBerlin?start=9000-01-01T00:00:00Z');
    expect(open).toContain('RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU\r\n');
  });

  test('is not sent again to who has it', async () => {
    const { headers } = await ask('/zones/Asia%2FTokyo');
    const again = await ask('/zones/Asia%2FTokyo', { 'If-None-Match': headers['etag']! });
    expect([again.status, again.body.length, again.headers['etag']]).toEqual([304, 0, headers['etag']]);
    expect(headers['cache-control']).toContain('public');
    expect(headers['vary']).toContain('Accept');
  });

  test.each([
    ['/zones/America%2FPittsburgh', '404 tzid-not-found'],
    ['/zones/__proto__', '404 tzid-not-found'],
    ['/zones/Asia%2FTokyo?start=2010', '400 invalid-start'],
    ['/zones/Asia%2FTokyo?start=2010-02-31T00:00:00Z', '400 invalid-start'],
    ['/zones/Asia%2FTokyo?start=2010-01-01T00:00:00Z&start=2011-01-01T00:00:00Z', '400 invalid-start'],
    ['/zones/Asia%2FTokyo?end=2010-01-01T00:00:00', '400 invalid-end'],
    ['/zones/Asia%2FTokyo?start=2010-01-01T00:00:00Z&end=2010-01-01T00:00:00Z', '400 invalid-end'],
  ])('of %s is %s', async (path, expected) => {
    expect(await refusal(path)).toBe(expected);
  });

  test.each([
    [undefined, 'text/calendar'],
    ['text/*', 'text/calendar'],
    ['application/*', 'application/calendar+xml'],
    ['application/xml, */*;q=0.1', 'text/calendar'],
    ['application/calendar+json', 'application/calendar+json'],
    ['text/calendar;q=0.5, application/calendar+xml', 'application/calendar+xml'],
    ['text/calendar;q=0, */*', 'application/calendar+xml'],
  ])('for Accept: %s answers %s', async (accept, type) => {
    const answer = await ask('/zones/Asia%2FTokyo', accept === undefined ? {} : { Accept: accept });
    expect([answer.status, answer.headers['content-type']]).toEqual([200, `${type}; charset=utf-8`]);
    expect(answer.body.toString('utf8')).toContain('Asia/Tokyo');
  });

  test('each form has an entity tag of its own', async () => {
    const { body: actions } = await ask('/capabilities');
    const { info } = JSON.parse(actions.toString('utf8')) as { readonly info: { readonly formats: readonly string[] } };
    const answers = await Promise.all(info.formats.map((format) => ask('/zones/Asia%2FTokyo', { Accept: format })));
    expect(new Set(answers.map(({ headers }) => headers['etag'])).size).toBe(3);
    expect(answers[2]!.body.toString('utf8')).toMatch(/^\["vcalendar",/);
    expect(answers[1]!.body.toString('utf8')).toContain('<tzid><text>Asia/Tokyo</text></tzid>');
  });

  test.each(['text/html', 'text/calendar;q=0', 'image/*'])('for Accept: %s is refused', async (accept) => {
    expect(await refusal('/zones/Asia%2FTokyo', { Accept: accept })).toBe('406 invalid-format');
  });
});

describe('expand (RFC 7808 §5.4)', () => {
  const NEW_YORK = '/zones/America%2FNew_York/observances';
  const observance = (name: string, onset: string, from: number, to: number): object => ({
    name,
    onset,
    'utc-offset-from': from,
    'utc-offset-to': to,
  });

  test('answers the example of §5.4.1', async () => {
    const answer = await ask(`${NEW_YORK}?start=2008-01-01T00:00:00Z&end=2009-01-01T00:00:00Z`);
    expect(json(answer)).toEqual({
      tzid: 'America/New_York',
      observances: [
        observance('Standard', '2008-01-01T00:00:00Z', -18_000, -18_000),
        observance('Daylight', '2008-03-09T07:00:00Z', -18_000, -14_400),
        observance('Standard', '2008-11-02T06:00:00Z', -14_400, -18_000),
      ],
    });
    expect(answer.headers['etag']).toBe((await ask('/zones/America%2FNew_York')).headers['etag']);
  });

  test('has one observance for a change at the very beginning, and what is in force in summer', async () => {
    const change = json(await ask(`${NEW_YORK}?start=2008-03-09T07:00:00Z&end=2008-03-09T07:00:01Z`));
    expect(change['observances']).toEqual([observance('Daylight', '2008-03-09T07:00:00Z', -18_000, -14_400)]);
    const summer = json(await ask(`${NEW_YORK}?start=2008-07-01T00:00:00Z&end=2008-08-01T00:00:00Z`));
    expect(summer['observances']).toEqual([observance('Daylight', '2008-07-01T00:00:00Z', -14_400, -14_400)]);
  });

  test('of longer than it answers says where the answer ends', async () => {
    const { end, observances } = json(await ask(`${NEW_YORK}?start=0001-01-01T00:00:00Z&end=9999-01-01T00:00:00Z`));
    expect(end).toMatch(/^0401-/);
    expect(observances).toEqual([observance('Standard', '0001-01-01T00:00:00Z', -17_762, -17_762)]);
  });

  test.each([
    ['', '400 invalid-start'],
    ['?start=2008-01-01T00:00:00Z', '400 invalid-end'],
    ['?end=2008-01-01T00:00:00Z', '400 invalid-start'],
    ['?start=2009-01-01T00:00:00Z&end=2008-01-01T00:00:00Z', '400 invalid-end'],
  ])('with %j is %s', async (query, expected) => {
    expect(await refusal(`${NEW_YORK}${query}`)).toBe(expected);
  });

  test('of no zone is not found', async () => {
    const span = '?start=2008-01-01T00:00:00Z&end=2009-01-01T00:00:00Z';
    expect(await refusal(`/zones/America%2FPittsburgh/observances${span}`)).toBe('404 tzid-not-found');
  });

  test('has the offsets of the zone at every change of 1900 to 2040', async () => {
    const span = '?start=1900-01-01T00:00:00Z&end=2040-01-01T00:00:00Z';
    for (const tzid of ['Europe/Dublin', 'Africa/Casablanca', 'Australia/Lord_Howe', 'America/Sao_Paulo']) {
      const found = json(await ask(`/zones/${encodeURIComponent(tzid)}/observances${span}`))['observances'];
      const zone = zoneByName(tzid)!;
      const changes = found as readonly Record<string, unknown>[];
      expect(changes.length).toBe(zone.transitions(Date.UTC(1900), Date.UTC(2040)).length + 1);
      for (const change of changes) {
        expect(change['utc-offset-to']).toBe(zone.offsetAt(Date.parse(String(change['onset']))) / 1000);
      }
    }
  });
});

describe('find (RFC 7808 §5.5)', () => {
  const found = async (pattern: string): Promise<string[]> =>
    (await listed(`?pattern=${encodeURIComponent(pattern)}`)).timezones.map(({ tzid }) => tzid);

  test.each([
    ['US/Eastern', ['America/New_York']],
    ['america/new york', ['America/New_York']],
    ['AMERICA/NEW_YORK', ['America/New_York']],
    ['*/Kyiv', ['Europe/Kyiv']],
    ['*new york*', ['America/New_York']],
    ['Asia/Tok*', ['Asia/Tokyo']],
    ['Nowhere', []],
    ['\\*', []],
    ['a\\\\b', []],
  ])('%s finds %j', async (pattern, expected) => {
    expect(await found(pattern)).toEqual(expected);
  });

  test('is a list of the same kind', async () => {
    const { synctoken, timezones } = await listed();
    const tokyo = timezones.filter(({ tzid }) => tzid === 'Asia/Tokyo');
    expect(await listed('?pattern=Japan')).toEqual({ synctoken, timezones: tokyo });
  });

  test.each(['', 'a*b', '*a*b*', '\\', 'a\\b', 'a'.repeat(300)])('refuses %j', async (pattern) => {
    expect(await refusal(`/zones?pattern=${encodeURIComponent(pattern)}`)).toBe('400 invalid-pattern');
  });

  test('refuses two patterns', async () => {
    expect(await refusal('/zones?pattern=a&pattern=b')).toBe('400 invalid-pattern');
  });
});

describe('anything else (RFC 7808 §5)', () => {
  test.each(['/leapseconds', '/zone', '/zones/', '/capabilities/x', '/%FF'])('%s is no action', async (path) => {
    const answer = await ask(path);
    if (path === '/zones/') expect(answer.status).toBe(200);
    else expect(await refusal(path)).toBe('404 invalid-action');
  });

  test('writes are refused, and HEAD has no body', async () => {
    const put = await ask('/zones/Asia%2FTokyo', {}, 'PUT');
    expect([put.status, put.headers['allow']]).toEqual([405, 'GET, HEAD, OPTIONS']);
    const head = await ask('/zones/Asia%2FTokyo', {}, 'HEAD');
    expect([head.status, head.body.length]).toEqual([200, 0]);
    expect((await ask('/zones', {}, 'OPTIONS')).status).toBe(204);
  });

  test('a path that only begins alike is not the service', async () => {
    expect((await server.request('GET', '/timezonesx')).headers['content-type']).not.toContain('problem');
  });

  test('the longest answers cost little', async () => {
    const before = process.cpuUsage();
    for (const tzid of ['America/New_York', 'Europe/London', 'Asia/Gaza']) {
      await ask(`/zones/${encodeURIComponent(tzid)}?end=9999-01-01T00:00:00Z`);
      await ask(`/zones/${encodeURIComponent(tzid)}/observances?start=1900-01-01T00:00:00Z&end=9999-01-01T00:00:00Z`);
    }
    expect(process.cpuUsage(before).user / 1000).toBeLessThan(1500);
  });
});
