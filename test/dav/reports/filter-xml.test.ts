import { describe, expect, test } from 'vitest';
import { BadRequest, Refusal } from '../../../src/base/refusal.ts';
import { parseFilter } from '../../../src/dav/reports/filter-xml.ts';
import { parseXml } from '../../../src/dav/xml/parse.ts';
import type { CompFilter } from '../../../src/ical/filter.ts';

const LIMITS = { octets: 100_000, depth: 64, elements: 1000 };

/** The filter whose VCALENDAR comp-filter holds this XML. */
const filter = (inside: string, attributes = ''): CompFilter =>
  outer(`<C:comp-filter name="VCALENDAR"${attributes}>${inside}</C:comp-filter>`);

const outer = (inside: string): CompFilter => {
  const xml = `<C:filter xmlns:C="urn:ietf:params:xml:ns:caldav" xmlns:X="urn:x">${inside}</C:filter>`;
  return parseFilter(parseXml(new TextEncoder().encode(xml), LIMITS));
};

const event = (inside: string, attributes = ''): CompFilter =>
  filter(`<C:comp-filter name="VEVENT"${attributes}>${inside}</C:comp-filter>`).comps[0]!;

const summary = (inside: string, attributes = ''): CompFilter['props'][number] =>
  event(`<C:prop-filter name="summary"${attributes}>${inside}</C:prop-filter>`).props[0]!;

const RANGE = '<C:time-range start="20060102T000000Z" end="20060103T000000Z"/>';

describe('what a filter says (RFC 4791 §9.7)', () => {
  test('a comp-filter holds a time-range, prop-filters and comp-filters', () => {
    const found = event(`${RANGE}<C:prop-filter name="UID"/><C:comp-filter name="valarm"/>`);
    expect(found.name).toBe('VEVENT');
    expect(found.timeRange).toEqual({ start: Date.UTC(2006, 0, 2), end: Date.UTC(2006, 0, 3) });
    expect(found.props.map(({ name }) => name)).toEqual(['UID']);
    expect(found.comps.map(({ name }) => name)).toEqual(['VALARM']);
    expect(found.test).toBe('allof');
  });

  test('a time-range open at one end is infinite there', () => {
    expect(event('<C:time-range start="20060102T000000Z"/>').timeRange).toEqual({
      start: Date.UTC(2006, 0, 2),
      end: Infinity,
    });
    expect(event('<C:time-range end="00010101T000000Z"/>').timeRange).toEqual({
      start: -Infinity,
      end: Date.parse('0001-01-01T00:00:00Z'),
    });
  });

  test('a text-match has its defaults', () => {
    expect(summary('<C:text-match> Ab </C:text-match>').textMatch).toEqual({
      text: ' Ab ',
      collation: 'i;ascii-casemap',
      negate: false,
      matchType: 'contains',
    });
  });

  test('a text-match has what it asks for', () => {
    const xml = '<C:text-match collation="i;octet" negate-condition="yes" match-type="equals">x</C:text-match>';
    expect(summary(xml).textMatch).toEqual({ text: 'x', collation: 'i;octet', negate: true, matchType: 'equals' });
    expect(summary('<C:text-match collation="default">x</C:text-match>').textMatch?.collation).toBe('i;ascii-casemap');
    expect(summary('<C:text-match collation="i;unicode-casemap">x</C:text-match>').textMatch?.collation).toBe(
      'i;unicode-casemap',
    );
  });

  test('a param-filter asks for existence, absence or text', () => {
    const xml =
      '<C:param-filter name="a"/><C:param-filter name="B"><C:is-not-defined/></C:param-filter>' +
      '<C:param-filter name="C"><C:text-match>x</C:text-match></C:param-filter>';
    expect(summary(xml).params).toMatchObject([
      { name: 'A', condition: 'exists' },
      { name: 'B', condition: 'is-not-defined' },
      { name: 'C', condition: { text: 'x' } },
    ]);
  });

  test('test, match-type and * are read (draft-daboo-caldav-extensions §3)', () => {
    expect(filter('<C:comp-filter name="*"/>', ' test="anyof"')).toMatchObject({
      test: 'anyof',
      comps: [{ name: '*' }],
    });
    expect(summary('', ' test="anyof"').test).toBe('anyof');
  });

  test('non-standard names may stand anywhere (RFC 4791 §7.7)', () => {
    expect(event('<C:comp-filter name="X-COMP"/><C:prop-filter name="X-ABC-GUID"/>').comps).toHaveLength(1);
    expect(filter('<C:comp-filter name="X-COMP"><C:comp-filter name="VALARM"/></C:comp-filter>').comps).toHaveLength(1);
  });

  test('elements of other namespaces are passed over (RFC 4918 §17)', () => {
    expect(event('<X:new/>').props).toEqual([]);
  });
});

