import fc from 'fast-check';
import { DAY, HOUR } from '../../src/base/clock.ts';
import { formatTimeValue, type TimeRange } from '../../src/ical/time-value.ts';
import { UTC, zoneByTzid, type Zone } from '../../src/ical/timezone.ts';
import { START } from '../dav-server.ts';

/** Days that the index reaches back and on. */
export const PAST = 366;
export const FUTURE = 732;
const YEAR = 366 * DAY;
/** Every range that is asked for ends before it, or is open: the first instance after it stands for all the others. */
export const FAR = START + 14 * YEAR;
export const ZONES: readonly Zone[] = [
  UTC,
  zoneByTzid('Pacific/Kiritimati')!,
  zoneByTzid('America/New_York')!,
  zoneByTzid('Etc/GMT+12')!,
];

const local = (wall: number): string => formatTimeValue({ kind: 'floating', wall });
const date = (wall: number): string => formatTimeValue({ kind: 'date', wall });
interface Form {
  readonly write: (name: string, wall: number) => string;
  readonly until: (wall: number) => string;
}
const DATES: Form = { write: (name, wall) => `${name};VALUE=DATE:${date(wall)}`, until: date };
const FORMS: readonly Form[] = [
  { write: (name, wall) => `${name}:${local(wall)}Z`, until: (wall) => `${local(wall)}Z` },
  { write: (name, wall) => `${name};TZID=Europe/Berlin:${local(wall)}`, until: (wall) => `${local(wall)}Z` },
  { write: (name, wall) => `${name}:${local(wall)}`, until: local },
  DATES,
];

/** Steps of the rules, roughly: where their instances are is not decided here. */
const STEP = { HOURLY: 7 * HOUR, DAILY: DAY, WEEKLY: 7 * DAY, MONTHLY: 30 * DAY, YEARLY: 365 * DAY };
const freqs = Object.keys(STEP) as (keyof typeof STEP)[];
const far = fc.integer({ min: -6 * 8784, max: 6 * 8784 });
const index = fc.integer({ min: 0, max: 900 });
/** How an event counts in free-busy. */
const kinds = fc.constantFrom<readonly string[]>(
  ...[[], [], [], ['TRANSP:TRANSPARENT'], ['STATUS:TENTATIVE'], ['X-MICROSOFT-CDO-BUSYSTATUS:OOF']],
);

const overrides = fc.array(
  fc.record({
    of: index,
    by: fc.oneof(far, fc.integer({ min: -40, max: 40 })),
    length: fc.constantFrom(0, 1, 24 * 365),
    how: fc.constantFrom('moved', 'moved', 'cancelled', 'this and future'),
    kind: kinds,
  }),
  { maxLength: 3 },
);

/** The lines of the VEVENTs of a series with its exceptions and its overrides; `{uid}` stands for the UID. */
export const events = fc
  .record({
    form: fc.constantFrom(...FORMS),
    start: fc.oneof(far, fc.integer({ min: -20, max: 20 })),
    length: fc.constantFrom(undefined, 0, 1, 30, 24 * 9, 24 * 365, 24 * 400),
    freq: fc.option(fc.constantFrom(...freqs), { nil: undefined }),
    end: fc.constantFrom('', '', 'COUNT=3', 'COUNT=800', 'UNTIL'),
    excluded: fc.array(index, { maxLength: 3 }),
    added: fc.array(far, { maxLength: 2 }),
    overrides,
    kind: kinds,
  })
  .map(({ form, start, length, freq, end, excluded, added, overrides: changes, kind }): readonly string[] => {
    const wall = START + start * HOUR;
    const at = (index: number): number => wall + index * STEP[freq ?? 'YEARLY'];
    const times = (from: number, hours: number | undefined): string[] => [
      form.write('DTSTART', from),
      ...(hours === undefined ? [] : [form === DATES ? `DURATION:P${Math.ceil(hours / 24)}D` : `DURATION:PT${hours}H`]),
    ];
    const ends = end === 'UNTIL' ? [`UNTIL=${form.until(wall + 900 * DAY)}`] : end === '' ? [] : [end];
    const isHourly = freq === 'HOURLY' && form !== DATES;
    const rule = [
      `FREQ=${isHourly || freq !== 'HOURLY' ? freq : 'DAILY'}`,
      ...(isHourly ? ['INTERVAL=7'] : []),
      ...ends,
    ];
    const master = [
      ...times(wall, length),
      ...kind,
      ...(freq === undefined ? [] : [`RRULE:${rule.join(';')}`]),
      ...(freq === undefined ? [] : excluded.map((k) => form.write('EXDATE', at(k)))),
      ...added.map((hours) => form.write('RDATE', wall + hours * HOUR)),
    ];
    const distinct = [...new Map(changes.map((change) => [form.write('', at(change.of)), change])).values()];
    const component = (lines: readonly string[]): string[] => ['BEGIN:VEVENT', 'UID:{uid}', ...lines, 'END:VEVENT'];
    return [
      ...component(master),
      ...(freq === undefined ? [] : distinct).flatMap(({ of, by, length: hours, how, kind: own }) =>
        component([
          form.write(how === 'this and future' ? 'RECURRENCE-ID;RANGE=THISANDFUTURE' : 'RECURRENCE-ID', at(of)),
          ...times(at(of) + by * HOUR, hours),
          ...(how === 'cancelled' ? ['STATUS:CANCELLED'] : own),
        ]),
      ),
    ];
  });

/** Before the indexed past, around each end of what is indexed, inside, and far past it; also open ones. */
export const ranges = fc
  .record({
    near: fc.constantFrom(-3 * YEAR, -PAST * DAY, 0, 0, (FUTURE / 2) * DAY, FUTURE * DAY, 4 * YEAR, 6 * YEAR),
    by: fc.integer({ min: -50, max: 50 }),
    length: fc.constantFrom(HOUR, DAY, 7 * DAY, 31 * DAY, 2 * YEAR),
    open: fc.constantFrom('', '', '', 'start', 'end', 'both'),
  })
  .map(({ near, by, length, open }) => (now: number): TimeRange => {
    const start = now + near + by * HOUR;
    return {
      start: open === 'start' || open === 'both' ? -Infinity : start,
      end: open === 'end' || open === 'both' ? Infinity : start + length,
    };
  });

/** As octets, with an UID made of a number. */
export const octetsOf = (lines: readonly string[], at: number): Buffer =>
  Buffer.from(
    ['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:x', ...lines, 'END:VCALENDAR', '']
      .join('\r\n')
      .replaceAll('{uid}', `e${at}`),
  );
