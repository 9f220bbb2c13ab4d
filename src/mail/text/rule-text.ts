import { Info } from 'luxon';
import rruleModule from 'rrule';

import { propertiesOf, propertyOf, type Component } from '../../ical/component.ts';
import { P } from '../../ical/names.ts';
import { parseRule, type Rule } from '../../ical/rrule.ts';
import { timeOf, type TimeValue } from '../../ical/time-value.ts';
import { zoneOfTime, type ZoneContext } from '../../ical/timezone.ts';
import { dateText, isOtherDay, type Reader } from './times.ts';
import type { RuleWords, Words } from './words.ts';

/** How a component repeats, in words; undefined: it does not. What has no plain words is said to have none. */
export function repeatsText(component: Component, context: ZoneContext, reader: Reader): string | undefined {
  const { rule: words } = reader.words;
  const rules = propertiesOf(component, P.RRULE);
  const [only] = rules;
  if (only === undefined) return propertyOf(component, P.RDATE) === undefined ? undefined : words.dates;
  if (rules.length > 1 || propertyOf(component, P.EXRULE) !== undefined || /RSCALE/i.test(only.value)) {
    return words.other;
  }
  const rule = parseRule(only.value);
  const start = propertyOf(component, P.DTSTART) ?? propertyOf(component, P.DUE);
  const value = start && timeOf(start);
  if ('fault' in rule || value === undefined) return words.other;
  const plain = plainText(rule, value, reader.words);
  if (plain === undefined) return words.other;
  const end = endText(rule, value, { context, words: reader.words });
  const isElsewhere = hasWeekdays(rule) && isOtherDay(value, context, reader.zone);
  return `${plain}${end === '' ? '' : `, ${end}`}${isElsewhere ? ` (${zoneOfTime(value, context).id})` : ''}`;
}

const hasWeekdays = ({ byDay }: Rule): boolean => byDay.length > 0;

function plainText(rule: Rule, start: TimeValue, words: Words): string | undefined {
  if (hasOddParts(rule)) return undefined;
  return words.locale === 'en' && isSaidRight(rule) ? englishText(rule) : tableText(rule, start, words);
}

/** Parts that rrule leaves out of its words or refuses, or that nobody says in a few words. */
const hasOddParts = (rule: Rule): boolean =>
  rule.freq === 'HOURLY' ||
  rule.freq === 'MINUTELY' ||
  rule.freq === 'SECONDLY' ||
  rule.skip !== 'OMIT' ||
  [rule.bySetPos, rule.byYearDay, rule.byWeekNo, rule.byHour, rule.byMinute, rule.bySecond].some(
    ({ length }) => length > 0,
  );

/** Whether rrule 2.8 says this rule as it is meant: tried for each shape (test/mail/rule-text.test.ts). */
function isSaidRight({ freq, interval, byDay, byMonth, byMonthDay }: Rule): boolean {
  const ordinals = byDay.filter(({ ordinal }) => ordinal !== 0).length;
  if (byMonth.length > 0 && interval > 1) return false;
  if (byMonthDay.some((day) => day < 0) || (byMonthDay.length > 0 && byDay.length > 0)) return false;
  switch (freq) {
    case 'DAILY':
      return byMonthDay.length === 0 && ordinals === 0 && (byDay.length === 0 || interval === 1) && byDay.length < 7;
    case 'WEEKLY':
      return byMonthDay.length === 0 && ordinals === 0 && byDay.length < 7;
    case 'MONTHLY':
      return ordinals === 0 || ordinals === byDay.length;
    case 'YEARLY':
      return byMonth.length > 0 ? ordinals === byDay.length : byDay.length === 0 && byMonthDay.length === 0;
    default:
      return false;
  }
}

const { RRule } = rruleModule;
const DAYS = ['SU', 'MO', 'TU', 'WE', 'TH', 'FR', 'SA'];

