import type { Limits } from '../base/limits.ts';

/** A rule takes three steps to an instance, and a fourth where it is excluded. */
const STEPS_TO_AN_INSTANCE = 4;

/**
 * The steps that one object may take where its instances are asked for: enough that one alone can have as many as an
 * answer may hold, be it a daily event over a century.
 */
export function stepsForInstances({
  expandInstances,
  recurrenceSteps,
}: Pick<Limits, 'expandInstances' | 'recurrenceSteps'>): number {
  return Math.max(recurrenceSteps, expandInstances * STEPS_TO_AN_INSTANCE);
}
