import type { Machine } from './machine.ts';
import type { Memory } from './load-memory.ts';
import type { Latencies, PhaseResult } from './load-phase.ts';

export interface Phase extends PhaseResult {
  readonly name: string;
  /** Requests a second that were due. */
  readonly rate: number;
  /** CPU of the server's processes and of the generator, of one core: 1 is a whole one. */
  readonly serverCpu: number;
  readonly generatorCpu: number;
  readonly peakMegabytes: number;
}

export interface LoadReport {
  readonly machine: Machine;
  /** Load of the machine in the minute before, by others than this. */
  readonly loadBefore: number;
  readonly clients: number;
  readonly workers: number;
  readonly database: string;
  readonly events: number;
  readonly memory: Readonly<Record<string, Memory>>;
  readonly phases: readonly Phase[];
  /** Seconds after the end of the storm from which all answers are in time again. */
  readonly recovered: number;
  readonly failures: readonly string[];
}

const ms = (value: number): string => (Number.isNaN(value) ? '' : value < 10 ? value.toFixed(1) : value.toFixed(0));
const cells = ({ count, p50, p95, p99, most }: Latencies): string =>
  [count.toLocaleString('en-US'), ms(p50), ms(p95), ms(p99), ms(most)].join(' | ');

function phaseRows({ name, rate, reads, writes, shed, shedOnWire, rightOnWire, wrong }: Phase): string[] {
  const errors = Object.values(wrong).reduce((sum, count) => sum + count, 0);
  const what = `${name}, ${rate.toFixed(0)}/s`;
  return [
    `| ${what} | reads | ${cells(reads)} | ${errors} |`,
    `| | writes | ${cells(writes)} | |`,
    ...(shed.count === 0
      ? []
      : [
          `| | 503, Retry-After | ${cells(shed)} | |`,
          `| | the same, since it was sent | ${cells(shedOnWire)} | |`,
          `| | right answers, since they were asked for | ${cells(rightOnWire)} | |`,
        ]),
  ];
}

const costRow = ({ name, answered, serverCpu, generatorCpu, lateP99, peakMegabytes }: Phase): string =>
  `| ${name} | ${answered.toFixed(0)}/s | ${(serverCpu * 100).toFixed(0)} % | ${(generatorCpu * 100).toFixed(0)} % | ${ms(lateP99)} ms | ${peakMegabytes.toFixed(0)} MB |`;

const memoryRow = ([when, memory]: [string, Memory]): string =>
  `| ${when} | ${[memory.pss, memory.anonymous, memory.files, memory.heapTotal, memory.heap, memory.external].map((part) => part.toFixed(0)).join(' | ')} |`;

/** The section of docs/performance.md. */
export function markdownOf(report: LoadReport): string {
  const { machine, clients, workers, database, events, phases, memory, recovered, failures } = report;
  return [
    `${clients.toLocaleString('en-US')} people, each with a kept-alive connection and ${events} events; ${workers} worker${workers === 1 ? '' : 's'}, ` +
      `${database}; ${machine.cores} cores (${machine.cpu}), Node ${machine.node}, ${machine.date}, load of the machine before: ${report.loadBefore.toFixed(1)}.`,
    '',
    '| phase | | count | p50 ms | p95 ms | p99 ms | longest ms | errors |',
    '| --- | --- | --: | --: | --: | --: | --: | --: |',
    ...phases.flatMap(phaseRows),
    '',
    '| phase | answered | CPU of the server | of the generator | generator late, p99 | memory (PSS), peak |',
    '| --- | --: | --: | --: | --: | --: |',
    ...phases.map(costRow),
    '',
    '| memory of the server, MB | PSS | anonymous | files | JavaScript | in use | buffers |',
    '| --- | --: | --: | --: | --: | --: | --: |',
    ...Object.entries(memory).map(memoryRow),
    '',
    `After the storm every second is in time again from second ${recovered + 1} on. ${failures.length === 0 ? 'Nothing failed.' : `Failed: ${failures.join('; ')}.`}`,
    '',
  ].join('\n');
}
