import { Refusal } from '../base/refusal.ts';

/**
 * Work that may be done: counted down, and when it runs out a Refusal is thrown. A step is about a microsecond of CPU
 * or less, whatever the rule: what is dearer is priced in several, what is cheaper in parts of one.
 */
export interface Budget {
  steps: number;
  /** Steps since the last time that was found. */
  search?: number;
}

/** Steps from one time to the next: nobody can break off in between, so that they are bounded by themselves. */
const LONGEST_SEARCH = 50_000;

/** Whether it is used up. One without bound is so in no respect. */
export const isSpent = ({ steps, search = 0 }: Budget): boolean =>
  steps < 0 || (search > LONGEST_SEARCH && steps < Infinity);

/**
 * Takes steps from the budget; throws Refusal('valid-calendar-data') when they are used up, or when too many of them
 * have found nothing.
 */
export function spend(budget: Budget, steps = 1): void {
  budget.steps -= steps;
  budget.search = (budget.search ?? 0) + steps;
  if (isSpent(budget)) {
    throw new Refusal('valid-calendar-data', 'The recurrence rule needs more work than is permitted for one question');
  }
}

/** A time was found: the search for the next one begins. */
export function endSearch(budget: Budget): void {
  budget.search = 0;
}
