import { tokensFor } from '../../../src/calendar/mail-tokens.ts';
import { CALENDAR_TYPE, event, ics, startDavServer, type DavServer, type DavServerOptions } from '../../dav-server.ts';
import { visit, type Page } from '../link-server.ts';

/** Who is invited elsewhere. */
export const GUEST = 'mailto:guest@example.org';
export const PEOPLE = [
  'ORGANIZER;CN=Alice:mailto:alice@example.com',
  'ATTENDEE;CN=Alice;PARTSTAT=ACCEPTED:mailto:alice@example.com',
  `ATTENDEE;CN=Gus Guest;RSVP=TRUE:${GUEST}`,
] as const;

/** A meeting of Alice's, to which somebody elsewhere is invited; gives the token of that link. */
export async function invite(
  server: DavServer,
  uid: string,
  lines: readonly string[] = [],
  { recipient = GUEST }: { readonly recipient?: string } = {},
): Promise<string> {
  return inviteTo(server, uid, event(uid, 'SEQUENCE:0', ...PEOPLE, ...lines), { recipient });
}

export async function inviteTo(
  server: DavServer,
  uid: string,
  body: string,
  { recipient = GUEST, uri = 'calendar' }: { readonly recipient?: string; readonly uri?: string } = {},
): Promise<string> {
  await put(server, uid, body, uri);
  const { answerToken } = await server.context.store.write((tx) =>
    tokensFor(server.context, tx, { homeId: 'alice', uid, recipient }),
  );
  return answerToken;
}

export async function put(server: DavServer, uid: string, body: string, uri = 'calendar'): Promise<void> {
  const answer = await server.request('PUT', `/dav/calendars/alice/${uri}/${uid}.ics`, {
    headers: CALENDAR_TYPE,
    body,
  });
  if (answer.status >= 300) throw new Error(`${answer.status} ${answer.body.toString()}`);
}

/** What Alice has, unfolded. */
export async function organizersObject(server: DavServer, uid: string, uri = 'calendar'): Promise<string> {
  const answer = await server.request('GET', `/dav/calendars/alice/${uri}/${uid}.ics`);
  return answer.body.toString().replaceAll(/\r\n[ \t]/g, '');
}

export const attendeeLines = (object: string, address = GUEST): readonly string[] =>
  object.split('\r\n').filter((line) => line.startsWith('ATTENDEE') && line.endsWith(address));

export const open = (
  server: DavServer,
  token: string,
  query = '',
  headers: Record<string, string> = {},
): Promise<Page> => visit(server, `/invitation/${token}${query}`, { headers });

export const nonceIn = ({ text }: Page): string => /name="nonce" value="([^"]*)"/.exec(text)?.[1] ?? '';

/** Sends a form of the page; the nonce is that of a page which is opened before, unless one is given. */
export async function post(
  server: DavServer,
  token: string,
  fields: Readonly<Record<string, string>>,
  headers: Record<string, string> = {},
): Promise<Page> {
  const nonce = fields.nonce ?? nonceIn(await open(server, token));
  const body = new URLSearchParams({ do: 'answer', ...fields, nonce });
  return visit(server, `/invitation/${token}`, { method: 'POST', body, headers });
}

/** Every row of every table: what a request has changed is what differs. */
export async function rowsOf({ context }: DavServer): Promise<string> {
  const { db } = context.store;
  const tables = await db.introspection.getTables();
  const all: Record<string, unknown> = {};
  for (const { name } of tables) {
    all[name] = await db
      .selectFrom(name as 'meta')
      .selectAll()
      .execute();
  }
  return JSON.stringify(all, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value));
}

export const startAnswerServer = (options: DavServerOptions = {}): Promise<DavServer> =>
  startDavServer({ users: ['alice', 'bob'], ...options });

export { event, ics };

/** What stands in the inbox of somebody, unfolded. */
export async function inboxOf(server: DavServer, user: string): Promise<{ readonly items: readonly string[] }> {
  const rows = await server.context.store.db
    .selectFrom('objects')
    .innerJoin('collections', 'collections.id', 'objects.collection_id')
    .select('objects.octets')
    .where('collections.home_id', '=', user)
    .where('collections.kind', '=', 'inbox')
    .execute();
  return {
    items: rows.map(({ octets }) =>
      Buffer.from(octets ?? [])
        .toString()
        .replaceAll(/\r\n[ \t]/g, ''),
    ),
  };
}

export const DAILY = ['DTSTART;TZID=Europe/Berlin:20260302T100000', 'DURATION:PT1H', 'RRULE:FREQ=DAILY;COUNT=5'];
