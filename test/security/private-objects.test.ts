import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { asPrincipalId } from '../../src/base/ids.ts';
import { collectionAt } from '../../src/calendar/collections.ts';
import { getPrincipal } from '../../src/calendar/principals.ts';
import { transferObject } from '../../src/calendar/transfer-object.ts';
import { setDelegates } from '../../src/store/memberships.ts';
import type { Answer } from '../dav-client.ts';
import { CALENDAR_TYPE, ics, startDavServer, XML, type DavServer } from '../dav-server.ts';

/** RFC 5545 §3.8.1.3: what others see of an object whose CLASS is not PUBLIC. */
let server: DavServer;
const SHARED = '/dav/calendars/alice/calendar/';
const NAMES = 'xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"';
/** They see times alone: what they were granted is to read. */
const OTHERS = ['bob', 'dora'] as const;
/** They see all of it. */
const INSIDERS = ['alice', 'emil', 'wanda', 'root'] as const;

const hidden = (uid: string, classLine: string, summary = 'Secret summary'): string =>
  ics(
    ...['BEGIN:VTIMEZONE', 'TZID:Europe/Berlin', 'X-NOTE:Secret note', 'BEGIN:STANDARD', 'DTSTART:19701025T030000'],
    ...['TZOFFSETFROM:+0200', 'TZOFFSETTO:+0100', 'TZNAME:Secret zone', 'END:STANDARD', 'END:VTIMEZONE'],
    ...['BEGIN:VEVENT', `UID:${uid}`, 'DTSTAMP:20260301T000000Z', `SUMMARY:${summary}`, classLine],
    ...['DTSTART;TZID=Europe/Berlin;X-WHY=Secret:20260310T100000', 'DURATION:PT1H', 'RRULE:FREQ=DAILY;COUNT=3'],
    ...['LOCATION:Secret place', 'DESCRIPTION:Secret words', 'CATEGORIES:Secret', 'X-OTHER:Secret'],
    ...['ORGANIZER:mailto:secret@example.com', 'ATTENDEE:mailto:secret.guest@example.com', 'STATUS:CONFIRMED'],
    ...['BEGIN:VALARM', 'TRIGGER:-PT15M', 'ACTION:DISPLAY', 'DESCRIPTION:Secret alarm', 'END:VALARM', 'END:VEVENT'],
    ...['BEGIN:VEVENT', `UID:${uid}`, 'DTSTAMP:20260301T000000Z', 'SUMMARY:Secret instance'],
    ...['RECURRENCE-ID;TZID=Europe/Berlin:20260311T100000', 'DTSTART;TZID=Europe/Berlin:20260311T120000'],
    ...['DURATION:PT1H', 'END:VEVENT'],
  );
const CLASSES = {
  confidential: 'CLASS:CONFIDENTIAL',
  private: 'class:private',
  unknown: 'CLASS;X-A=1:X-MINE',
  folded: 'CLA\r\n SS:CONFIDENTIAL',
} as const;
const NAMES_OF_HIDDEN = Object.keys(CLASSES);

const ask = (method: string, path: string, as: string, body?: string, headers: Record<string, string> = {}) =>
  server.request(method, path, {
    as,
    headers: { ...XML, depth: '1', ...headers },
    ...(body === undefined ? {} : { body }),
  });
const put = (name: string, body: string, as = 'alice') =>
  server.request('PUT', `${SHARED}${name}.ics`, { as, headers: CALENDAR_TYPE, body });
const grant = (id: string, ...privileges: readonly string[]): string =>
  `<D:ace><D:principal><D:href>/dav/principals/users/${id}/</D:href></D:principal><D:grant>${privileges
    .map((name) => `<D:privilege><D:${name}/></D:privilege>`)
    .join('')}</D:grant></D:ace>`;

beforeAll(async () => {
  server = await startDavServer({ users: ['alice', 'bob', 'dora', 'emil', 'wanda'], admins: ['root'] });
  await server.context.store.write(async (tx) => {
    await setDelegates(tx, 'alice', { read: ['dora'], write: ['emil'] }, 0);
  });
  const aces = grant('bob', 'read', 'bind', 'unbind') + grant('wanda', 'read', 'write');
  expect((await ask('ACL', SHARED, 'alice', `<D:acl ${NAMES}>${aces}</D:acl>`)).status).toBe(200);
  for (const [name, line] of Object.entries(CLASSES)) expect((await put(name, hidden(name, line))).status).toBe(201);
  expect((await put('public', hidden('public', 'CLASS:PUBLIC', 'Open summary'))).status).toBe(201);
  const dead = `<D:propertyupdate ${NAMES}><D:set><D:prop><note xmlns="urn:x">Secret property</note></D:prop></D:set></D:propertyupdate>`;
  for (const name of NAMES_OF_HIDDEN)
    expect((await ask('PROPPATCH', `${SHARED}${name}.ics`, 'alice', dead)).status).toBe(207);
});
afterAll(() => server.close());

