import { multistatus, propfind, type Answer } from '../dav-client.ts';
import { XML, type DavServer } from '../dav-server.ts';

/** What clients of caldav-sharing send, and read. */
const NAMESPACES = 'xmlns:D="DAV:" xmlns:CS="http://calendarserver.org/ns/" xmlns:K="urn:kalends:dav"';

/** Elements of a CS:set by level. */
export const LEVELS = {
  'free-busy': '<CS:read/><K:free-busy/>',
  read: '<CS:read/>',
  'read-write': '<CS:read-write/>',
  manage: '<CS:read-write/><K:manage/>',
} as const;
export type Level = keyof typeof LEVELS;

export const set = (href: string, level: Level = 'read', more = ''): string =>
  `<CS:set><D:href>${href}</D:href>${more}${LEVELS[level]}</CS:set>`;
export const unset = (href: string): string => `<CS:remove><D:href>${href}</D:href></CS:remove>`;
export const mailto = (user: string): string => `mailto:${user}@example.com`;
export const calendarOf = (user: string, uri = 'calendar'): string => `/dav/calendars/${user}/${uri}/`;
export const noticesOf = (user: string): string => `/dav/calendars/${user}/notification/`;

/** CS:share to a calendar. */
export function share(server: DavServer, calendar: string, inner: string, as = 'alice'): Promise<Answer> {
  return server.request('POST', calendar, { as, headers: XML, body: `<CS:share ${NAMESPACES}>${inner}</CS:share>` });
}

/** CS:invite-reply to the home of a person. */
export function reply(
  server: DavServer,
  sharee: string,
  { uid, accepted = true, more = '', as = sharee }: { uid: string; accepted?: boolean; more?: string; as?: string },
): Promise<Answer> {
  const status = accepted ? '<CS:invite-accepted/>' : '<CS:invite-declined/>';
  const address = `<D:href>${mailto(sharee)}</D:href>`;
  const body = `<CS:invite-reply ${NAMESPACES}>${address}${status}<CS:hosturl><D:href>/x</D:href></CS:hosturl><CS:in-reply-to>${uid}</CS:in-reply-to>${more}</CS:invite-reply>`;
  return server.request('POST', `/dav/calendars/${sharee}/`, { as, headers: XML, body });
}

/** The texts of the notices in the home of a person. */
export async function notices(server: DavServer, user: string): Promise<readonly string[]> {
  const texts: string[] = [];
  for (const href of await noticeHrefs(server, user)) {
    texts.push((await server.request('GET', href, { as: user })).body.toString());
  }
  return texts;
}

export async function noticeHrefs(server: DavServer, user: string): Promise<readonly string[]> {
  const answer = await server.request('PROPFIND', noticesOf(user), { as: user, ...propfind('1', ['getetag']) });
  return multistatus(answer.body)
    .entries.map(({ href }) => href)
    .filter((href) => href !== noticesOf(user));
}

/** The uid of the one invitation that a person has. */
export async function uidOf(server: DavServer, user: string): Promise<string> {
  const uids = (await notices(server, user)).flatMap((text) => /<CS:uid>([^<]+)<\/CS:uid>/.exec(text)?.[1] ?? []);
  if (uids.length !== 1) throw new Error(`${user} has ${uids.length} invitations`);
  return uids[0]!;
}

/** Shares a calendar with a person, who accepts; the place where it stands then, with the last slash. */
export async function shareWith(server: DavServer, calendar: string, sharee: string, level: Level): Promise<string> {
  const [, , , sharer] = calendar.split('/');
  await share(server, calendar, set(mailto(sharee), level), sharer);
  const accepted = await reply(server, sharee, { uid: await uidOf(server, sharee) });
  return `${/<D:href>([^<]+)<\/D:href>/.exec(accepted.body.toString())![1]}/`;
}

/** Properties of one resource as the answer has them. */
export async function props(server: DavServer, as: string, path: string, ...names: string[]): Promise<string> {
  return (await server.request('PROPFIND', path, { as, ...propfind('0', names) })).body.toString();
}
