import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { atOnce } from '../../src/base/steps.ts';
import { MASTER, personalPartsOf } from '../../src/ical/personal-parts.ts';
import { DAYS, NOTHING, objectOf, ownOfAll, type OwnOfAll, type Shared } from '../ical/personal-objects.ts';
import { CALENDAR_TYPE, startDavServer, XML, type DavServer } from '../dav-server.ts';
import { shareCalendar } from './shared-calendar.ts';

/** A sharer and two sharees, the second of whom may read alone, in random histories (caldav-sharing §5.5.4). */

let server: DavServer;
beforeAll(async () => {
  server = await startDavServer({ users: ['olga', 'anna', 'bert'] });
});
afterAll(() => server.close());

const PEOPLE = ['olga', 'anna', 'bert'] as const;
type Person = (typeof PEOPLE)[number];

const kind = fc.constantFrom<'renamed' | 'moved' | 'cancelled' | undefined>(
  ...(['renamed', 'moved', 'cancelled', undefined] as const),
);
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ what: fc.constant('own' as const), by: fc.constantFrom(...PEOPLE), own: ownOfAll }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      what: fc.constant('shared' as const),
      by: fc.constantFrom<Person>('olga', 'anna', 'bert'),
      summary: fc.constantFrom('One', 'Two'),
      day: fc.nat({ max: DAYS - 1 }),
      kind,
      own: ownOfAll,
    }),
  },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('deleted' as const), by: fc.constantFrom(...PEOPLE) }) },
);

interface Seen {
  readonly etag: string | undefined;
  readonly text: string;
}

const EMPTY: OwnOfAll = { master: NOTHING, days: {} };

/** Where it is for each of them. */
const paths = new Map<Person, string>();
let made = 0;

async function newCalendar(): Promise<void> {
  made += 1;
  const uri = `c${made}`;
  expect((await server.request('MKCALENDAR', `/dav/calendars/olga/${uri}/`, { as: 'olga' })).status).toBe(201);
  paths.set('olga', `/dav/calendars/olga/${uri}/`);
  const share = { sharer: 'olga', calendar: uri, uri } as const;
  paths.set('anna', await shareCalendar(server, { ...share, sharee: 'anna', access: 'read-write' }));
  paths.set('bert', await shareCalendar(server, { ...share, sharee: 'bert', access: 'read' }));
}

const put = (as: Person, body: Buffer, headers: Record<string, string> = {}) =>
  server.request('PUT', `${paths.get(as)}a.ics`, { as, body, headers: { ...CALENDAR_TYPE, ...headers } });

async function seenBy(as: Person): Promise<Seen> {
  const answer = await server.request('GET', `${paths.get(as)}a.ics`, { as });
  if (answer.status === 404) return { etag: undefined, text: '' };
  return { etag: String(answer.headers['etag']), text: answer.body.toString('latin1') };
}

async function listed(as: Person): Promise<readonly (string | undefined)[]> {
  const prop = '<D:prop xmlns:D="DAV:"><D:getetag/></D:prop>';
  const found = await server.request('PROPFIND', paths.get(as)!, {
    as,
    body: `<D:propfind xmlns:D="DAV:">${prop}</D:propfind>`,
    headers: { ...XML, depth: '1' },
  });
  const asked = await server.request('REPORT', paths.get(as)!, {
    as,
    body: `<C:calendar-multiget xmlns:C="urn:ietf:params:xml:ns:caldav" xmlns:D="DAV:">${prop}<D:href>${paths.get(as)}a.ics</D:href></C:calendar-multiget>`,
    headers: XML,
  });
  return [found, asked].map((each) => etagIn(each.body.toString()));
}

const etagIn = (xml: string): string | undefined => {
  const response = xml.split('<D:response>').find((each) => each.includes('/a.ics</D:href>'));
  return /<D:getetag>([^<]*)<\/D:getetag>/.exec(response ?? '')?.[1]?.replaceAll('&quot;', '"');
};

