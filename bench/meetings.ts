import { CALENDAR_HEADERS, davClient, type DavClient } from '../test/dav-client.ts';
import type { LiveServer } from '../test/live-server.ts';
import { cpuMilliseconds } from './cpu.ts';
import { diskSyncs } from './disk-syncs.ts';
import { type Effort, measure, median, ratio, type Scenario } from './measure.ts';
import type { Target } from './table.ts';

const PASSWORD = 'bench';
const ORGANIZER = 'meet0';
const REPLIER = 'meet1';

/** Invited to the meetings that are measured, and most of all. */
export interface MeetingSizes {
  readonly usual: number;
  readonly large: number;
}

const idOf = (at: number): string => `meet${at}`;
const address = (id: string): string => `mailto:${id}@example.com`;

/** As `kalends provision` takes them; only who organizes and who answers logs in. */
export const meetingAccounts = ({ large }: MeetingSizes) =>
  Array.from({ length: large + 1 }, (_, at) => {
    const id = idOf(at);
    const account = { id, name: `Person ${at}`, emails: [`${id}@example.com`] };
    return id === ORGANIZER || id === REPLIER ? { ...account, password: PASSWORD } : account;
  });

interface Meeting {
  readonly uid: string;
  readonly attendees: number;
  readonly isMeeting?: boolean;
  /** Of who answers. */
  readonly partstat?: string;
  readonly summary?: string;
}

function meetingText({
  uid,
  attendees,
  isMeeting = true,
  partstat = 'NEEDS-ACTION',
  summary = 'Review',
}: Meeting): string {
  const guests = Array.from({ length: attendees }, (_, at) => idOf(at + 1)).map((id) => {
    const answer = id === REPLIER ? partstat : 'NEEDS-ACTION';
    return `ATTENDEE;CN=${id};PARTSTAT=${answer};RSVP=TRUE:${address(id)}`;
  });
  const people = isMeeting ? [`ORGANIZER:${address(ORGANIZER)}`] : [];
  return [
    ...['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//Bench//EN', 'BEGIN:VEVENT', `UID:${uid}`],
    ...['DTSTAMP:20260101T000000Z', 'DTSTART:20260801T100000Z', 'DTEND:20260801T110000Z', `SUMMARY:${summary}`],
    ...[...people, `ATTENDEE;PARTSTAT=ACCEPTED:${address(ORGANIZER)}`, ...guests, 'END:VEVENT', 'END:VCALENDAR', ''],
  ].join('\r\n');
}

let made = 0;
const newUid = (): string => `meeting-${(made += 1)}`;

const pathOf = (id: string, name: string): string => `/dav/calendars/${id}/calendar/${name}`;

const store = (client: DavClient, path: string, body: string) =>
  client.request('PUT', path, { headers: CALENDAR_HEADERS, body });

/** Each time another meeting. */
const invite = (client: DavClient, attendees: number): Scenario => ({
  name: `meeting of ${attendees}`,
  send() {
    const uid = newUid();
    return store(client, pathOf(ORGANIZER, `${uid}.ics`), meetingText({ uid, attendees }));
  },
  check({ status, body }) {
    if (status !== 201) throw new Error(`${status}: ${body.toString('utf8').slice(0, 300)}`);
  },
});

const accepted = ({ status, body }: { readonly status: number; readonly body: Buffer }): void => {
  if (status !== 204) throw new Error(`${status}: ${body.toString('utf8').slice(0, 300)}`);
};

/** One of those invited to one meeting changes their mind again and again. */
async function reply(organizer: DavClient, replier: DavClient, attendees: number): Promise<Scenario> {
  const uid = newUid();
  await store(organizer, pathOf(ORGANIZER, `${uid}.ics`), meetingText({ uid, attendees }));
  const path = await memberOfUid(replier, REPLIER, uid);
  return {
    name: `reply of one of ${attendees}`,
    send: (turn) =>
      store(replier, path, meetingText({ uid, attendees, partstat: turn % 2 === 0 ? 'ACCEPTED' : 'TENTATIVE' })),
    check: accepted,
  };
}

/** The same octets, but nobody is to be told. */
async function plainPut(client: DavClient, attendees: number): Promise<Scenario> {
  const uid = newUid();
  const path = pathOf(REPLIER, `${uid}.ics`);
  const textOf = (turn: number): string =>
    meetingText({ uid, attendees, isMeeting: false, partstat: turn % 2 === 0 ? 'ACCEPTED' : 'TENTATIVE' });
  await store(client, path, textOf(1));
  return {
    name: `plain put, ${attendees} attendees`,
    send: (turn) => store(client, path, textOf(turn)),
    check: accepted,
  };
}

