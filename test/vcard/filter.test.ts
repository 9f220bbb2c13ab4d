import { expect, test } from 'vitest';
import { atOnce } from '../../src/base/steps.ts';
import type { TextMatch } from '../../src/ical/text-match.ts';
import { cardOf } from '../../src/vcard/directory-card.ts';
import { matchingCard, type CardFilter, type ParamFilter, type PropFilter } from '../../src/vcard/filter.ts';

const card = cardOf(
  { kind: 'user', guid: 'ada', name: 'Ada Müller', emails: ['ada@example.com', 'countess@example.org'] },
  '3.0',
);
const matches = (filter: CardFilter): boolean => atOnce(matchingCard(card, filter));

const text = (value: string, more: Partial<TextMatch> = {}): TextMatch => ({
  text: value,
  collation: 'i;unicode-casemap',
  negate: false,
  matchType: 'contains',
  ...more,
});
const type = (more: Partial<ParamFilter> = {}): ParamFilter => ({
  name: 'TYPE',
  isNotDefined: false,
  text: undefined,
  ...more,
});
const prop = (name: string, more: Partial<PropFilter> = {}): PropFilter => ({
  group: undefined,
  name,
  isNotDefined: false,
  test: 'anyof',
  texts: [],
  params: [],
  ...more,
});
const anyOf = (...props: readonly PropFilter[]): CardFilter => ({ test: 'anyof', props });
const allOf = (...props: readonly PropFilter[]): CardFilter => ({ test: 'allof', props });

test.each<readonly [string, CardFilter, boolean]>([
  ['no prop-filter', anyOf(), true],
  ['an empty one of a property that is there', anyOf(prop('FN')), true],
  ['an empty one of a property that is not', anyOf(prop('TEL')), false],
  ['is-not-defined of what is not there', anyOf(prop('TEL', { isNotDefined: true })), true],
  ['is-not-defined of what is there', anyOf(prop('FN', { isNotDefined: true })), false],
  ['a text in other letters', anyOf(prop('FN', { texts: [text('MÜLLER')] })), true],
  ['a text in other letters, by octets', anyOf(prop('FN', { texts: [text('ADA', { collation: 'i;octet' })] })), false],
  ['a text whose accents are left out', anyOf(prop('FN', { texts: [text('Muller')] })), false],
  ['a part of N', anyOf(prop('N', { texts: [text('müller;')] })), true],
  ['equals', anyOf(prop('FN', { texts: [text('ada müller', { matchType: 'equals' })] })), true],
  ['starts-with', anyOf(prop('FN', { texts: [text('müller', { matchType: 'starts-with' })] })), false],
  [
    'ends-with of the second address',
    anyOf(prop('EMAIL', { texts: [text('.org', { matchType: 'ends-with' })] })),
    true,
  ],
  ['negated, where no address has it', anyOf(prop('EMAIL', { texts: [text('bob', { negate: true })] })), true],
  ['negated, where one address has it', anyOf(prop('EMAIL', { texts: [text('countess', { negate: true })] })), false],
  ['a parameter that is there', anyOf(prop('EMAIL', { params: [type()] })), true],
  ['a parameter that is not', anyOf(prop('FN', { params: [type()] })), false],
  ['a parameter that shall not be there', anyOf(prop('FN', { params: [type({ isNotDefined: true })] })), true],
  ['one value of a parameter', anyOf(prop('EMAIL', { params: [type({ text: text('pref') })] })), true],
  [
    'text and parameter of one address',
    anyOf(prop('EMAIL', { test: 'allof', texts: [text('ada')], params: [type({ text: text('pref') })] })),
    true,
  ],
  [
    'text of one address and parameter of another',
    anyOf(prop('EMAIL', { test: 'allof', texts: [text('countess')], params: [type({ text: text('pref') })] })),
    false,
  ],
  ['either of two properties', anyOf(prop('TEL'), prop('FN')), true],
  ['both of two properties', allOf(prop('TEL'), prop('FN')), false],
  ['both, and both there', allOf(prop('EMAIL'), prop('FN')), true],
  ['a property of a group', anyOf(prop('FN', { group: 'X-ABC' })), false],
])('%s', (_, filter, expected) => {
  expect(matches(filter)).toBe(expected);
});
