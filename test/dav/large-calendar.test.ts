import { request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { collectionAt } from '../../src/calendar/collections.ts';
import { etagOf } from '../../src/calendar/read-object.ts';
import { put } from '../contract/store-engine.ts';
import { calendarReport, propfind, type DavRequest } from '../dav-client.ts';
import { event, startDavServer, XML, type DavServer } from '../dav-server.ts';
import { longestTurnOf } from '../turns.ts';
import { cpu, idleMilliseconds, leastOf } from '../yardstick.ts';

/** Of these, 1,701 arrived at somebody's phone (baikal-docker#308). */
const EVENTS = 18_753;
const CALENDAR = '/dav/calendars/alice/calendar/';
const HOUR = 3_600_000;
const FROM = Date.UTC(2010, 0, 1);

const nameOf = (at: number): string => `event-${at}.ics`;
const stamp = (instant: number): string => new Date(instant).toISOString().replace(/[-:]|\.\d+/g, '');
const textOf = (at: number): string =>
  event(`event-${at}`, `DTSTART:${stamp(FROM + at * HOUR)}`, 'DURATION:PT30M', `SUMMARY:Meeting ${at}`);
const EVERY_NAME = Array.from({ length: EVENTS }, (_, at) => nameOf(at)).sort();
/** Each once: compared as one text, since the difference of two long lists takes longer than to ask for them. */
const isEveryName = (names: readonly string[]): boolean => names.toSorted().join() === EVERY_NAME.join();

let server: DavServer;

beforeAll(async () => {
  server = await startDavServer();
  const collection = (await collectionAt(server.context, 'alice', 'calendar'))!;
  // As rows, in one transaction: through the door they would take longer than all that is asked of them here.
  await server.context.store.write(async (tx) => {
    for (let at = 0; at < EVENTS; at += 1) {
      const octets = Buffer.from(textOf(at));
      const [start, end] = [FROM + at * HOUR, FROM + at * HOUR + HOUR / 2];
      const fields = { name: nameOf(at), uid: `event-${at}`, etag: etagOf(octets), octets };
      await put(tx, collection, { ...fields, firstAt: start, lastAt: end, occurrences: [{ start, end }] });
    }
  });
}, 60_000);
afterAll(() => server.close());

const ask = async (request: DavRequest): Promise<string> => {
  const answer = await server.request('REPORT', CALENDAR, request);
  expect(answer.status, answer.body.toString('utf8', 0, 300)).toBe(207);
  return answer.body.toString();
};
/** Names of the members in the order of the answer. The patterns are of this server: a parser would take its time. */
const namesIn = (answer: string): readonly string[] =>
  [...answer.matchAll(/<D:href>[^<]*\/([^</]+\.ics)<\/D:href>/g)].map(([, name = '']) => name);
const tokenIn = (answer: string): string => /<D:sync-token>([^<]+)</.exec(answer)?.[1] ?? '';
const sync = (token: string, limit?: number): DavRequest => ({
  headers: XML,
  body:
    `<D:sync-collection xmlns:D="DAV:"><D:sync-token>${token}</D:sync-token><D:sync-level>1</D:sync-level>` +
    (limit === undefined ? '' : `<D:limit><D:nresults>${limit}</D:nresults></D:limit>`) +
    '<D:prop><D:getetag/></D:prop></D:sync-collection>',
});
const QUERY = calendarReport(
  'calendar-query',
  '<D:prop><D:getetag/><C:calendar-data/></D:prop><C:filter><C:comp-filter name="VCALENDAR"><C:comp-filter name="VEVENT"/></C:comp-filter></C:filter>',
);

/** CPU milliseconds of this process, client included, of an answer about all events: 0.1 for each, of an idle core. */
const mostCpu = (): number => (EVENTS / 1000) * idleMilliseconds(100);
/**
 * CPU milliseconds for which answers may hold everybody else, however many are under way: a slice of work, the piece of it
 * that was begun when the slice ended, and the collector.
 */
const LONGEST_TURN = 40;

describe('complaint 31: a calendar of 18,753 events arrives whole', () => {
  test('by a first sync, and nothing has changed since', async () => {
    const before = cpu();
    const answer = await ask(sync(''));
    expect(cpu() - before).toBeLessThan(mostCpu());
    expect(isEveryName(namesIn(answer))).toBe(true);
    expect(namesIn(await ask(sync(tokenIn(answer))))).toEqual([]);
  });

  test('by a first sync in pages, each name once', async () => {
    const found: string[] = [];
    let token = '';
    for (let page = 0; page <= EVENTS / 1000; page += 1) {
      const answer = await ask(sync(token, 1000));
      token = tokenIn(answer);
      found.push(...namesIn(answer));
      expect(answer.includes('HTTP/1.1 507'), `page ${page}`).toBe(found.length < EVENTS);
    }
    expect(isEveryName(found)).toBe(true);
  });

  test('by a calendar-query without a time range, with what is in them', async () => {
    const before = cpu();
    const answer = await ask(QUERY);
    expect(cpu() - before).toBeLessThan(mostCpu());
    expect(isEveryName(namesIn(answer))).toBe(true);
    const summaries = new Set([...answer.matchAll(/SUMMARY:Meeting (\d+)/g)].map(([, at]) => Number(at)));
    expect(summaries.size).toBe(EVENTS);
  });

  // Thunderbird asks for a hundred at a time, others for all that they miss.
  test.each([100, 5000])('by multigets of %i', async (batch) => {
    const found: string[] = [];
    for (let from = 0; from < EVENTS; from += batch) {
      const hrefs = EVERY_NAME.slice(from, from + batch).map((name) => `<D:href>${CALENDAR}${name}</D:href>`);
      const inner = `<D:prop><D:getetag/><C:calendar-data/></D:prop>${hrefs.join('')}`;
      const answer = await ask(calendarReport('calendar-multiget', inner));
      expect(answer.match(/BEGIN:VEVENT/g)).toHaveLength(hrefs.length);
      found.push(...namesIn(answer));
    }
    expect(isEveryName(found)).toBe(true);
  });
});

/** An answer that is read as far as its first octets, and then not further until it is let. */
async function held(
  request: DavRequest,
): Promise<{ readonly response: IncomingMessage; readonly sent: ServerResponse }> {
  const started = 'http.server.request.start';
  const found = Promise.withResolvers<ServerResponse>();
  // What node tells of each request that a server here begins to answer.
  const note = (message: unknown): void => found.resolve((message as { readonly response: ServerResponse }).response);
  subscribe(started, note);
  const authorization = `Basic ${Buffer.from('alice:x').toString('base64')}`;
  const asked = httpRequest(server.url + CALENDAR, {
    method: 'REPORT',
    headers: { ...request.headers, authorization },
  });
  asked.end(request.body);
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  unsubscribe(started, note);
  return { response, sent: await found.promise };
}

const REQUESTS: readonly (readonly [string, DavRequest])[] = [
  ['sync', sync('')],
  ['calendar-query', QUERY],
];

const day = (at: number): string => stamp(FROM + at * 24 * HOUR);
const EXPAND = calendarReport(
  'calendar-query',
  `<D:prop><C:calendar-data><C:expand start="${day(0)}" end="${day(100)}"/></C:calendar-data></D:prop>` +
    `<C:filter><C:comp-filter name="VCALENDAR"><C:comp-filter name="VEVENT"><C:time-range start="${day(0)}" end="${day(100)}"/>` +
    '</C:comp-filter></C:comp-filter></C:filter>',
);
const BUSY = calendarReport('free-busy-query', `<C:time-range start="${day(0)}" end="${day(400)}"/>`);
const TEXT = calendarReport(
  'calendar-query',
  '<D:prop><D:getetag/></D:prop><C:filter><C:comp-filter name="VCALENDAR"><C:comp-filter name="VEVENT">' +
    '<C:prop-filter name="SUMMARY"><C:text-match>77</C:text-match></C:prop-filter></C:comp-filter></C:comp-filter></C:filter>',
);

/** An answer that is thrown away. */
async function thrownAway(request: DavRequest, method = 'REPORT'): Promise<void> {
  const authorization = `Basic ${Buffer.from('alice:x').toString('base64')}`;
  const asked = httpRequest(server.url + CALENDAR, { method, headers: { ...request.headers, authorization } });
  asked.end(request.body);
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  expect(response.statusCode).toBeLessThan(300);
  response.resume();
  await once(response, 'end');
}

describe('while it arrives', () => {
  test.each(REQUESTS)('%s: another request is answered before it ends', async (_, request) => {
    const { response } = await held(request);
    response.resume();
    const one = server.request('GET', CALENDAR + nameOf(7)).then(({ status }) => [status, response.complete]);
    await once(response, 'end');
    expect(await one).toEqual([200, false]);
  });

  test('a storm of large requests holds nobody up for longer than one of its steps', async () => {
    const storm = (): Promise<unknown> =>
      Promise.all([
        ...[EXPAND, EXPAND, EXPAND, BUSY, BUSY, TEXT, sync('')].map((request) => thrownAway(request)),
        ...Array.from({ length: 4 }, () => thrownAway(propfind('1', ['getetag']), 'PROPFIND')),
      ]);
    const limit = idleMilliseconds(LONGEST_TURN);
    const least = await leastOf(3, limit, async () => (await longestTurnOf(storm)).longest);
    expect(least).toBeLessThan(limit);
  }, 60_000);

  test('what a slow client has not taken is not made yet', async () => {
    const { response, sent } = await held(QUERY);
    // Somebody else's requests give it all the turns that it could want.
    for (let at = 0; at < 200; at += 1) await server.request('GET', CALENDAR + nameOf(at));
    expect(sent.writableFinished).toBe(false);
    expect(sent.writableLength).toBeLessThan(1024 * 1024);
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk as Buffer);
    expect(isEveryName(namesIn(Buffer.concat(chunks).toString()))).toBe(true);
  });
});