const query = (filter: string, props = '<D:getetag/><C:calendar-data/>'): string =>
  `<C:calendar-query ${NAMES}><D:prop>${props}</D:prop><C:filter><C:comp-filter name="VCALENDAR"><C:comp-filter name="VEVENT">${filter}</C:comp-filter></C:comp-filter></C:filter></C:calendar-query>`;
const PROPS = '<D:prop><D:getetag/><D:getcontentlength/><note xmlns="urn:x"/><C:calendar-data/></D:prop>';
const hrefs = (names: readonly string[]): string =>
  names.map((name) => `<D:href>${SHARED}${name}.ics</D:href>`).join('');
const RANGE = '<C:time-range start="20260310T000000Z" end="20260315T000000Z"/>';

/** Every way to read members; each answers about all that are hidden. */
const DOORS: Readonly<Record<string, (as: string) => Promise<readonly Answer[]>>> = {
  GET: (as) => Promise.all(NAMES_OF_HIDDEN.map((name) => ask('GET', `${SHARED}${name}.ics`, as))),
  HEAD: (as) => Promise.all(NAMES_OF_HIDDEN.map((name) => ask('HEAD', `${SHARED}${name}.ics`, as))),
  jCal: (as) =>
    Promise.all(
      NAMES_OF_HIDDEN.map((name) =>
        ask('GET', `${SHARED}${name}.ics`, as, undefined, { accept: 'application/calendar+json' }),
      ),
    ),
  xCal: (as) =>
    Promise.all(
      NAMES_OF_HIDDEN.map((name) =>
        ask('GET', `${SHARED}${name}.ics`, as, undefined, { accept: 'application/calendar+xml' }),
      ),
    ),
  'GET of the calendar': async (as) => [await ask('GET', SHARED, as)],
  PROPFIND: async (as) => [await ask('PROPFIND', SHARED, as, `<D:propfind ${NAMES}>${PROPS}</D:propfind>`)],
  'PROPFIND of all': async (as) => [
    await ask('PROPFIND', SHARED, as, `<D:propfind ${NAMES}><D:allprop/></D:propfind>`),
  ],
  'PROPFIND of each': (as) =>
    Promise.all(
      NAMES_OF_HIDDEN.map((name) =>
        ask('PROPFIND', `${SHARED}${name}.ics`, as, `<D:propfind ${NAMES}><D:allprop/></D:propfind>`, { depth: '0' }),
      ),
    ),
  multiget: async (as) => [
    await ask(
      'REPORT',
      SHARED,
      as,
      `<C:calendar-multiget ${NAMES}>${PROPS}${hrefs(NAMES_OF_HIDDEN)}</C:calendar-multiget>`,
    ),
  ],
  query: async (as) => [await ask('REPORT', SHARED, as, query(''))],
  'query without data': async (as) => [
    await ask('REPORT', SHARED, as, query(RANGE, '<D:getetag/><D:getcontentlength/>')),
  ],
  'query by time': async (as) => [await ask('REPORT', SHARED, as, query(RANGE))],
  'query of each': (as) =>
    Promise.all(NAMES_OF_HIDDEN.map((name) => ask('REPORT', `${SHARED}${name}.ics`, as, query(''), { depth: '0' }))),
  expand: async (as) => [
    await ask(
      'REPORT',
      SHARED,
      as,
      query(RANGE, `<C:calendar-data><C:expand start="20260310T000000Z" end="20260315T000000Z"/></C:calendar-data>`),
    ),
  ],
  sync: async (as) => [
    await ask(
      'REPORT',
      SHARED,
      as,
      `<D:sync-collection ${NAMES}><D:sync-token/><D:sync-level>1</D:sync-level>${PROPS}</D:sync-collection>`,
    ),
  ],
  'sync of tags': async (as) => [
    await ask(
      'REPORT',
      SHARED,
      as,
      `<D:sync-collection ${NAMES}><D:sync-token/><D:sync-level>1</D:sync-level><D:prop><D:getetag/></D:prop></D:sync-collection>`,
    ),
  ],
  'sync of the home': async (as) => [
    await ask(
      'REPORT',
      '/dav/calendars/alice/',
      as,
      `<D:sync-collection ${NAMES}><D:sync-token/><D:sync-level>infinite</D:sync-level>${PROPS}</D:sync-collection>`,
    ),
  ],
};

