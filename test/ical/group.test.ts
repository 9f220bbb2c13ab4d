import { describe, expect, test } from 'vitest';
import { checkCalendar } from '../../src/ical/check.ts';
import { groupByUid, mergeCalendars, type SourceReader, splitCalendar } from '../../src/ical/group.ts';
import { parseCalendar } from '../../src/ical/parse.ts';
import type { SplitItem } from '../../src/ical/splitter.ts';
import { validateObject } from '../../src/ical/validate.ts';
import { calendar, component, event, text } from './calendar-text.ts';

const zone = (tzid: string, ...extra: string[]): string[] =>
  component(
    'VTIMEZONE',
    `TZID:${tzid}`,
    ...component('STANDARD', 'DTSTART:19700101T000000', 'TZOFFSETFROM:+0100', 'TZOFFSETTO:+0100', ...extra),
  );
const zoned = (uid: string, tzid: string): string[] =>
  component('VEVENT', `UID:${uid}`, 'DTSTAMP:20260101T000000Z', `DTSTART;TZID=${tzid}:20260302T090000`);

const items = (source: string | Uint8Array): SplitItem[] => [...groupByUid(Buffer.from(source))];
const octetsOf = (item: SplitItem | undefined): string =>
  item?.kind === 'object' ? Buffer.from(item.octets).toString() : `no object: ${JSON.stringify(item)}`;
/** Each object as its type, UID and line, each problem as its line and text. */
const brief = (found: readonly SplitItem[]): string[] =>
  found.map((item) =>
    item.kind === 'object' ? `${item.component} ${item.uid} ${item.line}` : `problem ${item.line}: ${item.problem}`,
  );

