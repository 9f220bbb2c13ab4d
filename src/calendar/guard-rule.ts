import { MINUTE } from '../base/clock.ts';
import { createRecentNames, type RecentNames } from './guard-memory.ts';

/** When a device is held: it deleted or rewrote more than both of these within the minutes. */
export interface GuardRule {
  readonly objects: number;
  /** Of the calendar, in per cent. */
  readonly share: number;
  readonly minutes: number;
}

/** The blast-radius guard (docs/adr/0013): the rule, and what this process saw lately. */
export interface Guard {
  readonly rule: GuardRule;
  readonly recent: RecentNames;
}

/** The part of what a device may still do that a process lets through without asking the table. */
export const freeOf = (allowed: number): number => Math.floor(allowed / 4);

export const createGuard = (rule: GuardRule): Guard => ({
  rule,
  recent: createRecentNames(rule.minutes * MINUTE, freeOf(rule.objects)),
});
