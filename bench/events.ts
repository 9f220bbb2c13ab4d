import type { DateTime } from 'luxon';
import { seededRandom, type SeededRandom } from '../test/seeded-random.ts';
import { VTIMEZONES, ZONES } from './zones.ts';

/** A half-open range of instants, UTC milliseconds. */
export interface Interval {
  readonly start: number;
  readonly end: number;
}

/** A calendar object resource and what is known of it without any calendar engine: it was built that way. */
export interface BenchEvent {
  readonly name: string;
  readonly uid: string;
  readonly ics: string;
  readonly summary: string;
  /** Whether it takes time in free-busy. */
  readonly busy: boolean;
  /** Its instances that touch the range, in no order. */
  instances(range: Interval): Interval[];
}

/** Ends of the years that events fall in. The week in question begins at `week`, a Monday. */
export interface Span {
  readonly from: DateTime;
  readonly until: DateTime;
}

/** The rare word of the text search: one summary in a hundred holds it, in one of two spellings. */
export const RARE_WORD = 'falcon';

/** A rule as text, and the k-th start it gives from the first one. */
interface Rule {
  readonly text: string;
  /** undefined: endless. */
  readonly count: number | undefined;
  nth(first: DateTime, k: number): DateTime;
}

/** What one event is made of, before it is written down. */
interface Draft {
  readonly first: DateTime;
  readonly allDay: boolean;
  readonly minutes: number;
  readonly rule: Rule | undefined;
  /** Index of the instance that is excluded. */
  readonly excluded: number | undefined;
  /** Index of the instance that an override moves two hours later. */
  readonly moved: number | undefined;
}

const MOVED_BY = { hours: 2 };

const counted = (text: string, count: number | undefined): string =>
  count === undefined ? text : `${text};COUNT=${count}`;

const weekly = (count?: number): Rule => ({
  text: counted('FREQ=WEEKLY', count),
  count,
  nth: (first, k) => first.plus({ weeks: k }),
});
const daily = (count: number): Rule => ({
  text: counted('FREQ=DAILY', count),
  count,
  nth: (first, k) => first.plus({ days: k }),
});
const workdays = (count: number): Rule => ({
  text: counted('FREQ=WEEKLY;BYDAY=MO,WE,FR', count),
  count,
  nth: (first, k) => first.plus({ weeks: Math.floor(k / 3), days: (k % 3) * 2 }),
});
const monthly = (count?: number): Rule => ({
  text: counted('FREQ=MONTHLY', count),
  count,
  nth: (first, k) => first.plus({ months: k }),
});
const yearly = (): Rule => ({ text: 'FREQ=YEARLY', count: undefined, nth: (first, k) => first.plus({ years: k }) });

/** One series in ten is endless, as in the calendars of people who have kept one for years. */
function ruleOf(random: SeededRandom): Rule {
  const kind = random.between(1, 20);
  if (kind === 1) return weekly();
  if (kind === 2) return random.fraction() < 0.5 ? monthly() : yearly();
  if (kind <= 10) return weekly(random.between(4, 20));
  if (kind <= 14) return daily(random.between(3, 15));
  if (kind <= 18) return workdays(random.between(6, 30));
  return monthly(random.between(3, 12));
}

function draftOf(random: SeededRandom, { from, until }: Span): Draft {
  const zone = random.pick(ZONES);
  const days = Math.floor(until.diff(from, 'days').days);
  const day = from.setZone(zone, { keepLocalTime: true }).plus({ days: random.between(0, days - 1) });
  // No month lacks a day up to the 28th, and no zone here changes its clocks between 7 and 19.
  const safe = day.set({
    day: Math.min(day.day, 28),
    hour: random.between(7, 18),
    minute: random.pick([0, 15, 30, 45]),
  });
  const recurs = random.fraction() < 0.2;
  const rule = recurs ? ruleOf(random) : undefined;
  const onMonday = rule?.text.includes('BYDAY')
    ? safe.startOf('week').set({ hour: safe.hour, minute: safe.minute })
    : safe;
  const allDay = !recurs && random.fraction() < 0.1;
  const last = (rule?.count ?? 4) - 1;
  return {
    first: allDay ? safe.setZone('UTC', { keepLocalTime: true }).startOf('day') : onMonday,
    allDay,
    minutes: random.pick([15, 30, 30, 60, 60, 60, 90, 120, 480]),
    rule,
    excluded: recurs && random.fraction() < 0.3 ? 1 : undefined,
    moved: recurs && random.fraction() < 0.2 ? Math.min(2, last) : undefined,
  };
}

const LOCAL = "yyyyMMdd'T'HHmmss";

/** `;TZID=…:…` or `:…Z` or `;VALUE=DATE:…`, whichever the event uses. */
function written(at: DateTime, allDay: boolean): string {
  if (allDay) return `;VALUE=DATE:${at.toFormat('yyyyMMdd')}`;
  return at.zoneName === 'UTC' ? `:${at.toFormat(LOCAL)}Z` : `;TZID=${at.zoneName}:${at.toFormat(LOCAL)}`;
}

