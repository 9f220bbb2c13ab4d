import { checkCalendar, type Problem } from './check.ts';
import type { Repair } from './repair-rule.ts';
import { linesOf, type SourceLines } from './source-lines.ts';
import { REPAIRS } from './repairs.ts';

export interface Repaired {
  readonly octets: Uint8Array;
  /** In the order in which they were done; never empty. */
  readonly repairs: readonly Repair[];
}

/** More faults than this are no slip but another format. */
const MOST_REPAIRS = 100;

/**
 * Changes as little as makes an object usable, line by line; every other octet stays. `faultOf` tells why octets cannot
 * be used, or undefined where they can. Returns undefined where no repair is known. Throws nothing.
 */
export function repairObject(
  octets: Uint8Array,
  faultOf: (octets: Uint8Array) => string | undefined,
): Repaired | undefined {
  let current = octets;
  const repairs: Repair[] = [];
  for (let fault = faultOf(current); fault !== undefined; fault = faultOf(current)) {
    const lines = linesOf(current);
    const done = repairs.length < MOST_REPAIRS ? repairOne(lines, problemsOf(current, fault)) : undefined;
    if (done === undefined) return undefined;
    repairs.push(done);
    current = lines.octets();
  }
  return repairs.length === 0 ? undefined : { octets: current, repairs };
}

/** What a check names, and the line that the refusal itself names: that a rule never matches, only expanding it tells. */
function problemsOf(octets: Uint8Array, fault: string): readonly Pick<Problem, 'line' | 'property' | 'rule'>[] {
  const never = /^RRULE \(line (\d+)\)/.exec(fault);
  const errors = checkCalendar(octets).filter(({ severity }) => severity === 'error');
  return never === null ? errors : [...errors, { line: Number(never[1]), property: 'RRULE', rule: 'never' }];
}

function repairOne(lines: SourceLines, problems: ReturnType<typeof problemsOf>): Repair | undefined {
  for (const problem of problems) {
    for (const { rule, properties, edit } of REPAIRS) {
      if (rule !== problem.rule || properties?.includes(problem.property) === false) continue;
      const done = edit(lines, problem);
      if (done !== undefined) return { line: problem.line, ...done };
    }
  }
  return undefined;
}
