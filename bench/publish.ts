import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../test/live-server.ts';
import { figuresPart, machineLine, withPart } from './markdown.ts';
import { peerNotes, peerTable } from './peers/cells.ts';
import { type EarlierReport, type Report, table, type Target, targetLines } from './table.ts';

const PAGE = join(ROOT, 'docs/performance.md');

/** Where a report goes besides the terminal. */
export interface Publishing {
  readonly json?: string | undefined;
  readonly markdown?: string | undefined;
  /** Whether the tables of docs/performance.md are written anew. */
  readonly docs: boolean;
  /** The file of an earlier report. */
  readonly compare?: string | undefined;
}

/** The table of other servers; undefined where none was asked for. */
function peersPart({ machine, floorCpu, sizes, peers }: Report): string | undefined {
  if (peers === undefined) return undefined;
  const own = (scenario: string, events: number): number | undefined =>
    sizes.find((size) => size.events === events)?.measurements.find((each) => each.scenario === scenario)?.floors;
  return [machineLine(machine, floorCpu), peerTable(peers, own), peerNotes(peers)].filter(Boolean).join('\n\n');
}

/** `others`: targets that no question has a column for. */
export function publish(report: Report, others: readonly Target[], to: Publishing): void {
  const before = to.compare === undefined ? undefined : (JSON.parse(readFileSync(to.compare, 'utf8')) as EarlierReport);
  console.log(`\n${table(report, before)}\n\n${targetLines(report.targets)}`);
  const [own, peers] = [figuresPart(report, others), peersPart(report)];
  if (peers !== undefined) console.log(`\n${peers}`);
  if (to.json !== undefined) writeFileSync(to.json, `${JSON.stringify(report, undefined, 2)}\n`);
  if (to.markdown !== undefined) writeFileSync(to.markdown, [own, peers ?? ''].join('\n\n'));
  if (!to.docs) return;
  const page = withPart(readFileSync(PAGE, 'utf8'), 'figures', own);
  writeFileSync(PAGE, peers === undefined ? page : withPart(page, 'peers', peers));
}
