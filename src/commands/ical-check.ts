import { DAY } from '../base/clock.ts';
import { checkCalendar, type Problem } from '../ical/check.ts';
import { checkObjects, type ObjectFault } from '../ical/check-objects.ts';
import type { Repair } from '../ical/repair-rule.ts';
import type { Call, Command } from './command.ts';
import { readInput } from './input.ts';
import { lineWriter } from './output.ts';

export const icalCheck: Command = {
  arguments: 'FILE',
  positionals: [1, 1],
  options: { json: { doc: 'one JSON object a line' } },
  notes:
    'FILE is an iCalendar file, - is stdin. Exit code 1 if there is any problem, 0 if there is none.\n' +
    'Where an object cannot be used, what would make it usable is told with it.',
  async run(call) {
    const [file = ''] = call.positionals;
    const source = await readInput(call.io, file);
    const out = lineWriter(call.io.stdout);
    let count = 0;
    for (const told of together(checkCalendar(source), [...checkObjects(source, howToCheck(call))])) {
      count += 1;
      await out.write(call.has('json') ? jsonOf(told) : textOf(file, told));
    }
    await out.end();
    return count === 0 ? 0 : 1;
  },
};

/** Enough that all the work is done that indexing may need. */
const MOST_INSTANCES = 600;

/** As a server with this configuration does. */
function howToCheck({ config }: Call) {
  const now = Date.now();
  const { indexPastDays, indexFutureDays } = config;
  const horizon = {
    from: now - indexPastDays * DAY,
    until: now + indexFutureDays * DAY,
    maxInstances: MOST_INSTANCES,
    now,
  };
  return { horizon, steps: config.limits.recurrenceSteps };
}

interface Told extends Problem {
  readonly repairs: readonly Repair[];
}

/** In the order of lines. What makes an object unusable is told once, though both name it. */
function together(problems: readonly Problem[], faults: readonly ObjectFault[]): readonly Told[] {
  const errors = new Set(problems.filter(({ severity }) => severity === 'error').map(({ line }) => line));
  const byLine = new Map(faults.map((fault) => [fault.problem.line, fault.repairs]));
  const known = problems.map((problem): Told => {
    const repairs = (problem.severity === 'error' ? byLine.get(problem.line) : undefined) ?? [];
    if (repairs.length > 0) byLine.delete(problem.line);
    return { ...problem, repairs };
  });
  const more = faults.filter(({ problem }) => !errors.has(problem.line));
  return [...known, ...more.map(({ problem, repairs }): Told => ({ ...problem, repairs }))].sort(
    (one, other) => one.line - other.line,
  );
}

const jsonOf = ({ repairs, ...problem }: Told): string =>
  JSON.stringify(repairs.length === 0 ? problem : { ...problem, repairs });

/** As compilers do, so that editors find the place: FILE:LINE: what is wrong. */
function textOf(file: string, { line, property, message, rule, section, repairs }: Told): string {
  const source = file === '-' ? 'stdin' : file;
  const subject = property === '' ? '' : `${property}: `;
  const told = `${source}:${line}: ${subject}${message} [${rule}, ${section}]`;
  return [told, ...repairs.map(({ line, says }) => `${source}:${line}: repair: ${says}`)].join('\n');
}