async function memberOfUid(client: DavClient, id: string, uid: string): Promise<string> {
  const filter =
    '<C:filter><C:comp-filter name="VCALENDAR"><C:comp-filter name="VEVENT"><C:prop-filter name="UID">' +
    `<C:text-match collation="i;octet">${uid}</C:text-match></C:prop-filter></C:comp-filter></C:comp-filter></C:filter>`;
  const body =
    '<C:calendar-query xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><D:prop><D:getetag/></D:prop>' +
    `${filter}</C:calendar-query>`;
  const headers = { depth: '1', 'content-type': 'application/xml' };
  const answer = await client.request('REPORT', pathOf(id, ''), { headers, body });
  const found = [...answer.body.toString('utf8').matchAll(/<D:href>([^<]+\.ics)<\/D:href>/g)].map((match) => match[1]!);
  // A UID that begins with this one is found, too.
  const path = found.at(-1);
  if (path === undefined) throw new Error(`${id} has no ${uid}: ${answer.status}`);
  return path;
}

interface Large {
  /** Milliseconds, medians. */
  readonly wall: number;
  readonly cpu: number;
  /** The longest that another request waited, the least of all rounds: milliseconds. */
  readonly blocked: number;
}

/** Meetings with very many people, and how long somebody else waits meanwhile. */
async function inviteMany(server: LiveServer, organizer: DavClient, attendees: number, rounds: number): Promise<Large> {
  const other = davClient({ url: server.url, user: REPLIER, password: PASSWORD, sockets: 1 });
  const scenario = invite(organizer, attendees);
  const seen: Large[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const cpu = cpuMilliseconds(server.pid);
    const began = performance.now();
    let isUnderWay = true;
    const asked = scenario.send(round).finally(() => (isUnderWay = false));
    let blocked = 0;
    while (isUnderWay) {
      const at = performance.now();
      await other.request('OPTIONS', pathOf(REPLIER, ''));
      blocked = Math.max(blocked, performance.now() - at);
    }
    scenario.check(await asked, round);
    seen.push({ wall: performance.now() - began, cpu: cpuMilliseconds(server.pid) - cpu, blocked });
  }
  other.close();
  return {
    wall: median(seen.map(({ wall }) => wall)),
    cpu: median(seen.map(({ cpu }) => cpu)),
    blocked: Math.min(...seen.map(({ blocked }) => blocked)),
  };
}

/** What it costs to invite people of this server, and to answer. */
export async function askMeetings(
  server: LiveServer,
  { usual, large }: MeetingSizes,
  effort: Effort,
): Promise<Target[]> {
  const clientOf = (user: string) => davClient({ url: server.url, user, password: PASSWORD, sockets: 1 });
  const [organizer, replier] = [clientOf(ORGANIZER), clientOf(REPLIER)];
  const before = await diskSyncs(server.url);
  const invited = await measure(server.pid, invite(organizer, usual), effort);
  const syncs = ((await diskSyncs(server.url)) - before) / invited.requests;
  const many = await inviteMany(server, organizer, large, 3);
  const answered = await ratio(
    { pid: server.pid, scenario: await reply(organizer, replier, usual) },
    { pid: server.pid, scenario: await plainPut(replier, usual) },
    effort,
  );
  organizer.close();
  replier.close();
  const cpuOf = (cpu: number, wall: number): string => `${cpu.toFixed(1)} ms CPU, ${wall.toFixed(1)} ms`;
  console.log(
    `PUT of a meeting of ${usual}: ${cpuOf(invited.cpu, invited.wall)}; of ${large}: ${cpuOf(many.cpu, many.wall)}`,
  );
  return [
    // 60 ms for 100 people, and in the short form for fewer.
    { name: `PUT of a meeting of ${usual}`, limit: (60 * usual) / 100, seen: invited.cpu, unit: 'ms CPU' },
    // PostgreSQL counts them itself, see diskSyncs.
    ...(Number.isNaN(syncs)
      ? []
      : [{ name: `disk syncs of a meeting of ${usual}`, limit: 1.01, seen: syncs, unit: 'syncs' }]),
    { name: `PUT of a meeting of ${large}`, limit: (3000 * large) / 1000, seen: many.wall, unit: 'ms' },
    {
      name: `another request beside a meeting of ${large}`,
      // Of this alone not the CPU is looked at: others may use the machine.
      limit: 100,
      seen: many.blocked,
      unit: 'ms',
    },
    // As with the floor: in the short form, others may use the machine.
    { name: `reply of one of ${usual} against a plain put`, limit: usual < 100 ? 4 : 3, seen: answered, unit: 'x' },
  ];
}
