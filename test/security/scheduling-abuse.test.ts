import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { savePrincipal, setDelegates, setMembers } from '../../src/store/principals.ts';
import { startDavServer, type DavServer } from '../dav-server.ts';
import { meeting, onlyEvent, pathsIn, putEvent } from '../dav/meeting.ts';

const PEOPLE = ['alice', 'bob', 'carol', 'mallory'];
const PATH = '/dav/calendars/alice/calendar/m.ics';

let server: DavServer;
beforeEach(async () => {
  server = await startDavServer({ users: PEOPLE, limits: { attendeesPerInstance: 10 } });
});
afterEach(() => server.close());

/** All that anybody has: what a refusal must leave as it is. */
async function everything(): Promise<readonly string[]> {
  const found: string[] = [];
  for (const who of PEOPLE) {
    for (const uri of ['calendar', 'inbox']) {
      for (const path of await pathsIn(server, who, uri)) {
        const answer = await server.request('GET', path, { as: who });
        found.push(`${path} ${String(answer.headers.etag)} ${String(answer.headers['schedule-tag'])}`);
      }
    }
  }
  return found;
}

/** Expects that a PUT is refused with a precondition, and that nobody has anything else than before. */
async function expectRefused(as: string, path: string, body: string, precondition: string): Promise<void> {
  const before = await everything();
  const { status, body: answer } = await putEvent(server, path, body, { as });
  expect(status).toBe(403);
  expect(answer.toString()).toMatch(new RegExp(`<(\\w+:)?${precondition}[ />]`));
  expect(await everything()).toEqual(before);
}

const ORGANIZERS = 'allowed-organizer-scheduling-object-change';
const ATTENDEES = 'allowed-attendee-scheduling-object-change';

describe('an organizer who is not', () => {
  const forged = (who: string): string => `/dav/calendars/${who}/calendar/forged.ics`;

  test('nobody invites in the name of another, by any of the other’s addresses', async () => {
    const guid = (
      await server.context.store.db.selectFrom('principals').select('guid').where('id', '=', 'alice').executeTakeFirst()
    )?.guid;
    for (const address of ['mailto:ALICE@example.com', '/dav/principals/users/alice/', `urn:uuid:${guid}`]) {
      const body = meeting('f', ['bob']).replace('ORGANIZER:mailto:alice@example.com', `ORGANIZER:${address}`);
      await expectRefused('mallory', forged('mallory'), body, ORGANIZERS);
    }
  });

  test('SENT-BY makes nobody a delegate', async () => {
    const body = meeting('f', ['bob']).replace('ORGANIZER:', 'ORGANIZER;SENT-BY="mailto:mallory@example.com":');
    await expectRefused('mallory', forged('mallory'), body, ORGANIZERS);
  });

  test('who names themselves as invited to another’s meeting is not', async () => {
    await putEvent(server, PATH, meeting('m', ['bob']));
    const body = meeting('m', ['ATTENDEE;PARTSTAT=ACCEPTED:mailto:mallory@example.com']);
    await expectRefused('mallory', forged('mallory'), body, ATTENDEES);
  });

  test('an attendee does not become the organizer, nor makes another one of somebody else', async () => {
    await putEvent(server, PATH, meeting('m', ['bob']));
    const { path, text } = await onlyEvent(server, 'bob');
    for (const who of ['bob', 'mallory']) {
      const taken = text.replace('ORGANIZER:mailto:alice@', `ORGANIZER:mailto:${who}@`);
      await expectRefused('bob', path, taken, ATTENDEES);
    }
  });

  test('an organizer does not hand a meeting on to who knows nothing of it', async () => {
    await putEvent(server, PATH, meeting('m', ['bob']));
    const given = meeting('m', ['bob']).replace('ORGANIZER:mailto:alice@', 'ORGANIZER:mailto:carol@');
    await expectRefused('alice', PATH, given, ORGANIZERS);
  });

  test('components of one object with two organizers', async () => {
    const one = meeting('m', ['bob'], 'RRULE:FREQ=DAILY');
    const day = meeting('m', ['bob'], 'RECURRENCE-ID:20260303T090000Z', 'DTSTART:20260303T100000Z').replace(
      'ORGANIZER:mailto:alice@',
      'ORGANIZER:mailto:carol@',
    );
    const event = /BEGIN:VEVENT[^]*END:VEVENT\r\n/.exec(day)?.[0] ?? '';
    const body = one.replace('END:VCALENDAR', `${event}END:VCALENDAR`);
    await expectRefused('alice', PATH, body, 'same-organizer-in-all-components');
  });
});