async function told(as: Person, token: string): Promise<{ readonly isTold: boolean; readonly token: string }> {
  const body = `<D:sync-collection xmlns:D="DAV:"><D:sync-token>${token}</D:sync-token><D:sync-level>1</D:sync-level><D:prop><D:getetag/></D:prop></D:sync-collection>`;
  const answer = await server.request('REPORT', paths.get(as)!, { as, body, headers: XML });
  expect(answer.status).toBe(207);
  const xml = answer.body.toString();
  return {
    isTold: xml.includes('/a.ics</D:href>'),
    token: /<D:sync-token>([^<]*)<\/D:sync-token>/.exec(xml)?.[1] ?? '',
  };
}

/** What somebody has for each day, whether it is written of the day or of the series. */
function daysOf(text: string): readonly unknown[] {
  const parts = atOnce(personalPartsOf(Buffer.from(text, 'latin1')));
  return Array.from({ length: DAYS }, (_, day) => {
    const named = [...parts].find(([name]) => name.startsWith(`2026030${2 + day}`))?.[1];
    return named ?? parts.get(MASTER);
  });
}

test('everybody has their own alarms and tags, whatever the others do', { timeout: 120_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 12 }), ownOfAll, async (steps, first) => {
      await newCalendar();
      let shared: Shared = { form: 'zoned', eol: '\r\n', summary: 'Zero', isRecurring: true, days: {} };
      const own = new Map<Person, OwnOfAll>(PEOPLE.map((each) => [each, EMPTY]));
      own.set('olga', first);
      let exists = true;
      let stamp = 0;
      const written = (each: Shared, parts: OwnOfAll): Buffer =>
        objectOf(
          each,
          parts,
          `20260101T00${String(Math.floor((stamp += 1) / 60)).padStart(2, '0')}${String(stamp % 60).padStart(2, '0')}Z`,
        );
      expect((await put('olga', written(shared, first))).status).toBe(201);
      const before = new Map<Person, Seen>();
      const tokens = new Map<Person, string>();
      for (const each of PEOPLE) {
        before.set(each, await seenBy(each));
        tokens.set(each, (await told(each, '')).token);
      }
      for (const each of steps) {
        const mayWrite = each.by !== 'bert';
        if (each.what === 'deleted') {
          const { status } = await server.request('DELETE', `${paths.get(each.by)}a.ics`, { as: each.by });
          expect(status).toBe(mayWrite ? (exists ? 204 : 404) : exists ? 403 : 404);
          if (mayWrite) exists = false;
          if (!exists) for (const person of PEOPLE) own.set(person, EMPTY);
        } else {
          const days = each.what === 'own' ? shared.days : { ...shared.days, [each.day]: each.kind };
          const next: Shared =
            each.what === 'own' ? shared : { ...shared, summary: each.summary, days: definedOf(days) };
          const isSame = JSON.stringify(next) === JSON.stringify(shared);
          const body = written(next, each.own);
          const seen = before.get(each.by)!;
          const answer = await put(each.by, body, seen.etag === undefined ? {} : { 'if-match': seen.etag });
          if (!mayWrite && (!exists || !isSame)) expect(answer.status).toBe(403);
          else {
            expect(answer.status).toBe(exists ? 204 : 201);
            expect((await seenBy(each.by)).text).toBe(body.toString('latin1'));
            expect((await seenBy(each.by)).etag).toBe(answer.headers['etag']);
            [shared, exists] = [next, true];
            own.set(each.by, each.own);
          }
        }
        for (const person of PEOPLE) {
          const [was, now] = [before.get(person)!, await seenBy(person)];
          expect(now.etag === was.etag).toBe(now.text === was.text);
          expect(await listed(person)).toEqual([now.etag, now.etag]);
          const sync = await told(person, tokens.get(person)!);
          if (person !== each.by || now.etag !== was.etag) expect(sync.isTold).toBe(now.etag !== was.etag);
          tokens.set(person, sync.token);
          before.set(person, now);
          if (!exists) continue;
          expect(daysOf(now.text)).toEqual(daysOf(objectOf(shared, own.get(person)!).toString('latin1')));
          expect(now.text.replaceAll('\r\n ', '')).toContain(`:${shared.summary}`);
        }
      }
    }),
    { seed: 554, numRuns: 25, endOnFailure: true },
  );
});

const definedOf = (days: Readonly<Record<number, Shared['days'][number] | undefined>>): Shared['days'] =>
  Object.fromEntries(Object.entries(days).flatMap(([day, each]) => (each === undefined ? [] : [[day, each]])));
