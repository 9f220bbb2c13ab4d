import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { refreshSubscription, subscriptionsDue } from '../../src/calendar/subscriptions.ts';
import { createRemote, feed, feedEvent } from '../calendar/feed-server.ts';
import { CALENDAR_TYPE, event, startDavServer, XML, type DavServer } from '../dav-server.ts';

let server: DavServer;
beforeAll(async () => {
  server = await startDavServer({ admins: ['root'] });
});
afterAll(() => server.close());

const HOME = '/dav/calendars/alice/';
const SOURCE = 'webcal://user:s3cret@feed.example/private-s3cret/basic.ics';
const NAMES =
  'xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav" xmlns:CS="http://calendarserver.org/ns/" ' +
  'xmlns:A="http://apple.com/ns/ical/" xmlns:K="urn:kalends:dav"';
const SUBSCRIBED = '<D:resourcetype><D:collection/><CS:subscribed/></D:resourcetype>';
const sourceOf = (url: string): string => `<CS:source><D:href>${url}</D:href></CS:source>`;

let count = 0;
async function make(method: 'MKCALENDAR' | 'MKCOL', properties: string) {
  const root = method === 'MKCOL' ? 'D:mkcol' : 'C:mkcalendar';
  const path = `${HOME}feed-${(count += 1)}/`;
  const body = `<${root} ${NAMES}><D:set><D:prop>${properties}</D:prop></D:set></${root}>`;
  const { status, body: text } = await server.request(method, path, { headers: XML, body });
  return { status, text: text.toString(), path };
}

async function asked(path: string, names: string, as = 'alice'): Promise<string> {
  const body = `<D:propfind ${NAMES}><D:prop>${names}</D:prop></D:propfind>`;
  return (await server.request('PROPFIND', path, { headers: { ...XML, depth: '0' }, body, as })).body.toString();
}

async function patch(path: string, properties: string, action = 'set'): Promise<string> {
  const body = `<D:propertyupdate ${NAMES}><D:${action}><D:prop>${properties}</D:prop></D:${action}></D:propertyupdate>`;
  return (await server.request('PROPPATCH', path, { headers: XML, body })).body.toString();
}

/** The calendar of this path with the members of a feed. */
async function fill(...components: readonly string[]): Promise<void> {
  const remote = createRemote(feed(...components));
  for (const id of await subscriptionsDue(server.context, 100)) await refreshSubscription(server.context, remote, id);
}

describe('a subscribed calendar is made', () => {
  test.each([
    ['MKCOL', SUBSCRIBED],
    ['MKCALENDAR', SUBSCRIBED],
    ['MKCOL', '<D:resourcetype><D:collection/><C:calendar/><CS:subscribed/></D:resourcetype>'],
    ['MKCALENDAR', ''],
  ] as const)('by %s of %s', async (method, type) => {
    const { status, path } = await make(method, type + sourceOf(SOURCE));
    expect(status).toBe(201);
    const answer = await asked(path, '<D:resourcetype/><CS:source/><C:schedule-calendar-transp/>');
    expect(answer).toContain('<D:resourcetype><D:collection/><C:calendar/><CS:subscribed/></D:resourcetype>');
    expect(answer).toContain(`<CS:source><D:href>${SOURCE}</D:href></CS:source>`);
    expect(answer).toContain('<C:transparent/>');
  });

  test('with all that Apple Calendar sets', async () => {
    const strip = ['alarms', 'attachments', 'todos'].map((what) => `<CS:subscribed-strip-${what}/>`);
    const own =
      '<D:displayname>Holidays</D:displayname><A:calendar-color>#FF0000FF</A:calendar-color>' +
      '<A:calendar-order>7</A:calendar-order><A:refreshrate>P1W</A:refreshrate>';
    const { status, path } = await make('MKCOL', SUBSCRIBED + sourceOf(SOURCE) + strip.join('') + own);
    expect(status).toBe(201);
    const answer = await asked(path, `${strip.join('')}<D:displayname/><A:calendar-color/><A:refreshrate/>`);
    for (const each of [...strip, 'Holidays', '#FF0000FF', '>P1W<']) expect(answer).toContain(each);
    expect(answer).not.toContain('404');
  });

  test('and counts in free-busy where the owner says so', async () => {
    const opaque = '<C:schedule-calendar-transp><C:opaque/></C:schedule-calendar-transp>';
    const { path } = await make('MKCOL', SUBSCRIBED + sourceOf(SOURCE) + opaque);
    expect(await asked(path, '<C:schedule-calendar-transp/>')).toContain('<C:opaque/>');
  });

  test('not without a source', async () => {
    const { status, text } = await make('MKCOL', SUBSCRIBED);
    expect([status, text]).toEqual([403, expect.stringContaining('valid-resourcetype')]);
  });

  test.each(['file:///etc/passwd', 'gopher://x.example/', 'nonsense', '', `https://x.example/${'x'.repeat(5000)}`])(
    'not from "%s"',
    async (url) => {
      const { status, path } = await make('MKCOL', SUBSCRIBED + sourceOf(url));
      expect(status).toBe(409);
      expect((await server.request('GET', path)).status).toBe(404);
    },
  );
});

