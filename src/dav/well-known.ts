import type { Middleware } from 'koa';

import { DAV_ROOT } from './hrefs.ts';

/**
 * `/.well-known/caldav` and `/.well-known/carddav`, RFC 6764 §5: lead every method to the context path, without log-in, because the client
 * does not know yet where to log in. The Location is a path, which is right behind any proxy.
 */
export const wellKnown: Middleware = async (ctx, next) => {
  const path = ctx.path.replace(/\/+$/, '');
  if (path === '/.well-known/caldav' || path === '/.well-known/carddav') {
    ctx.set('Cache-Control', 'no-cache');
    ctx.redirect(DAV_ROOT);
    ctx.status = 301;
    ctx.body = '';
    return;
  }
  if (path === '/.well-known') {
    ctx.body = 'caldav\ncarddav\ntimezone\n';
    return;
  }
  await next();
};
