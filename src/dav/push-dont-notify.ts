import type { IncomingHttpHeaders } from 'node:http';

import type { Actor } from '../auth/actor.ts';
import type { CalendarContext } from '../calendar/context.ts';
import { quietContext, type Quiet } from '../calendar/push-quiet.ts';
import { localSegments, type OwnNames } from './destination.ts';
import { pushes, pushIdOf } from './push.ts';
import type { Target } from './resolve.ts';

/** Subscriptions that a header may name: no device has more than one for each collection that it changes. */
const MOST = 100;

interface Asked {
  readonly actor: Actor;
  readonly headers: IncomingHttpHeaders;
  readonly target: Target;
  /** Of the request. */
  readonly segments: readonly string[];
  readonly publicUrl: string | undefined;
}

/** The context for a request with Push-Dont-Notify (WebDAV-Push "Suppressing Notifications"). */
export function withPushDontNotify(context: CalendarContext, asked: Asked): CalendarContext {
  const header = asked.headers['push-dont-notify'];
  if (header === undefined || !pushes(context)) return context;
  const quiet = quietOf(String(header), asked);
  return quiet === undefined ? context : quietContext(context, asked.actor, quiet);
}

/** Invalid values are ignored. */
function quietOf(header: string, { headers, target, segments, publicUrl }: Asked): Quiet | undefined {
  const own = { publicUrl, host: headers.host };
  if (header.trim() === '*') return { kind: 'all', homeIds: homesOf(headers, { target, segments, own }) };
  const ids = [...header.matchAll(/"((?:[^"\\]|\\.)*)"/g)]
    .slice(0, MOST)
    .map(([, quoted = '']) => pushIdOf(localSegments(quoted.replace(/\\(.)/g, '$1'), own) ?? []))
    .filter((id) => id !== undefined);
  return ids.length === 0 ? undefined : { kind: 'some', ids };
}

interface Where {
  readonly target: Target;
  readonly segments: readonly string[];
  readonly own: OwnNames;
}

/** The homes in which a request can change anything: that of its URL, of what is found there, and of its Destination. */
function homesOf({ destination }: IncomingHttpHeaders, { target, segments, own }: Where): readonly string[] {
  const to = typeof destination === 'string' ? localSegments(destination.trim(), own) : undefined;
  const place = target.kind === 'missing' ? target.parent : target;
  const owner = place !== undefined && 'collection' in place ? place.collection.homeId : undefined;
  return [...new Set([segments[2], to?.[2], owner])].filter((id) => id !== undefined);
}