describe('what is refused as valid-filter (RFC 4791 §7.8)', () => {
  const vevent = (inside: string): string => `<C:comp-filter name="VEVENT">${inside}</C:comp-filter>`;
  const prop = (inside: string, name = 'SUMMARY'): string =>
    vevent(`<C:prop-filter name="${name}">${inside}</C:prop-filter>`);
  test.each([
    ['a time-range on VCALENDAR', RANGE],
    ['VALARM directly in VCALENDAR', '<C:comp-filter name="VALARM"/>'],
    ['a time-range on VTIMEZONE', `<C:comp-filter name="VTIMEZONE">${RANGE}</C:comp-filter>`],
    ['VEVENT in VEVENT', vevent('<C:comp-filter name="VEVENT"/>')],
    ['VEVENT in VTODO', '<C:comp-filter name="VTODO"><C:comp-filter name="VEVENT"/></C:comp-filter>'],
    ['VEVENT in VALARM', vevent('<C:comp-filter name="VALARM"><C:comp-filter name="VEVENT"/></C:comp-filter>')],
    ['VCALENDAR in VEVENT', vevent('<C:comp-filter name="VCALENDAR"/>')],
    [
      'VCALENDAR in a non-standard component',
      '<C:comp-filter name="X-C"><C:comp-filter name="VCALENDAR"/></C:comp-filter>',
    ],
    [
      'a time-range on STANDARD',
      `<C:comp-filter name="VTIMEZONE"><C:comp-filter name="STANDARD">${RANGE}</C:comp-filter></C:comp-filter>`,
    ],
    ['a time-range on a non-standard component', vevent(`<C:comp-filter name="X-COMP">${RANGE}</C:comp-filter>`)],
    ['a time-range on a text', prop(RANGE)],
    ['a time-range of dates', vevent('<C:time-range start="20060102" end="20060103"/>')],
    ['a time-range of floating times', vevent('<C:time-range start="20060102T000000" end="20060103T000000"/>')],
    ['a time-range on no day', vevent('<C:time-range start="20060230T000000Z"/>')],
    ['an empty time-range', vevent('<C:time-range start="20060102T000000Z" end="20060102T000000Z"/>')],
    ['a time-range backwards', vevent('<C:time-range start="20060103T000000Z" end="20060102T000000Z"/>')],
    ['two time-ranges', vevent(RANGE + RANGE)],
    ['is-not-defined beside a prop-filter', vevent('<C:is-not-defined/><C:prop-filter name="UID"/>')],
    ['is-not-defined beside a text-match', prop('<C:is-not-defined/><C:text-match>x</C:text-match>')],
    ['is-not-defined in a text-match', prop('<C:text-match>x<C:is-not-defined/></C:text-match>')],
    ['time-range and text-match together', prop(`${RANGE}<C:text-match>x</C:text-match>`, 'DTSTART')],
    [
      'is-not-defined beside a text-match of a parameter',
      prop('<C:param-filter name="CN"><C:is-not-defined/><C:text-match>x</C:text-match></C:param-filter>'),
    ],
    ['a time-range in a param-filter', prop(`<C:param-filter name="CN">${RANGE}</C:param-filter>`)],
    ['an unknown element of CalDAV', vevent('<C:between/>')],
    ['a comp-filter without a name', '<C:comp-filter/>'],
    ['a prop-filter named *', vevent('<C:prop-filter name="*"/>')],
    ['a name that is none', '<C:comp-filter name="V EVENT"/>'],
    ['a negate-condition that is neither yes nor no', prop('<C:text-match negate-condition="true">x</C:text-match>')],
    ['an unknown match-type', prop('<C:text-match match-type="like">x</C:text-match>')],
    ['an unknown test', '<C:comp-filter name="VEVENT" test="noneof"/>'],
  ])('%s', (_, xml) => {
    expect(() => filter(xml)).toThrow(expect.objectContaining({ name: 'Refusal', code: 'valid-filter' }));
  });

  test.each([
    ['a filter that does not begin with VCALENDAR', '<C:comp-filter name="VEVENT"/>'],
    ['a filter that begins with *', '<C:comp-filter name="*"/>'],
    ['an empty filter', ''],
    ['a filter with two comp-filters', '<C:comp-filter name="VCALENDAR"/><C:comp-filter name="VCALENDAR"/>'],
    ['a filter with a prop-filter', '<C:prop-filter name="UID"/>'],
  ])('%s', (_, xml) => {
    expect(() => outer(xml)).toThrow(expect.objectContaining({ code: 'valid-filter' }));
  });
});

test('an unknown collation is refused as supported-collation (RFC 4791 §7.5)', () => {
  for (const collation of ['i;*', 'i;ascii-numeric', '']) {
    expect(() => summary(`<C:text-match collation="${collation}">x</C:text-match>`)).toThrow(
      expect.objectContaining({ code: 'supported-collation' }),
    );
  }
});

test('a time-range without start and end is a bad request', () => {
  expect(() => event('<C:time-range/>')).toThrow(BadRequest);
  expect(() => event('<C:time-range/>')).not.toThrow(Refusal);
});

test('a filter of more elements than any client sends is a bad request', () => {
  const props = (count: number): string => '<C:prop-filter name="X-A"/>'.repeat(count);
  expect(event(props(498)).props).toHaveLength(498);
  expect(() => event(props(499))).toThrow(BadRequest);
});
