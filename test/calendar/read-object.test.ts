import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DAY } from '../../src/base/clock.ts';
import { collectionAt } from '../../src/calendar/collections.ts';
import type { Collection } from '../../src/calendar/model.ts';
import { readingObject, readObject } from '../../src/calendar/read-object.ts';
import { START, startDavServer, type DavServer } from '../dav-server.ts';
import { cpu, idleMilliseconds } from '../yardstick.ts';

let server: DavServer;
let calendar: Collection;
beforeAll(async () => {
  // More than is accepted: what a configuration may allow must not hold up anybody either.
  server = await startDavServer({ users: ['alice'], limits: { overridesPerResource: 20_000 } });
  calendar = (await collectionAt(server.context, 'alice', 'calendar'))!;
});
afterAll(() => server.close());

const date = (days: number): string => new Date(START + days * DAY).toISOString().slice(0, 10).replaceAll('-', '');
const wrap = (events: string): Buffer =>
  Buffer.from(`BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n${events}END:VCALENDAR\r\n`);
const event = (...lines: readonly string[]): string =>
  `BEGIN:VEVENT\r\nUID:1\r\n${lines.join('\r\n')}\r\nEND:VEVENT\r\n`;
const MASTER = ['DTSTART;TZID=Europe/Berlin:20260302T090000', 'DURATION:PT1H'];

const overrides = (count: number, text = ''): Buffer =>
  wrap(
    event(...MASTER, 'RRULE:FREQ=DAILY;COUNT=10') +
      Array.from({ length: count }, (_, at) =>
        event(
          `RECURRENCE-ID;TZID=Europe/Berlin:${date(at)}T090000`,
          `DTSTART;TZID=Europe/Berlin:${date(at)}T100000`,
          `SUMMARY:${text}`,
        ),
      ).join(''),
  );

/** Large in each way that a part of the reading could take in one go. */
const LARGE: readonly (readonly [string, Buffer])[] = [
  ['20,000 overrides', overrides(20_000)],
  ['10 MB of overrides', overrides(15_000, 'ü'.repeat(250))],
  [
    '190,000 lines',
    wrap(event(...MASTER, Array.from({ length: 190_000 }, () => 'COMMENT:of forty characters or so').join('\r\n'))),
  ],
  ['one folded line of 9 MB', wrap(event(...MASTER, `DESCRIPTION:${`${'x'.repeat(70)}\r\n `.repeat(120_000)}`))],
  ['3,000,000 folds', wrap(event(...MASTER, `DESCRIPTION:x${'\r\n '.repeat(3_000_000)}`))],
  [
    '60 lists of 1,000 dates',
    wrap(
      event(
        ...MASTER,
        ...Array.from(
          { length: 60 },
          (_, list) =>
            `RDATE;TZID=Europe/Berlin:${Array.from({ length: 1000 }, (_, at) => `${date(list * 1000 + at)}T090000`).join(',')}`,
        ),
      ),
    ),
  ],
];

/** CPU milliseconds of this thread that each stretch of a reading takes, from one break to the next. */
function stretches(octets: Buffer): readonly number[] {
  const steps = readingObject(server.context, calendar, octets);
  const taken: number[] = [];
  for (let isDone = false; !isDone;) {
    const since = cpu();
    isDone = steps.next().done === true;
    taken.push(cpu() - since);
  }
  return taken;
}

test.each(LARGE)('an object of %s is read in many short stretches', (_, octets) => {
  const limit = idleMilliseconds(50);
  // The same stretches each time: of each the least counts, as the collector of garbage falls into one of every run.
  let least = stretches(octets);
  for (let run = 1; run < 6 && Math.max(...least) >= limit; run++) {
    const again = stretches(octets);
    expect(again).toHaveLength(least.length);
    least = least.map((one, at) => Math.min(one, again[at]!));
  }
  expect(least.length).toBeGreaterThan(20);
  expect(Math.max(...least)).toBeLessThan(limit);
});

test('others have their turn while a large object is read', async () => {
  let turns = 0;
  let isRead = false;
  const others = async (): Promise<void> => {
    for (; !isRead; turns++) await nextTurn();
  };
  const going = others();
  const object = await readObject(server.context, calendar, overrides(20_000));
  isRead = true;
  await going;
  expect(object.calendar.components).toHaveLength(20_001);
  expect(turns).toBeGreaterThan(5);
});

test('more dates than are read are refused, in however many lists they come', async () => {
  const list = `EXDATE:${Array.from({ length: 20_000 }, (_, at) => `${date(at)}T090000Z`).join(',')}`;
  const refused = readObject(
    server.context,
    calendar,
    wrap(event(...MASTER, ...Array.from({ length: 4 }, () => list))),
  );
  await expect(refused).rejects.toMatchObject({
    code: 'valid-calendar-data',
    message: expect.stringContaining('more dates'),
  });
});
