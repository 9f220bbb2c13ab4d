import fc from 'fast-check';
import { expect, test } from 'vitest';
import { matchesFilter, narrowing, type CompFilter, type PropFilter } from '../../src/ical/filter.ts';
import { parseCalendar } from '../../src/ical/parse.ts';
import { AFTER_MARKS, leftOutMark, searchText } from '../../src/ical/search-text.ts';
import { COLLATIONS, MATCH_TYPES, type TextMatch } from '../../src/ical/text-match.ts';
import { UTC } from '../../src/ical/timezone.ts';
import { holds } from '../properties/holds.ts';

/** Pieces that come near to each other by some collation, or are written in several ways. */
const PIECES = [
  ...['a', 'A', 'b', 'İ', 'i', 'I', 'ı', 'ß', 'ss', 'SS', 'ſ', 's', 'S', 'ŉ', 'N', 'ﬁ', 'FI', 'Ｆ', 'f'],
  ...['é', 'e\u0301', 'e', '\u0301', '\u0323', 'ệ', 'Å', 'å', 'Σ', 'σ', 'ς', '한', '\u1112', '😀', ' ', '100%', '_'],
];
/** Those that are written otherwise in a TEXT, or in no way that RFC 5545 knows. */
const ESCAPED = ['\\,', '\\;', '\\n', '\\N', '\\\\', '\\a', '\\é', ','];

const NAMES = ['SUMMARY', 'LOCATION', 'CATEGORIES', 'DESCRIPTION', 'COMMENT', 'ATTENDEE'];

/** A content line, folded after so many octets, be it inside a character. */
function folded(line: string, after: number): Buffer {
  const octets = Buffer.from(line);
  const rows: Buffer[] = [];
  for (let from = 0; from < octets.length; from += after) rows.push(octets.subarray(from, from + after));
  return Buffer.concat(rows.flatMap((row, at) => [Buffer.from(at === 0 ? '' : '\r\n '), row]));
}

const linesOf = (values: fc.Arbitrary<string>): fc.Arbitrary<Buffer> =>
  fc
    .record({
      name: fc.constantFrom(...NAMES, 'summary'),
      param: fc.constantFrom('', ';LANGUAGE=de', ';X-P="a,b:c"'),
      text: fc.oneof(
        { weight: 9, arbitrary: values },
        { weight: 1, arbitrary: values.map((text) => `${text}${'x'.repeat(900)}`) },
      ),
      after: fc.integer({ min: 1, max: 30 }),
    })
    .map(({ name, param, text, after }) => folded(`${name}${param}:${text}`, after));

const event = (extra: string, own: readonly Buffer[]): Buffer[] =>
  [Buffer.from(`BEGIN:VEVENT\r\nUID:1\r\nDTSTART:20260302T090000Z${extra}`), ...own, Buffer.from('END:VEVENT')].flatMap(
    (line) => [line, Buffer.from('\r\n')],
  );

/** A series, perhaps with an override. */
const objectsOf = (values: fc.Arbitrary<string>): fc.Arbitrary<Buffer> =>
  fc
    .tuple(
      fc.array(linesOf(values), { minLength: 1, maxLength: 6 }),
      fc.option(fc.array(linesOf(values), { maxLength: 3 }), { nil: undefined }),
    )
    .map(([master, override]) =>
      Buffer.concat([
        Buffer.from('BEGIN:VCALENDAR\r\n'),
        ...event('\r\nRRULE:FREQ=DAILY;COUNT=3', master),
        ...(override === undefined ? [] : event('\r\nRECURRENCE-ID:20260303T090000Z', override)),
        Buffer.from('END:VCALENDAR\r\n'),
      ]),
    );

const tests = fc.constantFrom('allof' as const, 'anyof' as const);
const rarely = fc.oneof({ weight: 4, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) });

const propsOf = (texts: fc.Arbitrary<string>): fc.Arbitrary<PropFilter> =>
  fc
    .record({
      name: fc.constantFrom(...NAMES),
      textMatch: fc.record<TextMatch>({
        text: texts,
        collation: fc.constantFrom(...COLLATIONS),
        negate: rarely,
        matchType: fc.oneof(fc.constant('contains' as const), fc.constantFrom(...MATCH_TYPES)),
      }),
      test: tests,
      exists: rarely,
    })
    .map(({ exists, ...rest }) => ({
      ...{ isNotDefined: false, ...rest },
      params: exists ? [{ name: 'LANGUAGE', condition: 'exists' as const }] : [],
    }));

const filtersOf = (texts: fc.Arbitrary<string>): fc.Arbitrary<CompFilter> => {
  const comps = fc
    .record({ props: fc.array(propsOf(texts), { minLength: 1, maxLength: 2 }), test: tests })
    .map((rest) => ({ name: 'VEVENT', isNotDefined: false, comps: [], ...rest }));
  return fc
    .record({ comps: fc.array(comps, { minLength: 1, maxLength: 2 }), test: tests })
    .map((rest) => ({ name: 'VCALENDAR', isNotDefined: false, props: [], ...rest }));
};

/** An object and questions to it, of the same few pieces, so that some match. */
const asked = fc.subarray(PIECES, { minLength: 1, maxLength: 3 }).chain((pieces) => {
  const piece = fc.constantFrom(...pieces);
  const joined = (one: fc.Arbitrary<string>, maxLength: number): fc.Arbitrary<string> =>
    fc.array(one, { minLength: 1, maxLength }).map((some) => some.join(''));
  const escaped = fc.constantFrom(...ESCAPED);
  const values = joined(fc.oneof({ weight: 3, arbitrary: piece }, { weight: 1, arbitrary: escaped }), 5);
  const texts = joined(piece, 2);
  return fc.tuple(objectsOf(values), fc.array(filtersOf(texts), { minLength: 8, maxLength: 8 }));
});

test('what a filter matches is never left out by its texts', async () => {
  let matched = 0;
  let leftOut = 0;
  const property = fc.property(asked, ([octets, questions]) => {
    const calendar = parseCalendar(octets);
    const kept = searchText(calendar);
    for (const filter of questions) {
      const { texts } = narrowing(filter);
      const isCandidate =
        texts?.some(
          ({ name, text }) => kept.includes(text) || (kept < AFTER_MARKS && kept.includes(leftOutMark(name))),
        ) ?? true;
      const isMatch = matchesFilter(calendar, filter, { floating: UTC });
      if (isMatch) expect(isCandidate, JSON.stringify([octets.toString(), filter])).toBe(true);
      if (isMatch && texts !== undefined) matched += 1;
      if (!isCandidate) leftOut += 1;
    }
  });
  const runs = await holds(property, { seed: 4791, numRuns: 800 });
  // It says something only where texts decide, either way.
  expect(matched).toBeGreaterThan(runs / 4);
  expect(leftOut).toBeGreaterThan(runs / 2);
});
