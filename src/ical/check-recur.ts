import { quote, type Tell } from './check-problem.ts';
import type { Property } from './component.ts';
import type { Rule } from './rrule.ts';
import type { TimeValue } from './time-value.ts';
import { readRule } from './validate.ts';

/** What RFC 5545 §3.3.10 forbids in a rule whose parts can each be read. */
interface RecurRule {
  readonly rule: string;
  readonly message: string;
  readonly section?: string;
  readonly breaks: (rule: Rule, parts: ReadonlySet<string>, start: TimeValue | undefined) => boolean;
}

const KNOWN = new Set([
  ...['FREQ', 'UNTIL', 'COUNT', 'INTERVAL', 'BYSECOND', 'BYMINUTE', 'BYHOUR', 'BYDAY', 'BYMONTHDAY', 'BYYEARDAY'],
  ...['BYWEEKNO', 'BYMONTH', 'BYSETPOS', 'WKST', 'RSCALE', 'SKIP'],
]);

const hasOrdinal = ({ byDay }: Rule): boolean => byDay.some(({ ordinal }) => ordinal !== 0);

const RULES: readonly RecurRule[] = [
  {
    rule: 'recur',
    message: 'COUNT and UNTIL together',
    breaks: (_, parts) => parts.has('COUNT') && parts.has('UNTIL'),
  },
  {
    rule: 'recur',
    message: 'BYDAY with a number, and FREQ is neither MONTHLY nor YEARLY',
    breaks: (rule) => hasOrdinal(rule) && rule.freq !== 'MONTHLY' && rule.freq !== 'YEARLY',
  },
  {
    rule: 'recur',
    message: 'BYDAY with a number beside BYWEEKNO',
    breaks: (rule) => hasOrdinal(rule) && rule.freq === 'YEARLY' && rule.byWeekNo.length > 0,
  },
  {
    rule: 'recur',
    message: 'BYMONTHDAY in a WEEKLY rule',
    breaks: (rule) => rule.freq === 'WEEKLY' && rule.byMonthDay.length > 0,
  },
  {
    rule: 'recur',
    message: 'BYYEARDAY in a DAILY, WEEKLY or MONTHLY rule',
    breaks: (rule) => ['DAILY', 'WEEKLY', 'MONTHLY'].includes(rule.freq) && rule.byYearDay.length > 0,
  },
  {
    rule: 'recur',
    message: 'BYWEEKNO in a rule that is not YEARLY',
    breaks: (rule) => rule.freq !== 'YEARLY' && rule.byWeekNo.length > 0,
  },
  {
    rule: 'recur',
    message: 'BYSETPOS without another BY part',
    breaks: (_, parts) => parts.has('BYSETPOS') && ![...parts].some((name) => /^BY(?!SETPOS)/.test(name)),
  },
  {
    rule: 'recur',
    message: 'BYHOUR, BYMINUTE or BYSECOND, and DTSTART is a date',
    breaks: (rule, _, start) =>
      start?.kind === 'date' && rule.byHour.length + rule.byMinute.length + rule.bySecond.length > 0,
  },
  {
    rule: 'recur',
    message: 'SKIP without RSCALE',
    section: 'RFC 7529 §4.1',
    breaks: (_, parts) => parts.has('SKIP') && !parts.has('RSCALE'),
  },
  {
    rule: 'until',
    message: 'UNTIL is a date, and DTSTART is not',
    breaks: ({ until }, _, start) => until?.kind === 'date' && start !== undefined && start.kind !== 'date',
  },
  {
    rule: 'until',
    message: 'UNTIL is a time, and DTSTART is a date',
    breaks: ({ until }, _, start) => until !== undefined && until.kind !== 'date' && start?.kind === 'date',
  },
  {
    rule: 'until',
    message: 'UNTIL is a local time, and DTSTART has a zone',
    breaks: ({ until }, _, start) => until?.kind === 'floating' && (start?.kind === 'utc' || start?.kind === 'zoned'),
  },
  {
    rule: 'until',
    message: 'UNTIL is in UTC, and DTSTART is a local time',
    breaks: ({ until }, _, start) => until?.kind === 'utc' && start?.kind === 'floating',
  },
  {
    rule: 'until',
    message: 'UNTIL before DTSTART',
    breaks: ({ until }, _, start) => until !== undefined && until.kind === start?.kind && until.wall < start.wall,
  },
];

/** A recurrence rule by RFC 5545 §3.3.10. One that cannot be read at all is told by its value type. */
export function checkRecur(property: Property, start: TimeValue | undefined, tell: Tell): void {
  const rule = readRule(property.value);
  if ('fault' in rule) return;
  const at = { line: property.line, property: property.name, section: 'RFC 5545 §3.3.10' };
  const parts = new Set<string>();
  for (const part of property.value.toUpperCase().split(';')) {
    const name = part.split('=')[0]?.trim() ?? '';
    if (parts.has(name)) tell({ ...at, rule: 'recur', message: `${quote(name)} more than once` });
    else if (name === '') tell({ ...at, rule: 'recur', message: 'an empty part' });
    else if (!KNOWN.has(name)) tell({ ...at, rule: 'recur', message: `${quote(name)} is not a part of a rule` });
    parts.add(name);
  }
  for (const { breaks, ...broken } of RULES) {
    if (breaks(rule, parts, start)) tell({ ...at, ...broken });
  }
}
