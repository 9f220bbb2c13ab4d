import type { OpenMiddleware } from '../../http/state.ts';
import { type ActionAnswer, TIMEZONES_ROOT } from './action.ts';
import { ACTIONS } from './actions/index.ts';
import { isProblem, problem, type Problem } from './problem.ts';

const WELL_KNOWN = '/.well-known/timezone';
/** Data of the whole world, the same for everybody; IANA announces changes days ahead (RFC 7808 §4.1.4). */
const CACHED = 'public, max-age=3600';

type Context = Parameters<OpenMiddleware>[0];

/**
 * The time zone data distribution service of RFC 7808, at /timezones, and the redirect to it from
 * /.well-known/timezone (§4.2.1.3). Open to all: there is nobody's data in it.
 */
export const timezones: OpenMiddleware = async (ctx, next) => {
  const path = ctx.path.replace(/\/+$/, '');
  if (path === WELL_KNOWN) {
    ctx.set('Cache-Control', CACHED);
    ctx.redirect(TIMEZONES_ROOT);
    ctx.status = 301;
    ctx.body = '';
    return;
  }
  if (path !== TIMEZONES_ROOT && !path.startsWith(`${TIMEZONES_ROOT}/`)) {
    await next();
    return;
  }
  ctx.set('Allow', 'GET, HEAD, OPTIONS');
  if (ctx.method === 'OPTIONS') ctx.status = 204;
  else if (ctx.method === 'GET' || ctx.method === 'HEAD') send(ctx, answerTo(ctx, path.slice(TIMEZONES_ROOT.length)));
  else refuse(ctx, problem('invalid-action', 405));
};

function answerTo(ctx: Context, encoded: string): ActionAnswer | Problem {
  const path = decoded(encoded);
  const query = new URLSearchParams(ctx.querystring);
  const action = ACTIONS.find((each) => each.path.test(path ?? '-') && (each.when?.(query) ?? true));
  if (action === undefined || path === undefined) return problem('invalid-action');
  const tzid = action.path.exec(path)?.[1] ?? '';
  return action.run({ tzid, query, accept: ctx.req.headers.accept, actions: ACTIONS });
}

/** Percent-encoding undone: the slashes of an identifier may stand encoded or not (RFC 7808 §4.1). */
function decoded(path: string): string | undefined {
  try {
    return decodeURIComponent(path);
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}

function send(ctx: Context, answer: ActionAnswer | Problem): void {
  if (isProblem(answer)) {
    refuse(ctx, answer);
    return;
  }
  const { body, type = 'application/json; charset=utf-8', etag } = answer;
  ctx.set({
    ETag: `"${etag}"`,
    'Cache-Control': CACHED,
    Vary: 'Accept',
    'Cross-Origin-Resource-Policy': 'cross-origin',
    'Content-Type': type,
  });
  ctx.status = 200;
  if (ctx.fresh) {
    ctx.status = 304;
    return;
  }
  ctx.body = typeof body === 'string' ? body : JSON.stringify(body);
}

function refuse(ctx: Context, refused: Problem): void {
  ctx.status = refused.status;
  ctx.set({ 'Content-Type': 'application/problem+json; charset=utf-8', 'Content-Language': 'en' });
  ctx.body = JSON.stringify(refused);
}
