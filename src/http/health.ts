import type { OpenMiddleware } from './state.ts';

/**
 * `/healthz`: the process answers. `/readyz`: it can serve, that is, `ready` (a look into the database) does not
 * throw; while the server closes down it is not ready either, so that a balancer turns elsewhere.
 */
export function health(ready: () => void | Promise<void>): OpenMiddleware {
  return async (ctx, next) => {
    if (ctx.path === '/healthz') {
      ctx.body = 'ok\n';
      return;
    }
    if (ctx.path !== '/readyz') return next();
    try {
      await ready();
      ctx.body = 'ready\n';
    } catch {
      // The reason is for the log of whom it concerns, not for whoever asks.
      ctx.status = 503;
      ctx.body = 'not ready\n';
    }
  };
}
