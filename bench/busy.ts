import { DateTime } from 'luxon';
import { CALENDAR_HEADERS, davClient, utcStamp, type DavClient } from '../test/dav-client.ts';
import type { LiveServer } from '../test/live-server.ts';
import { type BenchEvent, type Interval, makeEvents, type Span } from './events.ts';
import { busyWithin, union } from './expected.ts';
import type { Scenario } from './measure.ts';

/** People who are asked at once, and events of each. */
export const PEOPLE = 50;
const EVENTS = 200;
const PASSWORD = 'bench';

const ids = Array.from({ length: PEOPLE }, (_, at) => `busy${at}`);
const address = (id: string): string => `mailto:${id}@example.com`;

/** As `kalends provision` takes them. */
export const busyAccounts = () =>
  ids.map((id) => ({ id, name: id, emails: [`${id}@example.com`], password: PASSWORD }));

/** Fills the calendar of each person; the question for the busy time of all of them in two weeks. */
export async function busyScenario(
  server: LiveServer,
  span: Span,
  start: number,
): Promise<Scenario & { close(): void }> {
  const all = makeEvents(PEOPLE * EVENTS, span);
  const expected = new Map<string, string>();
  const range = { start, end: DateTime.fromMillis(start, { zone: 'utc' }).plus({ weeks: 2 }).toMillis() };
  for (const [at, id] of ids.entries()) {
    const events = all.slice(at * EVENTS, (at + 1) * EVENTS);
    const client = davClient({ url: server.url, user: id, password: PASSWORD, sockets: 8 });
    await fill(client, `/dav/calendars/${id}/calendar/`, events);
    client.close();
    expected.set(address(id), busyWithin(events, range));
  }
  const asker = ids[0]!;
  const client = davClient({ url: server.url, user: asker, password: PASSWORD, sockets: 1 });
  const request = { headers: CALENDAR_HEADERS, body: question(asker, range) };
  return {
    name: `busy of ${PEOPLE}`,
    constant: true,
    send: () => client.request('POST', `/dav/calendars/${asker}/outbox/`, request),
    check({ status, body }) {
      const found = answers(body.toString('utf8'), range);
      const wrong = [...expected].filter(([who, busy]) => found.get(who) !== busy);
      if (status !== 200 || wrong.length > 0) throw new Error(`${status}, other busy time of ${wrong[0]?.[0]}`);
    },
    close: () => client.close(),
  };
}

async function fill(client: DavClient, path: string, events: readonly BenchEvent[]): Promise<void> {
  const queue = events.values();
  const writer = async (): Promise<void> => {
    for (const { name, ics } of queue) {
      const { status } = await client.request('PUT', path + name, { headers: CALENDAR_HEADERS, body: ics });
      if (status !== 201) throw new Error(`PUT ${path}${name}: ${status}`);
    }
  };
  await Promise.all(Array.from({ length: 8 }, writer));
}

const question = (asker: string, { start, end }: Interval): string =>
  [
    ...['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//Bench//EN', 'METHOD:REQUEST', 'BEGIN:VFREEBUSY', 'UID:bench'],
    ...[`DTSTAMP:${utcStamp(start)}`, `DTSTART:${utcStamp(start)}`, `DTEND:${utcStamp(end)}`],
    ...[`ORGANIZER:${address(asker)}`, ...ids.map((id) => `ATTENDEE:${address(id)}`)],
    ...['END:VFREEBUSY', 'END:VCALENDAR', ''],
  ].join('\r\n');

/** Busy time by address. */
function answers(xml: string, range: Interval): Map<string, string> {
  const found = new Map<string, string>();
  for (const [, who = '', text = ''] of xml.matchAll(/<D:href>([^<]*)<\/D:href>(.*?)<\/C:response>/gs)) {
    const periods = text.matchAll(/^FREEBUSY[^:]*:(\w+)\/(\w+)/gm);
    const busy = [...periods].map(([, from = '', to = '']) => ({ start: instant(from), end: instant(to) }));
    found.set(who, union(busy, range));
  }
  return found;
}

const instant = (text: string): number => DateTime.fromISO(text, { zone: 'utc' }).toMillis();
