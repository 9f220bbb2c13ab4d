import type { OpenMiddleware } from '../http/state.ts';

/** The door to all below a path, loaded by the first request for it: most servers are never asked. */
export function loadWhenAsked(prefix: string, load: () => Promise<OpenMiddleware>): OpenMiddleware {
  let door: Promise<OpenMiddleware> | undefined;
  return async (ctx, next) => {
    if (!ctx.path.startsWith(prefix)) return next();
    door ??= load();
    return (await door)(ctx, next);
  };
}
