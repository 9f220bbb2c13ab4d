import Koa from 'koa';
import { newId } from '../base/ids.ts';
import type { Limits } from '../base/limits.ts';
import type { Log } from '../base/log.ts';
import { BadRequest } from '../base/refusal.ts';
import { accessLog } from './access-log.ts';
import { createBodyRoom } from './body-room.ts';
import { clientAddress } from './client-address.ts';
import { isClientGone, lastResort } from './errors.ts';
import { inOrder } from './in-order.ts';
import type { Metrics } from './metrics.ts';
import { ACTOR_HEADER, peerOf } from './peer.ts';
import { SECURITY_HEADERS } from './security-headers.ts';
import type { Middleware, OpenMiddleware, State } from './state.ts';

export interface AppOptions {
  /** What answers without a log-in: health, metrics, the well-known redirect. */
  readonly open?: readonly OpenMiddleware[];
  /** Sets `ctx.state.actor`, or answers 401. */
  readonly authenticate: Middleware;
  /** The doors behind the log-in, in order. */
  readonly mount: readonly Middleware[];
  readonly log: Log;
  readonly limits: Pick<Limits, 'requestOctets' | 'bodiesOctets'>;
  readonly publicUrl: string | undefined;
  readonly trustProxy: boolean;
  readonly metrics: Pick<Metrics, 'observe'>;
  /** Whether another process of the server took the connections: it logs and counts what comes, and is told who asked. */
  readonly inner?: boolean;
}

/** The Koa application: what holds for every request, then the doors. */
export function createApp(options: AppOptions): Koa<State> {
  const { open = [], authenticate, mount, log, limits, metrics } = options;
  const app = new Koa<State>({ env: 'production' });
  // Errors after the headers were sent: the connection is cut by then, so that the client sees the answer is not whole.
  app.on('error', (error: unknown) => {
    if (isClientGone(error)) log.debug({ err: error }, 'the client went away');
    else log.error({ err: error }, 'an answer broke off');
  });
  app.use(envelope(options));
  app.use(inOrder());
  if (options.inner !== true) app.use(accessLog(log, metrics));
  app.use(lastResort(log));
  app.use(bodyLimit(limits.requestOctets));
  for (const middleware of open) app.use(middleware);
  app.use(authenticate);
  if (options.inner === true) app.use(tellActor);
  for (const middleware of mount) app.use(middleware);
  return app;
}

function envelope({ publicUrl, trustProxy, limits }: AppOptions): OpenMiddleware {
  const roomFor = createBodyRoom(limits.bodiesOctets);
  // Unique over restarts and processes by the first half, in the process by the count.
  const start = newId().slice(0, 13);
  let count = 0;
  return (ctx, next) => {
    const requestId = peerOf(ctx.req).requestId ?? `${start}-${(count += 1)}`;
    ctx.state = {
      requestId,
      address: clientAddress(ctx.req, trustProxy),
      takeRoom: roomFor(ctx.res),
      own: { publicUrl, host: ctx.req.headers.host },
      headers: { ...SECURITY_HEADERS, 'X-Request-Id': requestId },
    };
    return next().then(() => addHeaders(ctx));
  };
}

/** To answers that a door has not sent itself, with these among its own headers (dav/send.ts). */
function addHeaders({ res, state }: Parameters<OpenMiddleware>[0]): void {
  if (res.headersSent) return;
  // Straight to Node: what Koa makes of a value first is for those that are not known to be text.
  for (const [name, value] of Object.entries(state.headers)) {
    if (!res.hasHeader(name)) res.setHeader(name, value);
  }
}

/** For the log of the process that took the connection. */
const tellActor: Middleware = (ctx, next) => {
  ctx.res.setHeader(ACTOR_HEADER, ctx.state.actor.id);
  return next();
};

/** Doors of which none is below /dav/: to ask each of them whether a path is its own costs a twentieth of a GET. */
export function outsideDav(doors: readonly OpenMiddleware[]): OpenMiddleware {
  return (ctx, next) => {
    const from = (at: number): unknown => doors[at]?.(ctx, async () => from(at + 1)) ?? next();
    return ctx.req.url?.startsWith('/dav/') === true ? next() : from(0);
  };
}

/** A body that says itself how large it is need not be begun. */
function bodyLimit(octets: number): OpenMiddleware {
  return (ctx, next) => {
    if (Number(ctx.req.headers['content-length'] ?? 0) > octets) {
      throw new BadRequest(`The body is longer than ${octets} octets`, {
        status: 413,
        headers: { Connection: 'close' },
      });
    }
    return next();
  };
}
