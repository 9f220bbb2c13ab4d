import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { disagreements, featureDisagreements, outcomes, type Outcome, type Row } from './compare.ts';

const outcome = (name: string, result: Outcome['result']): Outcome => ({
  file: 'put.xml',
  suite: 'PUT',
  test: name,
  result,
});
const row = (name: string): Row => ({ file: 'put.xml', suite: 'PUT', test: name, reason: 'later: scheduling' });
const everywhere = (): boolean => true;

test('a listed failure agrees', () => {
  expect(disagreements([outcome('1', 'failed'), outcome('2', 'passed')], [row('1')], everywhere)).toEqual([]);
});

test('an unlisted failure, a listed test that passes, one that is ignored and one that is absent are each named', () => {
  const found = [outcome('1', 'failed'), outcome('2', 'passed'), outcome('3', 'ignored')];
  expect(disagreements(found, [row('2'), row('3'), row('4')], everywhere)).toEqual([
    expect.stringMatching(/^not listed: put\.xml · PUT · 1/),
    'listed but passes: put.xml · PUT · 2',
    'listed but did not run (ignored): put.xml · PUT · 3',
    'listed but did not run (absent): put.xml · PUT · 4',
  ]);
});

test('a failure that comes and goes is listed as such, and has to be run', () => {
  const rows = [{ ...row('1'), sometimes: true }];
  expect(disagreements([outcome('1', 'passed')], rows, everywhere)).toEqual([]);
  expect(disagreements([outcome('1', 'failed')], rows, everywhere)).toEqual([]);
  expect(disagreements([outcome('1', 'ignored')], rows, everywhere)).toHaveLength(1);
});

test('rows of files that were not run are left alone', () => {
  expect(disagreements([], [row('1')], () => false)).toEqual([]);
});

test('tests of one name in a suite, and suites of one name in a file, are told apart', () => {
  const tests = [
    { name: '1', result: 'passed' as const },
    { name: '1', result: 'failed' as const },
  ];
  const named = outcomes({
    files: [
      {
        file: 'a.xml',
        suites: [
          { name: 's', tests },
          { name: 's', tests: [] },
          { name: 's', tests },
        ],
      },
    ],
  });
  expect(named.map(({ suite, test: name }) => `${suite}/${name}`)).toEqual([
    's/1',
    's/1 (2)',
    's (3)/1',
    's (3)/1 (2)',
  ]);
});

test('a feature that is switched off needs a row, and a row needs a feature that is off', () => {
  const rows: Row[] = [
    { feature: 'quota', reason: 'later: quota' },
    { feature: 'brief', reason: 'later: brief' },
  ];
  const given = { caldav: true, quota: true, brief: true, ctag: true, dropbox: false };
  expect(featureDisagreements({ caldav: true, brief: true, quota: false }, given, rows)).toEqual([
    'feature without a row: ctag',
    'row of a feature that is on: brief',
  ]);
});

test('every row of expected.json has one of the three reasons that are accepted, and none is there twice', () => {
  const rows = JSON.parse(readFileSync(new URL('expected.json', import.meta.url), 'utf8')) as Row[];
  for (const { reason } of rows) expect(reason).toMatch(/^(later: |(?:RFC \d+|caldav-\w+) §[A-Z\d]|octets: )/);
  const keys = rows.map((each) => ('feature' in each ? each.feature : `${each.file} ${each.suite} ${each.test}`));
  expect(keys).toHaveLength(new Set(keys).size);
});
