import { Counter, type Registry } from 'prom-client';
import { SHED_REASONS, type ShedReason } from './shed.ts';

/** `kalends_requests_shed_total`: the requests that were sent away because there was too much to do, by limit. */
export function createShedCounter(registry: Registry): (reason: ShedReason) => void {
  const counter = new Counter({
    name: 'kalends_requests_shed_total',
    help: 'Requests answered 503 because there was too much to do, by the limit that they came past',
    labelNames: ['limit'],
    registers: [registry],
  });
  const series = new Map(SHED_REASONS.map((reason) => [reason, counter.labels(reason)]));
  // A series that begins at 0 is seen to grow by the first one.
  for (const each of series.values()) each.inc(0);
  return (reason) => series.get(reason)?.inc();
}