/** Tags and sizes of the objects as their owner has them. */
async function ofOwner(): Promise<readonly string[]> {
  const answers = await DOORS['GET']!('alice');
  return answers.flatMap(({ headers, body }) => [String(headers['etag']).replaceAll('"', ''), `>${body.byteLength}<`]);
}
const said = ({ headers, body }: Answer): string => `${JSON.stringify(headers)}\n${body.toString()}`;

describe.each(OTHERS)('%s, who may read', (as) => {
  test.each(Object.keys(DOORS))(
    'by %s is told neither words nor people, nor the tag or size of the object',
    async (door) => {
      const answers = await DOORS[door]!(as);
      if (as === 'bob' && door === 'sync of the home') {
        expect(answers[0]!.status).toBe(403);
        return;
      }
      const marks = await ofOwner();
      for (const answer of answers) {
        expect([200, 207]).toContain(answer.status);
        // What is public may be read in full, where it is in the same answer.
        const text = said(answer).replaceAll(/<D:response>(?:(?!<\/D:response>).)*public\.ics.*?<\/D:response>/gs, '');
        const rest =
          door === 'GET of the calendar'
            ? text
                .replaceAll(/BEGIN:VEVENT\r\nUID:public.*?END:VEVENT/gs, '')
                .replaceAll(/BEGIN:VTIMEZONE.*?END:VTIMEZONE/gs, '')
            : text;
        expect(rest).not.toMatch(/secret/i);
        for (const mark of marks) expect(rest).not.toContain(mark);
      }
    },
  );

  test('sees when, in the form of an event that is busy', async () => {
    const { body, headers } = await ask('GET', `${SHARED}confidential.ics`, as);
    const text = body.toString();
    expect(text.match(/^SUMMARY:Busy\r$/gm)).toHaveLength(2);
    for (const line of [
      ...[
        'UID:confidential',
        'DTSTART;TZID=Europe/Berlin:20260310T100000',
        'DURATION:PT1H',
        'RRULE:FREQ=DAILY;COUNT=3',
      ],
      ...['RECURRENCE-ID;TZID=Europe/Berlin:20260311T100000', 'CLASS:CONFIDENTIAL', 'STATUS:CONFIRMED'],
    ]) {
      expect(text).toContain(`${line}\r\n`);
    }
    const again = await ask('GET', `${SHARED}confidential.ics`, as, undefined, {
      'if-none-match': String(headers['etag']),
    });
    expect(again.status).toBe(304);
  });

  test('has one tag for it at every door', async () => {
    const { headers } = await ask('GET', `${SHARED}private.ics`, as);
    const tag = String(headers['etag']).replaceAll('"', '&quot;');
    for (const door of ['PROPFIND', 'multiget', 'query', 'query without data', 'sync', 'sync of tags']) {
      const [answer] = await DOORS[door]!(as);
      const response = /<D:response><D:href>[^<]*private\.ics.*?<\/D:response>/s.exec(answer!.body.toString())?.[0];
      expect(response, door).toContain(tag);
    }
  });

  test.each([
    ['a summary', '<C:prop-filter name="SUMMARY"><C:text-match>Secret</C:text-match></C:prop-filter>'],
    ['a place', '<C:prop-filter name="LOCATION"/>'],
    ['a guest', '<C:prop-filter name="ATTENDEE"><C:text-match>secret.guest</C:text-match></C:prop-filter>'],
    ['an alarm', '<C:comp-filter name="VALARM"/>'],
    ['a parameter', '<C:prop-filter name="DTSTART"><C:param-filter name="X-WHY"/></C:prop-filter>'],
  ])('cannot find it by %s, even with a time', async (_, filter) => {
    for (const search of [filter, RANGE + filter]) {
      const found = (await ask('REPORT', SHARED, as, query(search, '<D:getetag/>'))).body.toString();
      for (const name of NAMES_OF_HIDDEN) expect(found).not.toContain(`${name}.ics`);
      expect((await ask('REPORT', SHARED, 'alice', query(search, '<D:getetag/>'))).body.toString()).toContain(
        'private.ics',
      );
    }
  });

  test('finds it by its times, and the free-busy is the same as its owner’s', async () => {
    const found = (await ask('REPORT', SHARED, as, query(RANGE, '<D:getetag/>'))).body.toString();
    for (const name of NAMES_OF_HIDDEN) expect(found).toContain(`${name}.ics`);
    const freeBusy = `<C:free-busy-query ${NAMES}>${RANGE}</C:free-busy-query>`;
    const busy = async (who: string): Promise<readonly string[]> =>
      (await ask('REPORT', SHARED, who, freeBusy)).body.toString().match(/^FREEBUSY.*/gm) ?? [];
    expect(await busy(as)).toEqual(await busy('alice'));
    expect((await busy(as)).length).toBeGreaterThan(0);
  });

  test('cannot copy it or move it out, but what is public', async () => {
    const to = (name: string) => ({ destination: `/dav/calendars/${as}/calendar/${name}.ics` });
    for (const method of ['COPY', 'MOVE']) {
      const answer = await ask(method, `${SHARED}confidential.ics`, as, undefined, to('taken'));
      expect([answer.status, answer.body.toString()]).toEqual([403, expect.stringContaining('need-privileges')]);
    }
    expect((await ask('COPY', `${SHARED}public.ics`, as, undefined, to('copied'))).status).toBe(201);
  });

  test('is not told by the tag that words of it changed', async () => {
    const tag = async (who: string) => (await ask('GET', `${SHARED}private.ics`, who)).headers['etag'];
    const before = [await tag(as), await tag('alice')];
    await put('private', hidden('private', CLASSES.private, `Secret of ${as}`));
    expect(await tag(as)).toBe(before[0]);
    expect(await tag('alice')).not.toBe(before[1]);
  });

  test('reads what is public whole', async () => {
    const { body } = await ask('GET', `${SHARED}public.ics`, as);
    expect(body.toString()).toBe(hidden('public', 'CLASS:PUBLIC', 'Open summary'));
  });
});

