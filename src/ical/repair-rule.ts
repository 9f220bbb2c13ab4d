import type { Problem } from './check-problem.ts';
import type { SourceLines } from './source-lines.ts';

/** What was changed to make an object usable. */
export interface Repair {
  /** One-based physical line of the octets that were changed last. */
  readonly line: number;
  /** A plain sentence. */
  readonly says: string;
  /** Nothing that could be read was lost or guessed: it may be done without asking. */
  readonly safe: boolean;
}

/** One kind of repair. `edit` changes the lines and says what it did; undefined where it does not know how. */
export interface RepairRule {
  readonly rule: Problem['rule'];
  /** Undefined: of any property. */
  readonly properties?: readonly string[];
  readonly edit: (lines: SourceLines, problem: Pick<Problem, 'line' | 'property'>) => Omit<Repair, 'line'> | undefined;
}
