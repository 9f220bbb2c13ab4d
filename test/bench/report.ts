import type { Measurement } from '../../bench/measure.ts';
import type { Figure, Report, SizeResult } from '../../bench/table.ts';

export const measurement = (scenario: string, cpu: number): Measurement => ({
  scenario,
  cpu,
  wall: cpu + 0.1,
  requests: 100,
  batches: [cpu, cpu, cpu],
});

/** A figure in a run whose floor costs 0.1 ms. */
export const figure = (scenario: string, cpu: number): Figure => ({ ...measurement(scenario, cpu), floors: cpu / 0.1 });

export const size = (events: number, measurements: readonly Figure[]): SizeResult => ({
  events,
  measurements,
  floors: [],
  syncs: [],
});

export const reportOf = (sizes: readonly SizeResult[]): Report => ({
  machine: { cores: 2, cpu: 'Some CPU', kernel: '6.1', node: 'v24.0.0', date: '2026-01-02' },
  isShort: false,
  floorCpu: 0.1,
  sizes,
  targets: [],
});
