import { Refusal } from '../base/refusal.ts';
import type { Rule } from './rrule.ts';
import type { Budget } from './rrule-budget.ts';
import { wallOfCount } from './rrule-count.ts';
import { patternCursor } from './rrule-cursor.ts';
import { patternOf, type Cursor } from './rrule-pattern.ts';
import { reachesTimes } from './rrule-sub-daily.ts';
import type { WallTime } from './time-value.ts';

/** To lay a rule on its DTSTART and to find the end of its COUNT is each done once, and paid for apart from a question. */
const PREPARATION = 50_000;

/** A rule with its bounds. */
export interface WallRule {
  /** Whether DTSTART is one of the rule's own times. */
  readonly generatesStart: boolean;
  /** False when neither COUNT nor UNTIL ends it. */
  readonly endless: boolean;
  /** Times from `from` on, up to the bounds. */
  cursor(from: WallTime, budget: Budget): Cursor;
  /** The last time by COUNT and UNTIL, Infinity without either; the rule may have none so late. */
  bound(): WallTime;
}

export interface WallRuleOptions {
  readonly start: WallTime;
  readonly isDate: boolean;
  readonly until: WallTime;
}

/**
 * Lays a rule on its DTSTART. `until` bounds the wall times, Infinity where there is no UNTIL. Throws
 * Refusal('valid-calendar-data') for a rule that can never match.
 */
export function wallRule(rule: Rule, { start, isDate, until }: WallRuleOptions): WallRule {
  const pattern = patternOf(rule, start, isDate);
  const first = reachesTimes(pattern) ? patternCursor(pattern, start, { steps: PREPARATION })() : Infinity;
  if (first === Infinity) {
    throw new Refusal('valid-calendar-data', 'The recurrence rule can never match any date');
  }
  const generatesStart = first === start;
  // "The DTSTART property value always counts as the first occurrence" (RFC 5545 §3.3.10, COUNT).
  const count = rule.count === undefined ? Infinity : rule.count - (generatesStart ? 0 : 1);
  let counted = count === Infinity ? Infinity : undefined;
  const bound = (): WallTime => {
    counted ??= wallOfCount(pattern, count, { steps: PREPARATION });
    return Math.min(counted, until);
  };
  return {
    generatesStart,
    endless: count === Infinity && until === Infinity,
    bound,
    cursor(from, budget) {
      const end = bound();
      if (from > end) return () => Infinity;
      const next = patternCursor(pattern, from, budget);
      return () => {
        const wall = next();
        return wall <= end ? wall : Infinity;
      };
    },
  };
}
