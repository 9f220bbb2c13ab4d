import { argon2id, hash } from 'argon2';
import { join } from 'node:path';
import { writeFileSync } from 'node:fs';
import {
  CALENDAR_HEADERS,
  calendarReport,
  davClient,
  eventsWithin,
  multistatus,
  propfind,
  utcStamp,
  type Answer,
  type DavClient,
} from '../test/dav-client.ts';
import { basic, kalends, type LiveServer, startServer } from '../test/live-server.ts';
import { makeEvents } from './events.ts';
import { fill, writes } from './growth-events.ts';
import { patient } from './growth-measure.ts';
import { SOCKETS, SPAN, WEEK, WRITERS } from './loaded.ts';
import type { Scenario } from './measure.ts';
import { type Bench, reads } from './scenarios.ts';

/** Events in the calendar that is asked, whatever the number of users. */
const EVENTS = 1000;
/** People who log in and are asked for their busy time; addresses of each, under any of which one can log in. */
const PEOPLE = 8;
const ADDRESSES = 80;
export const INVITED = 5;

const personId = (at: number): string => `p${at}`;
const addressOf = (at: number, alias: number): string => `p${at}.${alias}@example.com`;

/**
 * As `kalends provision` takes them. Those who log in have a hash of the cheapest kind, so that what is seen is the look-up
 * and not argon2id; all others have none.
 */
async function accountsFor(users: number): Promise<unknown> {
  const passwordHash = await hash('bench', { type: argon2id, memoryCost: 1024, timeCost: 1, parallelism: 1 });
  const named = Array.from({ length: PEOPLE }, (_, at) => ({
    id: personId(at),
    name: `Colleague ${at}`,
    emails: Array.from({ length: ADDRESSES }, (_, alias) => addressOf(at, alias)),
    passwordHash,
  }));
  const bench = { id: 'bench', name: 'Bench', emails: ['bench@example.com'], password: 'bench' };
  const others = Array.from({ length: Math.max(0, users - PEOPLE - 1) }, (_, at) => ({
    id: `u${at}`,
    name: at === 0 ? 'Rare Zebra' : `Person ${at}`,
    emails: [`u${at}@example.com`],
  }));
  return { users: [bench, ...named, ...others] };
}

export interface Population {
  readonly dataDir: string;
  readonly users: number;
  readonly server: LiveServer;
  readonly provisionSeconds: number;
  readonly scenarios: readonly Scenario[];
  /** A new event that invites five people here. */
  readonly invitation: Scenario;
  /** A week of the calendar with its events in full. */
  readonly view: Scenario;
  close(): Promise<void>;
}

/** A database of so many users in this folder, a server on it, a filled calendar, and the questions. */
export async function population(dataDir: string, users: number): Promise<Population> {
  const file = join(dataDir, 'accounts.json');
  writeFileSync(file, JSON.stringify(await accountsFor(users)));
  const began = performance.now();
  kalends('provision', file, '--data', dataDir);
  const provisionSeconds = (performance.now() - began) / 1000;
  const server = await startServer({ dataDir, args: ['--log-level', 'warn'] });
  const account = { url: server.url, user: 'bench', password: 'bench' };
  const client = patient(davClient({ ...account, sockets: SOCKETS }));
  const writer = patient(davClient({ ...account, sockets: WRITERS }));
  const path = '/dav/calendars/bench/calendar/';
  const events = makeEvents(EVENTS, SPAN);
  await fill(writer, path, events);
  for (let at = 0; at < INVITED; at += 1) await fillPerson(server, at);
  const bench: Bench = { client, path, events, week: WEEK };
  const felt = new Set(['get', 'ctag', 'sync, no change', 'sync, 10 changes', 'query week']);
  return {
    dataDir,
    users,
    server,
    provisionSeconds,
    scenarios: [
      ...(await reads(bench)).filter(({ name }) => felt.has(name)),
      home(client),
      search(client, 'search, many match', 'colleague', PEOPLE),
      search(client, 'search, one matches', 'zebra', 1),
      busy(client),
      logIn(server),
      ...writes(writer, path),
    ],
    invitation: invitation(writer),
    view: view(client, path),
    async close() {
      client.close();
      writer.close();
      await server.stop();
    },
  };
}

async function fillPerson(server: LiveServer, at: number): Promise<void> {
  const client = davClient({ url: server.url, user: personId(at), password: 'bench', sockets: 8 });
  await fill(client, `/dav/calendars/${personId(at)}/calendar/`, makeEvents(100 + at, SPAN));
  client.close();
}

function demand({ status, body }: Answer, wanted: number, isRight: boolean): void {
  if (status !== wanted || !isRight) throw new Error(`${status}: ${body.toString('utf8').slice(0, 300)}`);
}

