import type { RequestListener } from 'node:http';
import type { Limits } from './base/limits.ts';
import type { Log } from './base/log.ts';
import type { Config } from './config.ts';
import { listen, type Listener } from './http/listen.ts';
import type { Metrics } from './http/metrics.ts';
import { createShedCounter } from './http/shed-metrics.ts';

export interface PublicListenerOptions {
  readonly handler: RequestListener;
  readonly limits: Limits;
  readonly metrics: Metrics;
  readonly log: Log;
}

/** Begins to listen where the configuration says, with TLS where it has a certificate. Rejects as `listen` does. */
export function listenAsConfigured(config: Config, options: PublicListenerOptions): Promise<Listener> {
  const { host, port, tlsCert, tlsKey } = config;
  const { metrics, ...rest } = options;
  const tls = tlsCert === undefined || tlsKey === undefined ? undefined : { certFile: tlsCert, keyFile: tlsKey };
  return listen({ ...rest, host, port, tls, onShed: createShedCounter(metrics.registry) });
}
