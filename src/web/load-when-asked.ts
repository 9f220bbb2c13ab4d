import type { OpenMiddleware } from '../http/state.ts';

/** The door to all below a path, loaded by the first request for it: most servers are never asked. */
export function loadWhenAsked(prefix: string, load: () => Promise<OpenMiddleware>): OpenMiddleware {
  let door: Promise<OpenMiddleware> | undefined;
  return async (ctx, next) => {
    if (!ctx.path.startsWith(prefix)) return next();
    door ??= load().catch((error: unknown) => {
      // Too many open files, say: the next request tries again.
      door = undefined;
      throw error;
    });
    return (await door)(ctx, next);
  };
}
