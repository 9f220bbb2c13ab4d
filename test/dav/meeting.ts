import type { DavServer } from '../dav-server.ts';
import { ics } from '../dav-server.ts';

/** Lines of a meeting: alice organizes, the others are invited. */
export function meeting(uid: string, guests: readonly string[], ...lines: readonly string[]): string {
  const people = guests.map((guest) => (guest.startsWith('ATTENDEE') ? guest : `ATTENDEE:mailto:${guest}@example.com`));
  return ics(
    ...['BEGIN:VEVENT', `UID:${uid}`, 'DTSTAMP:20260301T000000Z'],
    ...(lines.some((line) => line.startsWith('DTSTART')) ? [] : ['DTSTART:20260302T090000Z']),
    ...['DURATION:PT1H', 'ORGANIZER:mailto:alice@example.com'],
    ...['ATTENDEE;PARTSTAT=ACCEPTED:mailto:alice@example.com', ...people, ...lines, 'END:VEVENT'],
  );
}

export const ICS = { 'content-type': 'text/calendar; charset=utf-8' };

export const putEvent = (
  server: DavServer,
  path: string,
  body: string,
  { as = 'alice', headers = {} }: { readonly as?: string; readonly headers?: Readonly<Record<string, string>> } = {},
) => server.request('PUT', path, { as, body, headers: { ...ICS, ...headers } });

/** The paths of what is in a collection of somebody's. */
export async function pathsIn(server: DavServer, owner: string, uri: string): Promise<readonly string[]> {
  const answer = await server.request('PROPFIND', `/dav/calendars/${owner}/${uri}/`, {
    as: owner,
    headers: { depth: '1' },
  });
  const paths = [...answer.body.toString().matchAll(/<href>([^<]*\.ics)<\/href>|<D:href>([^<]*\.ics)<\/D:href>/g)];
  return paths.map(([, one, other]) => one ?? other ?? '').toSorted();
}

/** The one object in somebody's calendar, unfolded, with where it is and its tags. */
export async function onlyEvent(server: DavServer, owner: string, uri = 'calendar') {
  const [path, ...more] = await pathsIn(server, owner, uri);
  if (path === undefined || more.length > 0) throw new Error(`${owner} has ${more.length + (path ? 1 : 0)} objects`);
  const answer = await server.request('GET', path, { as: owner });
  return {
    path,
    text: answer.body.toString().replaceAll('\r\n ', ''),
    tag: String(answer.headers['schedule-tag']),
    etag: String(answer.headers.etag),
  };
}
