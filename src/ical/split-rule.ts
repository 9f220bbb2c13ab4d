import type { Steps } from '../base/steps.ts';
import { P } from './names.ts';
import type { Budget, Instance } from './recurrence.ts';
import { parseRule, type Rule } from './rrule.ts';
import { endSearch } from './rrule-budget.ts';
import { wallOfCount } from './rrule-count.ts';
import { patternCursor } from './rrule-cursor.ts';
import { patternOf } from './rrule-pattern.ts';
import { firstFrom, readingMaster, type Series, type SplitPoint } from './split-point.ts';
import { formatTimeValue, type TimeValue, type WallTime } from './time-value.ts';

const SECOND = 1000;
const DAY = 86_400_000;

/** The values of RRULE in the two parts of a series; undefined: none. */
export interface SplitRule {
  readonly earlier: string | undefined;
  readonly later: string | undefined;
  /** The rule's first own instance of the later part. */
  readonly next: Instance | undefined;
}

const NOT_OF_THE_RULE: ReadonlySet<string> = new Set([P.RDATE, P.EXDATE]);

/**
 * What becomes of RRULE, caldav-recursplit §3: gone from the part in which it generates nothing, else ended by UNTIL in the
 * earlier one, and with what is left of COUNT in the later one.
 */
export function* splittingRule(series: Series, point: SplitPoint, budget: Budget): Steps<SplitRule> {
  const { rule, start, form } = series;
  const parsed = rule && parseRule(rule.value);
  if (rule === undefined || parsed === undefined || 'fault' in parsed) return NO_RULE;
  const set = yield* readingMaster(series, NOT_OF_THE_RULE);
  const next = yield* firstFrom(set, point.instant, budget);
  const pattern = patternOf(parsed, start.wall, form.kind === 'date');
  const firstOwn = patternCursor(pattern, start.wall, budget)();
  if (next === undefined) return { earlier: rule.value, later: undefined, next };
  const until = formatTimeValue(untilOf(series, point));
  const hasEarlier = firstOwn < point.wall;
  return {
    earlier: hasEarlier ? withPart(rule.value, `UNTIL=${until}`) : undefined,
    later: parsed.count === undefined ? rule.value : withPart(rule.value, `COUNT=${yield* left(parsed, next)}`),
    next,
  };

  function* left(counted: Rule, { startValue }: Instance): Steps<number> {
    const all = counted.count ?? 0;
    const to: WallTime = startValue?.wall ?? point.wall;
    // DTSTART counts, whether or not the rule generates it (RFC 5545 §3.3.10).
    const extra = firstOwn === start.wall ? 0 : 1;
    let before = 0;
    for (let most = all; before < most;) {
      yield;
      endSearch(budget);
      const middle = Math.ceil((before + most) / 2);
      if (wallOfCount(pattern, middle, budget) < to) before = middle;
      else most = middle - 1;
    }
    return Math.max(1, all - extra - before);
  }
}

const NO_RULE: SplitRule = { earlier: undefined, later: undefined, next: undefined };

/** One second, or one day, before the split point; of a zone's time in UTC (RFC 5545 §3.3.10). */
function untilOf({ form: { kind } }: Series, { instant, wall }: SplitPoint): TimeValue {
  if (kind === 'date') return { kind, wall: Math.floor(wall / DAY) * DAY - DAY };
  return kind === 'floating' ? { kind, wall: wall - SECOND } : { kind: 'utc', wall: instant - SECOND };
}

/** The parts of a rule as they are written, with another end. */
function withPart(value: string, part: string): string {
  const kept = value.split(';').filter((each) => {
    const name = (each.split('=')[0] ?? '').trim().toUpperCase();
    return name !== '' && name !== 'COUNT' && (name !== 'UNTIL' || part.startsWith('COUNT='));
  });
  return [...kept, part].join(';');
}
