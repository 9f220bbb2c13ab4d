import { describe, expect, test } from 'vitest';
import { Refusal } from '../../src/base/refusal.ts';
import { type Component, paramOf, type Property, propertyOf } from '../../src/ical/component.ts';
import { parseCalendar, parseCalendars, parseComponent } from '../../src/ical/parse.ts';
import { calendar, component, event, text } from './calendar-text.ts';

const firstEvent = (source: string | Uint8Array): Component => parseCalendar(source).components[0]!;
const property = (line: string): Property => firstEvent(calendar(...event('1', line))).properties.at(-1)!;
const refusal = (source: string | Uint8Array): string => {
  try {
    parseCalendar(source);
  } catch (error) {
    if (error instanceof Refusal) return `${error.code}: ${error.message}`;
    throw error;
  }
  return 'none';
};

describe('content lines (RFC 5545 §3.1)', () => {
  test('a folded line is one line, and lines are counted as they stand in the file', () => {
    const parsed = firstEvent(
      calendar('BEGIN:VEVENT', 'DESCRIPTION:This is a lo', ' ng description', '\t that exists', 'UID:1', 'END:VEVENT'),
    );
    expect(parsed.properties.map(({ name, value, line }) => [name, value, line])).toEqual([
      ['DESCRIPTION', 'This is a long description that exists', 5],
      ['UID', '1', 8],
    ]);
  });

  test('a line may be folded anywhere, also in its name and in BEGIN', () => {
    expect(firstEvent(calendar('BEG', ' IN:VEV', ' ENT', 'SUM', ' MARY:x', 'END:VEVENT')).properties[0]).toMatchObject({
      name: 'SUMMARY',
      value: 'x',
    });
  });

  test.each([
    ['two octets', 'ü'],
    ['three octets', '日'],
    ['four octets', '😀'],
  ])('a fold between any of the %s of a character is undone before decoding', (_, char) => {
    const octets = Buffer.from(char);
    const fold = Buffer.from('\r\n ');
    const folded = Buffer.concat(
      [...octets].flatMap((octet, i) => (i === 0 ? [Buffer.of(octet)] : [fold, Buffer.of(octet)])),
    );
    const [before, after] = calendar('BEGIN:VEVENT', 'SUMMARY:a#b', 'UID:after', 'END:VEVENT')
      .split('#')
      .map((part) => Buffer.from(part));
    const parsed = firstEvent(Buffer.concat([before!, folded, after!]));
    expect(parsed.properties[0]).toMatchObject({ name: 'SUMMARY', value: `a${char}b`, line: 5 });
    expect(parsed.properties[1]).toMatchObject({ name: 'UID', line: 5 + octets.length });
  });

  test('folds inside characters are undone with bare LF and TAB too', () => {
    const source = Buffer.from(
      calendar('BEGIN:VEVENT', 'SUMMARY:ü', 'END:VEVENT').replaceAll('\r\n', '\n'),
      'utf8',
    ).toString('latin1');
    const folded = source.replace('\u00c3\u00bc', '\u00c3\n\t\u00bc');
    expect(firstEvent(Buffer.from(folded, 'latin1')).properties[0]?.value).toBe('ü');
  });

  test.each([
    ['LF alone', (source: string) => source.replaceAll('\r\n', '\n')],
    ['CR CR LF', (source: string) => source.replaceAll('\r\n', '\r\r\n')],
    ['a byte order mark', (source: string) => `\ufeff${source}`],
    ['empty lines at the end', (source: string) => `${source}\r\n\r\n`],
    ['empty lines between', (source: string) => source.replaceAll('\r\n', '\r\n\r\n')],
    ['no line break at the end', (source: string) => source.trimEnd()],
    ['lower case', (source: string) => source.replace('BEGIN:VEVENT', 'begin:vevent').replace('SUMMARY', 'summary')],
  ])('%s is taken', (_, change) => {
    const source = change(calendar(...event('1', 'SUMMARY:Hello')));
    for (const form of [source, Buffer.from(source)]) {
      expect(propertyOf(firstEvent(form), 'SUMMARY')?.value).toBe('Hello');
      expect(firstEvent(form).name).toBe('VEVENT');
    }
  });

  test('octets of a view into a larger buffer are read as that view', () => {
    const source = Buffer.from(`junk${calendar(...event('1'))}junk`);
    expect(firstEvent(new Uint8Array(source.buffer, source.byteOffset + 4, source.length - 8)).name).toBe('VEVENT');
  });

  test('an escape stays in the value, TAB too', () => {
    expect(property('SUMMARY:a\\, b\\n\tc').value).toBe('a\\, b\\n\tc');
  });
});

