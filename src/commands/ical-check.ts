import { checkCalendar, type Problem } from '../ical/check.ts';
import type { Command } from './command.ts';
import { readInput } from './input.ts';
import { lineWriter } from './output.ts';

export const icalCheck: Command = {
  arguments: 'FILE',
  positionals: [1, 1],
  options: { json: { doc: 'one JSON object a line' } },
  notes: 'FILE is an iCalendar file, - is stdin. Exit code 1 if there is any problem, 0 if there is none.',
  async run(call) {
    const [file = ''] = call.positionals;
    const out = lineWriter(call.io.stdout);
    let count = 0;
    for (const problem of checkCalendar(await readInput(call.io, file))) {
      count += 1;
      await out.write(call.has('json') ? JSON.stringify(problem) : lineOf(file, problem));
    }
    await out.end();
    return count === 0 ? 0 : 1;
  },
};

/** As compilers do, so that editors find the place: FILE:LINE: what is wrong. */
function lineOf(file: string, { line, property, message, rule, section }: Problem): string {
  const subject = property === '' ? '' : `${property}: `;
  return `${file === '-' ? 'stdin' : file}:${line}: ${subject}${message} [${rule}, ${section}]`;
}
