import { asPrincipalId } from '../../src/base/ids.ts';
import type { Actor } from '../../src/auth/actor.ts';
import { collectionAt, homeOf } from '../../src/calendar/collections.ts';
import { createLink, type CreatedLink } from '../../src/calendar/links.ts';
import type { AskedScope } from '../../src/calendar/link-scope.ts';
import { CALENDAR_TYPE, event, type DavServer } from '../dav-server.ts';

export const actorOf = (id: string): Actor => ({
  id: asPrincipalId(id),
  admin: false,
  adminReadOnly: false,
  deviceId: undefined,
});

export interface Linking {
  readonly as?: string;
  /** Of whom, and of what; '' is the home. */
  readonly of?: string;
  readonly uri?: string;
  readonly password?: string;
}

/** A link of one of the tests' people. */
export async function link(
  { context }: DavServer,
  scope: AskedScope = {},
  { as = 'alice', of = as, uri = 'calendar', password }: Linking = {},
): Promise<CreatedLink> {
  const collection = uri === '' ? await homeOf(context, of) : (await collectionAt(context, of, uri))!;
  return createLink(context, { actor: actorOf(as), collection, scope, password });
}

export interface Page {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** What somebody gets who has no log-in. */
export async function visit(server: DavServer, path: string, init: RequestInit = {}): Promise<Page> {
  const answer = await fetch(new URL(path, server.url), { redirect: 'manual', ...init });
  return { status: answer.status, headers: answer.headers, text: await answer.text() };
}

/** Stores an event: `event` of dav-server.ts, in the calendar of somebody. */
export async function store(
  server: DavServer,
  uid: string,
  lines: readonly string[] = [],
  { as = 'alice', uri = 'calendar' } = {},
): Promise<void> {
  const path = `/dav/calendars/${as}/${uri}/${uid}.ics`;
  const answer = await server.request('PUT', path, { as, headers: CALENDAR_TYPE, body: event(uid, ...lines) });
  if (answer.status >= 300) throw new Error(`${answer.status} ${answer.body.toString()}`);
}
