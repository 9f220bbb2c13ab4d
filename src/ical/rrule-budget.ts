import { Refusal } from '../base/refusal.ts';

/** Work that may be done: counted down, and when it runs out a Refusal is thrown. */
export interface Budget {
  steps: number;
}

/** Takes steps from the budget; throws Refusal('valid-calendar-data') when they are used up. */
export function spend(budget: Budget, steps = 1): void {
  budget.steps -= steps;
  if (budget.steps < 0) {
    throw new Refusal('valid-calendar-data', 'The recurrence rule needs more work than is permitted for one question');
  }
}
