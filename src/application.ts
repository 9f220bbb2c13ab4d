import type { RequestListener } from 'node:http';
import { timezones } from './api/timezones/serve.ts';
import { createPasswords } from './auth/passwords.ts';
import type { Log } from './base/log.ts';
import type { CalendarContext } from './calendar/context.ts';
import type { Config } from './config.ts';
import { davMiddleware } from './dav/serve.ts';
import { wellKnown } from './dav/well-known.ts';
import { createApp, outsideDav } from './http/app.ts';
import { authenticate, type Devices } from './http/authenticate.ts';
import { health } from './http/health.ts';
import type { Metrics } from './http/metrics.ts';
import type { OpenMiddleware } from './http/state.ts';
import type { LogIn } from './log-in.ts';
import { PREFIX as ANSWER_PREFIX } from './web/answer-page/place.ts';
import { freeBusyUrl } from './web/free-busy-url.ts';
import { links } from './web/link-door.ts';
import { loadWhenAsked } from './web/load-when-asked.ts';

export interface ApplicationParts {
  readonly config: Config;
  readonly context: CalendarContext;
  readonly log: Log;
  readonly credentials: Pick<LogIn, 'verify'>;
  readonly devices: Devices;
  readonly metrics: Metrics;
  /** Throws where no request should come. */
  readonly ready: () => Promise<void>;
  /** Whether another process took the connections. */
  readonly inner?: boolean;
  /** Takes what another process answers, and so stands for the doors that count who asks. */
  readonly handOn?: OpenMiddleware;
}

/** The doors, put together: what node's server calls for each request. */
export function applicationOf(parts: ApplicationParts): RequestListener {
  const { config, context, log, credentials, devices, metrics, ready, inner = false, handOn } = parts;
  const rest = [timezones, wellKnown];
  const app = createApp({
    open:
      handOn === undefined
        ? [outsideDav([health(ready), metrics.middleware, ...countingDoors(context), ...rest])]
        : [outsideDav([health(ready)]), handOn, outsideDav(rest)],
    authenticate: authenticate({ credentials, devices, clock: context.clock }),
    mount: [freeBusyUrl(context), davMiddleware({ calendar: context, publicUrl: config.publicUrl })],
    log,
    limits: context.limits,
    publicUrl: config.publicUrl,
    trustProxy: config.trustProxy,
    metrics,
    inner,
  });
  return app.callback();
}

/** They count who asks, in memory: there is one of each, however many processes answer. */
const countingDoors = (context: CalendarContext): readonly OpenMiddleware[] => [
  links(context, createPasswords({ concurrent: 1 })),
  loadWhenAsked(ANSWER_PREFIX, async () => (await import('./web/answer-page/answer-door.ts')).answerPage(context)),
];
