import fc from 'fast-check';
import ICAL from 'ical.js';
import rruleModule from 'rrule';
import { expect, test } from 'vitest';
import { Refusal } from '../../src/base/refusal.ts';
import { parseCalendar } from '../../src/ical/parse.ts';
import { recurrenceSet } from '../../src/ical/recurrence.ts';
import { formatTimeValue } from '../../src/ical/time-value.ts';
import { UTC, zonesOf } from '../../src/ical/timezone.ts';
import { holds } from '../properties/holds.ts';
import { calendar } from './calendar-text.ts';
import { rule, start } from './rule-arbitraries.ts';

const DAY = 86_400_000;
const MOST = 15;

/** A rule in UTC, its DTSTART, and what we make of it. */
interface Question {
  readonly rule: string;
  readonly dtstart: string;
  readonly ours: readonly number[];
}

interface Bug {
  readonly rules: RegExp;
  readonly what: string;
  /** A rule that shows it; none where it would not end. */
  readonly example?: string;
  /** DTSTART of the example, 1 January 1975 unless it is said. */
  readonly from?: string;
}

/** Another engine: its instances up to the last of ours, and the rules of which it is wrong. */
interface Engine {
  readonly startsOf: (question: Question) => readonly number[];
  readonly bugs: readonly Bug[];
}

const last = ({ ours }: Question): number => ours.at(-1) ?? 0;
const utc = (instant: number): string => formatTimeValue({ kind: 'utc', wall: instant });

/** Neither sorts lists of times: 18:00 would come after 21:00 in BYHOUR=21,18. Given sorted, they agree. */
const inOrder = (text: string): string =>
  text.replace(/(BYHOUR|BYMINUTE|BYSECOND)=([\d,]+)/g, (_, part: string, list: string) => {
    const sorted = list.split(',').sort((one, other) => Number(one) - Number(other));
    return `${part}=${sorted.join(',')}`;
  });

/** rrule 2.8.1. */
const rrule: Engine = {
  startsOf(question) {
    const starts: number[] = [];
    const text = `DTSTART:${question.dtstart}Z\nRRULE:${inOrder(question.rule)};UNTIL=${utc(last(question))}`;
    rruleModule.rrulestr(text).all((date) => {
      starts.push(date.getTime());
      return starts.length < 2 * MOST;
    });
    return starts;
  },
  bugs: [
    {
      rules: /FREQ=(HOURLY|MINUTELY|SECONDLY).*BY/,
      what: 'it looks for a fitting time without end where there is none for long',
    },
    {
      rules: /BYSETPOS=[\d,-]*[23]/,
      what: 'a place that a set does not have is counted on from its other end',
      example: 'FREQ=WEEKLY;BYHOUR=7,19;BYSETPOS=-3,1',
    },
    {
      rules: /BYSETPOS/,
      what: 'the first set has no places before DTSTART; RFC 5545 §3.3.10 counts within the whole interval',
      example: 'FREQ=WEEKLY;BYDAY=MO,SA;BYSETPOS=-2',
    },
    {
      rules: /BYWEEKNO/,
      what: 'days of a week that lie in another year than its number are lost, or skipped with that year',
      example: 'FREQ=YEARLY;BYWEEKNO=52;BYDAY=SU',
    },
  ],
};