describe('splitting a calendar into objects (RFC 4791 §4.1)', () => {
  test('one object for each UID, in the order of the file, with its overrides from anywhere', () => {
    const override = event('a', 'RECURRENCE-ID:20260309T090000Z');
    const found = items(
      calendar(...event('a', 'RRULE:FREQ=WEEKLY'), ...event('b'), ...override, ...component('VTODO', 'UID:c')),
    );
    expect(brief(found)).toEqual(['VEVENT a 4', 'VEVENT b 10', 'VTODO c 21']);
    expect(octetsOf(found[0])).toBe(calendar(...event('a', 'RRULE:FREQ=WEEKLY'), ...override));
  });

  test('the lines of a component stay as they came, folds, unknown parts and order', () => {
    const odd = event(
      'a',
      'x-Odd;A="1;2";b=^n:\\q',
      'DESCRIPTION:fol',
      ' ded',
      '\tdifferently',
      ...component('X-SUB', 'Y:1'),
    );
    const source = calendar(...odd);
    expect(octetsOf(items(source)[0])).toBe(source);
  });

  test('just the VTIMEZONEs that are referenced, also by an EXDATE or a part', () => {
    const one = component(
      'VEVENT',
      'UID:a',
      'DTSTART:20260302T090000Z',
      'EXDATE;TZID=X:20260303T090000',
      ...component('VALARM', 'X-A;TZID=Z:1'),
    );
    const found = items(calendar(...zone('X'), ...zone('Y'), ...one, ...zoned('b', 'Y'), ...zone('Z'), ...event('c')));
    expect(octetsOf(found[0])).toBe(calendar(...zone('X'), ...zone('Z'), ...one));
    expect(octetsOf(found[1])).toBe(calendar(...zone('Y'), ...zoned('b', 'Y')));
    expect(octetsOf(found[2])).toBe(calendar(...event('c')));
  });

  test('PRODID and CALSCALE of the source are kept, METHOD and names are not', () => {
    const source = text(
      'BEGIN:VCALENDAR',
      'METHOD:PUBLISH',
      'X-WR-CALNAME:Home',
      'CALSCALE:GREGORIAN',
      'PRODID;X=1:-//A//B//EN',
      'VERSION:2.0',
      ...event('a'),
      'END:VCALENDAR',
    );
    expect(octetsOf(items(source)[0])).toBe(
      text(
        'BEGIN:VCALENDAR',
        'VERSION:2.0',
        'PRODID;X=1:-//A//B//EN',
        'CALSCALE:GREGORIAN',
        ...event('a'),
        'END:VCALENDAR',
      ),
    );
  });

  test('what VERSION and PRODID lack is added', () => {
    expect(octetsOf(items(text('BEGIN:VCALENDAR', ...event('a'), 'END:VCALENDAR'))[0])).toBe(
      text('BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//Kalends//Kalends//EN', ...event('a'), 'END:VCALENDAR'),
    );
  });

  test('LF becomes CRLF, and a line break is added at the end', () => {
    const source = calendar(...event('a', 'DESCRIPTION:x', ' y'));
    const other = source.replaceAll('\r\n', '\n');
    for (const form of [other, other.trimEnd(), `\ufeff${other}`, source.trimEnd()])
      expect(octetsOf(items(form)[0])).toBe(source);
  });

  test('folds inside characters stay as they are, and the object is read', () => {
    const source = Buffer.from(calendar(...event('ü', 'SUMMARY:x')), 'utf8')
      .toString('latin1')
      .replace('\u00c3\u00bc', '\u00c3\r\n \u00bc');
    const [item] = items(Buffer.from(source, 'latin1'));
    expect(item).toMatchObject({ kind: 'object', uid: 'ü' });
    expect(octetsOf(item)).toBe(Buffer.from(source, 'latin1').toString());
  });

  test('several calendars in one file, each with its own VTIMEZONE of a name', () => {
    const found = items(
      calendar(...zone('X', 'TZNAME:one'), ...zoned('a', 'X')) +
        calendar(...zone('X', 'TZNAME:two'), ...zoned('b', 'X')),
    );
    expect(octetsOf(found[0])).toContain('TZNAME:one');
    expect(octetsOf(found[1])).toContain('TZNAME:two');
  });

  test('a component without UID gets one from its content, the same each time, whatever its DTSTAMP', () => {
    const lines = (stamp: string): string[] =>
      component('VEVENT', `DTSTAMP:${stamp}`, 'DTSTART:20260302T090000Z', 'SUMMARY:x');
    const [one] = items(calendar(...lines('20260101T000000Z')));
    const [other] = items(calendar(...event('z'), ...lines('20270101T000000Z'))).slice(1);
    expect(one).toMatchObject({ kind: 'object', notes: [expect.stringContaining('VEVENT had no UID')] });
    if (one?.kind !== 'object' || other?.kind !== 'object') throw new Error('no objects');
    expect(other.uid).toBe(one.uid);
    expect(validateObject(parseCalendar(one.octets)).uid).toBe(one.uid);
    expect(octetsOf(one)).toContain(`BEGIN:VEVENT\r\nUID:${one.uid}\r\nDTSTAMP`);
    const [different] = items(calendar(...component('VEVENT', 'DTSTART:20260302T090000Z', 'SUMMARY:y')));
    expect(different).not.toMatchObject({ uid: one.uid });
  });

  test('of two masters the one with the higher SEQUENCE, then the later DTSTAMP, is kept, and the other is told', () => {
    const found = items(calendar(...event('a', 'SEQUENCE:10'), ...event('a', 'SEQUENCE:9')));
    expect(brief(found)).toEqual([
      'problem 10: VEVENT with the same UID and RECURRENCE-ID as another one, which is kept',
      'VEVENT a 4',
    ]);
    expect(octetsOf(found[1])).toContain('SEQUENCE:10');
    expect(brief(items(calendar(...event('a'), ...event('a', 'SUMMARY:later')))).at(-1)).toBe('VEVENT a 9');
  });
});

