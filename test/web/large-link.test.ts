import { afterAll, beforeAll, expect, test } from 'vitest';

import { zoneByTzid } from '../../src/ical/timezone.ts';
import { vtimezoneText } from '../../src/ical/vtimezone-text.ts';
import { CALENDAR_TYPE, event, ics, startDavServer, type DavServer } from '../dav-server.ts';
import { link, visit } from './link-server.ts';

const EVENTS = 3000;
const ZONE = vtimezoneText(zoneByTzid('Europe/Berlin')!, 'Europe/Berlin', { from: Date.UTC(2026, 0, 1) }).trimEnd();
const component = (at: number): string => {
  const day = String(2 + (at % 27)).padStart(2, '0');
  const lines = [
    `SUMMARY:Lesson ${at}`,
    `DTSTART;TZID=Europe/Berlin:202603${day}T${String(8 + (at % 10)).padStart(2, '0')}0000`,
    'DURATION:PT1H',
  ];
  return /BEGIN:VEVENT[^]*END:VEVENT/.exec(
    event(`made-${at}`, ...lines, 'CATEGORIES:term', 'ATTENDEE:mailto:a@example.com'),
  )![0];
};

let server: DavServer;
beforeAll(async () => {
  server = await startDavServer({ users: ['alice'] });
  for (let from = 0; from < EVENTS; from += 1000) {
    const body = ics(ZONE, ...Array.from({ length: 1000 }, (_, at) => component(from + at)));
    await server.request('POST', '/dav/calendars/alice/calendar/', { headers: CALENDAR_TYPE, body });
  }
}, 120_000);
afterAll(() => server.close());

test.each([
  ['ics', {}, EVENTS],
  ['ics', { categories: ['term'], daysBack: 31, daysAhead: 31 }, EVENTS],
  ['json', { daysBack: 31, daysAhead: 31 }, EVENTS],
  ['html', {}, EVENTS],
])(
  '.%s of 3,000 events with %o holds up no other request',
  async (suffix, scope, wanted) => {
    const { token } = await link(server, scope);
    let isUnderWay = true;
    let others = 0;
    const began = performance.now();
    const large = visit(server, `/link/${token}.${suffix}`).finally(() => (isUnderWay = false));
    // Another request after the other: each of them needs its turn.
    while (isUnderWay) {
      await visit(server, `/link/${'a'.repeat(26)}.ics`);
      others += 1;
    }
    const { status, text } = await large;
    expect(status).toBe(200);
    expect(text.match(/Lesson \d+/g)).toHaveLength(wanted);
    // Work in slices of ten milliseconds, however long it takes all in all: held up, there would be one other, or two.
    expect(others).toBeGreaterThan((performance.now() - began) / 60);
    expect(others).toBeGreaterThan(2);
  },
  60_000,
);