function vevent(uid: string, summary: string, lines: readonly string[], status: readonly string[]): string[] {
  return [
    'BEGIN:VEVENT',
    `UID:${uid}`,
    'DTSTAMP:20260101T000000Z',
    `SUMMARY:${summary}`,
    'DESCRIPTION:Agenda\\, minutes and everything else that people write down for a meeting.',
    'LOCATION:Room 12',
    ...lines,
    ...status,
    'END:VEVENT',
  ];
}

function icsOf(uid: string, summary: string, draft: Draft, status: readonly string[]): string {
  const { first, allDay, minutes, rule, excluded, moved } = draft;
  const length = allDay ? 'DURATION:P1D' : `DURATION:PT${minutes}M`;
  const nth = (k: number): DateTime => rule!.nth(first, k);
  const master = [
    `DTSTART${written(first, allDay)}`,
    length,
    ...(rule === undefined ? [] : [`RRULE:${rule.text}`]),
    ...(excluded === undefined ? [] : [`EXDATE${written(nth(excluded), allDay)}`]),
  ];
  const override =
    moved === undefined || moved === excluded
      ? []
      : [`RECURRENCE-ID${written(nth(moved), allDay)}`, `DTSTART${written(nth(moved).plus(MOVED_BY), allDay)}`, length];
  const zone = allDay ? undefined : VTIMEZONES[first.zoneName ?? ''];
  return [
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    'PRODID:-//Kalends//benchmark//EN',
    ...(zone === undefined ? [] : [zone]),
    ...vevent(uid, summary, master, status),
    ...(override.length === 0 ? [] : vevent(uid, summary, override, status)),
    'END:VCALENDAR',
    '',
  ].join('\r\n');
}

const touches = (left: Interval, right: Interval): boolean => left.start < right.end && left.end > right.start;

/** Who keeps the calendar, and comes to every meeting. */
const KEEPER = 'bench@example.com';

/**
 * One event in seven is a meeting: the keeper's copy, of an organizer elsewhere, whom his client answers by itself (RFC 6638
 * §7.1). So no server sends anything or writes anything into it, and its octets come back as they were sent.
 */
function peopleOf(random: SeededRandom): string[] {
  if (random.fraction() >= 0.15) return [];
  const others = Array.from({ length: random.between(1, 7) }, (_, at) => `guest${at}.${random.between(1, 99)}`);
  const answers = ['ACCEPTED', 'ACCEPTED', 'TENTATIVE', 'DECLINED', 'NEEDS-ACTION'];
  return [
    'ORGANIZER;CN=Chair;SCHEDULE-AGENT=CLIENT:mailto:chair@elsewhere.example',
    `ATTENDEE;CN=Bench;PARTSTAT=ACCEPTED:mailto:${KEEPER}`,
    ...others.map((id) => `ATTENDEE;CN=${id};PARTSTAT=${random.pick(answers)}:mailto:${id}@elsewhere.example`),
  ];
}

/** Every instance that could touch the range, by counting from the first. */
function instancesOf({ first, allDay, minutes, rule, excluded, moved }: Draft, range: Interval): Interval[] {
  const found: Interval[] = [];
  const length = allDay ? { days: 1 } : { minutes };
  for (let k = 0; k < (rule?.count ?? (rule ? Infinity : 1)); k += 1) {
    const at = rule ? rule.nth(first, k) : first;
    // The two hours of a moved instance are the farthest that any lies from its rule.
    if (at.toMillis() > range.end) break;
    if (k === excluded) continue;
    const start = k === moved ? at.plus(MOVED_BY) : at;
    found.push({ start: start.toMillis(), end: start.plus(length).toMillis() });
  }
  return found.filter((instance) => touches(instance, range));
}

/** The same events for the same count and span, whenever it is asked for them. */
export function makeEvents(count: number, span: Span): BenchEvent[] {
  const random = seededRandom(4791 + count);
  return Array.from({ length: count }, (_, at) => {
    const draft = draftOf(random, span);
    const rare = random.fraction() < 0.01 ? ` ${random.pick([RARE_WORD, RARE_WORD.toUpperCase()])}` : '';
    const transparent = random.fraction() < 0.1;
    const summary = `Meeting ${at}${rare} with the team`;
    const status = [
      ...(transparent ? ['TRANSP:TRANSPARENT'] : []),
      ...(random.fraction() < 0.02 ? ['STATUS:CANCELLED'] : []),
    ];
    const uid = `event-${at}@bench.example.com`;
    return {
      name: `event-${at}.ics`,
      uid,
      ics: icsOf(uid, summary, draft, [...status, ...peopleOf(random)]),
      summary,
      busy: status.length === 0,
      instances: (range) => instancesOf(draft, range),
    };
  });
}
