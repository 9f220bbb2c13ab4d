import { checkComponents } from './check-components.ts';
import { checkLines } from './check-lines.ts';
import type { Problem, Tell } from './check-problem.ts';
import { checkInstances, checkTimes } from './check-times.ts';
import { checkZones } from './check-zones.ts';
import type { Component } from './component.ts';
import { parseCalendars, type ParseRule } from './parse.ts';

export type { Problem } from './check-problem.ts';

/** More problems than a person reads; the last of them says that there are more. */
const MAX_PROBLEMS = 10_000;

const PARSE_SECTIONS: Readonly<Record<ParseRule, string>> = {
  'utf-8': 'RFC 5545 §3.1.4',
  control: 'RFC 5545 §3.1',
  name: 'RFC 5545 §3.1',
  colon: 'RFC 5545 §3.1',
  param: 'RFC 5545 §3.1',
  nesting: 'RFC 5545 §3.4',
  outside: 'RFC 5545 §3.4',
  size: 'RFC 4791 §5.2.5',
};

/**
 * Everything in a source that the RFCs do not allow, in order of lines: content lines, components, values, parameters,
 * time zones, recurrence. It throws nothing; what cannot be read is a problem too.
 */
export function checkCalendar(source: Uint8Array | string): readonly Problem[] {
  const found: Problem[] = [];
  const tell: Tell = (problem) => {
    if (found.length < MAX_PROBLEMS) found.push({ severity: 'slip', ...problem });
    else if (found.length === MAX_PROBLEMS)
      found.push({ severity: 'slip', ...problem, message: 'more problems follow' });
  };
  const { calendars, problems } = parseCalendars(source);
  for (const { line, rule, message } of problems) {
    tell({ line, property: '', rule, message, section: PARSE_SECTIONS[rule], severity: 'error' });
  }
  if (calendars.length === 0) {
    const message = 'there is no VCALENDAR';
    tell({ line: 1, property: 'VCALENDAR', rule: 'required', message, section: 'RFC 5545 §3.4', severity: 'error' });
  }
  for (const calendar of calendars) checkOne(calendar, tell);
  checkLines(source, tell);
  return found.sort((one, other) => one.line - other.line);
}

function checkOne(calendar: Component, tell: Tell): void {
  checkComponents(calendar, tell);
  checkZones(calendar, tell);
  checkInstances(calendar, tell);
  for (const component of calendar.components) checkTimes(component, tell);
}