describe('a source that was cut off', () => {
  const whole = calendar(...zone('X'), ...zoned('a', 'X'), ...event('b'));
  /** The octets of what has no END. */
  const rest = (source: string): string | undefined => {
    const problem = items(source).find((item) => item.kind === 'problem' && item.octets !== undefined);
    return problem?.kind === 'problem' ? Buffer.from(problem.octets!).toString() : undefined;
  };

  test('has what is left of its last component, with the VTIMEZONE that it names', () => {
    const at = whole.indexOf('DTSTART;TZID=X') + 'DTSTART;TZID=X:2026'.length;
    const header = whole.slice(0, whole.indexOf('BEGIN:VEVENT'));
    expect(rest(whole.slice(0, at))).toBe(`${header}${whole.slice(header.length, at)}\r\n`);
  });

  test('keeps an override together with its series', () => {
    const override = ['BEGIN:VEVENT', 'UID:a', 'RECURRENCE-ID:20260303T090000Z', 'SUMMARY:cu'];
    const source = calendar(...event('a', 'RRULE:FREQ=DAILY')).replace('END:VCALENDAR\r\n', override.join('\r\n'));
    expect(rest(source)).toBe(`${source}\r\n`);
    expect(brief(items(source))).toContain('VEVENT a 4');
  });

  test.each(['UID:b', 'UID', 'BEGIN:VEV'])('takes the half of a line for no more than that: %s', (line) => {
    const source = calendar(...event('b')).replace('END:VCALENDAR\r\n', `BEGIN:VEVENT\r\n${line}`);
    const cut = items(source).find((item) => item.kind === 'problem' && item.octets !== undefined);
    expect(cut).not.toHaveProperty('uid');
    expect(brief(items(source))).toContain('VEVENT b 4');
  });

  test('is told of a VTIMEZONE, which is nothing by itself', () => {
    const at = whole.indexOf('END:VTIMEZONE');
    expect(brief(items(whole.slice(0, at)))).toContain('problem 4: VTIMEZONE has no END');
    expect(rest(whole.slice(0, at))).toBeUndefined();
  });
});

describe('what is broken is told, and the rest goes on', () => {
  test('a control character in the PRODID of a file makes none of its objects unreadable', () => {
    const [item] = items(text('BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:a\0b', ...event('a'), 'END:VCALENDAR'));
    expect(parseCalendar(octetsOf(item)).components).toHaveLength(1);
    expect(octetsOf(item)).not.toContain('\0');
  });

  test.each<[string, string, string[]]>([
    [
      'a line',
      calendar(...event('a', 'no colon'), ...event('b')),
      ['problem 4: line 8: a line without a colon', 'VEVENT b 10'],
    ],
    [
      'no DTSTART',
      calendar(...component('VEVENT', 'UID:a'), ...event('b')),
      ['problem 4: line 4: VEVENT has no DTSTART', 'VEVENT b 7'],
    ],
    [
      'one override',
      calendar(...event('a', 'RRULE:FREQ=DAILY'), ...event('a', 'RECURRENCE-ID:20260303T090000Z', '\x07')),
      ['problem 10: line 15: the control character U+0007', 'VEVENT a 4'],
    ],
    ['a missing END', calendar('BEGIN:VEVENT', 'UID:a', ...event('b')), ['problem 4: VEVENT has no END', 'VEVENT b 6']],
    [
      'a missing END of an alarm',
      calendar('BEGIN:VEVENT', 'UID:a', 'BEGIN:VALARM', 'END:VEVENT', ...event('b')),
      ['problem 4: line 7: END:VEVENT inside VALARM of line 6', 'VEVENT b 8'],
    ],
    [
      'the end of the file',
      calendar(...event('a')) + 'BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:b\r\n',
      ['problem 10: VCALENDAR has no END', 'VEVENT a 4', 'problem 11: VEVENT has no END'],
    ],
    [
      'events outside',
      text(...event('a')) + calendar(...event('b')),
      ['problem 1: VEVENT outside VCALENDAR', 'VEVENT b 9'],
    ],
    [
      'vCalendar 1.0',
      text('BEGIN:VCALENDAR', 'VERSION:1.0', ...event('a'), 'END:VCALENDAR') + calendar(...event('b')),
      ['problem 1: VERSION:1.0 is vCalendar, which is another format', 'VEVENT b 12'],
    ],
    [
      'deep nesting',
      calendar('BEGIN:VEVENT', ...Array<string>(50).fill('BEGIN:X'), 'END:VEVENT', ...event('b')),
      ['problem 4: VEVENT is nested deeper than 16', 'VEVENT b 56'],
    ],
    ['no calendar', '<html></html>', ['problem 1: there is no VCALENDAR']],
    ['nothing', '', ['problem 1: there is no VCALENDAR']],
    ['an empty calendar', calendar(), []],
  ])('%s', (_, source, expected) => {
    expect(brief(items(source))).toEqual(expected);
  });

  test('a VTIMEZONE that cannot be read is left out of the object, which says so', () => {
    const [item] = items(calendar(...component('VTIMEZONE', 'TZID:X', 'no colon'), ...zoned('a', 'X')));
    expect(item).toMatchObject({
      kind: 'object',
      uid: 'a',
      notes: ['VTIMEZONE X was left out: line 6: a line without a colon'],
    });
    expect(octetsOf(item)).toBe(calendar(...zoned('a', 'X')));
  });

  test('a component that is too large', () => {
    const found = [
      ...groupByUid(Buffer.from(calendar(...event('a', `X-A:${'x'.repeat(3000)}`), ...event('b'))), {
        maxOctets: 1000,
      }),
    ];
    expect(brief(found)).toEqual(['problem 4: VEVENT is larger than 1000 octets', 'VEVENT b 10']);
  });
});