describe('parameters (RFC 5545 §3.2, RFC 6868)', () => {
  test.each<[string, Record<string, string[]>, string]>([
    ['DTSTART;TZID=Europe/Berlin:20260302T090000', { TZID: ['Europe/Berlin'] }, '20260302T090000'],
    ['X;a=1;B=2:v', { A: ['1'], B: ['2'] }, 'v'],
    ['ATTENDEE;CN="Doe; John: x, y":mailto:j@example.com', { CN: ['Doe; John: x, y'] }, 'mailto:j@example.com'],
    ['ATTENDEE;MEMBER="mailto:a@x","mailto:b@x":mailto:c@x', { MEMBER: ['mailto:a@x', 'mailto:b@x'] }, 'mailto:c@x'],
    ["X;CN=George Herman ^'Babe^' Ruth:test", { CN: ['George Herman "Babe" Ruth'] }, 'test'],
    ['X;CN=a^nb^^c^d:test', { CN: ['a\nb^c^d'] }, 'test'],
    ['X;A=:v', { A: [''] }, 'v'],
    ['X;A=1,,2:v', { A: ['1', '', '2'] }, 'v'],
    ['X;A=1;A=2:v', { A: ['1', '2'] }, 'v'],
    // Beyond the RFC, as clients write it.
    ['ATTENDEE;CN=John "Jack" Doe:mailto:j@x', { CN: ['John "Jack" Doe'] }, 'mailto:j@x'],
    ['ATTENDEE;CN="Jack" Doe:mailto:j@x', { CN: ['Jack Doe'] }, 'mailto:j@x'],
    ['ATTENDEE;CN="never closed;X=1:mailto:j@x', { CN: ['"never closed'], X: ['1'] }, 'mailto:j@x'],
    ['DTSTART;TZID=(UTC+01:00) Berlin:20260302T090000', { TZID: ['(UTC+01:00) Berlin'] }, '20260302T090000'],
    [
      'DTSTART;TZID="(GMT+01.00) Sarajevo/Zagreb":20260302T090000',
      { TZID: ['(GMT+01.00) Sarajevo/Zagreb'] },
      '20260302T090000',
    ],
    ['X;QUOTED-PRINTABLE;A=1:v', { 'QUOTED-PRINTABLE': [''], A: ['1'] }, 'v'],
    ['X;;A=1;:v', { A: ['1'] }, 'v'],
    ['ATTENDEE;CN=Müller,Jörg:mailto:j@x', { CN: ['Müller', 'Jörg'] }, 'mailto:j@x'],
  ])('%s', (line, params, value) => {
    const read = property(line);
    expect(Object.fromEntries(read.params)).toEqual(params);
    expect(read.value).toBe(value);
  });

  test('a name that JavaScript objects have of their own is a name like others', () => {
    const read = property('CONSTRUCTOR;__PROTO__=1;HASOWNPROPERTY=2:v');
    expect(read.name).toBe('CONSTRUCTOR');
    expect(paramOf(read, '__PROTO__')).toBe('1');
  });

  test('the colon of a value does not end the parameters, the first one outside quotes does', () => {
    expect(property('ATTACH;X="a:b";Y=c:http://example.com:80/').value).toBe('http://example.com:80/');
  });
});

