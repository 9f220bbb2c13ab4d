import type { CalendarContext } from '../calendar/context.ts';
import { encodeSegment } from './hrefs.ts';

/** What can be subscribed to (WebDAV-Push): wherever there is a sync token of a home or of what it holds. */
export const PUSH_KINDS = ['home', 'calendar', 'inbox', 'outbox', 'notification'] as const;

/** The token of the DAV header, WebDAV-Push "Service Detection". */
export const PUSH_CLASS = 'webdav-push';

/** Whether this server pushes: without it, nothing of it is shown. */
export const pushes = ({ settings }: CalendarContext): boolean => settings.push !== undefined;

const FOLDER = ['dav', 'push'] as const;

/** The path of a registration URL. It names a resource for DELETE alone, and for nobody but who made it. */
export const pushHref = (id: string): string => `/${FOLDER.join('/')}/${encodeSegment(id)}`;

/** The id in the segments of such a path. */
export function pushIdOf(segments: readonly string[]): string | undefined {
  const [root, folder, id, ...more] = segments;
  return root === FOLDER[0] && folder === FOLDER[1] && more.length === 0 && id !== '' ? id : undefined;
}