/** It is only given what was read and found plain, and never asked for an instance: that may have no end. */
function englishText({ freq, interval, byDay, byMonth, byMonthDay }: Rule): string {
  const days = byDay.map(({ ordinal, weekday }) => `${ordinal === 0 ? '' : ordinal}${DAYS[weekday] ?? ''}`);
  const lists = { BYDAY: days, BYMONTH: byMonth, BYMONTHDAY: byMonthDay };
  const parts = Object.entries(lists).flatMap(([name, list]) =>
    list.length === 0 ? [] : [`${name}=${list.join(',')}`],
  );
  return RRule.fromString([`FREQ=${freq}`, `INTERVAL=${interval}`, ...parts].join(';')).toText();
}

/** The plain rules, in any language. */
function tableText(rule: Rule, start: TimeValue, { rule: words, locale }: Words): string | undefined {
  const { freq, interval, byDay, byMonth, byMonthDay } = rule;
  const hasDays = byDay.length > 0;
  const ordinals = byDay.filter(({ ordinal }) => ordinal !== 0).length;
  if (freq === 'YEARLY') return isYearlyOfStart(rule, start) ? words.yearly(interval) : undefined;
  if (byMonth.length > 0) return undefined;
  if (freq === 'DAILY') return hasDays || byMonthDay.length > 0 ? undefined : words.daily(interval);
  if (freq === 'WEEKLY') {
    if (byMonthDay.length > 0 || ordinals > 0) return undefined;
    return words.weekly(interval, hasDays ? weekdayList(byDay, locale) : undefined);
  }
  if (hasDays && byMonthDay.length > 0) return undefined;
  const on = hasDays ? nthText(byDay, words, locale) : dayOfMonthText(byMonthDay, words);
  return on === undefined ? undefined : words.monthly(interval, on === '' ? undefined : on);
}

/** The day of DTSTART each year, which some programs write out as BYMONTH and BYMONTHDAY. */
function isYearlyOfStart({ byDay, byMonth, byMonthDay }: Rule, { wall }: TimeValue): boolean {
  const date = new Date(wall);
  const isOwn = (list: readonly number[], own: number): boolean =>
    list.length === 0 || (list.length === 1 && list[0] === own);
  const isOwnMonth = isOwn(byMonth, date.getUTCMonth() + 1) && (byMonthDay.length === 0 || byMonth.length === 1);
  return byDay.length === 0 && isOwnMonth && isOwn(byMonthDay, date.getUTCDate());
}

function dayOfMonthText([day, ...more]: readonly number[], words: RuleWords): string | undefined {
  if (day === undefined) return '';
  return more.length > 0 || day < 1 ? undefined : words.onDay(day);
}

function nthText(days: Rule['byDay'], words: RuleWords, locale: string): string | undefined {
  const [day] = days;
  if (day === undefined || days.length > 1) return undefined;
  const { ordinal, weekday } = day;
  if (ordinal !== -1 && !(ordinal >= 1 && ordinal <= 5)) return undefined;
  return words.onNth(ordinal, isoDay(weekday), weekdayName(weekday, locale));
}

const isoDay = (weekday: number): number => (weekday === 0 ? 7 : weekday);

const weekdayName = (weekday: number, locale: string): string =>
  Info.weekdays('long', { locale })[isoDay(weekday) - 1] ?? '';

function weekdayList(days: Rule['byDay'], locale: string): string {
  const sorted = days.map(({ weekday }) => weekday).sort((one, other) => isoDay(one) - isoDay(other));
  return listText(
    [...new Set(sorted)].map((weekday) => weekdayName(weekday, locale)),
    locale,
  );
}

const FORMATS = new Map<string, Intl.ListFormat>();

/** `a, b and c` */
export function listText(items: readonly string[], locale: string): string {
  const format = FORMATS.get(locale) ?? new Intl.ListFormat(locale, { type: 'conjunction' });
  FORMATS.set(locale, format);
  return format.format(items);
}

/** COUNT and UNTIL; the day of UNTIL is that of the zone in which the series was planned. */
function endText(
  { count, until }: Rule,
  start: TimeValue,
  { context, words }: { readonly context: ZoneContext; readonly words: Words },
): string {
  const counted = count === undefined ? '' : words.rule.times(count);
  if (until === undefined) return counted;
  const own = zoneOfTime(start, context);
  const wall = until.kind === 'utc' && start.kind !== 'date' ? until.wall + own.offsetAt(until.wall) : until.wall;
  return words.rule.until(dateText(wall, words));
}