test('a home has as many as the bound, and each that goes makes room', async () => {
  const small = await startDavServer({ limits: { subscriptionsPerHome: 1 } });
  const ask = async (method: string, name: string, properties = ''): Promise<[number, string]> => {
    const body = `<D:mkcol ${NAMES}><D:set><D:prop>${properties}</D:prop></D:set></D:mkcol>`;
    const answer = await small.request(method, `${HOME}${name}/`, properties === '' ? {} : { headers: XML, body });
    return [answer.status, answer.body.toString()];
  };
  const wanted = SUBSCRIBED + sourceOf(SOURCE);
  expect((await ask('MKCOL', 'one', wanted))[0]).toBe(201);
  expect(await ask('MKCOL', 'two', wanted)).toEqual([507, expect.stringContaining('quota-not-exceeded')]);
  expect((await ask('MKCALENDAR', 'own'))[0]).toBe(201);
  expect((await ask('DELETE', 'one'))[0]).toBe(204);
  expect((await ask('MKCOL', 'two', wanted))[0]).toBe(201);
  await small.close();
});

test('it is never where invitations go', async () => {
  await make('MKCOL', SUBSCRIBED + sourceOf(SOURCE));
  const inbox = (): Promise<string> => asked(`${HOME}inbox/`, '<C:schedule-default-calendar-URL/>');
  expect(await inbox()).toContain(`${HOME}calendar/`);
  const small = await startDavServer();
  const body = `<D:mkcol ${NAMES}><D:set><D:prop>${SUBSCRIBED}${sourceOf(SOURCE)}</D:prop></D:set></D:mkcol>`;
  await small.request('MKCOL', `${HOME}feed/`, { headers: XML, body });
  await small.request('DELETE', `${HOME}calendar/`);
  const find = `<D:propfind ${NAMES}><D:prop><C:schedule-default-calendar-URL/></D:prop></D:propfind>`;
  const answer = await small.request('PROPFIND', `${HOME}inbox/`, { headers: { ...XML, depth: '0' }, body: find });
  expect(answer.body.toString()).toContain('<C:schedule-default-calendar-URL/>');
  await small.close();
});

describe('its members', () => {
  let path: string;
  beforeAll(async () => {
    ({ path } = await make('MKCOL', SUBSCRIBED + sourceOf(SOURCE)));
    await fill(feedEvent('a'), feedEvent('b'));
  });

  const list = async (): Promise<readonly string[]> => {
    const body = `<D:propfind ${NAMES}><D:prop><D:getetag/></D:prop></D:propfind>`;
    const answer = await server.request('PROPFIND', path, { headers: { ...XML, depth: '1' }, body });
    return [...answer.body.toString().matchAll(/<D:href>([^<]*\.ics)</g)].map(([, href]) => href!);
  };

  test('are read like any others: list, GET, query, the whole as a file', async () => {
    const [first] = await list();
    expect((await server.request('GET', first!)).body.toString()).toContain('BEGIN:VEVENT');
    expect((await server.request('GET', path)).body.toString().match(/BEGIN:VEVENT/g)).toHaveLength(2);
    const query = `<C:calendar-query ${NAMES}><D:prop><D:getetag/></D:prop><C:filter><C:comp-filter name="VCALENDAR"><C:comp-filter name="VEVENT"><C:time-range start="20260310T000000Z" end="20260311T000000Z"/></C:comp-filter></C:comp-filter></C:filter></C:calendar-query>`;
    const answer = await server.request('REPORT', path, { headers: { ...XML, depth: '1' }, body: query });
    expect(answer.body.toString().match(/<D:getetag>/g)).toHaveLength(2);
  });

  test('are nobody’s to write: 403 need-privileges, and all is as it was', async () => {
    const [first] = await list();
    const own = `${HOME}calendar/own.ics`;
    expect((await server.request('PUT', own, { headers: CALENDAR_TYPE, body: event('own') })).status).toBe(201);
    const attempts: [string, string, Record<string, string>, string?][] = [
      ['PUT', `${path}new.ics`, CALENDAR_TYPE, event('new')],
      ['PUT', first!, CALENDAR_TYPE, event('a')],
      ['DELETE', first!, {}],
      ['MOVE', first!, { destination: `${server.url.slice(0, -1)}${HOME}calendar/taken.ics` }],
      ['MOVE', own, { destination: `${server.url.slice(0, -1)}${path}own.ics` }],
      ['COPY', own, { destination: `${server.url.slice(0, -1)}${path}own.ics` }],
    ];
    for (const [method, url, headers, body] of attempts) {
      const answer = await server.request(method, url, { headers, ...(body === undefined ? {} : { body }) });
      expect([method, answer.status, answer.body.toString()]).toEqual([
        method,
        403,
        expect.stringContaining('need-privileges'),
      ]);
    }
    expect(await list()).toHaveLength(2);
    expect((await server.request('GET', own)).status).toBe(200);
  });

  test('may be copied out of it', async () => {
    const [first] = await list();
    const destination = `${server.url.slice(0, -1)}${HOME}calendar/copied.ics`;
    expect((await server.request('COPY', first!, { headers: { destination } })).status).toBe(201);
  });

  test('and what clients conclude from the privileges is just that', async () => {
    const answer = await asked(path, '<D:current-user-privilege-set/>');
    for (const may of ['read', 'write-properties', 'unbind']) expect(answer).toContain(`<D:privilege><D:${may}/>`);
    for (const not of ['all', 'write', 'write-content', 'bind']) {
      expect(answer).not.toContain(`<D:privilege><D:${not}/></D:privilege>`);
    }
  });
});

