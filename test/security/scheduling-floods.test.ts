import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { addressKey } from '../../src/itip/address.ts';
import { savePrincipal, setMembers } from '../../src/store/principals.ts';
import { queuedMessages } from '../../src/store/mail-messages.ts';
import { ics, startDavServer, type DavServer } from '../dav-server.ts';
import { onlyEvent, pathsIn, putEvent } from '../dav/meeting.ts';

const PATH = '/dav/calendars/alice/calendar/m.ics';
const HIDDEN = 'X-JMAP-HIDE-ATTENDEES;VALUE=BOOLEAN:TRUE';

/** A series of alice's with so many days that say the same of themselves, each with these lines. */
function days(count: number, lineOf: (day: number) => readonly string[]): string {
  const component = (day: number): readonly string[] => {
    const at = new Date(Date.UTC(2026, 2, 2 + day, 9)).toISOString().replaceAll(/[-:]|\.\d+/g, '');
    const when = day === 0 ? [`DTSTART:${at}`, 'RRULE:FREQ=DAILY'] : [`RECURRENCE-ID:${at}`, `DTSTART:${at}`];
    return [
      ...['BEGIN:VEVENT', 'UID:m', 'DTSTAMP:20260301T000000Z', ...when, 'DURATION:PT1H', `SUMMARY:Day ${day}`],
      ...['ORGANIZER:mailto:alice@example.com', ...lineOf(day), 'END:VEVENT'],
    ];
  };
  return ics(...Array.from({ length: count + 1 }, (_, day) => component(day)).flat());
}

const people = (count: number, host = 'example.org'): readonly string[] =>
  Array.from({ length: count }, (_, at) => `ATTENDEE:mailto:u${at}@${host}`);

let server: DavServer;
afterEach(() => server.close());

test('addresses that are very long do not stay in memory when their request is over', async () => {
  server = await startDavServer();
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const heap = (): number => {
    collect();
    return process.memoryUsage().heapUsed;
  };
  const before = heap();
  for (let each = 0; each < 200; each++) addressKey(`mailto:${each}${'A'.repeat(1_000_000)}`);
  expect(heap() - before).toBeLessThan(50e6);
});

test('hidden guests of many days are planned in the time that their copies take, not all lines for each', async () => {
  server = await startDavServer({ limits: { mailOctets: 1e9 } });
  const body = days(20, () => people(1000)).replaceAll('DURATION:', `${HIDDEN}\r\nDURATION:`);
  const before = process.cpuUsage();
  expect((await putEvent(server, PATH, body)).status).toBe(201);
  const { user, system } = process.cpuUsage(before);
  // Seven seconds, where each line of each day was looked at for each guest.
  expect((user + system) / 1e6).toBeLessThan(4);
  expect(await queuedMessages(server.context.store.db, 'alice')).toHaveLength(1000);
});

test('very many days that are off, or answered, take the time of their number, not of its square', async () => {
  server = await startDavServer();
  const seconds = async (change: () => Promise<{ readonly status: number }>): Promise<number> => {
    const before = process.cpuUsage();
    expect((await change()).status).toBe(204);
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1e6;
  };
  const guests = ['ATTENDEE:mailto:bob@example.com'];
  expect(
    (
      await putEvent(
        server,
        PATH,
        days(0, () => guests),
      )
    ).status,
  ).toBe(201);
  // Twelve seconds and more, where what is remembered of all days was copied for each.
  const off = days(3000, (day) => (day === 0 ? guests : [...guests, 'STATUS:CANCELLED']));
  expect(await seconds(() => putEvent(server, PATH, off))).toBeLessThan(6);
  expect(
    await seconds(() =>
      putEvent(
        server,
        PATH,
        days(3000, () => guests),
      ),
    ),
  ).toBeLessThan(6);
  const { path, text } = await onlyEvent(server, 'bob');
  const said = text.replaceAll('ATTENDEE:mailto:bob@', 'ATTENDEE;PARTSTAT=ACCEPTED:mailto:bob@');
  expect(await seconds(() => putEvent(server, path, said, { as: 'bob' }))).toBeLessThan(6);
}, 60_000);

describe('a small object that is many large copies is refused, and nobody has anything', () => {
  beforeEach(async () => {
    const users = ['alice', ...Array.from({ length: 12 }, (_, at) => `u${at}`)];
    server = await startDavServer({ users, limits: { copiesOctets: 10_000, mailOctets: 10_000 } });
  });

  async function expectRefused(body: string): Promise<void> {
    const { status, body: answer } = await putEvent(server, PATH, body);
    expect([status, answer.toString()]).toEqual([403, expect.stringContaining('max-attendees-per-instance')]);
    for (const who of ['alice', 'u0', 'u11']) expect(await pathsIn(server, who, 'calendar')).toEqual([]);
    expect(await queuedMessages(server.context.store.db, 'alice')).toEqual([]);
  }

  test('where each is in other days', async () => {
    const all = people(12, 'example.com');
    await expectRefused(days(12, (day) => all.filter((_, at) => day === 0 || at !== day - 1)));
    expect(
      (
        await putEvent(
          server,
          PATH,
          days(12, () => all),
        )
      ).status,
    ).toBe(201);
  });

  test('where the guests of a long text are hidden', async () => {
    const text = [...people(12, 'example.com'), `DESCRIPTION:${'x'.repeat(1000)}`];
    await expectRefused(days(0, () => [...text, HIDDEN]));
    expect(
      (
        await putEvent(
          server,
          PATH,
          days(0, () => text),
        )
      ).status,
    ).toBe(201);
  });

  test('where each is a mail', async () => {
    await expectRefused(days(0, () => [...people(12), `DESCRIPTION:${'x'.repeat(1000)}`]));
  });
});

test('a group that is invited to each of many days is not written out when that is too much', async () => {
  const users = ['alice', ...Array.from({ length: 20 }, (_, at) => `u${at}`)];
  server = await startDavServer({ users, limits: { resourceOctets: 40_000 } });
  const { store, clock } = server.context;
  await store.write(async (tx) => {
    await savePrincipal(tx, { id: 'team', kind: 'group', emails: ['team@example.com'] }, clock());
    await setMembers(tx, 'team', users.slice(1), clock());
  });
  const invite = (count: number) =>
    putEvent(
      server,
      PATH,
      days(count, () => ['ATTENDEE:mailto:team@example.com']),
    );
  const refused = await invite(50);
  expect([refused.status, refused.body.toString()]).toEqual([403, expect.stringContaining('max-resource-size')]);
  expect(await pathsIn(server, 'u0', 'calendar')).toEqual([]);
  expect((await invite(5)).status).toBe(201);
});
