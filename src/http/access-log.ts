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
        actor: (state as Partial<typeof state>).actor?.id,
        ...(res.writableFinished ? {} : { broken: true }),
      });
    });
    return next();
  };
}

/** The path under /dav/ holds ids; elsewhere a path can be a secret itself (an answer link), so only its door is kept. */
function loggedPath(url: string): string {
  const path = url.replace(/[?#].*$/s, '');
  if (path.startsWith('/dav/') || path.startsWith('/.well-known/')) return path;
  return /^\/[^/]*/.exec(path)?.[0] ?? '*';
}
