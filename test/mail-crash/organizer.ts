import { setTimeout as after } from 'node:timers/promises';
import { CALENDAR_HEADERS, type DavClient } from '../dav-client.ts';
import type { SeededRandom } from '../seeded-random.ts';

const CALENDAR = '/dav/calendars/host/meetings/';
const GUESTS = ['ann', 'ben', 'cleo', 'dan', 'eve'];
const DOMAINS = ['one.example', 'two.example', 'three.example'];

/** One meeting, written by one connection only, so that the order of its versions is known. */
export interface Meeting {
  readonly uid: string;
  readonly guests: readonly string[];
  /** The last version that was sent to the server. */
  version: number;
  /** Those that it acknowledged: each is to be told to each guest. */
  readonly acknowledged: number[];
}

export function meetingsOf(worker: number, count: number, random: SeededRandom): Meeting[] {
  return Array.from({ length: count }, (_, at) => {
    const first = `${random.pick(GUESTS)}@${random.pick(DOMAINS)}`;
    const second = `fay@${random.pick(DOMAINS)}`;
    return { uid: `meeting-${worker}-${at}`, guests: [first, second], version: 0, acknowledged: [] };
  });
}

/** What a mail about this version says in its title. */
export const titleOf = ({ uid }: Meeting, version: number): string => `${uid} version ${version}.`;

function textOf(meeting: Meeting): string {
  const { uid, guests, version } = meeting;
  // Each version is at another time, so that each is told.
  const day = new Date(Date.UTC(2027, 0, 1, 9) + version * 3_600_000).toISOString().replace(/[-:]|\.\d+/g, '');
  return [
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    'PRODID:-//Kalends//mail crash test//EN',
    'BEGIN:VEVENT',
    `UID:${uid}`,
    'DTSTAMP:20270101T000000Z',
    `SEQUENCE:${version}`,
    `DTSTART:${day}`,
    'DURATION:PT1H',
    `SUMMARY:${titleOf(meeting, version)}`,
    'ORGANIZER:mailto:host@calendar.example',
    'ATTENDEE;PARTSTAT=ACCEPTED:mailto:host@calendar.example',
    ...guests.map((guest) => `ATTENDEE;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:${guest}`),
    'END:VEVENT',
    'END:VCALENDAR',
    '',
  ].join('\r\n');
}

/** The longest that one rests between two changes, in milliseconds: the sender is to keep up more or less. */
const REST = 150;

/** Writes again and again, over one connection, until the connection breaks; returns answers that nothing explains. */
export async function organize(
  client: DavClient,
  meetings: readonly Meeting[],
  random: SeededRandom,
): Promise<string[]> {
  for (;;) {
    const meeting = random.pick(meetings);
    meeting.version += 1;
    const body = textOf(meeting);
    const sent = client.request('PUT', `${CALENDAR}${meeting.uid}.ics`, { headers: CALENDAR_HEADERS, body });
    const answer = await sent.catch(() => undefined);
    if (answer === undefined) return [];
    if (answer.status !== 201 && answer.status !== 204) {
      return [`PUT of ${meeting.uid}: ${answer.status} ${answer.body.toString('utf8').slice(0, 200)}`];
    }
    meeting.acknowledged.push(meeting.version);
    await after(random.between(0, REST));
  }
}
