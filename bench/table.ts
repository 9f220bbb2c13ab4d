import type { Footprint } from './footprint.ts';
import type { Machine } from './machine.ts';
import type { Measurement } from './measure.ts';
import type { PeerResult } from './peers/cells.ts';

/** What a question costs, and how many floors that is: the median over batches that were run in turns with it. */
export type Figure = Measurement & { readonly floors: number };

export interface SizeResult {
  readonly events: number;
  readonly measurements: readonly Figure[];
  /** The same questions, asked of the floor. */
  readonly floors: readonly Measurement[];
  /** Waits for the disk of one PUT, by how many wrote at once. */
  readonly syncs: readonly { readonly writers: number; readonly perPut: number }[];
}

/** What a figure of this run must be. */
export interface Target {
  readonly name: string;
  readonly limit: number;
  readonly seen: number;
  readonly unit: string;
  /** Where it is known to be missed: what it is at most, all the same, and why. */
  readonly miss?: Miss | undefined;
}

export interface Miss {
  readonly limit: number;
  readonly why: string;
}

export interface Report {
  readonly machine: Machine;
  readonly isShort: boolean;
  /** Median of the CPU milliseconds of the floor's GET over all the times that it was measured. */
  readonly floorCpu: number;
  readonly sizes: readonly SizeResult[];
  readonly targets: readonly Target[];
  readonly footprint?: Footprint | undefined;
  readonly peers?: readonly PeerResult[] | undefined;
}

/** What is read of an earlier report, also of one that was written before it told more. */
export interface EarlierReport {
  readonly floorCpu: number;
  readonly sizes: readonly {
    readonly events: number;
    readonly measurements: readonly {
      readonly scenario: string;
      readonly cpu: number;
      readonly floors?: number;
    }[];
  }[];
}

const pad = (cells: readonly string[]): string =>
  cells.map((cell, at) => (at === 0 ? cell.padEnd(22) : cell.padStart(11))).join('');

export const figures = (value: number): string => {
  if (Number.isNaN(value)) return 'not measured';
  if (value < 10) return value.toFixed(3);
  return value.toLocaleString('en-US', { maximumFractionDigits: value < 1000 ? 1 : 0 });
};

/** CPU and wall milliseconds of each question at each size, how many floors it costs, and what that is of an earlier run. */
export function table({ floorCpu, sizes }: Report, before?: EarlierReport): string {
  const lines = [
    pad(['scenario', 'events', 'CPU ms', 'floors', 'wall ms', ...(before ? ['floors was', 'ratio'] : [])]),
  ];
  const names = sizes[0]?.measurements.map(({ scenario }) => scenario) ?? [];
  lines.push(pad(['floor', '', figures(floorCpu), '1.0', '']));
  for (const name of names) {
    for (const { events, measurements, floors } of sizes) {
      const count = events.toLocaleString('en-US');
      const floor = floors.find(({ scenario }) => scenario === name);
      if (floor !== undefined)
        lines.push(pad([`  floor: ${name}`, count, figures(floor.cpu), '', figures(floor.wall)]));
      const found = measurements.find(({ scenario }) => scenario === name);
      if (found === undefined) continue;
      const cells = [name, count, figures(found.cpu), found.floors.toFixed(1), figures(found.wall)];
      lines.push(
        pad([...cells, ...(before === undefined ? [] : comparison(found, earlierFloors(before, events, name)))]),
      );
    }
  }
  return lines.join('\n');
}

/** How many floors a question cost in an earlier run; NaN where it was not asked. */
export function earlierFloors({ floorCpu, sizes }: EarlierReport, events: number, name: string): number {
  const size = sizes.find((each) => each.events === events);
  const found = size?.measurements.find(({ scenario }) => scenario === name);
  return found === undefined ? Number.NaN : (found.floors ?? found.cpu / floorCpu);
}

const comparison = ({ floors }: Figure, was: number): readonly string[] =>
  Number.isNaN(was) ? ['', ''] : [was.toFixed(1), `${(floors / was).toFixed(2)} x`];

/** NaN holds nothing: what was not measured has failed. */
export const holds = ({ limit, seen }: Target): boolean => seen <= limit;

/** Whether it holds, or misses by no more than is known and told. */
export const isNoNews = (target: Target): boolean =>
  holds(target) || (target.miss !== undefined && target.seen <= target.miss.limit);

const word = (target: Target): string => {
  if (holds(target)) return 'pass';
  return isNoNews(target) ? 'MISS' : 'FAIL';
};

export const targetLines = (targets: readonly Target[]): string =>
  targets
    .map((target) => {
      const { name, limit, seen, unit, miss } = target;
      const known = miss === undefined || holds(target) ? '' : `; known to be missed, up to ${miss.limit}: ${miss.why}`;
      return `${word(target)}  ${name}: ${figures(seen)} ${unit} (at most ${limitText(limit)})${known}`;
    })
    .join('\n');

/** Without the noise that multiplying leaves in the last digits. */
const limitText = (limit: number): string => String(Number(limit.toPrecision(6)));
