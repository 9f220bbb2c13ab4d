import { describe, expect, test } from 'vitest';
import { BadRequest, ConditionFailed } from '../../src/base/refusal.ts';
import { checkIf, parseIf, submittedTokens } from '../../src/dav/if-header.ts';
import type { IfState } from '../../src/dav/if-header.ts';
import { cpu, idleMilliseconds } from '../yardstick.ts';

const LOCK = 'urn:uuid:181d4fae-7d8c-11d0-a765-00a0c91e6bf2';
const OTHER = 'urn:uuid:58f202ac-22cf-11d1-b12d-002035b29092';

function holds(header: string, states: Record<string, IfState>, path = '/resource1'): Promise<boolean> {
  const own = { publicUrl: undefined, host: 'www.example.com' };
  return checkIf(header, { path, own, state: (of) => states[of] }).then(
    () => true,
    (error: unknown) => {
      if (error instanceof ConditionFailed) return false;
      throw error;
    },
  );
}

describe('the examples of RFC 4918 §10.4', () => {
  const noTag = `(<${LOCK}> ["I am an ETag"]) (["I am another ETag"])`;
  test.each<[string, IfState, boolean]>([
    ['locked and with the first tag', { etag: 'I am an ETag', stateTokens: [LOCK] }, true],
    ['with the first tag but not locked', { etag: 'I am an ETag', stateTokens: [] }, false],
    ['with the second tag', { etag: 'I am another ETag', stateTokens: [] }, true],
    ['locked and with neither', { etag: 'x', stateTokens: [LOCK] }, false],
  ])('§10.4.6, a resource %s', async (_what, state, expected) => {
    expect(await holds(noTag, { '/resource1': state })).toBe(expected);
  });

  test.each<[readonly string[], boolean]>([
    [[OTHER], true],
    [[LOCK, OTHER], false],
    [[], false],
  ])('§10.4.7, locked with %j', async (stateTokens, expected) => {
    const header = `(Not <${LOCK}>\r\n <${OTHER}>)`;
    expect(await holds(header, { '/resource1': { etag: undefined, stateTokens } })).toBe(expected);
  });

  test('§10.4.8, a condition that always holds still submits its token', async () => {
    const header = `(<${LOCK}>) (Not <DAV:no-lock>)`;
    expect(await holds(header, {})).toBe(true);
    expect(submittedTokens(parseIf(header))).toEqual(new Set([LOCK, 'DAV:no-lock']));
  });

  test.each<[string, IfState, boolean]>([
    [
      'locked, for a weak tag never matches by the strong comparison',
      { etag: 'A weak ETag', stateTokens: [LOCK] },
      false,
    ],
    ['with the strong tag', { etag: 'strong ETag', stateTokens: [] }, true],
  ])('§10.4.9, a tagged list, %s', async (_what, state, expected) => {
    const header = `</resource1> (<${LOCK}> [W/"A weak ETag"]) (["strong ETag"])`;
    expect(await holds(header, { '/resource1': state })).toBe(expected);
  });

  test('§10.4.10, the collection that the header names is looked at', async () => {
    const header = `<http://www.example.com/specs/> (<${LOCK}>)`;
    const locked = { '/specs/': { etag: undefined, stateTokens: [LOCK] } };
    expect(await holds(header, locked, '/specs/rfc2518.txt')).toBe(true);
    expect(await holds(header, {}, '/specs/rfc2518.txt')).toBe(false);
  });

  test('§10.4.11, an unmapped URL has no such state', async () => {
    expect(await holds('</specs/rfc2518.doc> (["4217"])', {})).toBe(false);
    expect(await holds('</specs/rfc2518.doc> (Not ["4217"])', {})).toBe(true);
  });
});

test('a resource of another server has no state here', async () => {
  const states = { '/a': { etag: '1', stateTokens: [] } };
  expect(await holds('<http://elsewhere.example/a> (["1"])', states)).toBe(false);
  expect(await holds('<http://www.example.com/a> (["1"])', states)).toBe(true);
});

test('several resources: any list may hold', async () => {
  const states = { '/a': { etag: '1', stateTokens: [] }, '/b': { etag: '2', stateTokens: [] } };
  expect(await holds('</a> (["x"]) (["y"]) </b> (["2"])', states)).toBe(true);
  expect(await holds('</a> (["2"]) </b> (["1"])', states)).toBe(false);
});

test('a request without the header goes on', async () => {
  const state = (): never => {
    throw new Error('nobody asked');
  };
  await expect(
    checkIf(undefined, { path: '/', own: { publicUrl: undefined, host: undefined }, state }),
  ).resolves.toBeUndefined();
});

test.each([
  '',
  '()',
  '("x")',
  '(["x"]',
  '["x"]',
  '</a>',
  '</a> </b> (["x"])',
  '(["x"]) </a> (["y"])',
  '(Not)',
  '(Not Not ["x"])',
  '([x])',
  '(<a b>)',
  '(["x"]) y',
  '(Nothing)',
])('%j does not follow the grammar', async (header) => {
  expect(() => parseIf(header)).toThrow(BadRequest);
  await expect(holds(header, {})).rejects.toThrow(BadRequest);
});

test('a long header of open brackets costs no more than its length', () => {
  const start = cpu();
  expect(() => parseIf(`(${' '.repeat(30_000)}x`)).toThrow(BadRequest);
  expect(() => parseIf('(["a"])'.repeat(4_000) + '(')).toThrow(BadRequest);
  expect(cpu() - start).toBeLessThan(idleMilliseconds(1000));
});
