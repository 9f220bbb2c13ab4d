import type { Measurement } from './measure.ts';

export interface SizeResult {
  readonly events: number;
  readonly measurements: readonly Measurement[];
}

/** What a figure of this run must be. */
export interface Target {
  readonly name: string;
  readonly limit: number;
  readonly seen: number;
  readonly unit: string;
}

export interface Report {
  readonly floorCpu: number;
  readonly sizes: readonly SizeResult[];
  readonly targets: readonly Target[];
}

const pad = (cells: readonly string[]): string =>
  cells.map((cell, at) => (at === 0 ? cell.padEnd(18) : cell.padStart(13))).join('');

const figures = (value: number): string => (value < 10 ? value.toFixed(3) : value.toFixed(1));

/** CPU and wall milliseconds of each question at each size, and how many floors it costs. */
export function table({ floorCpu, sizes }: Report, before?: Report): string {
  const lines = [pad(['scenario', 'events', 'CPU ms', 'x floor', 'wall ms', ...(before ? ['x floor was'] : [])])];
  const names = sizes[0]?.measurements.map((measurement) => measurement.scenario) ?? [];
  lines.push(pad(['floor', '', figures(floorCpu), '1.0', '']));
  for (const name of names) {
    for (const { events, measurements } of sizes) {
      const found = measurements.find((measurement) => measurement.scenario === name);
      if (found === undefined) continue;
      const floors = (found.cpu / floorCpu).toFixed(1);
      const was = before === undefined ? [] : [earlier(before, events, name)];
      lines.push(pad([name, events.toLocaleString('en-US'), figures(found.cpu), floors, figures(found.wall), ...was]));
    }
  }
  return lines.join('\n');
}

function earlier({ floorCpu, sizes }: Report, events: number, name: string): string {
  const size = sizes.find((each) => each.events === events);
  const found = size?.measurements.find((measurement) => measurement.scenario === name);
  return found === undefined ? '' : (found.cpu / floorCpu).toFixed(1);
}

export const holds = ({ limit, seen }: Target): boolean => seen <= limit;

export const targetLines = (targets: readonly Target[]): string =>
  targets
    .map(
      (target) =>
        `${holds(target) ? 'pass' : 'FAIL'}  ${target.name}: ${figures(target.seen)} ${target.unit} (at most ${target.limit})`,
    )
    .join('\n');
