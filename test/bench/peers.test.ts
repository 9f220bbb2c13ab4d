import { expect, test } from 'vitest';
import { peersNamed } from '../../bench/peers/ask.ts';
import {
  bestRatio,
  type Cell,
  cellOfPairs,
  cellWithout,
  Late,
  peerNotes,
  type PeerResult,
  peerTable,
  verdictOf,
} from '../../bench/peers/cells.ts';
import { versionIn } from '../../bench/peers/peer.ts';
import { REFERENCE_FLOOR } from '../../bench/targets.ts';

/** At the floor of reference, in a minute in which everything costs double. */
const figure = (scenario: string, cpu: number): Cell => ({
  scenario,
  cpu: cpu * 2,
  floors: cpu / REFERENCE_FLOOR,
  wall: cpu,
  says: undefined,
});
const without = cellWithout;

const peer = (name: string, cells: readonly Cell[], rest: Partial<PeerResult> = {}): PeerResult => ({
  name,
  version: '1.2',
  failure: undefined,
  sizes: [{ events: 1000, refused: undefined, cells }],
  ...rest,
});

test('an answer that refuses is told from one that is wrong, and both from one that did not come in time', () => {
  const wrong = new Error('403, not 207: <error/>\n  more');
  expect(verdictOf(403, wrong)).toBe('no: 403, not 207: <error/> more');
  expect(verdictOf(501, new Error('501, not 207'))).toBe('wrong: 501, not 207');
  expect(verdictOf(207, new Error('missing event-1.ics'))).toBe('wrong: missing event-1.ics');
  expect(verdictOf(207, new Late('it took too long'))).toBe('late: it took too long');
  expect(verdictOf(207, new Error('x'.repeat(1000)))).toHaveLength('wrong: '.length + 200);
});

test('a figure is the median of its batches, and of what each is of the batch of the floor beside it', () => {
  const pairs = { costs: [2, 3, 8], floors: [0.1, 0.1, 0.4], walls: [5, 4, 9] };
  expect(cellOfPairs('get', pairs)).toEqual({ scenario: 'get', cpu: 3, floors: 20, wall: 5, says: undefined });
});

test('the ratio is to the cheapest right answer, and there is none without one or without ours', () => {
  const cells = [figure('get', 3), undefined, figure('get', 1.5), without('get', 'wrong: other octets')];
  expect(bestRatio(cells, 0.5 / REFERENCE_FLOOR)).toBeCloseTo(3);
  expect(bestRatio(cells, undefined)).toBeUndefined();
  expect(bestRatio([without('get', 'no: 403')], 0.5)).toBeUndefined();
});

test('a row of the table has our figure, one of each server that was asked, and the ratio', () => {
  const peers = [
    peer('one', [figure('get', 1.5), figure('text', 123.4)]),
    peer('two', [figure('get', 15.25), without('text', 'wrong: missing event-1.ics')]),
    peer('three', [], { version: undefined, failure: 'not installed: three', sizes: [] }),
  ];
  const own = (scenario: string): number | undefined => (scenario === 'get' ? 0.5 / REFERENCE_FLOOR : undefined);
  expect(peerTable(peers, own).split('\n')).toEqual([
    '| scenario | events | Kalends | one 1.2 | two 1.2 | best other / Kalends |',
    '| --- | ---: | ---: | ---: | ---: | ---: |',
    '| get | 1,000 | 0.50 | 1.50 | 15.3 | 3.0 x |',
    '| text | 1,000 |  | 123 | wrong |  |',
  ]);
});

test('the notes say what was wrong, refused and not installed, each where it belongs', () => {
  const refused = '1 of 1000 not taken, event-3.ics with 415 `why`';
  const peers = [
    peer('one', [], {
      sizes: [{ events: 1000, refused, cells: [without('text', 'no: 403 `<x>`'), figure('get', 1)] }],
    }),
    peer('three', [], { version: undefined, failure: 'not installed: three', sizes: [] }),
  ];
  expect(peerNotes(peers).split('\n')).toEqual([
    '- one, 1,000 events: 1 of 1000 not taken, event-3.ics with 415 `why`',
    "- one, text, 1,000 events: `no: 403 '<x>'`",
    '- three: not installed: three',
  ]);
});

test('the version of a package is what its authors call it, and only where it is installed', () => {
  expect(versionIn('installed 3.1.8-2')).toBe('3.1.8');
  expect(versionIn('installed 1:3.6.1-4+deb12u5')).toBe('3.6.1');
  expect(versionIn('installed 2:8.2+93')).toBe('8.2');
  expect(versionIn('config-files 3.1.8-2')).toBeUndefined();
  expect(versionIn('')).toBeUndefined();
});

test('a server that nobody knows ends the run before anything is started', () => {
  expect(peersNamed(['cyrus', 'radicale']).map(({ name }) => name)).toEqual(['cyrus', 'radicale']);
  expect(() => peersNamed(['radicale', 'nobody'])).toThrow(
    'No other server is called nobody: radicale, xandikos, davical, cyrus',
  );
});
