import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { asPlainActor } from '../../src/calendar/acting.ts';
import { collectionAt } from '../../src/calendar/collections.ts';
import { createGuard } from '../../src/calendar/guard-rule.ts';
import { previewDelete, previewPut, previewTransfer, type ChangePreview } from '../../src/calendar/preview-change.ts';
import { getPrincipal } from '../../src/calendar/principals.ts';
import { openStore } from '../../src/store/store.ts';
import { CALENDAR_TYPE, MAIL, startDavServer, type DavServer, type DavServerOptions } from '../dav-server.ts';
import { meeting, putEvent } from '../dav/meeting.ts';
import { scenarios } from '../itip/scenarios.ts';
import { postgresForTests } from '../postgres/database.ts';
import { compareWithPreviews, dump } from './preview-scenarios.ts';

const FILES = [
  'people-elsewhere-through-a-whole-life',
  'cancelled-and-changed-at-once',
  'complaint-4-invited-answered-cancelled',
  'complaint-10-one-day-for-people-elsewhere',
  'complaint-13-attendee-taken-off-one-day',
  'complaint-13-day-off-here-and-elsewhere',
  'complaint-13-attendee-added-to-a-series-with-exceptions',
  'complaint-15-outside-attendees-get-no-mail-of-answers',
  'complaint-18-members-are-invited-once',
  'complaint-19-secretary',
  'complaint-20-modes-of-rooms',
  'complaint-20-room-answers-at-once',
  'complaint-44-hidden-guest-list',
  'invited-again',
  'rfc5546-4.2.10-removing-attendees',
  'rfc5546-4.2.5-delegate-elsewhere',
  'rfc5546-4.4.3-cancel-an-instance',
];
const CHOSEN = scenarios()
  .filter(({ name }) => FILES.includes(name.replace('.scenario', '')))
  .map((scenario, index) => ({ scenario, scope: `p${index}` }));
const postgres = await postgresForTests();

function agree(how: string, options: DavServerOptions, some = CHOSEN): void {
  describe(`a preview is what the change then does, and writes nothing, ${how}`, () => {
    let server: DavServer;
    let [mailed, here] = [0, 0];
    beforeAll(async () => {
      server = await startDavServer({ users: [], ...options });
    });
    afterAll(() => server.close());

    test.each(some.map(({ scenario, scope }) => [scenario.name, scope, scenario] as const))(
      '%s',
      async (_, scope, scenario) => {
        const told = await compareWithPreviews(server, scenario, scope);
        [mailed, here] = [mailed + told.mailed, here + told.here];
      },
    );

    test('by mail and in calendars', () => {
      expect(mailed).toBeGreaterThanOrEqual(1);
      expect(here).toBeGreaterThan(5);
    });
  });
}

test('every scenario that is named is there', () => expect(CHOSEN.length).toBe(FILES.length));
agree('on SQLite', {});
agree('with a hold', { settings: { mail: { ...MAIL, hold: 30_000 } } });
if ('missing' in postgres) {
  describe.skip(`previews on PostgreSQL: not installed are ${postgres.missing}`, () => undefined);
} else {
  const open: DavServerOptions['open'] = async (services) => openStore({ postgres: await postgres.create() }, services);
  agree(
    'on PostgreSQL',
    { open },
    CHOSEN.filter((_, index) => index % 3 === 0),
  );
}

const AT = '/dav/calendars/alice/calendar/m.ics';
const FAR = ['ATTENDEE:mailto:far@example.org', 'ATTENDEE:mailto:wide@example.net'];