/** A reader that gives the file in pieces and remembers how much was asked for at once. */
function readerOf(octets: Uint8Array): SourceReader & { largest: number; reads: number } {
  return {
    size: octets.length,
    largest: 0,
    reads: 0,
    async read(offset, length) {
      this.largest = Math.max(this.largest, length);
      this.reads++;
      return octets.subarray(offset, offset + length);
    },
  };
}

async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const one of source) all.push(one);
  return all;
}

describe('a source that is read in pieces', () => {
  const many = Array.from({ length: 3000 }, (_, i) => [
    ...zoned(`${i}ü`, i % 2 === 0 ? 'X' : 'Y'),
    ...(i % 100 === 0 ? ['BEGIN:VEVENT', 'bad'] : []),
  ]).flat();
  const overrides = Array.from({ length: 3000 }, (_, i) =>
    event(`${i}ü`, 'RECURRENCE-ID:20260309T090000Z', `DESCRIPTION:${'long '.repeat(20)}`),
  ).flat();
  const source = Buffer.from(calendar(...zone('X'), ...many, ...overrides, ...zone('Y')));

  test('gives the same as the whole', async () => {
    const pieces = await collect(splitCalendar(readerOf(source)));
    const whole = items(source);
    expect(pieces).toHaveLength(3030);
    expect(brief(pieces)).toEqual(brief(whole));
    expect(pieces.map(octetsOf)).toEqual(whole.map(octetsOf));
  });

  test('never asks for more than a little of it, and not for each event apart where they are neighbours', async () => {
    const neighbours = Buffer.from(calendar(...Array.from({ length: 3000 }, (_, i) => event(`${i}`)).flat()));
    const reader = readerOf(neighbours);
    expect(await collect(splitCalendar(reader))).toHaveLength(3000);
    expect(reader.largest).toBeLessThanOrEqual(256 * 1024);
    expect(reader.reads).toBeLessThan(10);
  });

  test('a line break, a fold or a character between two pieces changes nothing', async () => {
    const small = Buffer.from(calendar(...zone('X'), ...zoned('aü', 'X'), ...event('b', 'DESCRIPTION:x', ' y')));
    const wide = calendar(
      ...zone('X'),
      ...zoned('aü', 'X'),
      ...event('b', 'DESCRIPTION:x', ' y'),
      `X-PAD:${'x'.repeat(262144)}`,
    );
    const expected = brief(items(small));
    for (let shift = 0; shift < small.length; shift += 1) {
      // The first piece ends `shift` octets after the beginning of the calendar.
      const padded = Buffer.from(`BEGIN:VCALENDAR\r\nX:${'x'.repeat(262144 - 21 - shift)}\r\n${wide.slice(17)}`);
      const found = await collect(splitCalendar(readerOf(padded)));
      expect(brief(found)).toEqual(expected.map((one) => one.replace(/\d+$/, (line) => String(Number(line) + 1))));
    }
  });
});

