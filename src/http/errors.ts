import type { Log } from '../base/log.ts';
import { BadRequest, ConditionFailed } from '../base/refusal.ts';
import { StoreUnavailable } from '../store/errors.ts';
import type { OpenMiddleware } from './state.ts';

const PLAIN = 'text/plain; charset=utf-8';

/**
 * What no door has answered. A BadRequest or ConditionFailed from the plumbing is said in plain text; anything else is
 * a bug: the log gets its cause, the client a text that discloses nothing.
 */
export function lastResort(log: Log): OpenMiddleware {
  return async (ctx, next) => {
    try {
      await next();
    } catch (error) {
      if (isClientGone(error)) {
        // A database that breaks off says the same, and its client still waits for the rest.
        if (ctx.headerSent) ctx.res.destroy();
        throw error;
      }
      const { status, headers, text } = answerOf(error, ctx.state.requestId);
      if (status >= 500 && !(error instanceof BadRequest)) {
        log.error({ err: error, id: ctx.state.requestId, method: ctx.method }, 'a request failed');
      }
      if (ctx.headerSent) {
        ctx.res.destroy();
        return;
      }
      // A door that sends its answers itself may have failed before it sent anything (dav/send.ts).
      ctx.respond = true;
      ctx.set({ 'Content-Type': PLAIN, ...headers });
      ctx.status = status;
      ctx.body = text;
    }
  };
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

function answerOf(error: unknown, requestId: string): Answer {
  if (error instanceof BadRequest) return { status: error.status, headers: error.headers, text: `${error.message}\n` };
  if (error instanceof ConditionFailed) return { status: 412, headers: {}, text: `${error.message}\n` };
  if (error instanceof StoreUnavailable && error.temporary) {
    return { status: 503, headers: { 'Retry-After': '5' }, text: 'The database does not answer. Try again soon.\n' };
  }
  return { status: 500, headers: {}, text: `The server failed to answer. Its log knows why, under ${requestId}.\n` };
}

const GONE = new Set([
  'ECONNRESET',
  'EPIPE',
  'ECONNABORTED',
  'ERR_STREAM_PREMATURE_CLOSE',
  'ERR_STREAM_DESTROYED',
  'ABORT_ERR',
]);

/** Whether the client has closed the connection: nobody is there to answer, and nothing of ours failed. */
export function isClientGone(error: unknown): boolean {
  return error instanceof Error && 'code' in error && GONE.has(String(error.code));
}
