import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { Refusal } from '../../src/base/refusal.ts';
import type { Steps } from '../../src/base/steps.ts';
import { matchingFilter, type CompFilter } from '../../src/ical/filter.ts';
import { findingIndexEntry } from '../../src/ical/index-entry.ts';
import { readingJcal } from '../../src/ical/jcal.ts';
import { jcalText, writingJcal } from '../../src/ical/jcal-write.ts';
import { parseCalendar, parsingCalendar } from '../../src/ical/parse.ts';
import { splittingSeries } from '../../src/ical/split.ts';
import { cuttingData, type DataRequest } from '../../src/ical/subset.ts';
import type { Collation } from '../../src/ical/text-match.ts';
import { UTC } from '../../src/ical/timezone.ts';
import { validatingObject } from '../../src/ical/validate.ts';
import { writingComponent } from '../../src/ical/write.ts';
import { writingXcal } from '../../src/ical/xcal-write.ts';
import { event, ics } from '../dav-server.ts';
import { cpu, idleMilliseconds } from '../yardstick.ts';

const MB = 1024 * 1024;
const DAY = 86_400_000;
const START = Date.UTC(2026, 2, 2, 9);
const MONTH = { start: Date.UTC(2030, 0, 1), end: Date.UTC(2030, 1, 1) };

const stamp = (days: number): string => new Date(START + days * DAY).toISOString().replace(/[-:]|\.\d+/g, '');
const long = (before: string, piece: string): string => event('1', before + piece.repeat((5 * MB) / piece.length));
const overrides = (count: number): string => {
  const own = Array.from({ length: count }, (_, i) =>
    event('1', `RECURRENCE-ID:${stamp(i)}`, `DTSTART:${stamp(i)}`, 'SUMMARY:other')
      .split('\r\n')
      .slice(3, -2)
      .join('\r\n'),
  );
  const master = event('1', `DTSTART:${stamp(0)}`, 'RRULE:FREQ=DAILY')
    .split('\r\n')
    .slice(3, -2);
  return ics(...master, own.join('\r\n'));
};

/** Those of which a single object holds the most that a PUT may have. */
const BOMBS: Readonly<Record<string, () => string>> = {
  '5 MB of letters': () => long('DESCRIPTION:', 'x'),
  '5 MB of backslashes': () => long('DESCRIPTION:', '\\'),
  '5 MB of line feeds': () => long('DESCRIPTION:', '\\n'),
  '5 MB of ampersands': () => long('DESCRIPTION:', '&<'),
  'letters with marks': () => long('DESCRIPTION:a', '\u0301\u0323\u0301\u0323'),
  'letters with two upper forms': () => long('DESCRIPTION:', 'ßx'),
  'a list of 2.5 million letters': () => long('CATEGORIES:', 'a,'),
  '50,000 dates': () => event('1', `RDATE:${Array.from({ length: 50_000 }, (_, i) => stamp(i)).join(',')}`),
  '100,000 comments': () => event('1', Array.from({ length: 100_000 }, (_, i) => `COMMENT:${i}`).join('\r\n')),
  '10,000 overrides': () => overrides(10_000),
};

const texts = (collation: Collation, text: string): CompFilter => {
  const textMatch = { text, collation, negate: false, matchType: 'contains' } as const;
  const none = { isNotDefined: false, params: [], test: 'allof' } as const;
  const props = ['DESCRIPTION', 'COMMENT', 'SUMMARY'].map((name) => ({ name, textMatch, ...none }));
  const comp = { name: 'VEVENT', isNotDefined: false, props, comps: [], test: 'anyof' } as const;
  return { name: 'VCALENDAR', isNotDefined: false, props: [], comps: [comp], test: 'allof' };
};
const inMonth: CompFilter = {
  ...texts('i;octet', ''),
  comps: [{ name: 'VEVENT', isNotDefined: false, timeRange: MONTH, props: [], comps: [], test: 'allof' }],
};

const budget = () => ({ steps: 100_000 });
const cut = (source: string, request: DataRequest): Steps<unknown> =>
  cuttingData(Buffer.from(source), request, { floating: UTC, budget: budget() });
const horizon = { from: START - 366 * DAY, until: START + 366 * DAY, maxInstances: 600 };