describe('a preview', () => {
  let server: DavServer;
  let folder: string;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'kalends-preview-'));
    const open: DavServerOptions['open'] = (services) => openStore({ sqlite: join(folder, 'kalends.db') }, services);
    server = await startDavServer({ users: ['alice', 'bob'], open, settings: { mail: { ...MAIL, hold: 30_000 } } });
  });
  afterEach(async () => {
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const changeOf = async (name = 'm.ics') => {
    const collection = await collectionAt(server.context, 'alice', 'calendar');
    const owner = await getPrincipal(server.context, 'alice');
    if (collection === undefined || owner === undefined) throw new Error('alice has no calendar');
    return { actor: asPlainActor('alice'), owner, collection, name, check: () => undefined, unchanged: [] };
  };
  const put = async (body: string): Promise<ChangePreview> =>
    previewPut(server.context, { ...(await changeOf()), octets: Buffer.from(body) });
  const words = ({ messages }: ChangePreview): readonly string[] =>
    messages.map(({ recipient, what, by }) => `${recipient.replace('mailto:', '')} ${what} ${by}`).toSorted();

  test('tells who is invited, told of a change, and told that it is off', async () => {
    expect(words(await put(meeting('m', ['bob', ...FAR])))).toEqual([
      'bob@example.com invited calendar',
      'far@example.org invited mail',
      'wide@example.net invited mail',
    ]);
    await putEvent(server, AT, meeting('m', ['bob', ...FAR]));
    // What can still be undone becomes one with it: they are invited, and hear of no change.
    expect(words(await put(meeting('m', ['bob', ...FAR], 'LOCATION:Hall')))).toEqual([
      'bob@example.com changed calendar',
      'far@example.org invited mail',
      'wide@example.net invited mail',
    ]);
    expect(words(await previewDelete(server.context, await changeOf()))).toEqual([
      'bob@example.com cancelled calendar',
      'far@example.org undone nobody',
      'wide@example.net undone nobody',
    ]);
    expect(words(await put(meeting('m', ['bob', FAR[0] ?? ''])))).toEqual(['wide@example.net undone nobody']);
  });

  test('of a change that says nothing new is empty', async () => {
    await putEvent(server, AT, meeting('m', ['bob', ...FAR]));
    expect(await put(meeting('m', ['bob', ...FAR]))).toEqual({ messages: [], rooms: [] });
  });

  test('tells who cannot be told, and why', async () => {
    const { messages } = await put(meeting('m', ['ATTENDEE:tel:+1-201-555-0123']));
    expect(messages).toMatchObject([{ recipient: 'tel:+1-201-555-0123', by: 'nobody', status: '3.7' }]);
  });

  test('of what would be refused says so as the change does', async () => {
    const octets = Buffer.from(meeting('m', ['bob']).replace('END:VEVENT', ''));
    await expect(previewPut(server.context, { ...(await changeOf()), octets })).rejects.toMatchObject({
      code: 'valid-calendar-data',
    });
    await expect(previewDelete(server.context, await changeOf('none.ics'))).rejects.toMatchObject({ status: 404 });
  });

  test('complaint 47: of a move between calendars of one’s own tells nobody anything', async () => {
    await putEvent(server, AT, meeting('m', ['bob', ...FAR]));
    await server.request('MKCALENDAR', '/dav/calendars/alice/other/');
    const { collection, owner, ...change } = await changeOf();
    const other = await collectionAt(server.context, 'alice', 'other');
    if (other === undefined) throw new Error('there is no other calendar');
    const move = { how: 'move' as const, overwrite: false, from: { collection, name: 'm.ics' } };
    const to = { owner, collection: other, name: 'm.ics' };
    expect(await previewTransfer(server.context, { ...change, ...move, to })).toEqual({ messages: [], rooms: [] });
  });

  test('publishes nothing, teaches the guard nothing, and waits for no disk', async () => {
    await putEvent(server, AT, meeting('m', ['bob', ...FAR]));
    const guard = createGuard({ objects: 5, share: 1, minutes: 10 });
    const heard: unknown[] = [];
    server.context.hub.subscribe((change) => heard.push(change));
    const { store } = server.context;
    const log = join(folder, 'kalends.db-wal');
    const octets = Buffer.from(meeting('m', ['bob', ...FAR], 'LOCATION:Hall'));
    const change = { ...(await changeOf()), octets, actor: { ...asPlainActor('alice'), deviceId: 'phone' } };
    const [tables, syncs, { size }] = [await dump(server), store.stats().syncs, statSync(log)];
    for (let times = 0; times < 20; times += 1) {
      const { messages } = await previewPut({ ...server.context, guard }, { ...change, name: 'm.ics' });
      expect(messages.length).toBe(3);
    }
    expect(await dump(server)).toEqual(tables);
    expect(store.stats().syncs).toBe(syncs);
    expect(statSync(log).size).toBe(size);
    expect(heard).toEqual([]);
  });

  test('leaves the work beside it alone', async () => {
    const bodies = Array.from({ length: 20 }, (_, at) => meeting(`n${at}`, ['bob', ...FAR]));
    const [answers] = await Promise.all([
      Promise.all(
        bodies.map((body, at) =>
          server.request('PUT', `/dav/calendars/alice/calendar/n${at}.ics`, { headers: CALENDAR_TYPE, body }),
        ),
      ),
      Promise.all(bodies.map(() => put(meeting('m', ['bob', ...FAR])))),
    ]);
    expect(answers.map(({ status }) => status)).toEqual(bodies.map(() => 201));
    expect((await server.request('GET', AT)).status).toBe(404);
  });
});