function icalTime(text: string): InstanceType<typeof ICAL.Time> {
  const [, year, month, day, hour, minute, second] = /^(....)(..)(..)T(..)(..)(..)/.exec(text) ?? [];
  return ICAL.Time.fromDateTimeString(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
}

/** ical.js 2.2.1. */
const icalJs: Engine = {
  startsOf(question) {
    const starts: number[] = [];
    const iterator = ICAL.Recur.fromString(inOrder(question.rule)).iterator(icalTime(question.dtstart));
    for (let next = iterator.next(); next && starts.length < 2 * MOST; next = iterator.next()) {
      const instant = next.toUnixTime() * 1000;
      if (instant > last(question)) break;
      starts.push(instant);
    }
    return starts;
  },
  bugs: [
    {
      rules: /BYSETPOS/,
      what: 'yearly rules have it left out of account',
      example: 'FREQ=YEARLY;BYMONTH=1,2,12;BYMONTHDAY=6;BYSETPOS=-2',
    },
    { rules: /BYWEEKNO/, what: 'it is left out of account', example: 'FREQ=YEARLY;BYWEEKNO=34;BYDAY=WE,TU' },
    {
      rules: /FREQ=(HOURLY|MINUTELY|SECONDLY).*BY/,
      what: 'what is near DTSTART is taken for an instance, whatever limits the rule',
      example: 'FREQ=MINUTELY;BYDAY=TH,MO;BYHOUR=14,15;BYSECOND=47',
    },
    {
      rules: /BY(HOUR|MINUTE|SECOND)/,
      what: 'of several times of a day some are lost',
      example: 'FREQ=YEARLY;BYHOUR=3,6',
    },
    {
      rules: /BYMONTHDAY=[\d,]*-/,
      what: 'a day that is counted from the end is not found, or out of order',
      example: 'FREQ=DAILY;BYMONTHDAY=13,-14',
    },
    {
      rules: /FREQ=(WEEKLY|MONTHLY|DAILY).*BYMONTH=/,
      what: 'the first instance is not limited',
      example: 'FREQ=WEEKLY;BYMONTH=10;BYDAY=FR',
    },
    {
      rules: /FREQ=MONTHLY.*BYDAY=.*BYMONTHDAY/,
      what: 'INTERVAL is lost where a month has no such day',
      example: 'FREQ=MONTHLY;INTERVAL=2;BYDAY=1SU;BYMONTHDAY=29,1',
      from: '19890201T000000',
    },
    {
      rules: /BYMONTH=.*BYYEARDAY/,
      what: 'it is refused, though BYMONTH limits BYYEARDAY (RFC 5545 §3.3.10)',
      example: 'FREQ=YEARLY;BYMONTH=4;BYYEARDAY=100',
    },
    {
      rules: /FREQ=YEARLY.*BYMONTHDAY/,
      what: 'it is of the month of DTSTART alone; RFC 5545 §3.3.10 expands each month',
      example: 'FREQ=YEARLY;BYMONTHDAY=15',
    },
  ],
};

/** Starts of ours, of a rule that is neither refused nor so sparse that others would walk for minutes. */
function oursOf(text: string, dtstart: string): readonly number[] | undefined {
  const lines = ['BEGIN:VEVENT', 'UID:1', `DTSTART:${dtstart}Z`, `RRULE:${text}`, 'END:VEVENT'];
  const source = parseCalendar(calendar(...lines));
  const starts: number[] = [];
  try {
    const set = recurrenceSet(source.components, { zones: zonesOf(source), floating: UTC });
    for (const instance of set.instances({ from: -Infinity, to: Date.UTC(2090, 0, 1) }, { steps: 20_000 })) {
      starts.push(instance.start);
      if (starts.length === MOST) break;
    }
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    throw error;
  }
  const isSparse = (starts.at(-1) ?? 0) - (starts[0] ?? 0) > 60_000 * DAY;
  return starts.length < 2 || isSparse ? undefined : starts;
}

test.each<[string, Engine, number]>([
  ['rrule', rrule, 0.4],
  ['ical.js', icalJs, 0.12],
])(
  'beside %s, a rule in UTC gives the same instances, but for the bugs that are listed',
  async (_name, engine, share) => {
    let compared = 0;
    const runs = await holds(
      fc.property(rule, start, (text, dtstart) => {
        if (engine.bugs.some(({ rules }) => rules.test(text))) return;
        const ours = oursOf(text, dtstart);
        if (ours === undefined) return;
        compared++;
        // DTSTART is the first instance (RFC 5545 §3.8.5.3), also where they see only the rule.
        const later = engine.startsOf({ rule: text, dtstart, ours }).filter((instant) => instant > (ours[0] ?? 0));
        expect(later.slice(0, ours.length - 1).map(utc), text).toEqual(ours.slice(1).map(utc));
      }),
      { seed: 5545, numRuns: 500 },
    );
    expect(compared).toBeGreaterThan(runs * share);
  },
);

/** What another engine gives after DTSTART; undefined where it refuses the rule. */
function laterOf(engine: Engine, question: Question): readonly string[] | undefined {
  try {
    return engine.startsOf(question).slice(0, MOST).map(utc);
  } catch {
    return undefined;
  }
}

const EXAMPLES = [rrule, icalJs].flatMap((engine) =>
  engine.bugs.flatMap(({ example, from: dtstart = '19750101T000000', what, rules }) =>
    example === undefined ? [] : [{ engine, example, dtstart, what, rules }],
  ),
);

test.each(EXAMPLES)('a bug that is listed is one: $example, $what', ({ engine, example, dtstart, rules }) => {
  const ours = oursOf(example, dtstart);
  if (ours === undefined) throw new Error(`${example} has no instances`);
  const later = laterOf(engine, { rule: example, dtstart, ours })?.filter((start) => start !== utc(ours[0] ?? 0));
  expect(example).toMatch(rules);
  expect(later).not.toEqual(ours.slice(1).map(utc));
});
