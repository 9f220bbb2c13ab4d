import { expect, test } from 'vitest';
import { parseRule, type Rule } from '../../src/ical/rrule.ts';
import { daySet } from '../../src/ical/rrule-days.ts';
import { RSCALES } from '../../src/ical/rscale.ts';

/** Rules whose days depend on the length of a year, on its weekdays, or on the years beside it. */
const RULES = [
  'FREQ=YEARLY;BYDAY=-1MO,50TU',
  'FREQ=YEARLY;BYWEEKNO=1,-1,50;BYDAY=MO,SU',
  'FREQ=DAILY;BYWEEKNO=-1,1;BYYEARDAY=1,2,3,-1,-2',
  'FREQ=YEARLY;SKIP=FORWARD;BYYEARDAY=355,-355,354;BYDAY=MO,TU,-1WE',
  'FREQ=YEARLY;SKIP=BACKWARD;BYMONTHDAY=30,-30',
  'FREQ=MONTHLY;SKIP=FORWARD;BYMONTHDAY=30,29;BYDAY=1MO,-1TU,WE',
  'FREQ=YEARLY;SKIP=BACKWARD;BYWEEKNO=50,-50;BYMONTH=1,12;BYMONTHDAY=1,2,3,29,30',
];

function ruleOf(text: string): Rule {
  const rule = parseRule(text);
  if ('fault' in rule) throw new Error(rule.fault);
  return rule;
}

test.each(RSCALES)('a year of %s that looks like one already worked out has the days of its own', (rscale) => {
  for (const text of RULES) {
    const rule = ruleOf(`RSCALE=${rscale};${text}`);
    const calendar = rule.scale.calendar();
    const alone = { ...calendar, kind: (year: number): number => year };
    const budget = { steps: Infinity };
    const shared = daySet(rule, 20_500);
    const single = daySet({ ...rule, scale: { ...rule.scale, calendar: () => alone } }, 20_500);
    const first = calendar.yearOf(0);
    for (let year = first; year < first + 130; year++) {
      expect(shared.year(year, budget), `${text} in ${year}`).toEqual(single.year(year, budget));
    }
  }
});
