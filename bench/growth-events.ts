import { DateTime } from 'luxon';
import { CALENDAR_HEADERS, davClient, multistatus, type DavClient } from '../test/dav-client.ts';
import type { LiveServer } from '../test/live-server.ts';
import { type BenchEvent, type Interval, makeEvents } from './events.ts';
import { patient } from './growth-measure.ts';
import { SOCKETS, SPAN, WEEK, WRITERS } from './loaded.ts';
import type { Scenario } from './measure.ts';
import { type Bench, questions, reads } from './scenarios.ts';

/** What a window of time holds. */
export interface Window {
  readonly range: Interval;
  readonly resources: number;
  readonly instances: number;
}

/** A calendar of one size that has been filled, and the questions to it in groups that must be asked in this order. */
export interface GrowthCalendar {
  readonly size: number;
  /** The week that is asked for, and a window that holds as many events in each calendar. */
  readonly week: Window;
  readonly same: Window;
  /** Questions to the whole calendar and its week; then those to the window of the same count; then the writes. */
  scenarios(): AsyncGenerator<readonly Scenario[]>;
  close(): void;
}

/** Instances are counted once for each range: with a hundred thousand events that takes seconds. */
function remembering(events: readonly BenchEvent[]): BenchEvent[] {
  return events.map((event) => {
    const known = new Map<Interval, Interval[]>();
    return {
      ...event,
      instances(range) {
        const found = known.get(range) ?? event.instances(range);
        known.set(range, found);
        return found;
      },
    };
  });
}

export async function fill(client: DavClient, path: string, events: readonly BenchEvent[]): Promise<void> {
  const queue = events.values();
  const writer = async (): Promise<void> => {
    for (const { name, ics } of queue) {
      const { status, body } = await client.request('PUT', path + name, { headers: CALENDAR_HEADERS, body: ics });
      if (status !== 201) throw new Error(`PUT ${path}${name}: ${status} ${body.toString('utf8').slice(0, 300)}`);
    }
  };
  await Promise.all(Array.from({ length: WRITERS }, writer));
}

const touching = (instances: readonly Interval[], { start, end }: Interval): number =>
  instances.filter((instance) => instance.start < end && instance.end > start).length;

function windowOf(perEvent: readonly (readonly Interval[])[], range: Interval): Window {
  const counts = perEvent.map((instances) => touching(instances, range));
  return {
    range,
    resources: counts.filter((count) => count > 0).length,
    instances: counts.reduce((sum, count) => sum + count, 0),
  };
}

const HOUR = 3_600_000;
/** Events in the window of the same count: in the largest calendar these are some hours. */
const SAME_COUNT = 300;

/** The shortest window, to the quarter of an hour, from Wednesday 09:00 that is touched by so many events. */
function windowHolding(events: readonly BenchEvent[], count: number): Window {
  const start = DateTime.fromMillis(WEEK.start, { zone: 'utc' }).plus({ days: 2, hours: 9 }).toMillis();
  // Twice what it takes on the average: the count of the week is about 2.5 in a hundred.
  const longest = { start, end: start + Math.max(24, (2 * 24 * 7 * count) / (events.length * 0.025)) * HOUR };
  const perEvent = events.map((event) => event.instances(longest)).filter((instances) => instances.length > 0);
  let [low, high] = [0, Math.ceil((longest.end - start) / (HOUR / 4))];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    const { resources } = windowOf(perEvent, { start, end: start + (middle * HOUR) / 4 });
    if (resources >= count) high = middle;
    else low = middle;
  }
  return windowOf(perEvent, { start, end: start + (high * HOUR) / 4 });
}

const created = (status: number, wanted: number): void => {
  if (status !== wanted) throw new Error(`${status}, not ${wanted}`);
};

/** What is put: of the same make at each size. */
const TEMPLATES = makeEvents(1000, SPAN);

/** New events beside those that are there, and their removal: as many as were put. */
export function writes(client: DavClient, path: string): readonly Scenario[] {
  let [put, removed] = [0, 0];
  const nameOf = (at: number): string => `${path}grown-${at}.ics`;
  const store = (): ReturnType<DavClient['request']> => {
    const { ics } = TEMPLATES[put % TEMPLATES.length]!;
    const body = ics.replaceAll(/^UID:.*$/gm, `UID:grown-${put}@bench.example.com`);
    return client.request('PUT', nameOf(put++), { headers: CALENDAR_HEADERS, body });
  };
  return [
    { name: 'put new', send: store, check: ({ status }) => created(status, 201) },
    {
      name: 'delete',
      send: () => {
        if (removed >= put) throw new Error('nothing is left to be removed');
        return client.request('DELETE', nameOf(removed++));
      },
      check: ({ status }) => created(status, 204),
    },
  ];
}

/** A first sync in pages of a hundred, as a phone asks: the first page. */
function listPage(client: DavClient, path: string): Scenario {
  const body =
    '<D:sync-collection xmlns:D="DAV:"><D:sync-token/><D:sync-level>1</D:sync-level>' +
    '<D:limit><D:nresults>100</D:nresults></D:limit><D:prop><D:getetag/></D:prop></D:sync-collection>';
  return {
    name: 'first page of 100',
    constant: true,
    send: () => client.request('REPORT', path, { headers: { 'content-type': 'application/xml' }, body }),
    check({ status, body: answer }) {
      created(status, 207);
      const { entries } = multistatus(answer);
      // The collection itself comes with 507: there is more (RFC 6578 §3.6).
      if (entries.filter((entry) => entry.status === undefined).length !== 100) throw new Error('not a page of 100');
    },
  };
}

const OF_WINDOW: ReadonlySet<string> = new Set(['query week', 'expand week', 'free-busy week']);

export async function growthCalendar(server: LiveServer, size: number): Promise<GrowthCalendar> {
  const events = remembering(makeEvents(size, SPAN));
  const path = `/dav/calendars/bench/c${size}/`;
  const account = { url: server.url, user: 'bench', password: 'bench' };
  const writer = patient(davClient({ ...account, sockets: WRITERS }));
  const began = performance.now();
  await fill(writer, path, events);
  console.log(`filled ${size} in ${((performance.now() - began) / 1000).toFixed(0)} s`);
  const client = patient(davClient({ ...account, sockets: SOCKETS }));
  const week = windowOf(
    events.map((event) => event.instances(WEEK)),
    WEEK,
  );
  const same = windowHolding(events, Math.min(SAME_COUNT, Math.floor(size / 3)));
  const bench: Bench = { client, path, events, week: WEEK };
  return {
    size,
    week,
    same,
    async *scenarios() {
      const whole = (await reads(bench)).filter(({ name }) => name !== 'multiget 500');
      yield [...whole, listPage(client, path)];
      yield questions({ ...bench, week: same.range })
        .filter(({ name }) => OF_WINDOW.has(name))
        .map((scenario) => ({ ...scenario, name: scenario.name.replace('week', 'same count') }));
      yield writes(writer, path);
    },
    close() {
      client.close();
      writer.close();
    },
  };
}
