import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CARD_VERSIONS } from '../../src/vcard/card.ts';
import { cardOf, memberLines, type DirectoryEntry } from '../../src/vcard/directory-card.ts';
import { matchingCard, type CardFilter, type PropFilter } from '../../src/vcard/filter.ts';
import { narrowingOf, type Narrowing, type TextCondition } from '../../src/vcard/filter-narrowing.ts';
import { writeCard } from '../../src/vcard/write.ts';
import { atOnce } from '../../src/base/steps.ts';
import { COLLATIONS, MATCH_TYPES } from '../../src/ical/text-match.ts';
import { holds } from '../properties/holds.ts';
import { readCard, readComponents, readText } from './card-reader.ts';

const SEED = { seed: 20260302, numRuns: 400 };

/** Texts of everything that may stand in a name, and often of what vCard has a meaning for. */
const hostile = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc
    .array(fc.constantFrom('\r\n', '\n', '\r', ';', ',', '\\', ':', '"', 'END:VCARD', 'a', 'é', '🎩', '\0', '\ud800'), {
      maxLength: 60,
    })
    .map((parts) => parts.join('')),
);
const entry: fc.Arbitrary<DirectoryEntry> = fc.record({
  kind: fc.constantFrom('user', 'group', 'room', 'resource'),
  guid: fc.oneof(fc.uuid(), hostile),
  name: hostile,
  emails: fc.array(hostile, { maxLength: 3 }),
});

/** What can be kept of a text: control characters become blanks, and every line break is one. */
const kept = (text: string): string =>
  text
    .toWellFormed()
    .replace(/[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff]/g, ' ')
    .replace(/\r\n|\r/g, '\n');

test('whatever stands in a name, an address or a guid reads back as text, in lines of at most 75 octets', async () => {
  const property = fc.property(
    entry,
    fc.array(hostile, { maxLength: 3 }),
    fc.constantFrom(...CARD_VERSIONS),
    (made, members, version) => {
      const lines = readCard(writeCard([...cardOf(made, version), ...memberLines(members, version)]));
      const textsOf = (name: string): string[] =>
        lines.filter((line) => line.name === name).map(({ raw }) => readText(raw));
      const shown = kept(made.name.trim() === '' ? made.guid : made.name);
      expect(lines[0]?.name).toBe('VERSION');
      expect(textsOf('FN')).toEqual([shown]);
      expect(textsOf('EMAIL')).toEqual(made.emails.map(kept));
      expect(lines.filter(({ name }) => name === 'UID').length).toBe(1);
      if (version === '3.0') {
        expect(textsOf('UID')).toEqual([kept(made.guid)]);
        expect(readComponents(lines.find(({ name }) => name === 'N')?.raw ?? '')).toEqual([shown, '', '', '', '']);
      }
      expect(lines.filter(({ name }) => name.endsWith('MEMBER')).length).toBe(members.length);
      return true;
    },
  );
  expect(await holds(property, SEED)).toBeGreaterThan(0);
});

const word = fc.constantFrom(
  'Ada',
  'ada',
  'é',
  'E',
  'e',
  'ß',
  'SS',
  'K',
  'k',
  'love',
  '@',
  'example.com',
  '',
  'İ',
  'ﬁ',
);
const texts = fc.array(
  fc.record({
    text: fc.array(word, { maxLength: 2 }).map((parts) => parts.join('')),
    collation: fc.constantFrom(...COLLATIONS),
    negate: fc.integer({ min: 0, max: 4 }).map((chance) => chance === 0),
    matchType: fc.constantFrom('contains', 'contains', ...MATCH_TYPES),
  }),
  { maxLength: 3 },
);
const test_ = fc.constantFrom('anyof' as const, 'allof' as const);
const propFilter: fc.Arbitrary<PropFilter> = fc.record({
  group: fc.constant(undefined),
  name: fc.constantFrom('FN', 'FN', 'FN', 'EMAIL', 'EMAIL', 'N', 'TEL'),
  isNotDefined: fc.integer({ min: 0, max: 9 }).map((chance) => chance === 0),
  test: test_,
  texts,
  params: fc.array(
    fc.record({ name: fc.constantFrom('TYPE', 'PREF'), isNotDefined: fc.boolean(), text: fc.constant(undefined) }),
    { maxLength: 1 },
  ),
});
const filter: fc.Arbitrary<CardFilter> = fc.record({ test: test_, props: fc.array(propFilter, { maxLength: 3 }) });
const person = fc.record({
  kind: fc.constant('user' as const),
  guid: fc.uuid(),
  name: fc.array(word, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('')),
  emails: fc.array(
    fc.array(word, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('')),
    { maxLength: 2 },
  ),
});

const fold = (text: string): string => text.normalize('NFC').toLowerCase().normalize('NFC');
const isAscii = (text: string): boolean => /^[\0-\x7f]*$/.test(text);

/** What the database does with a narrowing. */
function isCandidate({ name, emails }: DirectoryEntry, { test, groups }: Narrowing): boolean {
  const holdsOf = ({ field, match, text }: TextCondition): boolean => {
    const wanted = fold(text);
    const compare = {
      contains: (value: string) => value.includes(wanted),
      equals: (value: string) => value === wanted,
      'starts-with': (value: string) => value.startsWith(wanted),
      'ends-with': (value: string) => value.endsWith(wanted),
    }[match];
    if (field === 'name') return compare(fold(name)) || !isAscii(name) || name.trim() === '';
    return emails.some((email) => compare(fold(email)) || !isAscii(email));
  };
  const every = { anyof: 'some', allof: 'every' } as const;
  return groups[every[test]]((group) => group.conditions[every[group.test]](holdsOf));
}

test('no card that matches a filter is lost by what the database is asked first', async () => {
  let narrowed = 0;
  const property = fc.property(person, filter, (made, asked) => {
    const narrowing = narrowingOf(asked);
    if (narrowing === undefined || !atOnce(matchingCard(cardOf(made, '3.0'), asked))) return true;
    narrowed += 1;
    return isCandidate(made, narrowing);
  });
  await holds(property, { ...SEED, numRuns: 5000 });
  expect(narrowed).toBeGreaterThan(100);
});
