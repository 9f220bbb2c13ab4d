import fc from 'fast-check';

/** What somebody has for themselves of one component. */
export interface Own {
  readonly transp: string | undefined;
  /** Minutes before the start. */
  readonly alarms: readonly number[];
  readonly lastAck: boolean;
}

/** The same of an object: of the master, and of days on which it differs. */
export interface OwnOfAll {
  readonly master: Own;
  readonly days: Readonly<Record<number, Own>>;
}

/** What all have in common of a daily event of six days. */
export interface Shared {
  readonly form: 'utc' | 'zoned' | 'date' | 'floating' | 'own zone';
  readonly eol: '\r\n' | '\n';
  readonly summary: string;
  readonly isRecurring: boolean;
  readonly days: Readonly<Record<number, 'renamed' | 'moved' | 'cancelled'>>;
}

export const DAYS = 6;
export const NOTHING: Own = { transp: undefined, alarms: [], lastAck: false };
const COMMON_DAYS = fc.constantFrom<'renamed' | 'moved' | 'cancelled' | undefined>(
  ...([undefined, undefined, 'renamed', 'moved', 'cancelled'] as const),
);

const own: fc.Arbitrary<Own> = fc.record({
  transp: fc.constantFrom(undefined, undefined, 'TRANSPARENT', 'OPAQUE'),
  alarms: fc.subarray([5, 10, 30]),
  lastAck: fc.boolean(),
});

const byDay = <T>(each: fc.Arbitrary<T | undefined>): fc.Arbitrary<Record<number, T>> =>
  fc
    .array(each, { minLength: DAYS, maxLength: DAYS })
    .map((days) => Object.fromEntries(days.flatMap((day, at) => (day === undefined ? [] : [[at, day]]))));

export const ownOfAll: fc.Arbitrary<OwnOfAll> = fc.record({
  master: own,
  days: byDay(fc.option(own, { nil: undefined, freq: 2 })),
});

export const shared: fc.Arbitrary<Shared> = fc.record({
  form: fc.constantFrom('utc', 'zoned', 'date', 'floating', 'own zone'),
  eol: fc.constantFrom('\r\n', '\n'),
  summary: fc.constantFrom('Meeting', 'BEGIN:VALARM', 'Jour fixe äöü 日本', `Long ${'x'.repeat(90)}`),
  isRecurring: fc.boolean(),
  days: byDay(COMMON_DAYS),
});

const two = (value: number): string => String(value).padStart(2, '0');

function time(name: string, form: Shared['form'], day: number, hour: number): string {
  const date = `202603${two(2 + day)}`;
  if (form === 'date') return `${name};VALUE=DATE:${date}`;
  const at = `${date}T${two(hour)}0000`;
  if (form === 'zoned') return `${name};TZID=Europe/Berlin:${at}`;
  if (form === 'own zone') return `${name};TZID="Our: zone":${at}`;
  return `${name}:${at}${form === 'utc' ? 'Z' : ''}`;
}

const ownLines = ({ transp, lastAck }: Own): string[] => [
  ...(transp === undefined ? [] : [`TRANSP:${transp}`]),
  ...(lastAck ? ['X-MOZ-LASTACK:20260301T080000Z', 'X-MOZ-SNOOZE-TIME-17;X-P="a:b":20260301T090000Z'] : []),
];

const alarmLines = ({ alarms }: Own): string[] =>
  alarms.flatMap((minutes) => [
    ...['BEGIN:VALARM', 'ACTION:DISPLAY', `DESCRIPTION:TRANSP:${minutes}`, `TRIGGER:-PT${minutes}M`, 'END:VALARM'],
  ]);

/** An object of what all have in common and of what one person has; `stamp` is a DTSTAMP. */
export function objectOf(common: Shared, { master, days }: OwnOfAll, stamp = '20260101T000000Z'): Buffer {
  const { form, eol, summary, isRecurring } = common;
  const component = (lines: readonly string[], personal: Own, title: string): string[] => [
    ...['BEGIN:VEVENT', 'UID:1', `DTSTAMP:${stamp}`, ...lines, ...ownLines(personal)],
    ...[`SUMMARY;X-NOTE="a;b:c":${title}`, 'ATTENDEE;CN="B, A":mailto:a@x.example', ...alarmLines(personal)],
    'END:VEVENT',
  ];
  const duration = form === 'date' ? 'DURATION:P1D' : 'DURATION:PT1H';
  const overrides = Array.from({ length: isRecurring ? DAYS : 0 }, (_, day) => day).flatMap((day) => {
    const kind = common.days[day];
    const personal = days[day] ?? (kind === undefined ? undefined : master);
    if (personal === undefined) return [];
    const start = time('DTSTART', form, kind === 'moved' ? day + 7 : day, 9);
    const lines = [time('RECURRENCE-ID', form, day, 9), start, duration];
    const title = kind === 'renamed' ? `${summary} renamed` : summary;
    return component(kind === 'cancelled' ? [...lines, 'STATUS:CANCELLED'] : lines, personal, title);
  });
  const rule = isRecurring ? [`RRULE:FREQ=DAILY;COUNT=${DAYS}`] : [];
  const lines = [
    ...['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//Example//Test//EN'],
    ...['BEGIN:VTIMEZONE', 'TZID:Our: zone', 'BEGIN:STANDARD', 'DTSTART:19700101T000000', 'TZOFFSETFROM:+0100'],
    ...['TZOFFSETTO:+0100', 'END:STANDARD', 'END:VTIMEZONE'],
    ...component([time('DTSTART', form, 0, 9), duration, ...rule], master, summary),
    ...overrides,
    ...['END:VCALENDAR', ''],
  ];
  return Buffer.from(lines.map(folded).join('\n').replaceAll('\n', eol));
}

/** Folded past 60 characters, and now and then where no program would. */
const folded = (line: string): string =>
  line.length > 60 ? `${line.slice(0, 60)}\n ${line.slice(60)}` : line.replace(/^(X-MOZ-LAST)(ACK)/, '$1\n\t$2');