describe('its properties', () => {
  let path: string;
  beforeAll(async () => {
    ({ path } = await make('MKCOL', SUBSCRIBED + sourceOf(SOURCE)));
  });

  test('of name, colour, order and stripping are the client’s', async () => {
    const set =
      '<D:displayname>Mine</D:displayname><A:calendar-color>#00FF00</A:calendar-color><A:calendar-order>1</A:calendar-order>';
    expect(await patch(path, `${set}<A:refreshrate>PT2H</A:refreshrate><CS:subscribed-strip-alarms/>`)).toContain(
      '200',
    );
    expect(await asked(path, '<D:displayname/><CS:subscribed-strip-alarms/>')).toMatch(
      /Mine.*subscribed-strip-alarms/s,
    );
    await patch(path, '<CS:subscribed-strip-alarms/>', 'remove');
    expect(await asked(path, '<CS:subscribed-strip-alarms/>')).toContain('404');
  });

  test('a refreshrate that is none is refused', async () => {
    expect(await patch(path, '<A:refreshrate>often</A:refreshrate>')).toContain('409');
  });

  test('the source may be another one, but not none', async () => {
    expect(await patch(path, sourceOf('https://other.example/'))).toContain('200');
    expect(await asked(path, '<CS:source/>')).toContain('https://other.example/');
    expect(await patch(path, '<CS:source/>', 'remove')).toContain('cannot-modify-protected-property');
    expect(await patch(path, sourceOf('ftp://other.example/'))).toContain('409');
  });

  test('a calendar of one’s own does not become a subscription', async () => {
    expect(await patch(`${HOME}calendar/`, sourceOf('https://x.example/'))).toContain(
      'cannot-modify-protected-property',
    );
    expect(await asked(`${HOME}calendar/`, '<D:resourcetype/><CS:source/>')).not.toContain('subscribed');
  });

  test('the state of the last fetch is there for the owner', async () => {
    const { path: own } = await make('MKCOL', SUBSCRIBED + sourceOf(SOURCE));
    expect(await asked(own, '<K:subscription-status/>')).not.toMatch(/last-success/);
    const remote = createRemote({ status: 404 });
    for (const id of await subscriptionsDue(server.context, 100)) await refreshSubscription(server.context, remote, id);
    const failed = await asked(own, '<K:subscription-status/>');
    expect(failed).toContain('feed.example: it answered 404');
    expect(failed).not.toContain('s3cret');
    server.time.now += 60 * 60 * 1000;
    await fill(feedEvent('a'));
    expect(await asked(own, '<K:subscription-status/>')).toMatch(/last-success[^<]*>2026-03-02T09:00:00\.000Z</);
  });

  test('the source and its state are for the owner alone', async () => {
    const ace = `<D:acl ${NAMES}><D:ace><D:principal><D:href>/dav/principals/users/bob/</D:href></D:principal><D:grant><D:privilege><D:read/></D:privilege></D:grant></D:ace></D:acl>`;
    const granted = await server.request('ACL', path, { headers: XML, body: ace });
    expect(granted.status).toBe(200);
    for (const as of ['bob', 'root']) {
      const answer = await asked(path, '<D:resourcetype/><CS:source/><K:subscription-status/>', as);
      expect(answer).toContain('<CS:subscribed/>');
      expect(answer).not.toMatch(/s3cret|example|last-try/);
    }
  });
});

test('a subscribed calendar is deleted like any other, and is not fetched any more', async () => {
  const { path } = await make('MKCOL', SUBSCRIBED + sourceOf(SOURCE));
  const due = (await subscriptionsDue(server.context, 100)).length;
  expect((await server.request('DELETE', path)).status).toBe(204);
  expect(await subscriptionsDue(server.context, 100)).toHaveLength(due - 1);
});
