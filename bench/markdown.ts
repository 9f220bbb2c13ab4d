import type { Footprint } from './footprint.ts';
import type { Machine } from './machine.ts';
import { type Figure, figures, holds, type Report, type SizeResult, type Target } from './table.ts';
import { limitOf, REFERENCE_FLOOR } from './targets.ts';

const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

/** A table whose first column is text and whose others are numbers. */
const grid = (titles: readonly string[], rows: readonly (readonly string[])[]): string =>
  [row(titles), row(titles.map((_, at) => (at === 0 ? '---' : '---:'))), ...rows.map(row)].join('\n');

const verdict = (target: Target): string => (holds(target) ? 'yes' : '**missed**');

/** Where and when. */
export const machineLine = ({ cores, cpu, kernel, node, date }: Machine, floorCpu: number): string =>
  `Measured on ${date} with ${cores} cores (${cpu}, Linux ${kernel}) and Node ${node}; ` +
  `the floor's GET took ${figures(floorCpu)} ms CPU.`;

/** A question at one size: what was measured, the same at the floor of reference, and what it must be. */
function figureRow({ events, floors }: SizeResult, figure: Figure, floorCpu: number): string[] {
  const { scenario, cpu, wall } = figure;
  const seen = figure.floors * REFERENCE_FLOOR;
  const limit = limitOf(scenario, events);
  const least = floors.find((each) => each.scenario === scenario);
  return [
    scenario,
    events.toLocaleString('en-US'),
    figures(cpu),
    figures(wall),
    figures(seen),
    limit === undefined ? '' : String(limit),
    limit === undefined ? '' : verdict({ name: scenario, limit, seen, unit: '' }),
    least === undefined ? '' : figures((least.cpu / floorCpu) * REFERENCE_FLOOR),
  ];
}

/** All questions and writes at all sizes. */
export function figureTable({ sizes, floorCpu }: Pick<Report, 'sizes' | 'floorCpu'>): string {
  const scenarios = sizes[0]?.measurements.map(({ scenario }) => scenario) ?? [];
  const rows = scenarios.flatMap((name) =>
    sizes.flatMap((size) => {
      const found = size.measurements.find(({ scenario }) => scenario === name);
      return found === undefined ? [] : [figureRow(size, found, floorCpu)];
    }),
  );
  const reference = `at a floor of ${REFERENCE_FLOOR}`;
  const titles = [
    'request',
    'events',
    'CPU ms',
    'wall ms',
    `CPU ms ${reference}`,
    'at most',
    'holds',
    `floor ${reference}`,
  ];
  return grid(titles, rows);
}

/** What else must hold. */
export const targetTable = (targets: readonly Target[]): string =>
  grid(
    ['figure', 'seen', 'at most', 'holds'],
    targets.map((target) => [
      target.name,
      `${figures(target.seen)} ${target.unit}`,
      `${target.limit} ${target.unit}`,
      verdict(target),
    ]),
  );

/** What the rows of the footprint have no room for. */
export function footprintText(found: Footprint): string {
  const [back, ahead] = found.horizon;
  const ms = (value: number): string => `${Math.round(value)} ms`;
  return (
    `Started from a built tree on a folder with ${found.events.toLocaleString('en-US')} events, the cache of compiled code being ` +
    `warm: ${ms(found.firstAnswer)} (${ms(found.firstAnswerCpu)} CPU) to the first answer, ${ms(found.firstEvent)} to the first event for somebody whose password ` +
    `had to be checked. The process takes ${Math.round(found.idleMegabytes)} MB when it has started, ` +
    `${Math.round(found.busyMegabytes)} MB right after all events and questions, ${Math.round(found.megabytes)} MB ten seconds later, and at its peak ${found.peakMebibytes} MiB. ` +
    `An event is ${Math.round(found.octetsSent)} octets as it was sent, and takes ${Math.round(found.octetsPerEvent)} on disk: ` +
    `checkpointed, with one version and an index from ${back} days ago to ${ahead} days ahead.`
  );
}

/** The part of docs/performance.md that tells this server's own figures. `others`: targets that no question has. */
export const figuresPart = (report: Report, others: readonly Target[]): string =>
  [
    machineLine(report.machine, report.floorCpu),
    figureTable(report),
    targetTable(others),
    ...(report.footprint === undefined ? [] : [footprintText(report.footprint)]),
  ].join('\n\n');

/**
 * A page with what is between `<!-- NAME -->` and `<!-- end of NAME -->` replaced. Throws where the page has no such place.
 */
export function withPart(page: string, name: string, part: string): string {
  const [begin, end] = [`<!-- ${name} -->\n`, `<!-- end of ${name} -->`];
  const from = page.indexOf(begin);
  const until = page.indexOf(end);
  if (from < 0 || until < from) throw new Error(`The page has no place for ${name}`);
  return `${page.slice(0, from + begin.length)}\n${part}\n\n${page.slice(until)}`;
}