/** As clients look for calendars. */
function home(client: DavClient): Scenario {
  const asked = propfind('1', [
    'displayname',
    'resourcetype',
    'sync-token',
    'CS:getctag',
    'current-user-privilege-set',
  ]);
  return {
    name: 'PROPFIND of the home',
    constant: true,
    send: () => client.request('PROPFIND', '/dav/calendars/bench/', asked),
    check: (answer) =>
      demand(
        answer,
        207,
        multistatus(answer.body).entries.some(({ href }) => href.endsWith('/calendar/')),
      ),
  };
}

/** What completes a name while it is typed: at most twenty. */
function search(client: DavClient, name: string, token: string, expected: number): Scenario {
  const body =
    '<CS:calendarserver-principal-search xmlns:D="DAV:" xmlns:CS="http://calendarserver.org/ns/" context="attendee">' +
    `<CS:search-token>${token}</CS:search-token><CS:limit><CS:nresults>20</CS:nresults></CS:limit>` +
    '<D:prop><D:displayname/></D:prop></CS:calendarserver-principal-search>';
  return {
    name,
    constant: true,
    send: () =>
      client.request('REPORT', '/dav/principals/', {
        headers: { 'content-type': 'application/xml', depth: '0' },
        body,
      }),
    // Of ten people, the one with the rare name is the tenth.
    check: (answer) => demand(answer, 207, multistatus(answer.body).entries.length === expected),
  };
}

const calendar = (lines: readonly string[]): string =>
  ['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//Bench//EN', ...lines, 'END:VCALENDAR', ''].join('\r\n');
const attendees = Array.from({ length: INVITED }, (_, at) => `ATTENDEE:mailto:${addressOf(at, 0)}`);
const ORGANIZER = 'ORGANIZER:mailto:bench@example.com';

function busy(client: DavClient): Scenario {
  const body = calendar([
    ...['METHOD:REQUEST', 'BEGIN:VFREEBUSY', 'UID:busy', `DTSTAMP:${utcStamp(WEEK.start)}`],
    ...[`DTSTART:${utcStamp(WEEK.start)}`, `DTEND:${utcStamp(WEEK.end)}`, ORGANIZER, ...attendees, 'END:VFREEBUSY'],
  ]);
  return {
    name: `free-busy of ${INVITED} others`,
    constant: true,
    send: () => client.request('POST', '/dav/calendars/bench/outbox/', { headers: CALENDAR_HEADERS, body }),
    check: (answer) => demand(answer, 200, answer.body.toString().match(/request-status>2\.0/g)?.length === INVITED),
  };
}

function invitation(client: DavClient): Scenario {
  return {
    name: `put of a meeting of ${INVITED}`,
    send: (turn) =>
      client.request('PUT', `/dav/calendars/bench/calendar/meeting-${turn}.ics`, {
        headers: CALENDAR_HEADERS,
        body: calendar([
          ...['BEGIN:VEVENT', `UID:meeting-${turn}@bench.example.com`, 'DTSTAMP:20260101T000000Z', 'SUMMARY:Review'],
          ...[`DTSTART:${utcStamp(WEEK.end + turn * 3_600_000)}`, 'DURATION:PT1H', ORGANIZER],
          ...['ATTENDEE;PARTSTAT=ACCEPTED:mailto:bench@example.com', ...attendees, 'END:VEVENT'],
        ]),
      }),
    check: (answer) => demand(answer, 201, true),
  };
}

function view(client: DavClient, path: string): Scenario {
  const range = eventsWithin(WEEK.start, WEEK.end);
  const report = calendarReport('calendar-query', `<D:prop><D:getetag/><C:calendar-data/></D:prop>${range}`);
  return {
    name: 'view of a week',
    constant: true,
    send: () => client.request('REPORT', path, report),
    check: (answer) => demand(answer, 207, multistatus(answer.body).entries.length > 0),
  };
}

/** Each time under another of the addresses, of which there are some hundreds. */
function logIn(server: LiveServer): Scenario {
  const client = patient(davClient({ url: server.url, user: 'bench', password: 'bench', sockets: SOCKETS }));
  return {
    name: 'log-in',
    send(turn) {
      const authorization = basic(addressOf(turn % PEOPLE, Math.floor(turn / PEOPLE)), 'bench');
      const asked = propfind('0', ['current-user-principal']);
      return client.request('PROPFIND', '/dav/', { ...asked, headers: { ...asked.headers, authorization } });
    },
    check: (answer, turn) =>
      demand(answer, 207, answer.body.toString().includes(`/dav/principals/users/${personId(turn % PEOPLE)}/`)),
  };
}
