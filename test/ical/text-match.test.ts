import { describe, expect, test } from 'vitest';
import { matchesText, type Collation, type MatchType, type TextMatch } from '../../src/ical/text-match.ts';

const match = (text: string, more: Partial<TextMatch> = {}): TextMatch => ({
  text,
  collation: 'i;ascii-casemap',
  negate: false,
  matchType: 'contains',
  ...more,
});

describe('collations (RFC 4791 §7.5)', () => {
  const cases: [Collation, string, string, boolean][] = [
    ['i;ascii-casemap', 'Team Meeting', 'mEET', true],
    ['i;ascii-casemap', 'Zürich', 'ZÜR', false],
    ['i;ascii-casemap', 'Zürich', 'zür', true],
    ['i;ascii-casemap', 'a[b', 'A{B', false],
    ['i;octet', 'Meeting', 'meet', false],
    ['i;octet', 'Meeting', 'Meet', true],
    ['i;unicode-casemap', 'ZÜRICH', 'zürich', true],
    ['i;unicode-casemap', 'Zu\u0308rich', 'z\u00fcrich', true],
    ['i;unicode-casemap', 'ΟΔΟΣ', 'οδος', true],
    ['i;unicode-casemap', 'Straße', 'STRASSE', false],
    ['i;unicode-casemap', 'ﬁn', 'FIN', false],
    ['i;unicode-casemap', 'Ｆｕｌｌ', 'full', true],
    ['i;unicode-casemap', 'Ｆｕｌｌ', 'ｆＵｌｌ', true],
  ];
  test.each(cases)('%s: %s holds %s: %s', (collation, value, text, matches) => {
    expect(matchesText([value], match(text, { collation }))).toBe(matches);
  });
});

describe('match types (draft-daboo-caldav-extensions §3.3)', () => {
  const cases: [MatchType, string, boolean][] = [
    ['contains', 'ent', true],
    ['equals', 'EVENT 1', true],
    ['equals', 'event', false],
    ['starts-with', 'event', true],
    ['starts-with', 'vent', false],
    ['ends-with', '1', true],
    ['ends-with', 'event', false],
    ['contains', '', true],
  ];
  test.each(cases)('event 1 %s %s: %s', (matchType, text, matches) => {
    expect(matchesText(['event 1'], match(text, { matchType }))).toBe(matches);
  });
});

test('one of several values is enough, and negated none may match', () => {
  expect(matchesText(['cool', 'hot'], match('hot', { matchType: 'equals' }))).toBe(true);
  expect(matchesText(['cool', 'hot'], match('hot', { negate: true }))).toBe(false);
  expect(matchesText(['cool', 'warm'], match('hot', { negate: true }))).toBe(true);
});
