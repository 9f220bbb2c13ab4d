import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connect } from 'node:net';
import { text as readAll } from 'node:stream/consumers';

import { calendarReport, propfind } from '../dav-client.ts';
import { CALENDAR_TYPE, event, startDavServer, type DavServer } from '../dav-server.ts';

let server: DavServer;
beforeAll(async () => {
  server = await startDavServer({ users: ['alice', 'bob', 'a.*', 'ann@example.org', 'jos\u00e9'] });
});
afterAll(() => server.close());

/** The status of a request whose target is sent as it is, which no HTTP client does. */
async function statusOf(method: string, target: string, user = 'alice'): Promise<number> {
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
  const credentials = Buffer.from(`${user}:secret`).toString('base64');
  socket.write(
    `${method} ${target} HTTP/1.1\r\nHost: x\r\nAuthorization: Basic ${credentials}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`,
  );
  return Number((await readAll(socket)).split(' ')[1]);
}

describe('security 5: no path leaves the place that it names', () => {
  const targets = [
    '/dav/calendars/bob/calendar/../../alice/calendar/',
    '/dav/calendars/bob/%2e%2e/alice/calendar/',
    '/dav/calendars/bob/..%2falice/',
    '/dav/calendars/bob/calendar/..%5c..%5calice',
    '/dav/calendars/bob/calendar/%00.ics',
    '/dav/calendars/bob/calendar/%ff%fe.ics',
    '/dav/calendars/bob/calendar/%zz.ics',
    '/dav/calendars/bob/calendar/%',
    '/dav/calendars/./bob/',
    '/dav/calendars/bob/calendar/a%2fb.ics',
  ];
  test.each(targets)('%s', async (target) => {
    for (const method of ['GET', 'PROPFIND', 'PUT', 'DELETE', 'MKCALENDAR']) {
      expect(await statusOf(method, target, 'bob'), method).toBe(400);
    }
  });

  test('nor does a Destination or an href', async () => {
    await server.request('PUT', '/dav/calendars/bob/calendar/a.ics', {
      as: 'bob',
      body: event('a'),
      headers: CALENDAR_TYPE,
    });
    const destinations = [
      '/dav/calendars/bob/calendar/../../alice/calendar/a.ics',
      'http://elsewhere.example/dav/calendars/bob/calendar/b.ics',
      '//elsewhere.example/dav/calendars/bob/calendar/b.ics',
      'file:///etc/passwd',
      '',
    ];
    for (const destination of destinations) {
      const answer = await server.request('COPY', '/dav/calendars/bob/calendar/a.ics', {
        as: 'bob',
        headers: { destination },
      });
      expect([400, 403], destination).toContain(answer.status);
    }
    const hrefs = calendarReport(
      'calendar-multiget',
      '<D:prop><D:getetag/></D:prop><D:href>/dav/calendars/bob/calendar/%zz</D:href>',
    );
    const answer = await server.request('REPORT', '/dav/calendars/bob/calendar/', { as: 'bob', ...hrefs });
    expect(answer.status).toBeLessThan(500);
  });
});

describe('security 4: a name is a name, never a pattern or a path', () => {
  test('a user called .* sees its own home and no other', async () => {
    expect(
      (await server.request('PROPFIND', '/dav/calendars/a.*/', { as: 'a.*', ...propfind('0', ['displayname']) }))
        .status,
    ).toBe(207);
    expect(
      (await server.request('PROPFIND', '/dav/calendars/alice/', { as: 'a.*', ...propfind('0', ['displayname']) }))
        .status,
    ).toBe(403);
  });

  test('a name with @ is found encoded and as it is', async () => {
    for (const path of ['/dav/calendars/ann@example.org/', '/dav/calendars/ann%40example.org/']) {
      const answer = await server.request('PROPFIND', path, {
        as: 'ann@example.org',
        ...propfind('0', ['displayname']),
      });
      expect(answer.status, path).toBe(207);
      expect(answer.body.toString()).toContain('<D:href>/dav/calendars/ann@example.org/</D:href>');
    }
  });

  test('object names keep their characters, whatever they are', async () => {
    const names = [
      "it's & <b>.ics",
      'ü😀.ics',
      '100%.ics',
      'a;b=c,d.ics',
      'q?#.ics',
      ' space .ics',
      '__proto__',
      'constructor',
    ];
    for (const [index, name] of names.entries()) {
      const path = `/dav/calendars/alice/calendar/${encodeURIComponent(name)}`;
      const put = await server.request('PUT', path, { body: event(`name-${index}`), headers: CALENDAR_TYPE });
      expect(put.status, name).toBe(201);
      expect((await server.request('GET', path)).status, name).toBe(200);
    }
    const listed = (
      await server.request('PROPFIND', '/dav/calendars/alice/calendar/', propfind('1', ['getetag']))
    ).body.toString();
    const hrefs = [...listed.matchAll(/<D:href>([^<]*)<\/D:href>/g)].map(([, href = '']) =>
      decodeURIComponent(href.replaceAll('&amp;', '&')).split('/').at(-1),
    );
    expect(hrefs).toEqual(expect.arrayContaining(names));
  });
});
