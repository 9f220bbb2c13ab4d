import type { IncomingHttpHeaders } from 'node:http';
import { describe, expect, test } from 'vitest';
import { ConditionFailed } from '../../src/base/refusal.ts';
import { checkRead, checkWrite, notModified, parseHttpDate } from '../../src/dav/conditions.ts';

const modifiedAt = Date.UTC(2026, 2, 2, 9, 0, 0, 900);
const current = { etag: 'abc', scheduleTag: 's-1', modifiedAt };
const AT = 'Mon, 02 Mar 2026 09:00:00 GMT';
const BEFORE = 'Mon, 02 Mar 2026 08:59:59 GMT';

describe('a write', () => {
  test.each<[string, IncomingHttpHeaders, 'existing' | 'new', 'passes' | 'fails']>([
    ['no condition', {}, 'existing', 'passes'],
    ['no condition', {}, 'new', 'passes'],
    ['If-Match with the tag', { 'if-match': '"abc"' }, 'existing', 'passes'],
    ['If-Match with the tag in a list', { 'if-match': '"x", "a,b" , "abc"' }, 'existing', 'passes'],
    ['If-Match with another tag', { 'if-match': '"abd"' }, 'existing', 'fails'],
    ['If-Match with a weak tag (RFC 9110 §8.8.3.2)', { 'if-match': 'W/"abc"' }, 'existing', 'fails'],
    ['If-Match with the tag', { 'if-match': '"abc"' }, 'new', 'fails'],
    ['If-Match: *', { 'if-match': '*' }, 'existing', 'passes'],
    ['If-Match: *', { 'if-match': '*' }, 'new', 'fails'],
    ["If-Match: nothing, Thunderbird's question", { 'if-match': 'nothing' }, 'existing', 'fails'],
    ["If-Match: nothing, Thunderbird's question", { 'if-match': 'nothing' }, 'new', 'fails'],
    ['If-Match with the tag unquoted', { 'if-match': 'abc' }, 'existing', 'fails'],
    ['If-Match that is empty', { 'if-match': '' }, 'existing', 'fails'],
    ['If-None-Match: *', { 'if-none-match': '*' }, 'new', 'passes'],
    ['If-None-Match: *', { 'if-none-match': ' * ' }, 'existing', 'fails'],
    ['If-None-Match with the tag', { 'if-none-match': '"abc"' }, 'existing', 'fails'],
    ['If-None-Match with the tag, weak', { 'if-none-match': 'W/"abc"' }, 'existing', 'fails'],
    ['If-None-Match with another tag', { 'if-none-match': '"abd"' }, 'existing', 'passes'],
    ['both, of which If-Match fails first', { 'if-match': '"x"', 'if-none-match': '"x"' }, 'existing', 'fails'],
    ['If-Unmodified-Since its second', { 'if-unmodified-since': AT }, 'existing', 'passes'],
    ['If-Unmodified-Since before', { 'if-unmodified-since': BEFORE }, 'existing', 'fails'],
    ['If-Unmodified-Since no date', { 'if-unmodified-since': 'yesterday' }, 'existing', 'passes'],
    [
      'If-Unmodified-Since beside If-Match',
      { 'if-match': '"abc"', 'if-unmodified-since': BEFORE },
      'existing',
      'passes',
    ],
    ['If-Modified-Since, which is for reading', { 'if-modified-since': AT }, 'existing', 'passes'],
    ['If-Schedule-Tag-Match with the tag', { 'if-schedule-tag-match': '"s-1"' }, 'existing', 'passes'],
    ['If-Schedule-Tag-Match with another', { 'if-schedule-tag-match': '"s-2"' }, 'existing', 'fails'],
    ['If-Schedule-Tag-Match unquoted', { 'if-schedule-tag-match': 's-1' }, 'existing', 'fails'],
    ['If-Schedule-Tag-Match', { 'if-schedule-tag-match': '"s-1"' }, 'new', 'fails'],
  ])('%s, %j, on an %s resource: %s', (_what, headers, kind, outcome) => {
    const check = (): void => checkWrite(headers, kind === 'existing' ? current : undefined);
    if (outcome === 'fails') expect(check).toThrow(ConditionFailed);
    else expect(check).not.toThrow();
  });

  test('a resource without a schedule tag never matches one', () => {
    expect(() => checkWrite({ 'if-schedule-tag-match': '"undefined"' }, { etag: 'abc', modifiedAt })).toThrow(
      ConditionFailed,
    );
  });
});

describe('a read', () => {
  test.each<[IncomingHttpHeaders, boolean]>([
    [{}, false],
    [{ 'if-none-match': '"abc"' }, true],
    [{ 'if-none-match': 'W/"abc", "x"' }, true],
    [{ 'if-none-match': '*' }, true],
    [{ 'if-none-match': '"abd"' }, false],
    [{ 'if-none-match': '"abd"', 'if-modified-since': AT }, false],
    [{ 'if-modified-since': AT }, true],
    [{ 'if-modified-since': BEFORE }, false],
    [{ 'if-modified-since': 'Mon, 02 Xxx 2026 09:00:00 GMT' }, false],
  ])('with %j is not modified: %s', (headers, expected) => {
    expect(notModified(headers, current)).toBe(expected);
  });

  test('fails where it was to match and does not', () => {
    expect(() => checkRead({ 'if-match': '"x"' }, current)).toThrow(ConditionFailed);
    expect(() => checkRead({ 'if-none-match': '"abc"' }, current)).not.toThrow();
  });
});

test.each([
  ['Sun, 06 Nov 1994 08:49:37 GMT', Date.UTC(1994, 10, 6, 8, 49, 37)],
  ['Sunday, 06-Nov-94 08:49:37 GMT', Date.UTC(1994, 10, 6, 8, 49, 37)],
  ['Sun Nov  6 08:49:37 1994', Date.UTC(1994, 10, 6, 8, 49, 37)],
  ['Friday, 06-Nov-26 08:49:37 GMT', Date.UTC(2026, 10, 6, 8, 49, 37)],
  ['1994-11-06T08:49:37Z', undefined],
  ['', undefined],
])('the HTTP date %s', (header, instant) => {
  expect(parseHttpDate(header)).toBe(instant);
});