describe('components (RFC 5545 §3.4, §3.6)', () => {
  test('components are nested as written, with their lines', () => {
    const parsed = parseCalendar(
      calendar(
        ...component('VTIMEZONE', 'TZID:X', ...component('STANDARD')),
        ...event('1', ...component('VALARM', 'ACTION:DISPLAY')),
      ),
    );
    expect(parsed.components.map(({ name, line }) => [name, line])).toEqual([
      ['VTIMEZONE', 4],
      ['VEVENT', 9],
    ]);
    expect(parsed.components.map(({ components }) => components.map(({ name }) => name))).toEqual([
      ['STANDARD'],
      ['VALARM'],
    ]);
    expect(parsed.properties.map(({ name }) => name)).toEqual(['VERSION', 'PRODID']);
  });

  test('a component that stands alone can be read as such', () => {
    expect(parseComponent(text(...component('VALARM', 'ACTION:AUDIO')), { firstLine: 7 })).toMatchObject({
      name: 'VALARM',
      line: 7,
    });
    expect(() => parseComponent('ACTION:AUDIO')).toThrow('line 1: ACTION outside a component');
    expect(() => parseComponent('')).toThrow('there is no component');
    expect(() => parseComponent(text(...component('A'), ...component('B')))).toThrow('line 3: a second component');
  });

  test.each([
    ['nothing', '', 'there is no VCALENDAR'],
    ['blanks', ' \r\n\r\n', 'line 1: a line without a colon'],
    ['another root', text(...component('XCALENDAR')), 'line 1: BEGIN:XCALENDAR outside VCALENDAR'],
    ['a property before', `X:1\r\n${calendar()}`, 'line 1: X outside VCALENDAR'],
    ['a property after', `${calendar()}X:1\r\n`, 'line 5: X outside VCALENDAR'],
    ['two calendars', calendar() + calendar(), 'line 5: a second VCALENDAR'],
    ['a calendar in a calendar', calendar(...component('VCALENDAR')), 'line 4: BEGIN:VCALENDAR inside VCALENDAR'],
    ['no END', 'BEGIN:VCALENDAR\r\n', 'line 1: VCALENDAR has no END'],
    ['no END of an event', calendar('BEGIN:VEVENT', 'UID:1'), 'line 6: END:VCALENDAR inside VEVENT of line 4'],
    ['END too early', calendar('END:VEVENT'), 'line 4: END:VEVENT inside VCALENDAR of line 1'],
    ['END alone', 'END:VCALENDAR', 'line 1: END:VCALENDAR without its BEGIN'],
    ['BEGIN without a name', calendar('BEGIN:'), 'line 4: BEGIN without the name of a component'],
    ['a line without colon', calendar('BEGIN:VEVENT', 'and so on', 'END:VEVENT'), 'line 5: a line without a colon'],
    ['parameters without colon', calendar('X;A="b:c"'), 'line 4: a line without a colon after its parameters'],
    ['no name', calendar(':value'), 'line 4: a line that does not begin with a property name'],
    ['a text as name', calendar('Dear all: come'), 'line 4: a line that does not begin with a property name'],
    ['NUL', calendar('X:a\0b'), 'line 4: the control character U+0000'],
    ['BEL', calendar('X:1', 'X:a\x07b'), 'line 5: the control character U+0007'],
    ['DEL', calendar('X:a\x7fb'), 'line 4: the control character U+007F'],
    ['CR inside a line', calendar('X:a\rb'), 'line 4: the control character U+000D'],
    ['U+FFFF, which no XML can hold', calendar('X:a\uffffb'), 'line 4: the control character U+FFFF'],
    ['half a surrogate pair', calendar('X:\ud800'), 'line 1: half of a surrogate pair'],
    ['nesting', calendar(...Array<string>(20).fill('BEGIN:X')), 'line 19: components nested deeper than 16'],
  ])('refused: %s', (_, source, message) => {
    expect(refusal(source)).toBe(`valid-calendar-data: ${message}`);
  });

  test.each([
    ['a lone continuation octet', [0x80]],
    ['a truncated character', [0xe6, 0x97]],
    ['an overlong form', [0xc0, 0xaf]],
    ['a surrogate', [0xed, 0xa0, 0x80]],
    ['Latin 1', [0xfc]],
  ])('refused with its line: %s is not UTF-8', (_, octets) => {
    const [before, after] = calendar('X:\ufffd', 'Y:#').split('#');
    const source = Buffer.concat([Buffer.from(before!), Buffer.from(octets), Buffer.from(after!)]);
    expect(refusal(source)).toBe('valid-calendar-data: line 5: not UTF-8');
  });

  test('UTF-16 is refused', () => {
    expect(refusal(Buffer.from(calendar(), 'utf16le'))).toContain('valid-calendar-data: line 1: ');
  });
});

describe('several calendars', () => {
  test('each is read, and there are no problems', () => {
    const { calendars, problems } = parseCalendars(calendar(...event('1')) + calendar(...event('2')));
    expect(calendars.map(({ components }) => components.length)).toEqual([1, 1]);
    expect(problems).toEqual([]);
  });

  test('what cannot be read is passed over and told', () => {
    const source = calendar('rubbish', ...event('1', 'no colon', 'SUMMARY:a\x07b'), 'END:VALARM', ...event('2'));
    const { calendars, problems } = parseCalendars(source);
    expect(calendars[0]?.components.map((one) => propertyOf(one, 'UID')?.value)).toEqual(['1', '2']);
    expect(problems.map(({ line, rule }) => [line, rule])).toEqual([
      [10, 'control'],
      [4, 'colon'],
      [9, 'colon'],
      [12, 'nesting'],
    ]);
  });

  test('an END that is missing closes what is open', () => {
    const { calendars, problems } = parseCalendars(
      calendar('BEGIN:VEVENT', 'BEGIN:VALARM', 'END:VEVENT', ...event('2')),
    );
    expect(calendars[0]?.components.map(({ name }) => name)).toEqual(['VEVENT', 'VEVENT']);
    expect(problems).toEqual([{ line: 6, rule: 'nesting', message: 'END:VEVENT inside VALARM of line 5' }]);
  });

  test('a source that is no calendar gives no calendar and its problems', () => {
    expect(parseCalendars('<html>\n</html>').calendars).toEqual([]);
    expect(parseCalendars('<html>\n</html>').problems).toHaveLength(2);
    expect(parseCalendars(Buffer.from([0xff, 0xfe])).problems.map(({ rule }) => rule)).toContain('utf-8');
  });
});