describe('an attendee', () => {
  let path = '';
  let text = '';
  beforeEach(async () => {
    await putEvent(
      server,
      PATH,
      meeting('m', ['bob', 'carol'], 'SUMMARY:Plan', 'LOCATION:Here', 'RRULE:FREQ=DAILY;COUNT=5'),
    );
    ({ path, text } = await onlyEvent(server, 'bob'));
  });

  test.each([
    ['DTSTART:20260302T090000Z', 'DTSTART:20260302T110000Z'],
    ['DURATION:PT1H', 'DURATION:PT8H'],
    ['RRULE:FREQ=DAILY;COUNT=5', 'RRULE:FREQ=DAILY;COUNT=50'],
    ['SUMMARY:Plan', 'SUMMARY:Party'],
    ['LOCATION:Here', 'LOCATION:There'],
    ['SUMMARY:Plan', 'SUMMARY:Plan\r\nATTENDEE:mailto:mallory@example.com'],
  ])('does not change what is the organizer’s: %s', async (from, to) => {
    expect(text).toContain(from);
    await expectRefused('bob', path, text.replace(from, to), ATTENDEES);
  });

  test('does not answer for another: it counts for nothing, and nobody is told', async () => {
    const before = await everything();
    const forged = text.replace('ATTENDEE:mailto:carol@', 'ATTENDEE;PARTSTAT=DECLINED:mailto:carol@');
    expect(forged).not.toBe(text);
    expect((await putEvent(server, path, forged, { as: 'bob' })).status).toBe(204);
    expect((await onlyEvent(server, 'bob')).text).not.toContain('DECLINED');
    const others = (all: readonly string[]) => all.filter((each) => !each.startsWith(path));
    expect(others(await everything())).toEqual(others(before));
  });

  test('does not put an answer into the organizer’s object or another’s copy', async () => {
    const [carols] = await pathsIn(server, 'carol', 'calendar');
    const before = await everything();
    for (const target of [PATH, carols ?? '']) {
      expect((await putEvent(server, target, text, { as: 'bob' })).status).toBe(403);
    }
    expect(await everything()).toEqual(before);
  });

  test('sends no reply of another’s through an outbox, nor an invitation', async () => {
    const before = await everything();
    for (const method of ['REPLY', 'REQUEST', 'CANCEL']) {
      const body = text.replace('VERSION:2.0', `VERSION:2.0\r\nMETHOD:${method}`);
      for (const owner of ['bob', 'carol']) {
        const { status } = await server.request('POST', `/dav/calendars/${owner}/outbox/`, {
          as: 'bob',
          body,
          headers: { 'content-type': 'text/calendar' },
        });
        expect(status).toBe(403);
      }
    }
    expect(await everything()).toEqual(before);
  });
});

describe('loops and floods', () => {
  async function group(id: string, members: readonly string[]): Promise<void> {
    const { store, clock } = server.context;
    await store.write(async (tx) => {
      await savePrincipal(tx, { id, kind: 'group', emails: [`${id}@example.com`] }, clock());
      await setMembers(tx, id, members, clock());
    });
  }

  test('groups that contain each other and themselves invite everybody once', async () => {
    await group('one', ['bob']);
    await group('two', ['one', 'carol']);
    await server.context.store.write((tx) => setMembers(tx, 'one', ['bob', 'one', 'two'], 0));
    const both = ['one', 'two'].map((id) => `ATTENDEE:mailto:${id}@example.com`);
    expect((await putEvent(server, PATH, meeting('m', both))).status).toBe(201);
    for (const who of ['bob', 'carol']) expect(await pathsIn(server, who, 'inbox')).toHaveLength(1);
  });

  test('delegates of each other act each for the other, and for nobody behind them', async () => {
    await server.context.store.write(async (tx) => {
      await setDelegates(tx, 'alice', { read: [], write: ['mallory'] }, 0);
      await setDelegates(tx, 'mallory', { read: [], write: ['alice'] }, 0);
      await setDelegates(tx, 'carol', { read: [], write: ['alice'] }, 0);
    });
    expect((await putEvent(server, PATH, meeting('m', ['bob']), { as: 'mallory' })).status).toBe(201);
    const carols = meeting('c', ['bob']).replaceAll('mailto:alice@', 'mailto:carol@');
    const path = '/dav/calendars/carol/calendar/c.ics';
    expect((await putEvent(server, path, carols, { as: 'mallory' })).status).toBe(403);
    await expectRefused('mallory', '/dav/calendars/mallory/calendar/c.ics', carols, ORGANIZERS);
  });

  test('an invitation delegated in a circle is refused', async () => {
    await putEvent(server, PATH, meeting('m', ['bob']));
    const { path, text } = await onlyEvent(server, 'bob');
    const delegated = (from: string, to: string) =>
      text.replace(
        /ATTENDEE[^\n]*:mailto:bob@example\.com/,
        `ATTENDEE;PARTSTAT=DELEGATED;DELEGATED-TO="mailto:${to}@example.com":mailto:${from}@example.com\r\n` +
          `ATTENDEE;DELEGATED-FROM="mailto:${from}@example.com":mailto:${to}@example.com`,
      );
    await expectRefused('bob', path, delegated('bob', 'bob'), ATTENDEES);
    await expectRefused('bob', path, delegated('bob', 'alice'), ATTENDEES);
    expect((await putEvent(server, path, delegated('bob', 'carol'), { as: 'bob' })).status).toBe(204);
    const carols = await onlyEvent(server, 'carol');
    const back = carols.text.replace(
      /ATTENDEE([^\n]*):mailto:carol@example\.com/,
      'ATTENDEE;PARTSTAT=DELEGATED;DELEGATED-TO="mailto:bob@example.com";DELEGATED-FROM="mailto:bob@example.com":mailto:carol@example.com',
    );
    await expectRefused('carol', carols.path, back, ATTENDEES);
  });

  test('more people than a meeting may have, by name or behind groups, are refused', async () => {
    const many = Array.from({ length: 11 }, (_, at) => `guest${at}`);
    await expectRefused('alice', PATH, meeting('m', many), 'max-attendees-per-instance');
    await group('all', PEOPLE);
    const some = Array.from({ length: 7 }, (_, at) => `guest${at}`);
    const body = meeting('m', [...some, 'ATTENDEE:mailto:all@example.com']);
    await expectRefused('alice', PATH, body, 'max-attendees-per-instance');
  });
});
