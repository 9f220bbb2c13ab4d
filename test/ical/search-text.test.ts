import { describe, expect, test } from 'vitest';
import { narrowing, type CompFilter, type PropFilter } from '../../src/ical/filter.ts';
import { parseCalendar } from '../../src/ical/parse.ts';
import { AFTER_MARKS, leftOutMark, searchText } from '../../src/ical/search-text.ts';

const textOf = (...lines: string[]): string =>
  searchText(parseCalendar(['BEGIN:VCALENDAR', 'VERSION:2.0', ...lines, 'END:VCALENDAR', ''].join('\r\n')));
const event = (...lines: string[]): string[] => ['BEGIN:VEVENT', 'UID:1', ...lines, 'END:VEVENT'];

describe('the search text of an object', () => {
  test('has what people search for, unescaped and folded, and nothing else', () => {
    const lines = ['DESCRIPTION:Züge\\, Straße', 'LOCATION;LANGUAGE=de:Büro', 'SUMMARY:Fal', ' con', 'COMMENT:secret'];
    expect(textOf(...event(...lines))).toBe('FALCON\nBURO\nZUGE, STRAßE');
  });

  test('has the texts of all components, each once', () => {
    const moved = event('RECURRENCE-ID:20260302T090000Z', 'SUMMARY:Moved', 'LOCATION:Here');
    expect(textOf(...event('SUMMARY:Weekly', 'LOCATION:Here'), ...moved)).toBe('WEEKLY\nMOVED\nHERE');
  });

  test('leaves out a property that is too long, says so at its beginning, and keeps the others', () => {
    const found = textOf(...event('SUMMARY:Short', `DESCRIPTION:${'long '.repeat(200)}`, 'LOCATION:Here'));
    expect(found).toBe(`${leftOutMark('DESCRIPTION')}SHORT\nHERE`);
    expect(found < AFTER_MARKS).toBe(true);
    expect(textOf(...event('SUMMARY:Short')) < AFTER_MARKS).toBe(false);
    expect(textOf(...event('SUMMARY:\t')) < AFTER_MARKS).toBe(false);
  });

  test('counts octets, not characters', () => {
    expect(textOf(...event(`SUMMARY:${'会'.repeat(260)}`))).toBe('会'.repeat(260));
    expect(textOf(...event(`SUMMARY:${'会'.repeat(300)}`))).toBe(leftOutMark('SUMMARY'));
  });
});

const prop = (name: string, text: string, more: Partial<PropFilter> = {}): PropFilter => ({
  ...{ name, isNotDefined: false, params: [], test: 'allof' },
  textMatch: { text, collation: 'i;ascii-casemap', negate: false, matchType: 'contains' },
  ...more,
});
const comp = (name: string, more: Partial<CompFilter>): CompFilter => ({
  ...{ name, isNotDefined: false, props: [], comps: [], test: 'allof' },
  ...more,
});
const vevent = (...props: PropFilter[]): CompFilter =>
  comp('VCALENDAR', { comps: [comp('VEVENT', { props, test: 'allof' })] });
const anyOf = (...props: PropFilter[]): CompFilter =>
  comp('VCALENDAR', { comps: [comp('VEVENT', { props, test: 'anyof' })] });
const textMatch = { text: 'x', collation: 'i;octet', negate: true, matchType: 'contains' } as const;

describe('the UID that a filter narrows by', () => {
  const unicode = { text: 'x', collation: 'i;unicode-casemap', negate: false, matchType: 'contains' } as const;
  test.each<[string, CompFilter, string | undefined]>([
    ['is that of a text of ASCII', vevent(prop('UID', 'abc@x')), 'abc@x'],
    ['is none with other characters, which are folded in other ways', vevent(prop('UID', 'é')), undefined],
    ['is none with spaces, which are lost at its ends', vevent(prop('UID', 'a b')), undefined],
    ['is none where others are folded to ASCII', vevent(prop('UID', '', { textMatch: unicode })), undefined],
    ['is none that must not be there', vevent(prop('UID', '', { textMatch })), undefined],
    ['is none where another text is enough', anyOf(prop('UID', 'a'), prop('SUMMARY', 'a')), undefined],
  ])('%s', (_, filter, uid) => {
    expect(narrowing(filter).uid).toBe(uid);
  });
});

describe('the texts that a filter narrows by', () => {
  test.each<[string, CompFilter, unknown]>([
    ['the text of one property', vevent(prop('SUMMARY', 'falcon')), [{ name: 'SUMMARY', text: 'FALCON' }]],
    [
      'the longest of several',
      vevent(prop('SUMMARY', 'a'), prop('LOCATION', 'abc')),
      [{ name: 'LOCATION', text: 'ABC' }],
    ],
    [
      'each of those of which one is enough',
      anyOf(prop('SUMMARY', 'a'), prop('DESCRIPTION', 'b')),
      [
        { name: 'SUMMARY', text: 'A' },
        { name: 'DESCRIPTION', text: 'B' },
      ],
    ],
    ['none, where a text that is not kept is enough', anyOf(prop('SUMMARY', 'a'), prop('ATTENDEE', 'b')), undefined],
    ['none of a property that is not kept', vevent(prop('X-OWN', 'a')), undefined],
    ['none that must not be there', vevent(prop('SUMMARY', 'a', { textMatch })), undefined],
    ['none of nothing', vevent(prop('SUMMARY', '')), undefined],
    [
      'no half of a character',
      vevent(prop('SUMMARY', `${'a'.repeat(99)}😀`)),
      [{ name: 'SUMMARY', text: 'A'.repeat(99) }],
    ],
    ['none of marks alone', vevent(prop('SUMMARY', '\u0301')), undefined],
    [
      'none, where a parameter is enough',
      vevent(prop('SUMMARY', 'a', { test: 'anyof', params: [{ name: 'LANGUAGE', condition: 'exists' }] })),
      undefined,
    ],
    [
      'none, where the other component is enough',
      comp('VCALENDAR', {
        test: 'anyof',
        comps: [comp('VEVENT', { props: [prop('SUMMARY', 'a')] }), comp('VTODO', { props: [prop('SUMMARY', 'a')] })],
      }),
      undefined,
    ],
  ])('%s', (_, filter, texts) => {
    expect(narrowing(filter).texts).toEqual(texts);
  });
});
