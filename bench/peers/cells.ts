import { median } from '../measure.ts';
import { REFERENCE_FLOOR } from '../targets.ts';

/** What one question to another server came to: a figure, or why there is none. */
export interface Cell {
  readonly scenario: string;
  /** CPU milliseconds of a request, all processes of the server together. */
  readonly cpu: number | undefined;
  /** How many GETs of the floor that is: the median over batches that were run in turns with it. */
  readonly floors: number | undefined;
  /** Wall milliseconds of a request over one connection. */
  readonly wall: number | undefined;
  /** `no: …` where the server refuses it, `wrong: …` where the answer is, `late: …` where there was no time. */
  readonly says: string | undefined;
}

/** The answers to the questions about one calendar. */
export interface PeerSize {
  readonly events: number;
  /** How many it did not take, and what it said of the first one. */
  readonly refused: string | undefined;
  readonly cells: readonly Cell[];
}

export interface PeerResult {
  readonly name: string;
  /** Of the Debian package; undefined where it is not installed. */
  readonly version: string | undefined;
  /** Why it could not be asked, or not to the end. */
  readonly failure: string | undefined;
  readonly sizes: readonly PeerSize[];
}

/** Batches of a question and of the floor, in turns. */
export interface Pairs {
  readonly costs: number[];
  readonly floors: number[];
  readonly walls: readonly number[];
}

/** The figure of a question. */
export const cellOfPairs = (scenario: string, { costs, floors, walls }: Pairs): Cell => ({
  scenario,
  cpu: median(costs),
  floors: median(costs.map((cost, at) => cost / floors[at]!)),
  wall: median(walls),
  says: undefined,
});

export const cellWithout = (scenario: string, says: string): Cell => ({
  scenario,
  cpu: undefined,
  floors: undefined,
  wall: undefined,
  says,
});

/** There was no time for an answer. */
export class Late extends Error {
  override readonly name = 'Late';
}

/** What an answer with this status, of which `error` was found wrong, is recorded as. 0: there was no answer. */
export function verdictOf(status: number, error: unknown): string {
  const text = (error instanceof Error ? error.message : String(error)).replace(/\s+/g, ' ').slice(0, 200);
  if (error instanceof Late) return `late: ${text}`;
  return status >= 400 && status < 500 ? `no: ${text}` : `wrong: ${text}`;
}

/** How many floors this server costs for a scenario at a size; undefined where it was not asked. */
export type OwnCost = (scenario: string, events: number) => number | undefined;

const countOf = (events: number): string => events.toLocaleString('en-US');

const figure = (value: number): string => (value < 10 ? value.toFixed(2) : value.toFixed(value < 100 ? 1 : 0));

const cellOf = (peer: PeerResult, scenario: string, events: number): Cell | undefined =>
  peer.sizes.find((size) => size.events === events)?.cells.find((cell) => cell.scenario === scenario);

/** How many times ours the cheapest right answer of the peers costs, both in floors. */
export function bestRatio(cells: readonly (Cell | undefined)[], own: number | undefined): number | undefined {
  const costs = cells.flatMap((cell) => cell?.floors ?? []);
  return own === undefined || costs.length === 0 ? undefined : Math.min(...costs) / own;
}

const shown = (cell: Cell | undefined): string => {
  if (cell === undefined) return '';
  return cell.floors === undefined ? (cell.says ?? '').split(':')[0]! : figure(cell.floors * REFERENCE_FLOOR);
};

const titleOf = ({ name, version }: PeerResult): string => (version === undefined ? name : `${name} ${version}`);

/** Markdown: a row for each question and size, CPU milliseconds a request at the floor of reference. */
export function peerTable(peers: readonly PeerResult[], own: OwnCost): string {
  const asked = peers.filter(({ sizes }) => sizes.length > 0);
  const titles = ['scenario', 'events', 'Kalends', ...asked.map(titleOf), 'best other / Kalends'];
  const sizes = [...new Set(asked.flatMap((peer) => peer.sizes.map(({ events }) => events)))];
  const scenarios = [
    ...new Set(asked.flatMap((peer) => peer.sizes.flatMap(({ cells }) => cells.map(({ scenario }) => scenario)))),
  ];
  const rows = scenarios.flatMap((scenario) =>
    sizes.map((events) => {
      const cells = asked.map((peer) => cellOf(peer, scenario, events));
      const ours = own(scenario, events);
      const ratio = bestRatio(cells, ours);
      const ends = [ours === undefined ? '' : figure(ours * REFERENCE_FLOOR), ...cells.map(shown)];
      return [scenario, countOf(events), ...ends, ratio === undefined ? '' : `${ratio.toFixed(1)} x`];
    }),
  );
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(titles), line(titles.map((_, at) => (at === 0 ? '---' : '---:'))), ...rows.map(line)].join('\n');
}

/** What the cells of the table have no room for: a Markdown list. */
export function peerNotes(peers: readonly PeerResult[]): string {
  const escaped = (text: string): string => text.replaceAll('`', "'");
  return peers
    .flatMap((peer) => [
      ...(peer.failure === undefined ? [] : [`- ${titleOf(peer)}: ${peer.failure}`]),
      ...peer.sizes.flatMap(({ events, refused, cells }) => [
        ...(refused === undefined ? [] : [`- ${peer.name}, ${countOf(events)} events: ${refused}`]),
        ...cells
          .filter(({ says }) => says !== undefined)
          .map(({ scenario, says }) => `- ${peer.name}, ${scenario}, ${countOf(events)} events: \`${escaped(says!)}\``),
      ]),
    ])
    .join('\n');
}
