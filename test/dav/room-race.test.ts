import { describe, expect, test } from 'vitest';

import { DAY } from '../../src/base/clock.ts';
import { parseCalendar } from '../../src/ical/parse.ts';
import { UTC } from '../../src/ical/timezone.ts';
import { isOneOf } from '../../src/itip/address.ts';
import { takenTimesOf } from '../../src/scheduling/room-booking.ts';
import { openStore } from '../../src/store/store.ts';
import { START, type DavServer, type DavServerOptions } from '../dav-server.ts';
import { postgresForTests } from '../postgres/database.ts';
import { answersIn, meeting, putEvent, roomSpec, startRooms, textsIn } from './room-meeting.ts';

/** Few in the suite; the proof has 200 (`npm run test:rooms`). */
const PAIRS = Number(process.env.ROOM_PAIRS ?? 24);
const AT_ONCE = 4;

const stamp = (instant: number): string => `${new Date(instant).toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`;
const path = (owner: string, uid: string): string => `/dav/calendars/${owner}/calendar/${uid}.ics`;

/** Two overlap in each pair: bookings of two people, or one and an entry of who acts for the room, or a series. */
function bookingsOf(pair: number): readonly { readonly as: string; readonly path: string; readonly body: string }[] {
  const at = START + (pair + 1) * DAY;
  const first = [`DTSTART:${stamp(at)}`, ...(pair % 4 === 3 ? ['RRULE:FREQ=DAILY;INTERVAL=1000;COUNT=3'] : [])];
  const own = meeting(`a${pair}`, ['room1'], ...first);
  const later = `DTSTART:${stamp(at + 1_800_000)}`;
  if (pair % 4 === 2) {
    const entry = meeting(`e${pair}`, [], later).replace(/(ORGANIZER|ATTENDEE)[^\r]*\r\n/g, '');
    return [
      { as: 'alice', path: path('alice', `a${pair}`), body: own },
      { as: 'carol', path: path('room1', `e${pair}`), body: entry },
    ];
  }
  const other = meeting(`b${pair}`, ['room1'], later).replaceAll('alice@', 'bob@');
  return [
    { as: 'alice', path: path('alice', `a${pair}`), body: own },
    { as: 'bob', path: path('bob', `b${pair}`), body: other },
  ];
}

/** How many times of the room overlap. */
async function doubles(server: DavServer): Promise<number> {
  const room = isOneOf('mailto:room1@example.com');
  const all = (await textsIn(server, 'room1')).flatMap((text) =>
    takenTimesOf(parseCalendar(text), { room, zone: UTC, from: START, until: START + 5000 * DAY }),
  );
  const sorted = all.toSorted((one, other) => one.start - other.start);
  return sorted.filter((each, at) => at > 0 && each.start < (sorted[at - 1]?.end ?? 0)).length;
}

async function race(servers: readonly DavServer[]): Promise<void> {
  const [first] = servers;
  if (first === undefined) throw new TypeError('no server');
  for (let from = 0; from < PAIRS; from += AT_ONCE) {
    const pairs = Array.from({ length: Math.min(AT_ONCE, PAIRS - from) }, (_, at) => bookingsOf(from + at));
    const answers = await Promise.all(
      pairs.flat().map(async ({ as, path: to, body }, at) => {
        const answer = await putEvent(servers[at % servers.length] ?? first, to, body, { as });
        return answer.status;
      }),
    );
    expect(answers.filter((status) => status !== 201 && status !== 409)).toEqual([]);
  }
  expect(await doubles(first)).toBe(0);
  let won = 0;
  for (let pair = 0; pair < PAIRS; pair += 1) {
    const mine = (await answersIn(first, path('alice', `a${pair}`)))[0];
    const isEntry = pair % 4 === 2;
    const entry = isEntry ? await first.request('GET', path('room1', `e${pair}`), { as: 'root' }) : undefined;
    const theirs = isEntry ? [] : await answersIn(first, path('bob', `b${pair}`));
    const hasOther = entry?.status === 200 || theirs[0] === 'ACCEPTED 2.0';
    // One of the two has it, and the other knows that it has not.
    expect([pair, mine, hasOther]).toEqual([pair, hasOther ? 'DECLINED 2.0' : 'ACCEPTED 2.0', hasOther]);
    won += hasOther ? 0 : 1;
  }
  expect(won).toBeGreaterThan(0);
}

const SPECS = [roomSpec('room1', { delegates: { read: [], write: ['carol'] } })];

async function raceOn(options: readonly DavServerOptions[]): Promise<void> {
  const servers: DavServer[] = [];
  try {
    for (const each of options) servers.push(await startRooms(SPECS, each));
    await race(servers);
  } finally {
    for (const server of servers) await server.close();
  }
}

const postgres = await postgresForTests();

describe('of two who want a room at the same time one has it', () => {
  test('on SQLite', () => raceOn([{}]), 120_000);
  test.skipIf('missing' in postgres)(
    'on PostgreSQL, by two servers',
    async () => {
      const url = 'missing' in postgres ? '' : await postgres.create();
      const options: DavServerOptions = { open: (services) => openStore({ postgres: url }, services) };
      await raceOn([options, options]);
    },
    120_000,
  );
});
