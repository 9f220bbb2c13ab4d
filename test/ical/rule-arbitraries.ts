import fc from 'fast-check';

const WEEKDAYS = ['SU', 'MO', 'TU', 'WE', 'TH', 'FR', 'SA'];
export const SUB_DAILY = ['HOURLY', 'MINUTELY', 'SECONDLY'];
const FREQUENCIES = ['YEARLY', 'MONTHLY', 'WEEKLY', 'DAILY', ...SUB_DAILY];

const numbers = (min: number, max: number, most: number): fc.Arbitrary<string> =>
  fc
    .uniqueArray(
      fc.integer({ min, max }).filter((number) => number !== 0 || min === 0),
      { minLength: 1, maxLength: most },
    )
    .map(String);

const maybe = (weight: number, part: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.oneof({ weight, arbitrary: part }, { weight: 10 - weight, arbitrary: fc.constant('') });

const list = (name: string, weight: number, values: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  maybe(
    weight,
    values.map((text) => `${name}=${text}`),
  );

/** Days in the combinations that RFC 5545 §3.3.10 gives one meaning; rrule-temporal reads the others differently. */
function dayParts(freq: string): fc.Arbitrary<string> {
  const hasOrdinals = freq === 'MONTHLY' || freq === 'YEARLY';
  const plain = fc.uniqueArray(fc.constantFrom(...WEEKDAYS), { minLength: 1, maxLength: 3 }).map(String);
  const ordinal = fc.tuple(fc.constantFrom('1', '2', '-1', '-2', '5'), fc.constantFrom(...WEEKDAYS));
  const counted = fc
    .uniqueArray(
      ordinal.map((parts) => parts.join('')),
      { minLength: 1, maxLength: 3 },
    )
    .map(String);
  const byDay = (hasOrdinals ? fc.oneof(plain, counted) : plain).map((days) => `BYDAY=${days}`);
  const byMonthDay = numbers(-31, 31, 3).map((text) => `BYMONTHDAY=${text}`);
  const byYearDay = numbers(-366, 366, 3).map((text) => `BYYEARDAY=${text}`);
  const byWeekNo = fc.tuple(numbers(-53, 53, 2), plain).map(([weeks, days]) => `BYWEEKNO=${weeks};BYDAY=${days}`);
  const none = fc.constant('');
  if (freq === 'YEARLY') return fc.oneof(none, byDay, byMonthDay, byYearDay, byWeekNo);
  if (freq === 'WEEKLY') return fc.oneof(none, byDay);
  const both = fc.tuple(byDay, byMonthDay).map((parts) => parts.join(';'));
  return SUB_DAILY.includes(freq)
    ? fc.oneof(none, byDay, byMonthDay, byYearDay, both)
    : fc.oneof(none, byDay, byMonthDay, both);
}

/** A rule of a frequency, in the combinations that RFC 5545 §3.3.10 gives one meaning. */
export function ruleOf(freq: string): fc.Arbitrary<string> {
  const most = freq === 'SECONDLY' || freq === 'MINUTELY' ? 100 : 6;
  return fc
    .tuple(
      maybe(
        6,
        fc.integer({ min: 1, max: most }).map((interval) => `INTERVAL=${interval}`),
      ),
      list('BYMONTH', 3, numbers(1, 12, 3)),
      dayParts(freq),
      list('BYHOUR', 2, numbers(0, 23, 2)),
      list('BYMINUTE', 2, numbers(0, 59, 2)),
      list('BYSECOND', 1, numbers(0, 59, 2)),
      maybe(3, fc.constantFrom('WKST=SU', 'WKST=TH')),
      list('BYSETPOS', 2, numbers(-3, 3, 2)),
    )
    .map((parts) => [`FREQ=${freq}`, ...parts].filter((part) => part !== ''))
    .map((parts) =>
      parts.filter((part) => !part.startsWith('BYSETPOS') || parts.some((other) => /^BY(?!SETPOS)/.test(other))),
    )
    .map((parts) => parts.join(';'));
}

/** A rule of any frequency, without COUNT and UNTIL. */
export const rule = fc.constantFrom(...FREQUENCIES).chain(ruleOf);
/** A local time, to the second, without zone. */
export const start = fc
  .integer({ min: Date.UTC(1975, 0, 1) / 1000, max: Date.UTC(2060, 0, 1) / 1000 })
  .map((second) => new Date(second * 1000).toISOString().replace(/[-:]|\.\d+|Z/g, ''));