const WORK: Readonly<Record<string, (source: string) => Steps<unknown>>> = {
  *'to be put'(source) {
    const calendar = yield* parsingCalendar(Buffer.from(source));
    yield* validatingObject(calendar);
    yield* findingIndexEntry(calendar, { horizon, budget: budget() });
  },
  'to become jCal': (source) => writingJcal(parseCalendar(source)),
  'to become xCal': (source) => writingXcal(parseCalendar(source)),
  *'to come from jCal'(source) {
    const octets = Buffer.from(jcalText(parseCalendar(source)));
    const bounds = { octets: octets.length, depth: 64, values: 1_000_000 };
    yield;
    yield* writingComponent(yield* readingJcal(octets, bounds));
  },
  'to be searched without case': (source) =>
    matchingFilter(parseCalendar(source), texts('i;unicode-casemap', 'none'), { floating: UTC }),
  'to be searched for a long text': (source) =>
    matchingFilter(parseCalendar(source), texts('i;ascii-casemap', `${'x'.repeat(MB)}y${'x'.repeat(MB)}`), {
      floating: UTC,
    }),
  'to be searched for a month': (source) =>
    matchingFilter(parseCalendar(source), inMonth, { floating: UTC, budget: budget() }),
  'to be expanded': (source) => cut(source, { expand: MONTH }),
  'to be split'(source) {
    const split = { rid: stamp(5000), uid: '2', relatedTo: '3', budget: { steps: 400_000 } };
    const series = /^R(RULE|DATE)/m.test(source) ? source : source.replace('DTSTAMP', 'RRULE:FREQ=DAILY\r\nDTSTAMP');
    return splittingSeries(Buffer.from(series), parseCalendar(series), split);
  },
  'to be limited to a month': (source) => cut(source, { limitRecurrenceSet: MONTH }),
};

/** Seen are up to 50 ms on an idle core; what is slow for the memory of a busy machine is not slow for a digest. */
const REFERENCE = idleMilliseconds(50);
const MOST = 2 * REFERENCE;

interface Run {
  readonly steps: number;
  /** CPU milliseconds of the longest. */
  readonly longest: number;
}

/** A Refusal is an answer too. */
function run(work: Steps<unknown>): Run {
  let steps = 0;
  let longest = 0;
  try {
    for (let done = false; !done; steps++) {
      const before = cpu();
      done = work.next().done === true;
      longest = Math.max(longest, cpu() - before);
    }
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
  }
  return { steps, longest };
}

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void; // what the flag just exposed

/** Octets that are reached from somewhere. */
function reached(): number {
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** The most octets that are held between two steps, as far as five looks at it tell, and with the result. */
function mostHeld(start: () => Steps<unknown>, steps: number): number {
  const before = reached();
  const work = start();
  const every = Math.ceil(steps / 5);
  let most = 0;
  try {
    for (let step = 0, result = work.next(); ; step++, result = work.next()) {
      if (result.done === true || step % every === every - 1) most = Math.max(most, reached() - before);
      if (result.done === true) break;
    }
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
  }
  return most;
}

/** `npm run test:long-steps` takes them all: half a minute more. */
const USUAL = ['5 MB of letters', '5 MB of ampersands', '50,000 dates', '100,000 comments', '10,000 overrides'];
const isAll = process.env.LONG_STEPS === 'all';
const CHOSEN = Object.entries(BOMBS).filter(([name]) => isAll || USUAL.includes(name));

test('those that are always taken are there', () => {
  expect(CHOSEN.length).toBe(isAll ? Object.keys(BOMBS).length : USUAL.length);
});

describe.each(CHOSEN)('%s', (_, make) => {
  const source = make();

  test.each(Object.entries(WORK))('%s give way, and hold no more than 64 MB', (what, start) => {
    // The first step of what comes from jCal makes the jCal.
    const prepared = what === 'to come from jCal' ? 1 : 0;
    const once = (): Run => {
      const work = start(source);
      for (let i = 0; i < prepared; i++) work.next();
      return run(work);
    };
    let best = once();
    // A collection of garbage, or the other programs of this machine, may fall into any one step.
    for (let i = 0; i < 6 && best.longest > REFERENCE; i++) {
      const again = once();
      if (again.longest < best.longest) best = again;
    }
    expect(best.steps).toBeGreaterThan(1);
    expect(best.longest).toBeLessThan(MOST);
    expect(mostHeld(() => start(source), best.steps + prepared)).toBeLessThan(64 * MB);
  });
});