const merge = async (objects: readonly string[], name?: string): Promise<string> =>
  Buffer.concat(
    await collect(mergeCalendars(() => objects.map((one) => Buffer.from(one)), name === undefined ? {} : { name })),
  ).toString();

describe('many objects as one calendar', () => {
  test('VTIMEZONEs once and first, components as they are', async () => {
    const odd = event('b', 'x-Odd;a=1:\\q', 'DESCRIPTION:fol', ' ded');
    const merged = await merge(
      [calendar(...zone('X'), ...zoned('a', 'X')), calendar(...odd), calendar(...zoned('c', 'X'), ...zone('X'))],
      'Home, sweet',
    );
    expect(merged).toBe(
      text(
        ...['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//Kalends//Kalends//EN', 'X-WR-CALNAME:Home\\, sweet'],
        ...[...zone('X'), ...zoned('a', 'X'), ...odd, ...zoned('c', 'X'), 'END:VCALENDAR'],
      ),
    );
    expect(parseCalendar(merged).components).toHaveLength(4);
  });

  test('nothing is a calendar without components', async () => {
    expect(await merge([])).toBe(
      text('BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//Kalends//Kalends//EN', 'END:VCALENDAR'),
    );
  });

  test('of VTIMEZONEs that differ the one with the longer history is taken, wherever it stands', async () => {
    const short = zone('X');
    const long = component('VTIMEZONE', 'TZID:X', ...zone('X', 'RDATE:19800101T000000,19900101T000000').slice(2, -1));
    for (const objects of [
      [short, long],
      [long, short],
    ]) {
      const merged = await merge(objects.map((own, i) => calendar(...own, ...zoned(String(i), 'X'))));
      expect(merged.match(/BEGIN:VTIMEZONE/g)).toHaveLength(1);
      expect(merged).toContain('RDATE:19800101T000000,19900101T000000');
    }
  });

  test('an object that came while it was sent brings its VTIMEZONE', async () => {
    let calls = 0;
    const objects = (): Uint8Array[] =>
      [Buffer.from(calendar(...zoned('a', 'X'), ...zone('X')))].slice(calls++ === 0 ? 1 : 0);
    const merged = parseCalendar(Buffer.concat(await collect(mergeCalendars(objects))));
    expect(merged.components.map(({ name }) => name)).toEqual(['VEVENT', 'VTIMEZONE']);
  });

  test('an object without a line break at its end, or with LF, does not run into the next', async () => {
    const merged = await merge([
      text(...event('a')).replaceAll('\r\n', '\n'),
      calendar(...event('b'))
        .replaceAll('\r\n', '\n')
        .trimEnd(),
      calendar(...event('c')),
    ]);
    expect(parseCalendar(merged).components).toHaveLength(2);
  });

  test('what is merged can be split again into the same', async () => {
    const objects = Array.from({ length: 500 }, (_, i) => calendar(...zone('X'), ...zoned(`${i}`, 'X')));
    const merged = await merge(objects);
    expect(checkCalendar(merged)).toEqual([]);
    const split = items(merged).map((item) => octetsOf(item).replace(/PRODID:.*/, 'PRODID:-//Example//Test//EN'));
    expect(split).toEqual(objects);
  });

  test('a large calendar comes in chunks', async () => {
    const one = Buffer.from(calendar(...event('a', `X-A:${'x'.repeat(1000)}`)));
    const chunks = await collect(mergeCalendars(() => Array<Uint8Array>(1000).fill(one)));
    expect(chunks.length).toBeGreaterThan(10);
    expect(Math.max(...chunks.map(({ length }) => length))).toBeLessThan(70_000);
  });
});
