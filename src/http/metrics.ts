import { timingSafeEqual, hash } from 'node:crypto';
import { METHODS } from 'node:http';
import { AggregatorRegistry, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { OpenMiddleware } from './state.ts';
import { isLoopback } from './client-address.ts';

/** What one process counted: structured data, to be sent to another. */
export type Figures = Awaited<ReturnType<Registry['getMetricsAsJSON']>>;

export interface Metrics {
  /** Counts one request. `seconds` from its first octet to the last of its answer. */
  observe(method: string, status: number, seconds: number): void;
  /** GET /metrics, for this machine or who has the token; it belongs before the log-in. */
  readonly middleware: OpenMiddleware;
  readonly registry: Registry;
  /** What this process counted, for the one that adds up. */
  figures(): Promise<Figures>;
}

export interface MetricsOptions {
  /** Bearer token that opens /metrics to other machines; undefined: to none. */
  readonly token?: string | undefined;
  /** What other processes of this server counted: /metrics is the sum. */
  readonly others?: () => Promise<readonly Figures[]>;
  /** Figures of the rooms below, by name without the `kalends_` prefix, asked at each scrape. */
  readonly gauges?: () => Readonly<Record<string, number>> | Promise<Readonly<Record<string, number>>>;
}

const KNOWN_METHODS = new Set(METHODS);

/** Prometheus metrics in a registry of their own. No label holds what a client can choose freely. */
export function createMetrics({ token, gauges, others }: MetricsOptions = {}): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const requests = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Time from the arrival of a request to the end of its answer',
    labelNames: ['method', 'status'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60],
    registers: [registry],
  });
  // To find a series by its labels costs more than to count.
  const seriesOf = new Map<string, Histogram.Internal<'method' | 'status'>>();
  const known = new Map<string, Gauge>();
  async function collectGauges(): Promise<void> {
    for (const [name, value] of Object.entries((await gauges?.()) ?? {})) {
      let gauge = known.get(name);
      if (gauge === undefined) {
        gauge = new Gauge({ name: `kalends_${name}`, help: name.replaceAll('_', ' '), registers: [registry] });
        known.set(name, gauge);
      }
      gauge.set(value);
    }
  }
  const figures: Metrics['figures'] = async () => {
    await collectGauges();
    return registry.getMetricsAsJSON();
  };
  return {
    registry,
    figures,
    observe(method, status, seconds) {
      const labels = `${KNOWN_METHODS.has(method) ? method : 'other'} ${Math.floor(status / 100)}xx`;
      let series = seriesOf.get(labels);
      if (series === undefined) seriesOf.set(labels, (series = requests.labels(...labels.split(' '))));
      series.observe(seconds);
    },
    async middleware(ctx, next) {
      if (ctx.path !== '/metrics') return next();
      if (!isLoopback(ctx.req) && !hasToken(ctx.req.headers.authorization, token)) {
        ctx.status = 403;
        ctx.body = 'Metrics are for this machine, or for who has the token.\n';
        return;
      }
      const theirs = (await others?.()) ?? [];
      const own = await figures();
      const sum = theirs.length === 0 ? registry : sumOf([own, ...theirs]);
      ctx.set('Content-Type', registry.contentType);
      ctx.body = await sum.metrics();
    },
  };
}

export const sumOf = (figures: readonly Figures[]): Registry => AggregatorRegistry.aggregate([...figures]);

function hasToken(authorization: string | undefined, token: string | undefined): boolean {
  const given = /^bearer +(\S+)$/i.exec(authorization?.trim() ?? '')?.[1];
  if (given === undefined || token === undefined) return false;
  // Digests have one length, whatever was given.
  return timingSafeEqual(hash('sha256', given, 'buffer'), hash('sha256', token, 'buffer'));
}
