import type { Log } from '../base/log.ts';
import type { Metrics } from './metrics.ts';
import type { Middleware } from './state.ts';

/**
 * One line and one measurement for each request, when its answer has left or broken off. The line has ids, counts and
 * times: no query, no address, no header.
 */
export function accessLog(log: Log, metrics: Pick<Metrics, 'observe'>): Middleware {
  return (ctx, next) => {
    const started = performance.now();
    const { req, res, state } = ctx;
    const { method = '', url = '/' } = req;
    res.once('close', () => {
      const milliseconds = performance.now() - started;
      metrics.observe(method, res.statusCode, milliseconds / 1000);
      log.info({
        id: state.requestId,
        method,
        path: loggedPath(url),
        status: res.statusCode,
        ms: Math.round(milliseconds * 100) / 100,
        // The state has no actor where the log-in failed or none was asked for.
        actor: (state as Partial<typeof state>).actor?.id ?? state.actorElsewhere,
        ...(res.writableFinished ? {} : { broken: true }),
      });
    });
    return next();
  };
}

/**
 * A path as far as it holds ids. Under /dav/ that is down to the collection: the name of an object is its client's
 * choice, and may be the title of the event or the address in its UID. Elsewhere a path can be a secret itself (an
 * answer link), so only its door is kept.
 */
function loggedPath(url: string): string {
  const [path = ''] = url.split(/[?#]/, 1);
  if (!path.startsWith('/dav/') && !path.startsWith('/.well-known/')) return /^\/[^/]*/.exec(path)?.[0] ?? '*';
  const collection = COLLECTION.exec(path)?.[0] ?? path;
  const rest = path.slice(collection.length);
  const known = /@|%40/.test(collection) ? collection.replaceAll(ADDRESS, '*') : collection;
  return rest === '' ? known : `${known}/${rest === '/' ? '' : '*'}`;
}

/** `/dav/calendars/ID/COLLECTION`. */
const COLLECTION = /^(?:\/[^/]*){4}/;
const ADDRESS = /[^/]*(?:@|%40)[^/]*/g;
