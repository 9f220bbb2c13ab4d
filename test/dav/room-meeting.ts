import type { PrincipalSpec } from '../../src/calendar/principal-spec.ts';
import { applyPrincipals } from '../../src/calendar/provision.ts';
import { startDavServer, type DavServer, type DavServerOptions } from '../dav-server.ts';
import { meeting, onlyEvent, pathsIn, putEvent } from './meeting.ts';

const EVENTS = [{ uri: 'calendar', name: 'Calendar', components: ['VEVENT'] }];

/** A room, as a provisioning file has it. */
export function roomSpec(id: string, fields: Partial<PrincipalSpec> = {}): PrincipalSpec {
  const spec = { kind: 'room' as const, id, path: `rooms[${id}]`, name: id, emails: [`${id}@example.com`] };
  return { ...spec, autoSchedule: 'automatic', calendars: EVENTS, ...fields };
}

/** alice and bob book, carol acts for the rooms, root is the administrator. */
export async function startRooms(specs: readonly PrincipalSpec[], options: DavServerOptions = {}): Promise<DavServer> {
  const server = await startDavServer({ users: ['alice', 'bob', 'carol'], admins: ['root'], ...options });
  await applyPrincipals(server.context, specs, { user: [], place: EVENTS });
  return server;
}

/** A day and hours of March 2026 as `03 09-10`; the lines that follow DTSTART. */
export function times(text: string): readonly string[] {
  const [, day = '', from = '', to = ''] = /^(\d\d) (\d\d)-(\d\d)$/.exec(text) ?? [];
  return [`DTSTART:202603${day}T${from}0000Z`, `DURATION:PT${Number(to) - Number(from)}H`];
}

/** Puts a meeting of somebody's with rooms and people. */
export function book(
  server: DavServer,
  uid: string,
  { by = 'alice', at, guests = ['room1'], lines = [] }: Booking,
): ReturnType<typeof putEvent> {
  const body = meeting(uid, guests, ...times(at), ...lines)
    .replace('DURATION:PT1H\r\n', '')
    .replaceAll('alice@', `${by}@`);
  return putEvent(server, `/dav/calendars/${by}/calendar/${uid}.ics`, body, { as: by });
}

export interface Booking {
  readonly by?: string;
  readonly at: string;
  readonly guests?: readonly string[];
  readonly lines?: readonly string[];
}

/** An object, unfolded. */
export async function textOf(server: DavServer, path: string, as = 'root'): Promise<string> {
  return (await server.request('GET', path, { as })).body.toString().replaceAll('\r\n ', '');
}

/** What a person's object says of somebody: PARTSTAT and SCHEDULE-STATUS, component by component. */
export async function answersIn(server: DavServer, path: string, of = 'room1'): Promise<readonly string[]> {
  const text = await textOf(server, path);
  return text
    .split('BEGIN:VEVENT')
    .slice(1)
    .flatMap((event) => {
      const line = event
        .split('\r\n')
        .find((each) => each.startsWith('ATTENDEE') && each.endsWith(`:mailto:${of}@example.com`));
      if (line === undefined) return [];
      const day = /RECURRENCE-ID[^:]*:2026(\d{4})/.exec(event)?.[1];
      const partstat = /PARTSTAT=([A-Z-]+)/.exec(line)?.[1] ?? 'NEEDS-ACTION';
      const status = /SCHEDULE-STATUS=([\d.]+)/.exec(line)?.[1];
      return [[day, partstat, status].filter((each) => each !== undefined).join(' ')];
    });
}

/** What is in somebody's calendar, as the administrator sees it. */
export async function textsIn(server: DavServer, owner: string, uri = 'calendar'): Promise<readonly string[]> {
  const answer = await server.request('PROPFIND', `/dav/calendars/${owner}/${uri}/`, {
    as: 'root',
    headers: { depth: '1' },
  });
  const paths = [...answer.body.toString().matchAll(/<(?:D:)?href>([^<]*\.ics)<\//g)].map(([, path]) => path ?? '');
  return Promise.all(paths.toSorted().map((path) => textOf(server, path)));
}

export { meeting, onlyEvent, pathsIn, putEvent };