test.each(INSIDERS)('%s, who may change it, reads it as it is stored, and finds it', async (as) => {
  const { body } = await ask('GET', `${SHARED}confidential.ics`, as);
  expect(body.toString()).toBe(hidden('confidential', CLASSES.confidential));
  const filter = '<C:prop-filter name="LOCATION"/>';
  expect((await ask('REPORT', SHARED, as, query(filter))).body.toString()).toContain('confidential.ics');
});

test('one who may only add to the calendar writes nothing over it', async () => {
  expect((await put('confidential', hidden('confidential', 'CLASS:PUBLIC'), 'bob')).status).toBe(403);
});

test('an attachment is for who may see what it is attached to', async () => {
  const headers = { 'content-type': 'text/plain', 'content-disposition': 'attachment;filename=a.txt' };
  const attach = async (name: string): Promise<string> => {
    const path = `${SHARED}${name}.ics?action=attachment-add`;
    const answer = await server.request('POST', path, { headers, body: 'Secret file' });
    expect(answer.status).toBe(201);
    return String(answer.headers['location']);
  };
  const [closed, open] = [await attach('confidential'), await attach('public')];
  for (const as of OTHERS) {
    expect((await ask('GET', closed, as)).status).toBe(403);
    expect((await ask('GET', open, as)).status).toBe(200);
  }
  for (const as of INSIDERS) expect((await ask('GET', closed, as)).body.toString()).toBe('Secret file');
});

test('one who copies it at the moment in which it becomes private gets nothing of it', async () => {
  await put('turning', hidden('turning', 'CLASS:PUBLIC', 'Open'));
  const [from, to] = [
    (await collectionAt(server.context, 'alice', 'calendar'))!,
    (await collectionAt(server.context, 'bob', 'calendar'))!,
  ];
  const write: typeof server.context.store.write = async (work, options) => {
    await put('turning', hidden('turning', 'CLASS:PRIVATE'));
    return server.context.store.write(work, options);
  };
  const context = { ...server.context, store: { ...server.context.store, write } };
  const copying = transferObject(context, {
    actor: { id: asPrincipalId('bob'), admin: false, adminReadOnly: false, deviceId: undefined },
    how: 'copy',
    from: { collection: { ...from, isVeiled: true }, name: 'turning.ics' },
    to: { owner: (await getPrincipal(context, 'bob'))!, collection: to, name: 'turning.ics' },
    overwrite: true,
    check: () => undefined,
    unchanged: [],
  });
  await expect(copying).rejects.toThrow('changed meanwhile');
  expect((await ask('GET', '/dav/calendars/bob/calendar/turning.ics', 'bob')).status).toBe(404);
});
